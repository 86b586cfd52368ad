"""One model's answers beside the truth, and what every metric reads of them.

A metric is asked for many weightings of the texts at once (a bootstrap has thousands). So what it reads of the answers
is worked out once, and what several metrics need of one weighting is too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from baselines.errors import DataError
from baselines.task import LabelMatrix, Probabilities

Floats = NDArray[np.float64]
# A weight says how often a text counts: (B, n_texts), float32 or float64.
Weights = NDArray[np.floating]
Counted = tuple[Floats, Floats, Floats]


class Answers:
    """One model's answers beside the truth, and what judges read of them; each worked out when first asked for.

    Args:
        truth: bool (n_texts, n_classes).
        decided: bool, of the same shape.
        probabilities: float32, of the same shape; None where only decisions are judged.
    """

    def __init__(self, truth: LabelMatrix, decided: LabelMatrix, probabilities: Probabilities | None = None) -> None:
        self.truth, self.decided, self._probabilities = truth, decided, probabilities
        self._counted: tuple[Weights, Counted] | None = None
        self._ranked: tuple[Weights, tuple[Floats, Floats]] | None = None
        self._values: dict[OfTexts, Floats] = {}

    @property
    def probabilities(self) -> Probabilities:
        """float32 (n_texts, n_classes); raises DataError where none were given."""
        if self._probabilities is None:
            raise DataError("answers: this metric reads probabilities, but only decisions were given")
        return self._probabilities

    def counts(self, weights: Weights) -> Counted:
        """tp, fp, fn of each weighting; float64 (B, n_classes) each."""
        if self._counted is None or self._counted[0] is not weights:
            sums = (weights @ self._columns).astype(np.float64)
            tp, predicted, support = np.split(sums, 3, axis=1)
            self._counted = weights, (tp, predicted - tp, support - tp)
        return self._counted[1]

    def of_texts(self, value: OfTexts) -> Floats:
        """One number a text; (n_texts,)."""
        if value not in self._values:
            self._values[value] = value(self)
        return self._values[value]

    def ranked(self, weights: Weights) -> tuple[Floats, Floats]:
        """Weight of positives and of negatives found up to each of m falling probabilities of the only column.

        Float64 (B, m) each. Probabilities between which no positive lies are taken together: the positives that are
        found are the same for all of them.
        """
        if self._ranked is None or self._ranked[0] is not weights:
            order, starts = self._order
            drawn = np.take(weights, order, axis=1)  # (B, n)
            positive = np.add.reduceat(drawn * self.truth[order, 0], starts, axis=1, dtype=np.float64)
            every = np.add.reduceat(drawn, starts, axis=1, dtype=np.float64)
            tp = np.cumsum(positive, axis=1)
            self._ranked = weights, (tp, np.cumsum(every, axis=1) - tp)
        return self._ranked[1]

    def forget(self) -> None:
        """Drop what was worked out for the last weights: for thousands of them it takes tens of MB."""
        self._counted = self._ranked = None

    @cached_property
    def n_occurring(self) -> int:
        """Classes that some text has."""
        return int(self.truth.any(axis=0).sum())

    @cached_property
    def _columns(self) -> NDArray[np.float32]:
        """Right, decided and true side by side, (n, 3 C); float32 counts exactly up to 2^24 texts."""
        return np.concatenate([self.truth & self.decided, self.decided, self.truth], axis=1).astype(np.float32)

    @cached_property
    def _order(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Texts by falling probability, and where each piece of them starts: equal probabilities are one piece."""
        order = np.argsort(-self.probabilities[:, 0], kind="stable")
        falling, positive = self.probabilities[order, 0], self.truth[order, 0].astype(np.intp)
        starts = np.flatnonzero(np.append(True, falling[1:] != falling[:-1])[: len(falling)])
        has_positive = np.add.reduceat(positive, starts) > 0
        kept = np.append(True, has_positive[1:] | has_positive[:-1])
        return order, starts[kept[: len(starts)]]


OfTexts = Callable[[Answers], Floats]
