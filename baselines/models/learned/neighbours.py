"""Training texts as sparse rows by term, and the vote of those nearest to a text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.models.learned.rows import Rows
from baselines.storage.weights import require_array
from baselines.task import Task

NAMES = ("starts", "rows", "values", "labels")


@dataclass(frozen=True)
class Neighbours:
    """The training texts of k nearest neighbours, column by column (CSC).

    Attributes:
        starts: int64 (n_features + 1,), where each term's texts begin in `rows`.
        rows: int32 (n_values,), numbers of texts.
        values: float32 (n_values,), TF-IDF of the term in the text.
        labels: uint8 (n_texts, n_classes), 0 or 1.
    """

    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    values: NDArray[np.float32]
    labels: NDArray[np.uint8]

    @cached_property
    def _squares(self) -> NDArray[np.float32]:
        return np.bincount(self.rows, self.values.astype(np.float64) ** 2, len(self.labels)).astype(np.float32)

    def shares(self, rows: Rows, neighbours: int) -> NDArray[np.float32]:
        """Share of the nearest texts (Euclidean) that have each class; ties: the earlier text.

        Sums run over the words in the order of their columns, text by text, so a text alone gets the same bits. A
        product of sparse matrices (SciPy) takes the same time, and what its compiler makes of a sum isn't ours.

        Returns:
            float32 (n_texts, n_classes).
        """
        out = np.empty((len(rows), self.labels.shape[1]), np.float32)
        for number, own in enumerate(out):
            products = np.zeros(len(self.labels), np.float32)
            for column, value in zip(*rows.row(number), strict=True):
                span = slice(self.starts[column], self.starts[column + 1])
                products[self.rows[span]] += value * self.values[span]
            nearest = smallest(self._squares - 2 * products, neighbours)
            own[:] = self.labels[nearest].mean(axis=0, dtype=np.float32)
        return out

    def check(self, n_features: int, n_classes: int, task: Task) -> None:
        """Raise ArtifactError unless the arrays fit together and every number points into its array."""
        require_array("labels", self.labels, "uint8", (None, n_classes))
        require_array("starts", self.starts, "int64", (n_features + 1,))
        require_array("rows", self.rows, "int32", (None,))
        require_array("values", self.values, "float32", self.rows.shape)
        n_texts = len(self.labels)
        if not n_texts or self.labels.max() > 1:
            raise ArtifactError("labels: 0 and 1 of at least one text are needed")
        if task == "multiclass" and (self.labels.sum(axis=1, dtype=np.int64) != 1).any():
            raise ArtifactError("labels: exactly one class a text is needed for task multiclass")
        if self.starts[0] != 0 or self.starts[-1] != len(self.rows) or (np.diff(self.starts) < 0).any():
            raise ArtifactError(f"starts must rise from 0 to {len(self.rows)}")
        if len(self.rows) and (self.rows.min() < 0 or self.rows.max() >= n_texts):
            raise ArtifactError(f"rows must lie in 0..{n_texts - 1}")


def smallest(numbers: NDArray[np.float32], most: int) -> NDArray[np.intp]:
    """Where the smallest numbers stand, in rising order, equal ones in the order of their places.

    The same as the head of a stable `argsort`, in a time that is linear: only what isn't above the last number wanted
    is sorted.
    """
    if most >= len(numbers):
        return np.argsort(numbers, kind="stable")
    near = np.flatnonzero(numbers <= np.partition(numbers, most - 1)[most - 1])
    return near[np.argsort(numbers[near], kind="stable")[:most]]
