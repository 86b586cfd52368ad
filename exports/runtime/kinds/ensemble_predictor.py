"""Several bundles in one folder, whose calibrated answers are averaged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from baselines.classifier import check_texts
from baselines.errors import ArtifactError
from baselines.models.learned.average import averaged, shares_from_json
from baselines.task import Known, Probabilities, answered
from exports.runtime.bundle_format import ENSEMBLE_FILE, BundleContent
from exports.runtime.predictor import Predictor


class EnsemblePredictor(Predictor[Sequence[str]]):
    """The average that the classifier takes, over members that are opened as bundles of their own.

    Attributes:
        members: predictors, in the order of `shares`.
    """

    def __init__(self, bundle: BundleContent, open_member: Callable[[BundleContent], Predictor[Any]]) -> None:
        super().__init__(bundle)
        self.members: list[Predictor[Any]] = []
        try:
            _, self.shares = shares_from_json(bundle.json(ENSEMBLE_FILE))
        except ArtifactError as error:
            raise ArtifactError(f"{bundle.place(ENSEMBLE_FILE)}: {error}") from None
        for member in bundle.members():
            self.members.append(open_member(member))
            member.forget()
        if len(self.shares) != len(self.members):
            raise ArtifactError(
                f"{bundle.place(ENSEMBLE_FILE)}: expected {len(self.members)} shares, got {len(self.shares)}"
            )

    def encode(self, texts: Sequence[str]) -> Sequence[str]:
        # Each member reads a text in its own way.
        return texts

    def run(self, encoded: Sequence[str]) -> Probabilities:
        return self._averaged(encoded)[0]

    def known(self, encoded: Sequence[str]) -> Known:
        return _any([member.known(member.encode(encoded)) for member in self.members])

    def answered(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        found, known = self._averaged(check_texts(texts))
        return answered(found, known, self.space, self.thresholds), known

    def _averaged(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        answers = [member.answered(texts) for member in self.members]
        known = _any([knows for _, knows in answers])
        return averaged(self.shares, [own for own, _ in answers], self.task), known


def _any(known: Sequence[Known]) -> Known:
    found: Known = np.logical_or.reduce(known)
    return found
