"""How often each text counts, in many ways at once, without a matrix that has a column for every text.

A bootstrap of B resamples of n texts is a (B, n) matrix: 12 GB at 10,000 and 150,000. Above `MOST_DRAWN` texts so many
groups of them are drawn instead, put together at random once; a sum over drawn groups varies as one over drawn texts
does, and its spread is known to `1 / sqrt(2 * MOST_DRAWN)`, 1 %, less than B resamples tell. This is the bootstrap of a
random grouping; for standard errors from random groups see Wolter, "Introduction to Variance Estimation" (2007).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Texts that are still drawn one by one. The same number of groups keeps the cost of a resample from growing.
MOST_DRAWN = 5_000
# Cells of one block of a matrix with a row for each text: bounds the memory to some tens of MB.
CELLS = 4_000_000


class Groups:
    """What a resample draws: each text alone, or of more than `most` texts as many groups of equal size.

    Args:
        n_texts: at least 1.
        most: groups; sizes differ by 1 at most.
    """

    def __init__(self, n_texts: int, most: int = MOST_DRAWN) -> None:
        self.n_texts, self.number = n_texts, min(n_texts, most)
        self.alone = n_texts <= most

    @cached_property
    def order(self) -> NDArray[np.intp]:
        """Texts group by group; at random, as texts that stand together in a file are often alike."""
        return np.random.default_rng([self.n_texts, 21]).permutation(self.n_texts)

    @cached_property
    def starts(self) -> NDArray[np.intp]:
        """Where each group begins in `order`."""
        return np.arange(self.number) * self.n_texts // self.number

    @cached_property
    def sizes(self) -> Floats:
        """Texts of each group."""
        return np.diff(self.starts, append=self.n_texts).astype(np.float64)

    def weights(self, counts: NDArray[Any]) -> Any:
        """Weights of the texts where each group was drawn so often; (B, number)."""
        drawn = counts.astype(np.float32)
        return drawn if self.alone else OfGroups(drawn, self)

    def sums(self, columns_of: Callable[[NDArray[np.intp]], NDArray[Any]], width: int = 1) -> NDArray[Any]:
        """Sum of each group; (number, ...), from a function that gives the rows of some texts, `width` cells each."""
        found = []
        step = max(1, CELLS // (max(width, 1) * (self.n_texts // self.number + 1)))
        for first in range(0, self.number, step):
            starts = self.starts[first : first + step]
            stop = self.starts[first + step] if first + step < self.number else self.n_texts
            columns = columns_of(self.order[starts[0] : stop])
            found.append(np.add.reduceat(columns, starts - starts[0], axis=0))
        return np.concatenate(found)


class OfGroups:
    """Weights that all texts of a group share; stands where judges take a (B, n_texts) matrix."""

    def __init__(self, counts: NDArray[np.float32], groups: Groups) -> None:
        self.counts, self.groups = counts, groups

    def __matmul__(self, values: NDArray[np.floating]) -> Floats:
        summed = self.groups.sums(lambda rows: values[rows].astype(np.float64))
        product: Floats = self.counts.astype(np.float64) @ summed
        return product

    def __len__(self) -> int:
        return len(self.counts)

    def sum(self, axis: int = 1, dtype: Any = np.float64) -> Floats:
        """Texts drawn."""
        drawn: Floats = self.counts.astype(np.float64) @ self.groups.sizes
        return drawn


class EachLeftOut:
    """Weights that leave out one text after the other, all at once.

    Args:
        rows: the texts that are left out, one a weighting.
        n_texts: of all.
    """

    def __init__(self, rows: NDArray[np.intp], n_texts: int) -> None:
        self.rows, self._n = rows, n_texts

    def __matmul__(self, values: NDArray[np.floating]) -> Floats:
        whole: Floats = values.sum(axis=0, dtype=np.float64)
        return whole - values[self.rows]

    def __len__(self) -> int:
        return len(self.rows)

    def sum(self, axis: int = 1, dtype: Any = np.float64) -> Floats:
        """Texts that are left."""
        return np.full(len(self), self._n - 1.0)


class Everyone:
    """Weights that count every text once, `times` over: for judges of counts that were given."""

    def __init__(self, times: int, n_texts: int) -> None:
        self._times, self._n = times, n_texts

    def __matmul__(self, values: NDArray[np.floating]) -> Floats:
        return np.full(self._times, float(values.sum(dtype=np.float64)))

    def __len__(self) -> int:
        return self._times

    def sum(self, axis: int = 1, dtype: Any = np.float64) -> Floats:
        """All texts."""
        return np.full(self._times, float(self._n))
