"""The labels of each record of a table, by the columns and the form that `columns_of` found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from baselines.errors import DataError
from baselines.labels.cells import item_name, list_in, whole
from baselines.labels.columns import Columns
from baselines.labels.flags import OFF, ON, flag_sets, word_of
from baselines.labels.missing_words import is_missing
from baselines.labels.vectors import vector_labels
from baselines.tables.table import Table

# Different cells that are remembered: more are no classes, and would only take memory.
_MOST_KNOWN = 100_000


def label_sets(table: Table, columns: Columns) -> list[list[str] | None]:
    """Labels of each record, each once, in the order they stand there; None where yes or no isn't said.

    Names are as they stand in the file, blanks at their ends included.

    Raises:
        DataError: unknown column, or a value that is no label; names row, column and value.
    """
    if columns.flags:
        return flag_sets(table, columns.flags, columns.blank_off)
    cells = table.column(columns.labels)
    if columns.form.yes_no:
        return _read_once(table, columns, cells, _yes_or_no)
    return _read_once(
        table, columns, cells, lambda value, where: list(dict.fromkeys(_from_cell(value, columns, where)))
    )


def _read_once(
    table: Table, columns: Columns, cells: Sequence[Any], read: Callable[[Any, str], list[str] | None]
) -> list[list[str] | None]:
    """Each cell read; texts that are written alike share one list, as a million of them have few different labels."""
    known: dict[str | tuple[str, ...], list[str] | None] = {}
    found = []
    for row, value in zip(table.rows, cells, strict=True):
        key = _key(value)
        if key is not None and key in known:
            found.append(known[key])
            continue
        own = read(value, f"{table.path}: row {row}, column {columns.labels!r}")
        if key is not None and len(known) < _MOST_KNOWN:
            known[key] = own
        found.append(own)
    return found


def _key(value: Any) -> str | tuple[str, ...] | None:
    """What is the same for cells that are written alike; None for those that are read each by itself."""
    if isinstance(value, str):
        return value
    if type(value) is list and all(type(item) is str for item in value):
        return tuple(value)
    return None


def _yes_or_no(value: Any, where: str) -> list[str] | None:
    word = word_of(value)
    if word and word not in ON | OFF:
        raise DataError(
            f"{where}: expected 0 or 1, got {value!r:.60}; the column holds nothing else where training texts are read"
        )
    return [str(int(word in ON))] if word else None


def _from_cell(value: Any, columns: Columns, where: str) -> list[str]:
    form = columns.form
    if form.vector:
        return vector_labels(value, form.vector, form.lists, columns.separator, where)
    names = [name for item in _items(value, columns, where) if (name := _name(item, where)).strip()]
    if form.whole:
        names = [whole(name.strip()) for name in names]
    if form.names is None:
        return names
    return [form.names.name(whole(name.strip()), where) for name in names if not is_missing(name)]


def _items(value: Any, columns: Columns, where: str) -> Iterable[Any]:
    """What stands in one cell: the items of a list, the parts of a text, or the value alone."""
    if value is None:
        return []
    if isinstance(value, str):
        found = list_in(value)
        if found is not None and (columns.form.lists or not found):
            return found
        if columns.form.lists and word_of(value):
            raise DataError(
                f"{where}: expected a list such as ['a', 'b'], as where training texts are read, got {value!r:.60}"
            )
        return [part.strip() for part in value.split(columns.separator)] if columns.separator else [value]
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    return value if isinstance(value, list | tuple) else [value]


def _name(item: Any, where: str) -> str:
    name = item_name(item)
    if name is None:
        what = "; a measured number is no class" if isinstance(item, float) else ""
        if isinstance(item, dict):
            keys = ", ".join(map(str, item))
            what = f"; reach into it by --labels-column, such as NAME[].{next(iter(item), 'name')} (it has {keys:.80})"
        raise DataError(f"{where}: expected a label or a list of labels, got {item!r:.60}{what}")
    return name
