"""How large the rectangle around a workbook's cells is, found without opening it.

The reader of workbooks makes that whole rectangle. Two cells in opposite corners of a sheet are a file of some
kilobytes and a rectangle of 17 billion cells, and one cell may be said to be repeated a million times.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator

# Cells of any workbook: a million texts with 20 columns. Each takes some 50 bytes until the table is made.
MOST_CELLS = 20_000_000
_PIECE = 1 << 20
# An opening tag is never longer than this; it may stand across two pieces.
_LONGEST_TAG = 1_000
_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,4})(\d{1,9})"')
_ROW = re.compile(rb"<table:table-row\b([^>]*)>|<table:(?:covered-)?table-cell\b([^>]*)>|</table:table-row>")
_ROWS = re.compile(rb'number-rows-repeated="(\d{1,9})"')
_COLUMNS = re.compile(rb'number-columns-repeated="(\d{1,9})"')


def sheet_areas(archive: zipfile.ZipFile) -> Iterator[tuple[str, int]]:
    """Each sheet's member in the file, and the cells of the rectangle around what it holds.

    Raises:
        ValueError: the form of workbooks that is binary, which can't be looked at.
    """
    for member in archive.infolist():
        name = member.filename.lower()
        if name.endswith("workbook.bin"):
            raise ValueError("a binary workbook")
        if re.search(r"(^|/)worksheets?/[^/]*\.xml$", name):
            yield member.filename, _xlsx_area(_pieces(archive, member))
        elif name == "content.xml":
            yield member.filename, _ods_area(_pieces(archive, member))


def _pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The member in pieces that end where a tag does."""
    rest = b""
    with archive.open(member) as stream:
        while piece := stream.read(_PIECE):
            whole = rest + piece
            cut = whole.rfind(b"<", max(0, len(whole) - _LONGEST_TAG))
            cut = len(whole) if cut < 0 else cut
            yield whole[:cut]
            rest = whole[cut:]
    yield rest


def _xlsx_area(pieces: Iterator[bytes]) -> int:
    wide = high = 0
    for piece in pieces:
        for column, row in _CELL.findall(piece):
            high = max(high, int(row))
            wide = max(wide, _number_of(column))
    return wide * high


def _number_of(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _ods_area(pieces: Iterator[bytes]) -> int:
    """Repeated rows and cells count where they hold something; the empty rest of a sheet doesn't."""
    wide = high = pending = 0
    times = width = filled = 0
    for piece in pieces:
        for match in _ROW.finditer(piece):
            if match[1] is not None:
                repeated = _ROWS.search(match[1])
                times, width, filled = int(repeated[1]) if repeated else 1, 0, 0
                if match[1].endswith(b"/"):
                    pending += times
            elif match[2] is not None:
                repeated = _COLUMNS.search(match[2])
                width += int(repeated[1]) if repeated else 1
                if b"value" in match[2]:
                    filled = width
            elif filled:
                high, pending = high + pending + times, 0
                wide = max(wide, filled)
            else:
                pending += times
    return wide * high
