"""How a text file is to be read where the user knows better than what is found in it."""

from __future__ import annotations

from dataclasses import dataclass

# What a file may be, by its extension; each may also be packed (`baselines.tables.opened`).
TEXT_EXTENSIONS = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson")
COLUMNAR_EXTENSIONS = (".parquet", ".arrow", ".feather", ".ipc")
WORKBOOK_EXTENSIONS = (".xlsx", ".xls", ".ods")
DATA_EXTENSIONS = (*TEXT_EXTENSIONS, *COLUMNAR_EXTENSIONS, *WORKBOOK_EXTENSIONS)
PACKED_EXTENSIONS = (".gz", ".zip", ".zst", ".bz2", ".xz")


@dataclass(frozen=True)
class Reading:
    """What the user says of a file; None leaves it to what is found, which is said in the table's notes.

    Attributes:
        delimiter: between the fields of a line: one character, or `tab`.
        encoding: of the file, by a name that Python knows.
        header: whether the first row names the columns; without a header they are called `1`, `2`, ….
    """

    delimiter: str | None = None
    encoding: str | None = None
    header: bool | None = None


AS_FOUND = Reading()
