"""The door to every file and folder: one table, or one table a part.

Rows are numbered as a spreadsheet or an editor numbers them: the header of a CSV is row 1, the first line of a JSON
Lines file is row 1, the first record of Parquet and of a JSON array is row 1.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePath

from baselines.errors import DataError
from baselines.inputs.named_files import check_file, is_folder
from baselines.tables.folders import folder_parts
from baselines.tables.formats.columnar import read_columnar
from baselines.tables.formats.delimited import read_delimited
from baselines.tables.formats.json_tables import read_json, read_json_lines
from baselines.tables.formats.plain_text import read_plain_text
from baselines.tables.formats.workbooks import read_workbook
from baselines.tables.opened import data_name, read_bytes
from baselines.tables.parts import Part
from baselines.tables.reading import (
    AS_FOUND,
    COLUMNAR_EXTENSIONS,
    DATA_EXTENSIONS,
    PACKED_EXTENSIONS,
    WORKBOOK_EXTENSIONS,
    Reading,
)
from baselines.tables.table import Table

TextReader = Callable[[bytes, Path, Reading], Table]


def read_table(path: Path, reading: Reading = AS_FOUND) -> Table:
    """Read a file, or a folder of one part, by its extension.

    Raises:
        DataError: missing, empty, of an unknown extension, malformed (the message names row or line), or a folder of
            several parts.
        MissingExtra: a form that needs a package which isn't installed.
    """
    parts = read_parts(path, reading)
    if len(parts) > 1:
        shown = ", ".join(f"{part or 'no part'} ({len(table):,} records)" for part, table in parts.items())
        raise DataError(
            f"{path}: expected one table, got several parts: {shown}; give it as --dataset alone, or one part of it"
        )
    return next(iter(parts.values()))


def read_parts(path: Path, reading: Reading = AS_FOUND) -> dict[Part, Table]:
    """Read a file or folder as one table a part, in the order train, validation, test; "" where no part is said.

    A folder may be one that the Hugging Face `datasets` library saved, or hold shards or one file a part. A JSON file
    may be an object with one list of records a part.

    Raises:
        DataError, MissingExtra: as `read_table`; a folder that is no data set is named by what it is.
    """
    if is_folder(path):
        return folder_parts(path, lambda file, features: _file(file, reading, features))
    check_file(path, expected="give a file or folder, or --dataset sample or madewithml")
    return _checked(_parts_of_file(path, reading), path)


def _parts_of_file(path: Path, reading: Reading) -> dict[Part, Table]:
    if path.stat().st_size == 0:
        raise DataError(f"{path}: the file is empty; expected a header or records")
    if _extension(path) == ".json":
        return read_json(_content(path), path, reading)
    return {"": _file(path, reading, None)}


def _file(path: Path, reading: Reading, features: dict[str, object] | None) -> Table:
    """One table of a file; `features` are those of the folder it lies in."""
    extension = _extension(path)
    if extension in COLUMNAR_EXTENSIONS:
        return read_columnar(path, reading, features)
    if extension in WORKBOOK_EXTENSIONS:
        return read_workbook(path, reading)
    if extension == ".json":
        parts = read_json(_content(path), path, reading)
        if len(parts) > 1:
            raise DataError(f"{path}: one file of a folder holds several parts; give the file itself")
        return next(iter(parts.values()))
    return TEXT_READERS[extension](_content(path), path, reading)


def _extension(path: Path) -> str:
    """What the file holds once it is unpacked; raises DataError where that is nothing that can be read."""
    extension = PurePath(data_name(path)).suffix.lower()
    if extension not in DATA_EXTENSIONS:
        raise DataError(
            f"{path}: extension {extension!r} unknown; allowed: {', '.join(DATA_EXTENSIONS)}, each also packed "
            f"({', '.join(PACKED_EXTENSIONS)}). Rename or convert it"
        )
    return extension


def _content(path: Path) -> bytes:
    content = read_bytes(path)
    if not content:
        raise DataError(f"{path}: the file is empty; expected a header or records")
    return content


def _checked(parts: dict[Part, Table], path: Path) -> dict[Part, Table]:
    for part, table in parts.items():
        if not table.rows:
            where = f"{path}: {part}" if part else f"{path}"
            raise DataError(f"{where}: no records; expected at least one text")
    order: tuple[Part, ...] = ("", "train", "validation", "test")
    return {part: parts[part] for part in order if part in parts}


TEXT_READERS: dict[str, TextReader] = {
    ".csv": read_delimited,
    ".tsv": lambda content, path, reading: read_delimited(content, path, reading, "\t"),
    ".txt": read_plain_text,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
}
