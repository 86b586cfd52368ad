"""What is dealt as a whole, and what is missing where: the words in which coverage of classes is spoken of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from baselines.task import LabelMatrix

Rows = NDArray[np.intp]
Counts = NDArray[np.intp]
# Of classes with enough items: missing in part 0, missing pairs of class and part. Of all classes: the same two.
Lack = tuple[int, int, int, int]


@dataclass(frozen=True)
class Items:
    """What is dealt as a whole: single texts, or groups of texts.

    Attributes:
        marks: bool (n_items, n_classes), whether a class stands in the item.
        sizes: texts in each item; (n_items,).
        slack: texts by which the size of a part may change; 0 keeps sizes as they are dealt.
    """

    marks: LabelMatrix
    sizes: Counts
    slack: int = 0

    def __len__(self) -> int:
        return len(self.sizes)


def held_by(marks: LabelMatrix, owner: Rows, n_parts: int) -> Counts:
    """Items of each class in each part; (n_parts, n_classes)."""
    return np.stack([marks[owner == part].sum(axis=0, dtype=np.intp) for part in range(n_parts)])


def lack(marks: LabelMatrix, owner: Rows, n_parts: int) -> Lack:
    """What is missing, so that less is better in the order of tuples; classes without any item don't count."""
    occurs = marks.any(axis=0)
    missing = (held_by(marks, owner, n_parts) == 0) & occurs
    enough = marks.sum(axis=0) >= n_parts
    of_enough = missing[:, enough]
    return int(of_enough[0].sum()), int(of_enough.sum()), int(missing[0].sum()), int(missing.sum())


def least_lack(marks: LabelMatrix, n_parts: int) -> Lack:
    """What no assignment can be better than: a class with two items stands in two parts."""
    totals = marks.sum(axis=0)
    return 0, 0, 0, int(np.maximum(n_parts - totals[totals > 0], 0).sum())
