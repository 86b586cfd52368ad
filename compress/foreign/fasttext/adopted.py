"""The classifier that an adopted fastText model becomes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NoReturn, Self

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import Progress, ignore_progress
from baselines.dataset import Part
from baselines.errors import NotCompressible
from baselines.models.linear import LinearClassifier
from baselines.task import BY_TASK, Known, LabelSpace, Link, Probabilities
from baselines.text.ngrams import NgramTfidf


class AdoptedLinear(LinearClassifier):
    """A linear model made elsewhere.

    Attributes:
        exact: vectorizer, weights float64 (n_logits, n_features), intercept float64 (n_logits,).
        link: logits to probabilities.
    """

    kind: ClassVar[str] = "linear-adopted"
    can_fit: ClassVar[bool] = False
    exact: tuple[NgramTfidf, NDArray[np.float64], NDArray[np.float64]]
    link: Link

    @classmethod
    def of(
        cls,
        vectorizer: NgramTfidf,
        weights: NDArray[np.float64],
        intercept: NDArray[np.float64],
        space: LabelSpace,
        link: Link = BY_TASK,
    ) -> Self:
        """No threshold was chosen yet."""
        made = cls()
        made.accept(space)
        made.exact, made.link, made.vectorizer_ = (vectorizer, weights, intercept), link, vectorizer
        made.coef_, made.intercept_ = weights.astype(np.float32), intercept.astype(np.float32)
        return made

    def fit(self, train: Part, validation: Part | None = None, *, progress: Progress = ignore_progress) -> NoReturn:
        """It isn't trained here: raises NotCompressible."""
        raise NotCompressible(f"{self.kind}: taken over as it is, not fitted itself")

    def answer(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        vectorizer, weights, intercept = self.exact
        rows = [vectorizer.encode(text) for text in texts]
        logits = np.array([weights[:, columns] @ values + intercept for columns, values in rows])
        known = np.array([len(columns) > 0 for columns, _ in rows], np.bool_)
        return self.link(logits.reshape(len(texts), -1), self.task_), known
