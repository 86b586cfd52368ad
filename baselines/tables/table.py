"""The records of one file, column by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baselines.errors import DataError
from baselines.tables.paths import NoSuchPath, follow


@dataclass(frozen=True)
class Table:
    """The records of one file.

    Attributes:
        path: for messages.
        columns: values by name, in file order; every column has as many values as there are records.
        rows: number of each record in the file, for messages.
        notes: what was found and decided while reading, as sentences.
        has_header: whether the names of the columns stand in the file; else they are `1`, `2`, ….
        header_doubt: a sentence where row 1 was read as names but looks like a record; "" where it doesn't, or where
            the user said what it is. To be raised where the columns that are needed aren't found.
    """

    path: Path
    columns: Mapping[str, Sequence[Any]]
    rows: Sequence[int]
    notes: tuple[str, ...] = ()
    has_header: bool = True
    header_doubt: str = ""

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> Sequence[Any]:
        """Values of one column, or what a path such as `doc.text` or `labels[].name` finds in nested ones.

        A column of exactly that name wins. Records that lack what the path names have None there.

        Raises:
            DataError: nothing of that name; the message lists what there is at that level.
        """
        if name in self.columns:
            return self.columns[name]
        try:
            found = follow(self.columns, name)
        except NoSuchPath as error:
            raise DataError(f"{self.path}: no column {name!r}; {error}") from None
        if found is None:
            raise DataError(f"{self.path}: no column {name!r}; columns: {', '.join(map(repr, self.columns))}")
        return found
