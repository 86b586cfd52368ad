"""Tables that are in memory already: pandas, polars and Arrow tables, data sets, mappings and lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from baselines.errors import DataError
from baselines.tables.formats.class_names import with_class_names
from baselines.tables.formats.columnar import table_of_arrow
from baselines.tables.formats.record_columns import columns_of_records
from baselines.tables.table import Table

_EXPECTED = (
    "expected a data frame, an Arrow table, a mapping of columns, or a list of records, of (text, label) pairs or of "
    "texts"
)


def table_of_frame(frame: Any, name: str = "data frame") -> Table:
    """The records of a table in memory.

    Args:
        frame: a pandas or polars data frame, a table of pyarrow, a data set of the `datasets` library, a mapping from
            column names to values, a list of mappings, a list of (text, label) pairs, or a list of texts. Pairs become
            the columns `text` and `label`, where a label may be a list; texts the column `text`.
        name: for messages.

    Missing values (None, NaN, NaT, `pandas.NA`) count as empty cells. Rows are numbered from 0, as a data frame
    numbers them.

    Raises:
        DataError: nothing of these, no columns, columns of unequal length, or no records.
    """
    path = Path(name)
    if hasattr(frame, "column_names") and hasattr(frame, "schema") and not hasattr(frame, "features"):
        arrow = table_of_arrow(frame, path)
        return _table(path, arrow.columns, arrow.notes)
    if isinstance(frame, Sequence) and not isinstance(frame, str | bytes):
        return _table(path, _columns_of_list(frame, name))
    if isinstance(frame, str | bytes) or not (_names(frame) or isinstance(frame, Mapping)):
        raise DataError(f"{name}: {_EXPECTED}; got {type(frame).__name__} {frame!r:.60}")
    if isinstance(frame, Mapping) and any(
        hasattr(own, "columns") or hasattr(own, "column_names") for own in frame.values()
    ):
        parts = ", ".join(map(repr, frame))
        raise DataError(f"{name}: a mapping of several tables ({parts}); give one of them, and the others as its parts")
    columns: dict[str, Sequence[Any]] = {}
    for column in _names(frame) or frame:
        if str(column) in columns:
            raise DataError(f"{name}: column {str(column)!r} occurs twice; every column needs a name of its own")
        columns[str(column)] = [None if _is_missing(cell) else cell for cell in _plain_values(frame[column])]
    return _with_features(_table(path, columns), getattr(frame, "features", None))


def _names(frame: Any) -> list[Any]:
    """Names of columns: `columns` of a data frame, `column_names` of a data set."""
    if isinstance(frame, Mapping):
        return []
    names = getattr(frame, "column_names", None) if hasattr(frame, "features") else getattr(frame, "columns", None)
    return list(names) if names is not None and not callable(names) else []


def _columns_of_list(items: Sequence[Any], name: str) -> dict[str, list[Any]]:
    first = items[0] if items else None
    if isinstance(first, Mapping):
        _check_like_first(items, Mapping, name)
        columns = columns_of_records(items)
        return {str(column): [_plain(cell) for cell in cells] for column, cells in columns.items()}
    if isinstance(first, tuple | list):
        _check_like_first(items, tuple | list, name)
        for row, item in enumerate(items):
            if len(item) != 2:
                raise DataError(f"{name}: row {row}: expected (text, label), got {len(item)} values {item!r:.60}")
        return {"text": [_plain(item[0]) for item in items], "label": [_plain(item[1]) for item in items]}
    if first is None or isinstance(first, str):
        return {"text": [_plain(item) for item in items]} if items else {}
    raise DataError(f"{name}: {_EXPECTED}; got a list of {type(first).__name__}, such as {first!r:.60}")


def _check_like_first(items: Sequence[Any], kind: Any, name: str) -> None:
    for row, item in enumerate(items):
        if not isinstance(item, kind):
            raise DataError(f"{name}: row {row}: expected a {type(items[0]).__name__} like row 0, got {item!r:.60}")


def _table(path: Path, columns: Mapping[str, Sequence[Any]], notes: tuple[str, ...] = ()) -> Table:
    lengths = {len(cells) for cells in columns.values()}
    if len(lengths) != 1 or not max(lengths):
        shown = ", ".join(f"{column!r} {len(cells)}" for column, cells in columns.items()) or "none"
        raise DataError(f"{path}: expected columns of one length, at least one record; got columns: {shown}")
    return Table(path, columns, range(max(lengths)), notes)


def _with_features(table: Table, features: Any) -> Table:
    """Class numbers of a data set as names; features are objects there that are written as JSON elsewhere."""
    if not isinstance(features, Mapping):
        return table
    described = {str(column): _described(feature) for column, feature in features.items()}
    columns, notes = with_class_names(table.columns, described, table.path, table.rows)
    return Table(table.path, columns, table.rows, notes)


def _described(feature: Any) -> Any:
    if isinstance(feature, Mapping):
        return {name: _described(inner) for name, inner in feature.items()}
    if isinstance(feature, list):
        return [_described(inner) for inner in feature]
    names = getattr(feature, "names", None)
    if isinstance(names, list | tuple):
        return {"_type": "ClassLabel", "names": list(names)}
    inner = getattr(feature, "feature", None)
    return {"_type": "Value"} if inner is None else {"_type": "Sequence", "feature": _described(inner)}


def _plain_values(values: Any) -> list[Any]:
    """Python's own values of a column: an array's numbers would be no labels."""
    for name in ("to_list", "tolist", "to_pylist"):
        if hasattr(values, name):
            return [_plain(value) for value in getattr(values, name)()]
    return [_plain(value) for value in values]


def _plain(value: Any) -> Any:
    """A cell as Python's own: arrays as lists, NumPy's numbers as numbers, sets in order."""
    if value is None or isinstance(value, str | int | list | dict):
        return value
    if _is_missing(value):
        return None
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    if isinstance(value, tuple):
        return list(value)
    return value.tolist() if hasattr(value, "tolist") else value.to_list() if hasattr(value, "to_list") else value


def _is_missing(value: Any) -> bool:
    """NaN and NaT differ from themselves; `pandas.NA` says neither yes nor no."""
    if isinstance(value, str | int | list | dict | tuple):
        return False
    try:
        return bool(value != value)
    except (TypeError, ValueError):
        return type(value).__name__ == "NAType"
