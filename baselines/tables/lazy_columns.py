"""Columns of a file that are read when somebody asks for them: a table of texts may hold others of any size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from baselines.errors import DataError

Read = Callable[[], Sequence[Any]]


class LazyColumns(Mapping[str, Sequence[Any]]):
    """Values by the name of the column, each read once.

    Args:
        readers: by name, in the order of the file; what a reader raises, asking for the column raises.
    """

    def __init__(self, readers: Mapping[str, Read]) -> None:
        self._readers = dict(readers)
        self._read: dict[str, Sequence[Any]] = {}

    def __getitem__(self, name: str) -> Sequence[Any]:
        if name not in self._read:
            self._read[name] = self._readers[name]()
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._readers

    def __iter__(self) -> Iterator[str]:
        return iter(self._readers)

    def __len__(self) -> int:
        return len(self._readers)

    def changed(self, name: str, change: Callable[[Sequence[Any]], Sequence[Any]]) -> LazyColumns:
        """The same columns, one of them changed once it is read."""
        return LazyColumns({own: (lambda: change(self[name])) if own == name else self._of(own) for own in self})

    def _of(self, name: str) -> Read:
        return lambda: self[name]


def readable(columns: Mapping[str, Sequence[Any]], names: Sequence[str]) -> dict[str, Sequence[Any]]:
    """Those of some columns that can be read: what nobody asked for is no mistake."""
    found = {}
    for name in names:
        try:
            found[name] = columns[name]
        except DataError:
            continue
    return found
