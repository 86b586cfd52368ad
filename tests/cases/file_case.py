"""Small files of any form, and what is found in them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from baselines.errors import DataError
from baselines.tables.read_table import read_table
from baselines.tables.reading import Reading
from baselines.tables.table import Table

PUBLIC = Path(__file__).resolve().parents[3] / "shared" / "data" / "public"


def table_of(folder: Path, name: str, content: str | bytes, **said: Any) -> Table:
    """The table of a file with this content; `said` is what the user says of it."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path, Reading(**said))


def error_of(folder: Path, name: str, content: str | bytes, **said: Any) -> str:
    """The one sentence that a file is refused with."""
    with pytest.raises(DataError) as caught:
        table_of(folder, name, content, **said)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def columns(table: Table) -> dict[str, list[Any]]:
    return {name: list(values) for name, values in table.columns.items()}


def zipped(content: bytes, name: str = "f.csv", others: dict[str, bytes] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
        for other, held in (others or {}).items():
            archive.writestr(other, held)
    return out.getvalue()


PACKED: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.ZstdCompressor().compress,
    ".zip": zipped,
}


def workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    """A workbook of Office Open XML with these cells; None leaves a cell out."""
    names = list(sheets)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", _CONTENT_TYPES.format("".join(map(_content_type, range(len(names))))))
        book.writestr("_rels/.rels", _RELATIONS.format(_relation("1", "officeDocument", "xl/workbook.xml")))
        relations = [_relation(f"s{i}", "worksheet", f"worksheets/sheet{i}.xml") for i in range(len(names))]
        book.writestr("xl/_rels/workbook.xml.rels", _RELATIONS.format("".join(relations)))
        listed = "".join(f'<sheet name="{name}" sheetId="{i + 1}" r:id="s{i}"/>' for i, name in enumerate(names))
        book.writestr("xl/workbook.xml", _WORKBOOK.format(listed))
        for i, name in enumerate(names):
            book.writestr(f"xl/worksheets/sheet{i}.xml", _SHEET.format("".join(_rows(sheets[name]))))
    return path


def _rows(rows: list[list[Any]]) -> list[str]:
    found = []
    for number, row in enumerate(rows, 1):
        cells = [_cell(f"{chr(65 + i)}{number}", value) for i, value in enumerate(row) if value is not None]
        found.append(f'<row r="{number}">{"".join(cells)}</row>')
    return found


def _cell(place: str, value: Any) -> str:
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{value}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'


def _content_type(i: int) -> str:
    return (
        f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'spreadsheetml.worksheet+xml"/>'
    )


def _relation(name: str, kind: str, target: str) -> str:
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return f'<Relationship Id="{name}" Type="{kinds}/{kind}" Target="{target}"/>'


_RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
_CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>{}</Types>'
)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_WORKBOOK = (
    f'<workbook xmlns="{_MAIN}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    "<sheets>{}</sheets></workbook>"
)
_SHEET = f'<worksheet xmlns="{_MAIN}"><sheetData>{{}}</sheetData></worksheet>'
