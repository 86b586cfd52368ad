"""Phrases that stand for classes, read from a file that people can read too."""

from __future__ import annotations

from collections.abc import Sequence

from baselines.checked_reading import shown
from baselines.classifier import check_texts
from baselines.errors import ArtifactError
from baselines.models.learned.phrases import Phrases
from baselines.task import Known, Probabilities, answered
from baselines.text.cleaning import Cleaning
from exports.runtime.bundle_format import RULES_FILE, BundleContent
from exports.runtime.predictor import Predictor

_FIELDS = {"cleaning", "stem", "phrases"}


class RulesPredictor(Predictor[Sequence[str]]):
    """1 for what a text names, else 0."""

    def __init__(self, bundle: BundleContent) -> None:
        super().__init__(bundle)
        path, content = bundle.place(RULES_FILE), bundle.json(RULES_FILE)
        if not isinstance(content, dict) or set(content) != _FIELDS:
            raise ArtifactError(f"{path}: an object of {', '.join(sorted(_FIELDS))} is needed, got {shown(content)}")
        try:
            cleaning = Cleaning.from_json(content)
            self.phrases = Phrases.from_json(content["phrases"], cleaning, len(self.classes))
        except ArtifactError as error:
            raise ArtifactError(f"{path}: {error}") from None
        cleaning("")  # where words are stemmed and the stemmer isn't there, it is said now

    def encode(self, texts: Sequence[str]) -> Sequence[str]:
        # Finding phrases is all there is to do.
        return texts

    def run(self, encoded: Sequence[str]) -> Probabilities:
        return self.phrases.answer(encoded, len(self.classes), self.task)[0]

    def known(self, encoded: Sequence[str]) -> Known:
        return self.phrases.answer(encoded, len(self.classes), self.task)[1]

    def answered(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        # Once for both.
        found, known = self.phrases.answer(check_texts(texts), len(self.classes), self.task)
        return answered(found, known, self.space, self.thresholds), known
