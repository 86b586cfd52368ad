"""Files as tables: CSV, TSV, JSON Lines and Parquet, each mistake named with its place.

Rows are numbered as a spreadsheet or an editor numbers them: the header of a CSV is row 1, the first line of a JSON
Lines file is row 1.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from baselines.errors import DataError, MissingExtra
from baselines.tables.table import Table

PARQUET_COMMAND = "pip install 'tagpress[parquet]'"


def read_table(path: Path) -> Table:
    """Read a file by its extension.

    Raises:
        DataError: missing, empty, of an unknown extension, or malformed (the message names row or line).
        MissingExtra: Parquet without pyarrow.
    """
    reader = READERS.get(path.suffix.lower())
    if not path.is_file():
        raise DataError(f"{path}: no such file; give a file, or --dataset sample or madewithml")
    if reader is None:
        raise DataError(
            f"{path}: extension {path.suffix!r} unknown; allowed: {', '.join(READERS)}. Rename or convert it"
        )
    if path.stat().st_size == 0:
        raise DataError(f"{path}: the file is empty; expected a header or records")
    table = reader(path)
    if not table.rows:
        raise DataError(f"{path}: no records; expected at least one text")
    return table


def read_utf8(path: Path) -> str:
    """The content of a UTF-8 file, with or without a byte order mark, line ends as they are.

    Raises:
        DataError: naming the byte offset and the line of the first byte that isn't UTF-8.
    """
    content = path.read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        guess = " (it looks like UTF-16)" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
        raise DataError(
            f"{path}: expected UTF-8, got byte 0x{content[error.start]:02x} at offset {error.start}, line {line}"
            f"{guess}; save the file as UTF-8"
        ) from None
    return text.removeprefix("\ufeff")


def _read_csv(path: Path, delimiter: str = ",") -> Table:
    records: list[list[str]] = []
    rows: list[int] = []
    header: list[str] = []
    for number, record in enumerate(_csv_records(path, delimiter), 1):
        if not header:
            header = _checked_header(path, record)
        elif record:  # a blank line is no record
            if len(record) != len(header):
                raise DataError(
                    f"{path}: row {number} has {len(record)} fields, the header has {len(header)}; "
                    "put fields that hold the separator, quotes or line ends between double quotes"
                )
            records.append(record)
            rows.append(number)
    return Table(path, {name: [record[i] for record in records] for i, name in enumerate(header)}, rows)


def _csv_records(path: Path, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(read_utf8(path), newline=""), delimiter=delimiter, strict=True)
    with _any_field_length():
        try:
            yield from reader
        except csv.Error as error:
            raise DataError(f"{path}: line {reader.line_num}: {error}; check the double quotes around it") from None


@contextmanager
def _any_field_length() -> Iterator[None]:
    """The csv module refuses fields of more than 131,072 characters unless told otherwise, globally."""
    before = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _checked_header(path: Path, names: list[str]) -> list[str]:
    if not any(names):
        raise DataError(f"{path}: row 1 is blank; expected the names of the columns")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise DataError(f"{path}: row 1: column {twice[0]!r} occurs twice; every column needs a name of its own")
    return names


def _read_tsv(path: Path) -> Table:
    return _read_csv(path, "\t")


def _read_jsonl(path: Path) -> Table:
    records: list[dict[str, Any]] = []
    rows: list[int] = []
    # Not splitlines(): JSON strings may hold U+2028 and its like unescaped.
    for number, line in enumerate(read_utf8(path).split("\n"), 1):
        if line.strip():
            records.append(_json_object(path, number, line))
            rows.append(number)
    names = dict.fromkeys(name for record in records for name in record)
    return Table(path, {name: [record.get(name) for record in records] for name in names}, rows)


def _json_object(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise DataError(f"{path}: line {number} is not valid JSON ({error}); expected one object a line") from None
    if not isinstance(record, dict):
        raise DataError(f'{path}: line {number}: expected an object such as {{"text": …}}, got {type(record).__name__}')
    return record


def _read_parquet(path: Path) -> Table:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise MissingExtra(f"{path}: reading Parquet needs pyarrow: {PARQUET_COMMAND}") from None
    try:
        table = parquet.read_table(path)
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{path}: not a readable Parquet file ({str(error).splitlines()[0]})") from None
    return Table(path, table.to_pydict(), list(range(1, table.num_rows + 1)))


READERS: dict[str, Callable[[Path], Table]] = {
    ".csv": _read_csv,
    ".tsv": _read_tsv,
    ".jsonl": _read_jsonl,
    ".ndjson": _read_jsonl,
    ".parquet": _read_parquet,
}


def read_parts(path: Path, reading: object = None) -> dict[str, Table]:
    return {"": read_table(path)}
