"""Workbooks as tables: the first sheet that holds something, without the titles above its header."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

from baselines.errors import DataError, MissingExtra
from baselines.inputs.counted import repeated
from baselines.tables.formats.headers import header_doubt
from baselines.tables.formats.workbook_area import MOST_CELLS, sheet_areas
from baselines.tables.opened import DATA_COMMAND, FREE_BYTES, MOST_RATIO, read_bytes
from baselines.tables.reading import Reading
from baselines.tables.table import Table

Row = tuple[int, list[Any]]


def read_workbook(path: Path, reading: Reading) -> Table:
    """A .xlsx, .xls or .ods file: rows by their number in the sheet, empty cells None, whole numbers as such.

    Raises:
        DataError: damaged, protected, expanding beyond measure, or without any cell.
        MissingExtra: no python-calamine.
    """
    try:
        from python_calamine import CalamineError, CalamineWorkbook, PasswordError
    except ImportError:
        raise MissingExtra(f"{path}: reading workbooks needs python-calamine: {DATA_COMMAND}") from None
    content = read_bytes(path)
    _check_expansion(content, path)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = {name: _filled(book, name) for name in book.sheet_names}
    except PasswordError:
        raise DataError(f"{path}: the workbook is protected by a password; save it without") from None
    except (CalamineError, OSError, ValueError) as error:
        raise DataError(f"{path}: not a readable workbook ({error}); save it as .xlsx or .csv") from None
    filled = {name: rows for name, rows in sheets.items() if rows}
    if not filled:
        raise DataError(f"{path}: no sheet holds anything; expected a header and records")
    name, rows = next(iter(filled.items()))
    notes: tuple[str, ...] = ()
    if len(filled) > 1:
        others = ", ".join(map(repr, [other for other in filled if other != name]))
        notes = (f"{path.name}: read from the first sheet, {name!r}; not from {others}",)
    return _table(path, rows, reading, notes)


def _check_expansion(content: bytes, path: Path) -> None:
    """A workbook is a zip file: what its members say they expand to has to be in proportion."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        return  # an old workbook, or damaged, which the reader will say
    size = sum(member.file_size for member in members)
    if size > max(FREE_BYTES, MOST_RATIO * len(content)):
        raise DataError(
            f"{path}: {len(content):,} bytes expand to {size:,}; no workbook of texts does. Save it as .csv"
        )
    try:
        for name, cells in sheet_areas(archive):
            if cells > MOST_CELLS:
                raise DataError(
                    f"{path}: {name}: its cells span {cells:,} places, at most {MOST_CELLS:,} are allowed; delete what "
                    "stands far from the table, or save it as .csv"
                )
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise DataError(f"{path}: not a readable workbook ({error}); save it as .xlsx or .csv") from None


def _filled(book: Any, name: str) -> list[Row]:
    """Rows that hold something, by their number in the sheet."""
    sheet = book.get_sheet_by_name(name)
    rows = sheet.to_python(skip_empty_area=False)
    found = [(number, [_cell(value) for value in row]) for number, row in enumerate(rows, 1)]
    return [(number, row) for number, row in found if any(value is not None for value in row)]


def _cell(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None if value == "" or (isinstance(value, float) and value != value) else value


def _table(path: Path, rows: list[Row], reading: Reading, notes: tuple[str, ...]) -> Table:
    rows, titles = _without_titles(rows)
    if titles:
        notes += (f"{path.name}: row {titles[0][0]} is a title, the table begins in row {rows[0][0]}",)
    used = [i for i in range(len(rows[0][1])) if any(row[i] is not None for _, row in rows)]
    cells = [(number, [row[i] for i in used]) for number, row in rows]
    if reading.header is False:
        names = [str(i + 1) for i in range(len(used))]
        return _of_cells(path, names, cells, notes, has_header=False)
    names = [str(i + 1) if name is None else str(name).strip() for i, name in enumerate(cells[0][1])]
    if twice := repeated(names):
        raise DataError(
            f"{path}: row {cells[0][0]}: column {twice[0]!r} occurs twice; every column needs a name of its own"
        )
    doubt = ""
    if reading.header is None:
        words = [["" if value is None else str(value) for value in row] for _, row in cells]
        doubt = header_doubt(path, words[0], words[1:])
    return _of_cells(path, names, cells[1:], notes, doubt=doubt)


def _without_titles(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """Rows above the header hold a title in one cell, where most records fill several."""
    usual = Counter(sum(value is not None for value in row) for _, row in rows[:200]).most_common(1)[0][0]
    begin = 0
    if usual > 1:
        while begin < len(rows) - 1 and sum(value is not None for value in rows[begin][1]) == 1:
            begin += 1
    return (rows, []) if begin >= len(rows) - 1 else (rows[begin:], rows[:begin])


def _of_cells(
    path: Path, names: list[str], cells: list[Row], notes: tuple[str, ...], *, has_header: bool = True, doubt: str = ""
) -> Table:
    columns = {name: [row[i] for _, row in cells] for i, name in enumerate(names)}
    return Table(path, columns, [number for number, _ in cells], notes, has_header, doubt)
