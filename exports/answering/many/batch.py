"""Questions in columns: thousands of texts are lists, and no object is made for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Batch:
    """Records one after the other.

    Attributes:
        numbers: of each record in its file.
        texts: of each; "" where there is none.
        ids: the user's own names, None for a record without one; empty where no ids are asked for.
        errors: what is wrong with a record, by its place in the batch.
        read: share of the file that has been read, in [0, 1].
    """

    numbers: Sequence[int]
    texts: Sequence[str]
    ids: Sequence[Any] = ()
    errors: Mapping[int, str] = field(default_factory=dict)
    read: float = 0.0

    def __len__(self) -> int:
        return len(self.texts)


class Unusual(Exception):
    """The quick way of reading doesn't know what to make of what comes next."""
