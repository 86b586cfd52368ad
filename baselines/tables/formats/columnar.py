"""Parquet and Arrow files as tables: plain values, class numbers by their names."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from baselines.errors import DataError, MissingExtra
from baselines.inputs.counted import repeated
from baselines.tables.formats.class_names import features_in, with_class_names
from baselines.tables.opened import DATA_COMMAND, is_packed, read_bytes
from baselines.tables.reading import Reading
from baselines.tables.table import Table

_ARROW_FILE, _FEATHER_1, _PARQUET = b"ARROW1", b"FEA1", b"PAR1"


def read_columnar(path: Path, reading: Reading, features: Mapping[str, Any] | None = None) -> Table:
    """A Parquet or Arrow file (file or stream form, or Feather), by its first bytes.

    Args:
        path: the file, packed or not.
        reading: has no say here.
        features: of a data set's folder; None takes those of the file's own metadata.

    Raises:
        DataError: damaged, or a class number without a name.
        MissingExtra: no pyarrow.
    """
    try:
        import pyarrow
    except ImportError:
        raise MissingExtra(f"{path}: reading {_shown(path)} needs pyarrow: {DATA_COMMAND}") from None
    try:
        found = _arrow_table(path)
        found.validate(full=True)  # lengths and offsets of a damaged file would be believed
        return table_of_arrow(found, path, features)
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{path}: not a readable {_shown(path)} file ({said}); write or fetch it again") from None


def _shown(path: Path) -> str:
    return "Parquet" if ".parquet" in path.name.lower() else "Arrow"


def _arrow_table(path: Path) -> Any:
    from pyarrow import OSFile, ipc, parquet

    source: Any = io.BytesIO(read_bytes(path)) if is_packed(path) else OSFile(str(path))
    with source:
        magic = source.read(6)
        source.seek(0)
        if magic[:4] == _PARQUET or ".parquet" in path.name.lower():
            return parquet.ParquetFile(source).read()
        if magic[:4] == _FEATHER_1:
            raise DataError(f"{path}: the first form of Feather, which pyarrow gives up; write it as Parquet")
        if magic == _ARROW_FILE:
            return ipc.open_file(source).read_all()
        return ipc.open_stream(source).read_all()


def table_of_arrow(found: Any, path: Path, features: Mapping[str, Any] | None = None) -> Table:
    """A table of pyarrow: rows from 1, missing values None, dictionaries as their values, no index of pandas.

    Raises:
        DataError: two columns of one name, or a class number without a name.
    """
    names = list(found.column_names)
    if twice := repeated(names):
        raise DataError(f"{path}: column {twice[0]!r} occurs twice; every column needs a name of its own")
    rows = range(1, found.num_rows + 1)
    kept = [name for name in names if not name.startswith("__index_level_")]
    columns = {name: _values(found.column(name)) for name in kept}
    features = features_in(found.schema.metadata) if features is None else features
    named, notes = with_class_names(columns, features, path, rows)
    return Table(path, named, rows, notes)


def _values(column: Any) -> list[Any]:
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
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
