"""Records as columns, one after the other, so that no record is kept beside its values."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from typing import Any

from baselines.errors import DataError

# Cells of any table; beyond them at most so many a value that is there.
FREE_CELLS, MOST_EMPTY = 5_000_000, 100


class RecordColumns:
    """Columns by every name that some record has, in the order in which the names come."""

    def __init__(self) -> None:
        self._columns: dict[str, _Column] = {}
        self._n_records = self._n_values = 0

    def __len__(self) -> int:
        return self._n_records

    def add(self, record: Mapping[str, Any]) -> None:
        """Take the values of the next record."""
        for name, value in record.items():
            column = self._columns.get(name)
            if column is None:
                column = self._columns[name] = _Column()
            column.add(self._n_records, value)
        self._n_records += 1
        self._n_values += len(record)

    def columns(self, where: object) -> dict[str, list[Any]]:
        """The values by name, None where a record lacks one; nothing can be added after.

        Raises:
            DataError: so many names that nearly every cell would be empty; `where` is what the message begins with.
        """
        check_fill(where, len(self._columns), self._n_records, self._n_values)
        return {name: column.full(self._n_records) for name, column in self._columns.items()}


class _Column:
    """Values, and the numbers of their records once one was left out."""

    __slots__ = ("_rows", "_values")

    def __init__(self) -> None:
        self._values: list[Any] = []
        self._rows: array[int] | None = None

    def add(self, row: int, value: Any) -> None:
        if self._rows is None and row > len(self._values):
            self._rows = array("q", range(len(self._values)))
        if self._rows is not None:
            self._rows.append(row)
        self._values.append(value)

    def full(self, n_records: int) -> list[Any]:
        if self._rows is None:
            self._values.extend([None] * (n_records - len(self._values)))
            return self._values
        found: list[Any] = [None] * n_records
        for row, value in zip(self._rows, self._values, strict=True):
            found[row] = value
        return found


def columns_of_records(records: Iterable[Mapping[str, Any]], where: object = "records") -> dict[str, list[Any]]:
    """Columns by every name that some record has; None where a record lacks it; raises what `columns` raises."""
    found = RecordColumns()
    for record in records:
        found.add(record)
    return found.columns(where)


def check_fill(where: object, n_names: int, n_records: int, n_values: int) -> None:
    """Raise DataError where a table of all names would be nearly empty: a name of its own a record makes a square."""
    if n_names * n_records > max(FREE_CELLS, MOST_EMPTY * n_values):
        raise DataError(
            f"{where}: {n_records:,} records have {n_names:,} different names, and nearly all lack nearly every one; "
            "expected records with the same names, such as text and label"
        )
