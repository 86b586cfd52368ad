"""What an explanation is made of: one text taken apart, whatever the model, and linear models' ways to do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from baselines.text.ngrams import NgramTfidf
from compress.formats.integer_rows import IntRows

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class Parts:
    """One text taken apart.

    Attributes:
        text: after cleaning; what the model saw.
        ngrams: one for each part, as it stands in `text`.
        starts: where each begins in `text`; -1 where a part counts several places (linear models).
        shares: float64 (n_parts, n_classes); a column sums to the class's logit minus its bias.
        bias: float64 (n_classes,), and what filters add in which no part of the text reached their floor.
        known: whether the model knows anything in the text; without it there are no parts.
    """

    text: str
    ngrams: tuple[str, ...]
    starts: tuple[int, ...]
    shares: Float64
    bias: Float64
    known: bool = True

    @property
    def logits(self) -> Float64:
        """(n_classes,)."""
        logits: Float64 = self.shares.sum(axis=0) + self.bias
        return logits

    def largest(self, column: int, n: int) -> list[tuple[str, int, float]]:
        """The n parts with the largest |share| of one class: n-gram, start, share."""
        order = np.argsort(-np.abs(self.shares[:, column]), kind="stable")[:n]
        return [(self.ngrams[i], self.starts[i], float(self.shares[i, column])) for i in order]


class Explainer(Protocol):
    """Anything that takes texts apart."""

    def parts(self, text: str) -> Parts:
        """Exact parts of one text."""

    def typical(self, texts: Sequence[str]) -> Explainer:
        """The same, with shares counted from what is usual over `texts` where a part is never absent."""


@dataclass(frozen=True)
class LinearExplainer:
    """For linear models over n-grams: `weights` (n_features, n_classes)."""

    vectorizer: NgramTfidf
    weights: NDArray[np.float32]
    intercept: NDArray[np.float32]
    names: tuple[str, ...]

    def parts(self, text: str) -> Parts:
        columns, values = self.vectorizer.encode(text)
        clean, bias = self.vectorizer.cleaning(text), self.intercept.astype(np.float64)
        if not len(columns):
            return nothing_known(clean, bias)
        shares = self.weights[columns].astype(np.float64)
        shares *= values[:, None]
        ngrams = tuple(self.names[column] for column in columns)
        return Parts(clean, ngrams, (-1,) * len(ngrams), shares, bias)

    def typical(self, texts: Sequence[str]) -> LinearExplainer:
        # An n-gram that doesn't occur has no share, so zero is where they count from already.
        return self


@dataclass(frozen=True)
class RowsExplainer:
    """For linear models in whole numbers: shares of the very sums that answer."""

    rows: IntRows

    def parts(self, text: str) -> Parts:
        names, shares = self.rows.shares(text)
        clean, bias = self.rows.vectorizer.cleaning(text), self.rows.intercept.astype(np.float64)
        if not names:
            return nothing_known(clean, bias)
        return Parts(clean, tuple(names), (-1,) * len(names), shares, bias)

    def typical(self, texts: Sequence[str]) -> RowsExplainer:
        return self


def nothing_known(clean: str, bias: Float64) -> Parts:
    """A text in which nothing is known has no parts."""
    return Parts(clean, (), (), np.zeros((0, len(bias))), bias, known=False)
