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
from baselines.scores.weightings import CELLS, EachLeftOut, Groups, OfGroups
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
        self._summed: tuple[Groups, NDArray[np.float32]] | None = None

    @property
    def probabilities(self) -> Probabilities:
        """float32 (n_texts, n_classes); raises DataError where none were given."""
        if self._probabilities is None:
            raise DataError("answers: this metric reads probabilities, but only decisions were given")
        return self._probabilities

    def counts(self, weights: Weights) -> Counted:
        """tp, fp, fn of each weighting; float64 (B, n_classes) each."""
        if self._counted is None or self._counted[0] is not weights:
            tp, predicted, support = np.split(self._sums(weights), 3, axis=1)
            self._counted = weights, (tp, predicted - tp, support - tp)
        return self._counted[1]

    @cached_property
    def totals(self) -> Counted:
        """tp, fp, fn with every text counting once; float64 (n_classes,) each."""
        right = np.logical_and(self.truth, self.decided).sum(axis=0, dtype=np.float64)
        predicted, support = (labels.sum(axis=0, dtype=np.float64) for labels in (self.decided, self.truth))
        return right, predicted - right, support - right

    @cached_property
    def patterns(self) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """One text of each pair of truth and decisions that occurs, and which pair each text has; (n_texts,).

        Texts of one pair move every metric of decisions alike, and there are few pairs: 150,000 texts with 28 classes
        have some thousand.
        """
        bits = np.packbits(np.concatenate([self.truth, self.decided], axis=1), axis=1)
        words = np.pad(bits, ((0, 0), (0, -bits.shape[1] % 8))).view(np.uint64)  # (n, ceil(2 C / 64))
        pair = np.zeros(len(words), np.int64)
        for word in words.T:
            of_word = np.unique(word, return_inverse=True)[1]
            pair = np.unique(pair * len(words) + of_word, return_inverse=True)[1]
        return np.unique(pair, return_index=True)[1], pair.astype(np.int32)

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

    def forget_groups(self) -> None:
        """Drop what was summed for groups of texts that are drawn together: some MB a model."""
        self._summed = None

    @cached_property
    def n_occurring(self) -> int:
        """Classes that some text has."""
        return int(self.truth.any(axis=0).sum())

    def _sums(self, weights: Weights) -> Floats:
        """Right, decided and true classes of each weighting, side by side; (B, 3 C)."""
        if isinstance(weights, EachLeftOut):
            tp, fp, fn = self.totals
            return np.concatenate([tp, tp + fp, tp + fn]) - self._columns(weights.rows)
        if isinstance(weights, OfGroups):
            if self._summed is None or self._summed[0] is not weights.groups:
                self._summed = weights.groups, weights.groups.sums(self._columns, 3 * self.truth.shape[1])
            return (weights.counts @ self._summed[1]).astype(np.float64)
        if len(weights) == 1 and (weights == 1).all():
            tp, fp, fn = self.totals
            return np.concatenate([tp, tp + fp, tp + fn])[None]
        size = max(1, CELLS // max(3 * self.truth.shape[1], 1))
        if len(self.truth) <= size:
            return (weights @ self._all_columns).astype(np.float64)
        sums = np.zeros((len(weights), 3 * self.truth.shape[1]))
        for start in range(0, len(self.truth), size):
            sums += weights[:, start : start + size] @ self._columns(slice(start, start + size))
        return sums

    @cached_property
    def _all_columns(self) -> NDArray[np.float32]:
        return self._columns(slice(None))

    def _columns(self, rows: slice | NDArray[np.intp]) -> NDArray[np.float32]:
        """Right, decided and true of some texts, (rows, 3 C); float32 counts exactly up to 2^24 texts."""
        truth, decided = self.truth[rows], self.decided[rows]
        return np.concatenate([truth & decided, decided, truth], axis=1).astype(np.float32)

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
