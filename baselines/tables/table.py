"""The records of one file, column by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baselines.errors import DataError


@dataclass(frozen=True)
class Table:
    """The records of one file.

    Attributes:
        path: for messages.
        columns: values by name, in file order; every column has as many values as there are records.
        rows: number of each record in the file, for messages.
        notes: what was found and decided while reading, as sentences.
        has_header: whether the names of the columns stand in the file; else they are `1`, `2`, ….
    """

    path: Path
    columns: Mapping[str, Sequence[Any]]
    rows: Sequence[int]
    notes: tuple[str, ...] = ()
    has_header: bool = True

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> Sequence[Any]:
        """Values of one column; raises DataError with the columns there are."""
        if name not in self.columns:
            raise DataError(f"{self.path}: no column {name!r}; columns: {', '.join(map(repr, self.columns))}")
        return self.columns[name]
