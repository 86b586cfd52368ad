"""Files of labelled texts as tables of some thousands of records, one after the other: for files of any size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from baselines.errors import DataError, MissingExtra
from baselines.inputs.named_files import check_file
from baselines.streaming.source import CHUNK_TEXTS
from baselines.tables.formats.columnar_file import ColumnarFile, values_of
from baselines.tables.opened import DATA_COMMAND, data_name, open_bytes
from baselines.tables.reading import AS_FOUND, Reading
from baselines.tables.stream import BadRow, Kind, Row, stream_batches
from baselines.tables.table import Table

KINDS: Mapping[str, Kind] = {".csv": "delimited", ".tsv": "delimited", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_PARQUET = ".parquet"


def tables_of(
    path: Path, reading: Reading = AS_FOUND, say: Callable[[str], None] = lambda note: None
) -> Iterator[Table]:
    """The records of a file, at most CHUNK_TEXTS in each table; blank lines are none.

    Args:
        path: .csv, .tsv, .jsonl or .parquet; the first three also packed.
        reading: what the user says of its form.
        say: takes what was found and decided while reading, as sentences.

    Raises:
        DataError: no such file, another form of file, or a record that can't be read: names file and row.
    """
    check_file(path)
    if path.suffix.lower() == _PARQUET:
        yield from _of_parquet(path)
        return
    kind = KINDS.get(Path(data_name(path)).suffix.lower())
    if kind is None:
        allowed = ", ".join([*KINDS, _PARQUET])
        raise DataError(f"{path}: files that are read in a stream are {allowed}; write it as one of them")
    waiting: list[Row] = []
    with open_bytes(path) as stream:
        for batch in stream_batches(stream, path, kind, reading, say):
            for row in batch:
                if isinstance(row, BadRow):
                    raise DataError(f"{path}: row {row.number}: {row.error}")
                if not row.blank:
                    waiting.append(row)
                if len(waiting) == CHUNK_TEXTS:
                    yield _table(path, waiting)
                    waiting = []
    if waiting:
        yield _table(path, waiting)


def _table(path: Path, rows: Sequence[Row]) -> Table:
    heading = rows[0].heading
    names = list(heading.columns) if heading else list(dict.fromkeys(name for row in rows for name in row.values))
    columns = {name: [row.values.get(name) for row in rows] for name in names}
    doubt = heading.doubt if heading else ""
    return Table(path, columns, [row.number for row in rows], header_doubt=doubt)


def _of_parquet(path: Path) -> Iterator[Table]:
    try:
        from pyarrow import parquet
    except ImportError:
        raise MissingExtra(f"{path}: reading Parquet needs pyarrow: {DATA_COMMAND}") from None
    first = 1
    with ColumnarFile(path, None).complaints(), parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=CHUNK_TEXTS):
            batch.validate(full=True)  # lengths and offsets of a damaged file would be believed
            columns: dict[str, Any] = {
                name: values_of(column) for name, column in zip(batch.schema.names, batch.columns, strict=True)
            }
            yield Table(path, columns, range(first, first + batch.num_rows))
            first += batch.num_rows
