"""Tables that are in memory already: pandas, polars and Arrow tables, mappings and lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from baselines.errors import DataError
from baselines.tables.table import Table


def table_of_frame(frame: Any, name: str = "data frame") -> Table:
    """The records of a pandas or polars data frame, or of a mapping from column names to values.

    Missing values (None, NaN) count as empty cells. Rows are numbered from 0, as a data frame numbers them.

    Raises:
        DataError: no columns, columns of unequal length, or no records.
    """
    columns: dict[str, list[Any]] = {}
    for column in frame.columns if hasattr(frame, "columns") else frame:
        values = frame[column]
        cells = _plain_values(values)
        columns[str(column)] = [None if isinstance(cell, float) and cell != cell else cell for cell in cells]
    lengths = {len(cells) for cells in columns.values()}
    if len(lengths) != 1 or not max(lengths):
        shown = ", ".join(f"{column!r} {len(cells)}" for column, cells in columns.items()) or "none"
        raise DataError(f"{name}: expected columns of one length, at least one record; got columns: {shown}")
    return Table(Path(name), columns, list(range(max(lengths))))


def _plain_values(values: Any) -> list[Any]:
    """Python's own values of a column: an array's numbers would be no labels."""
    for name in ("to_list", "tolist"):
        if hasattr(values, name):
            return list(getattr(values, name)())
    return list(values)
