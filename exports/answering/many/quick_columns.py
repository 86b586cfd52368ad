"""Texts and ids of a Parquet file, some thousand rows at a time; what isn't plain texts is `Unusual`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from baselines.tables.formats.columnar import FREE_ROWS
from baselines.tables.formats.columnar_file import kept_names, values_of
from baselines.tables.opened import FREE_BYTES, MOST_RATIO
from exports.answering.many.batch import Batch, Unusual
from exports.answering.questions import Source, usual_among

_ROWS = 8192


def columns_of(source: Source, path: Path) -> Iterator[Batch]:
    """Batches of one file; raises Unusual where a damaged, expanding or other file is for the slow way to judge."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise Unusual from None
    try:
        with parquet.ParquetFile(path) as file:
            yield from _batches(source, path, file)
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError, EOFError):
        raise Unusual from None


def _batches(source: Source, path: Path, file: Any) -> Iterator[Batch]:
    schema, count, size = file.schema_arrow, file.metadata.num_rows, path.stat().st_size
    names = kept_names(schema.names)
    texts = source.text_columns or usual_among(tuple(names), source.id_column)
    wanted = [*texts, *([source.id_column] if source.id_column else [])]
    # The metadata of a data set may give numbers the names of classes; two columns may have one name.
    special = len(set(names)) < len(names) or b"huggingface" in (schema.metadata or {}) or "." in "".join(wanted)
    if special or not texts or not set(wanted) <= set(names) or count > max(FREE_ROWS, MOST_RATIO * size):
        raise Unusual
    if not all(_is_text(schema.field(name).type) for name in texts):
        raise Unusual
    done, expanded = 0, 0
    for batch in file.iter_batches(batch_size=_ROWS, columns=list(dict.fromkeys(wanted)), use_threads=False):
        batch.validate(full=True)
        expanded += batch.nbytes
        if expanded > max(FREE_BYTES, MOST_RATIO * size) or any(batch.column(name).null_count for name in texts):
            raise Unusual
        found = _joined([batch.column(name).to_pylist() for name in texts])
        ids = values_of(batch.column(source.id_column)) if source.id_column else ()
        numbers = range(done + 1, done + 1 + batch.num_rows)
        done += batch.num_rows
        yield Batch(numbers, found, ids, read=done / count)


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _joined(columns: list[list[str]]) -> list[str]:
    if len(columns) == 1:
        return columns[0]
    return [" ".join(value for value in values if value) for values in zip(*columns, strict=True)]
