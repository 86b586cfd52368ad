"""JSON as tables: an array of records, an object that holds one, columns of values, or one object a line.

Numbers that JSON knows and other readers don't are taken as they are meant: NaN is a missing value, a whole number of
thousands of digits stays its digits. Where an object names a key twice, the last one counts, and a note says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from baselines.errors import DataError
from baselines.inputs.json_files import check_count
from baselines.tables.encodings import decoded
from baselines.tables.formats.json_values import JsonArrayError, JsonReader, array_table
from baselines.tables.formats.record_columns import RecordColumns, check_fill, columns_of_records
from baselines.tables.parts import PART_OF_NAME, Part
from baselines.tables.reading import Reading
from baselines.tables.table import Table

_SHAPES = '[{"text": …, "label": …}, …], {"data": [{…}, …]} or {"text": [… ], "label": [… ]}'
_TEXTS = "text"


def read_json_lines(content: bytes, path: Path, reading: Reading) -> Table:
    """One object a line, rows by line; a whole array in such a file is read too, and said.

    Raises:
        DataError: a line that is no object; names the line.
    """
    text, note = decoded(content, path, reading)
    if text.lstrip()[:1] == "[" and (document := _array_of_objects(text, path)) is not None:
        return _with(document, note, f"{path.name}: one JSON array, not one object a line; read as what it is")
    return _with(json_lines_table(text, path), note)


def json_lines_table(text: str, path: Path) -> Table:
    """The table of one object a line."""
    reader, found = JsonReader(), RecordColumns()
    rows: list[int] = []
    for number, line in enumerate(_lines(text), 1):
        if line.strip():
            found.add(json_object(reader, path, number, line))
            rows.append(number)
    return Table(path, found.columns(path), rows, reader.notes(path))


def _lines(text: str) -> Iterator[str]:
    """Lines without their ends; not splitlines(): JSON strings may hold U+2028 and its like unescaped."""
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start:end]
        start = end + 1
    yield text[start:]


def json_object(reader: JsonReader, path: Path, number: int, line: str) -> dict[str, Any]:
    """The object of one line; raises DataError that names the line."""
    try:
        record = reader.read(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: line {number} is not valid JSON ({error}); expected one object a line") from None
    if not isinstance(record, dict):
        raise DataError(f'{path}: line {number}: expected an object such as {{"text": …}}, got {type(record).__name__}')
    return record


def _array_of_objects(text: str, path: Path) -> Table | None:
    check_count(text, str(path))
    try:
        return array_table(text, path)
    except JsonArrayError:
        return None


def read_json(content: bytes, path: Path, reading: Reading) -> dict[Part, Table]:
    """The tables of a JSON file by the name of their part; one of no name, unless the file says `train` and the like.

    Rows are numbered from 1 in the order of the file; JSON Lines under the wrong name are read too, and said.

    Raises:
        DataError: no valid JSON (names line and column), or of a shape in which no records are found.
    """
    text, note = decoded(content, path, reading)
    check_count(text, str(path))
    reader = JsonReader()
    try:
        if (table := array_table(text, path)) is not None:
            return {"": _with(table, note)}
        document = reader.read(text)
    except (ValueError, RecursionError) as error:
        return {"": _with(_lines_after_all(text, path, error), note)}
    if isinstance(document, dict) and document and all(key.lower() in PART_OF_NAME for key in document):
        tables: dict[Part, Table] = {
            PART_OF_NAME[key.lower()]: _table(path, value, repr(key)) for key, value in document.items()
        }
        if len(tables) < len(document):
            raise DataError(f"{path}: parts named twice: {', '.join(map(repr, document))}; expected each part once")
    else:
        tables = {"": _table(path, document, "the file")}
    return {part: _with(table, note, *reader.notes(path)) for part, table in tables.items()}


def _with(table: Table, *notes: str) -> Table:
    said = tuple(note for note in (*notes, *table.notes) if note)
    return Table(table.path, table.columns, table.rows, said, table.has_header, table.header_doubt)


def _lines_after_all(text: str, path: Path, error: Exception) -> Table:
    """JSON Lines in a .json file; else the error of the whole, with line and column."""
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) > 1 and lines[0].lstrip().startswith("{") and lines[0].rstrip().endswith("}"):
        note = f"{path.name}: one JSON object a line, not one JSON value; read as JSON Lines"
        return _with(json_lines_table(text, path), note)
    place = f": row {error.row}" if isinstance(error, JsonArrayError) else ""
    said = "nested too deeply" if isinstance(error, RecursionError) else str(error)
    raise DataError(f"{path}{place}: not valid JSON ({said}); expected {_SHAPES}")


def _table(path: Path, document: Any, where: str) -> Table:
    """The records of one JSON value; `where` names it in messages."""
    if isinstance(document, list):
        return _table_of_array(path, document, where)
    if isinstance(document, dict) and document:
        columns = _columns_of_object(document)
        if columns is not None:
            return _table_of_columns(path, columns)
        inner = {name: value for name, value in document.items() if isinstance(value, list) and value}
        records = {name: value for name, value in inner.items() if all(isinstance(item, dict) for item in value)}
        if len(records) == 1:
            name, value = next(iter(records.items()))
            return _with(_table_of_array(path, value, repr(name)), f"{path.name}: its records are those of {name!r}")
        if len(records) > 1:
            shown = ", ".join(f"{name!r} ({len(value):,})" for name, value in records.items())
            raise DataError(f"{path}: {where} holds several lists of records: {shown}; keep one of them in the file")
    raise DataError(f"{path}: expected {_SHAPES}; got {_kind(document)}")


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        shown = ", ".join(f"{name!r}: {type(inner).__name__}" for name, inner in list(value.items())[:8])
        return f"an object with {shown or 'nothing in it'}"
    return f"{type(value).__name__} {value!r:.40}"


def _table_of_array(path: Path, items: list[Any], where: str) -> Table:
    rows = range(1, len(items) + 1)
    if all(isinstance(item, str) for item in items):
        return Table(path, {_TEXTS: items} if items else {}, rows)
    widths = {len(item) if isinstance(item, list) else 0 for item in items}
    if widths != {0} and len(widths) == 1:
        width = widths.pop()
        columns = {str(i + 1): [item[i] for item in items] for i in range(width)}
        return Table(path, columns, rows, (f"{path.name}: lists of {width}; columns are numbered",), has_header=False)
    for row, item in enumerate(items, 1):
        if not isinstance(item, dict):
            raise DataError(f"{path}: {where}, row {row}: expected an object like the others, got {_kind(item)}")
    return Table(path, columns_of_records(items, path), rows)


def _columns_of_object(document: dict[str, Any]) -> dict[str, Any] | None:
    """Columns of what pandas writes with orient `list`, `split`, `columns` or `index`; None for another object."""
    values = list(document.values())
    if isinstance(document.get("columns"), list) and isinstance(document.get("data"), list):
        names, rows = document["columns"], document["data"]
        if all(isinstance(row, list) and len(row) == len(names) for row in rows):
            return {str(name): [row[i] for row in rows] for i, name in enumerate(names)}
    if all(isinstance(value, list) for value in values):
        # One list of objects is records under a name, not a column of objects.
        objects = [value for value in values if value and all(isinstance(item, dict) for item in value)]
        return document if len({len(value) for value in values}) == 1 and not (objects and len(values) == 1) else None
    if all(isinstance(value, dict) for value in values):
        return _of_dicts(document)
    return None


def _of_dicts(document: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Columns of index to value, or records by index: numbers are indices, else the larger side is."""
    inner = list(dict.fromkeys(key for value in document.values() for key in value))
    check_fill("an object of objects", len(document), len(inner), sum(map(len, document.values())))
    outer_is_index = all(key.lstrip("-").isdecimal() for key in document)
    inner_is_index = all(key.lstrip("-").isdecimal() for key in inner)
    if outer_is_index or (not inner_is_index and len(document) > len(inner)):
        return {name: [record.get(name) for record in document.values()] for name in inner}
    return {name: [column.get(key) for key in inner] for name, column in document.items()}


def _table_of_columns(path: Path, columns: dict[str, Any]) -> Table:
    length = len(next(iter(columns.values())))
    return Table(path, columns, range(1, length + 1), (f"{path.name}: read column by column",))
