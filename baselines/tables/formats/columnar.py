"""Parquet and Arrow files as tables: plain values, class numbers by their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from baselines.errors import DataError, MissingExtra
from baselines.inputs.counted import repeated
from baselines.tables.formats.class_names import features_in, with_class_names
from baselines.tables.formats.columnar_file import ColumnarFile, kept_names, values_of
from baselines.tables.lazy_columns import LazyColumns
from baselines.tables.opened import DATA_COMMAND, MOST_RATIO, is_packed, read_bytes
from baselines.tables.reading import Reading
from baselines.tables.table import Table

# Rows of any file; beyond them at most `MOST_RATIO` a byte, since runs of one value take no room in a file.
FREE_ROWS = 1_000_000


def read_columnar(path: Path, reading: Reading, features: Mapping[str, Any] | None = None) -> Table:
    """A Parquet or Arrow file (file or stream form, or Feather), by its first bytes; columns are read when needed.

    Args:
        path: the file, packed or not.
        reading: has no say here.
        features: of a data set's folder; None takes those of the file's own metadata.

    Raises:
        DataError: damaged, more rows than an honest file has, or a class number without a name. A column that expands
            beyond measure raises it when it is asked for.
        MissingExtra: no pyarrow.
    """
    try:
        import pyarrow
    except ImportError:
        raise MissingExtra(f"{path}: reading {_shown(path)} needs pyarrow: {DATA_COMMAND}") from None
    del pyarrow
    content = read_bytes(path) if is_packed(path) else None
    file = ColumnarFile(path, content)
    with file.complaints():
        names, count, metadata = file.facts()
    if count > max(FREE_ROWS, MOST_RATIO * file.size):
        raise DataError(f"{path}: {file.size:,} bytes hold {count:,} rows; no file of texts does. Write it as CSV")
    return _table(
        names, LazyColumns({name: partial(file.column, name) for name in names}), count, metadata, path, features
    )


def _table(
    names: Sequence[str],
    columns: Mapping[str, Sequence[Any]],
    count: int,
    metadata: Mapping[bytes, bytes] | None,
    path: Path,
    features: Mapping[str, Any] | None,
) -> Table:
    if twice := repeated(names):
        raise DataError(f"{path}: column {twice[0]!r} occurs twice; every column needs a name of its own")
    rows = range(1, count + 1)
    features = features_in(metadata) if features is None else features
    named, notes = with_class_names(columns, features, path, rows)
    return Table(path, named, rows, notes)


def table_of_arrow(found: Any, path: Path, features: Mapping[str, Any] | None = None) -> Table:
    """A table of pyarrow in memory: rows from 1, missing values None, dictionaries as their values, no pandas index.

    Raises:
        DataError: two columns of one name, or a class number without a name.
    """
    if twice := repeated(found.column_names):
        raise DataError(f"{path}: column {twice[0]!r} occurs twice; every column needs a name of its own")
    names = kept_names(found.column_names)
    columns = {name: values_of(found.column(name)) for name in names}
    return _table(names, columns, found.num_rows, found.schema.metadata, path, features)


def _shown(path: Path) -> str:
    return "Parquet" if ".parquet" in path.name.lower() else "Arrow"
