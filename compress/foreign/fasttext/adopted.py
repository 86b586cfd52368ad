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
from baselines.task import BY_TASK, Known, Link, Probabilities
from baselines.text.ngrams import NgramTfidf
from compress.foreign.fasttext.answers import Answers


class Adopted(LinearClassifier):
    """A linear model made elsewhere.

    Attributes:
        link_: logits to probabilities.
    """

    kind: ClassVar[str] = "linear-adopted"
    can_fit: ClassVar[bool] = False
    link_: Link = BY_TASK

    @classmethod
    def of(cls, vectorizer: NgramTfidf, weights: NDArray[np.float32], answers: Answers) -> Self:
        """From weights (logits, columns); no threshold was chosen yet."""
        made = cls()
        made.accept(answers.space)
        made.vectorizer_, made.coef_, made.link_ = vectorizer, weights, answers.link
        made.intercept_ = np.zeros(len(weights), np.float32)
        return made

    def fit(self, train: Part, validation: Part | None = None, *, progress: Progress = ignore_progress) -> NoReturn:
        """It isn't trained here: raises NotCompressible."""
        raise NotCompressible(f"{self.kind}: taken over as it is, not fitted itself")

    def answer(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        rows = [self.vectorizer_.encode(text) for text in texts]
        logits = np.array([self._logits(row) for row in rows], np.float32).reshape(len(texts), -1)
        known = np.array([len(columns) > 0 for columns, _ in rows], np.bool_)
        return self.link_(logits, self.task_), known
