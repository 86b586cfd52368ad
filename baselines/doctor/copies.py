"""Texts that stand in the data more than once, and equal texts whose labels differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from baselines.dataset import Part
from baselines.splits.duplicates import SIMILARITY, duplicate_groups, repeated
from baselines.task import LabelMatrix


@dataclass(frozen=True)
class Copy:
    """A text that another one says already.

    Attributes:
        row: of the copy.
        first: of the text that stays.
        near: whether they are only nearly equal.
        labels: what equal texts should have all; None where they agree, or are only nearly equal.
        sure: share of the equal texts that have these labels; for copies how alike they are at least.
    """

    row: int
    first: int
    near: bool
    sure: float
    labels: NDArray[np.bool_] | None = None


def copies_of(part: Part, exact: NDArray[np.intp], near: NDArray[np.intp]) -> list[Copy]:
    """Copies, and of equal texts those whose labels differ from most of them, by row.

    Args:
        part: all texts.
        exact: groups of equal texts, from `duplicate_groups`.
        near: groups of equal and nearly equal ones.
    """
    found = [copy for rows in repeated(exact) for copy in _of_equal(part.labels, rows)]
    for rows in repeated(near):
        firsts = {int(exact[row]) for row in rows}
        found += [Copy(row, int(rows[0]), True, SIMILARITY) for row in sorted(firsts)[1:]]
    return sorted(found, key=lambda copy: copy.row)


def both_groups(part: Part) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Groups of equal, and of equal or nearly equal texts; each number is the group's first row."""
    exact = duplicate_groups(part.texts, near=False)
    return exact, duplicate_groups(part.texts, near=True)


def _of_equal(labels: LabelMatrix, rows: NDArray[np.intp]) -> Iterator[Copy]:
    distinct, of_row, counts = np.unique(labels[rows], axis=0, return_inverse=True, return_counts=True)
    if len(distinct) == 1:
        yield from (Copy(int(row), int(rows[0]), False, 1.0) for row in rows[1:])
        return
    of_row = np.asarray(of_row).reshape(-1)
    # Of labels that are equally frequent, those of the first row.
    chosen = max(range(len(distinct)), key=lambda at: (counts[at], at == of_row[0]))
    first = int(rows[np.flatnonzero(of_row == chosen)[0]])
    share = float(counts[chosen] / len(rows))
    for row, own in zip(rows, of_row, strict=True):
        if own != chosen:
            yield Copy(int(row), first, False, share, labels[first])
        elif row != first:
            yield Copy(int(row), first, False, 1.0)
