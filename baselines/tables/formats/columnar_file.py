"""One column at a time out of a Parquet or Arrow file, and never more of it than an honest file would hold.

A text that is written once and meant a million times takes a few kilobytes: it stays one text in memory too. What does
expand is counted as it is read, in pieces.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from baselines.errors import DataError
from baselines.inputs.named_files import said_of
from baselines.tables.opened import FREE_BYTES, MOST_RATIO

_ARROW_FILE, _FEATHER_1, _PARQUET = b"ARROW1", b"FEA1", b"PAR1"
_PIECE_ROWS = 4096
Facts = tuple[list[str], int, "Mapping[bytes, bytes] | None"]


class ColumnarFile:
    """A file that is opened again for each column.

    Args:
        path: of it.
        content: of it where it was packed; None reads from the path.
    """

    def __init__(self, path: Path, content: bytes | None) -> None:
        self._path, self._content = path, content
        self.size = path.stat().st_size if content is None else len(content)
        self._is_parquet = False

    def facts(self) -> Facts:
        """Names of the columns, how many rows, and the schema's metadata."""
        with self._opened() as source:
            if self._is_parquet:
                from pyarrow import parquet

                file = parquet.ParquetFile(source)
                return kept_names(file.schema_arrow.names), file.metadata.num_rows, file.schema_arrow.metadata
            schema, batches = _ipc(source, None)
            count = sum(batch.num_rows for batch in self._counted(batches))
            return kept_names(schema.names), count, schema.metadata

    def column(self, name: str) -> list[Any]:
        """Values of one column; raises DataError where it is damaged or expands beyond measure."""
        with self.complaints(), self._opened() as source:
            batches = self._parquet(source, name) if self._is_parquet else _ipc(source, name)[1]
            values: list[Any] = []
            for batch in self._counted(batches, f"column {name!r}: "):
                batch.validate(full=True)  # lengths and offsets of a damaged file would be believed
                values.extend(values_of(batch.column(0)))
            return values

    @contextmanager
    def complaints(self) -> Iterator[None]:
        """What pyarrow says of a damaged file as a DataError."""
        import pyarrow

        shown = "Parquet" if ".parquet" in self._path.name.lower() else "Arrow"
        try:
            yield
        except (pyarrow.ArrowException, OSError, UnicodeDecodeError, EOFError) as error:
            said = str(error).splitlines()[0] if str(error) else said_of(error)
            raise DataError(f"{self._path}: not a readable {shown} file ({said}); write or fetch it again") from None

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        from pyarrow import OSFile

        source: Any = OSFile(str(self._path)) if self._content is None else io.BytesIO(self._content)
        with source:
            magic = source.read(6)
            source.seek(0)
            self._is_parquet = magic[:4] == _PARQUET or ".parquet" in self._path.name.lower()
            if magic[:4] == _FEATHER_1 and not self._is_parquet:
                raise DataError(f"{self._path}: the first form of Feather, which pyarrow gives up; write it as Parquet")
            yield source

    def _parquet(self, source: Any, name: str) -> Iterator[Any]:
        import pyarrow as pa
        from pyarrow import parquet

        schema = parquet.ParquetFile(source).schema_arrow
        kind = schema.field(name).type
        flat = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind)
        file = parquet.ParquetFile(source, read_dictionary=[name] if flat else None)
        # A dot in a name would be read as a path: the column is taken by its place.
        place = file.schema_arrow.names.index(name)
        for batch in file.iter_batches(batch_size=_PIECE_ROWS, columns=[name], use_threads=False):
            yield batch if batch.num_columns == 1 else file.read(use_threads=False).select([place]).to_batches()[0]

    def _counted(self, batches: Iterator[Any], what: str = "") -> Iterator[Any]:
        expanded, most = 0, max(FREE_BYTES, MOST_RATIO * self.size)
        for batch in batches:
            # Of a dictionary each piece has the whole.
            expanded += sum(_own_bytes(column) for column in batch.columns)
            if expanded > most:
                raise DataError(
                    f"{self._path}: {what}{self.size:,} bytes expand to more than {most:,}; no file of texts does. "
                    "Leave the column out, or write the file as CSV"
                )
            yield batch


def _ipc(source: Any, name: str | None) -> tuple[Any, Iterator[Any]]:
    """The schema of either form of Arrow files, and its pieces with one of the columns; with None the first one."""
    from pyarrow import ipc

    magic = source.read(6)
    source.seek(0)
    make = ipc.open_file if magic == _ARROW_FILE else ipc.open_stream
    schema = make(source).schema
    place = 0 if name is None else schema.names.index(name)
    source.seek(0)
    chosen = [place] if schema.names else None
    reader = make(source, options=ipc.IpcReadOptions(included_fields=chosen, use_threads=False))
    if magic == _ARROW_FILE:
        return schema, (reader.get_batch(number) for number in range(reader.num_record_batches))
    return schema, iter(reader)


def kept_names(names: Sequence[str]) -> list[str]:
    """All columns but the index of pandas."""
    return [name for name in names if not name.startswith("__index_level_")]


def _own_bytes(column: Any) -> int:
    import pyarrow as pa

    return int(column.indices.nbytes if pa.types.is_dictionary(column.type) else column.nbytes)


def values_of(column: Any) -> list[Any]:
    """Python's own values of a column of pyarrow; equal texts of a dictionary are one text."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind) and isinstance(column, pa.DictionaryArray):
        entries = values_of(column.dictionary)
        return [None if index is None else entries[index] for index in column.indices.to_pylist()]
    if pa.types.is_dictionary(kind):
        return [value for chunk in column.chunks for value in values_of(chunk)]
    if pa.types.is_timestamp(kind) and kind.unit == "ns":  # Python's own times end at microseconds
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        column = _as_text(column)
    values: list[Any] = column.to_pylist()
    if pa.types.is_floating(kind):
        return [None if value is None or value != value else value for value in values]
    return values


def _as_text(column: Any) -> Any:
    """Older writers of Parquet mark texts as bytes."""
    import pyarrow as pa

    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid:
        return column
