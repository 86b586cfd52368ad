"""What every loaded bundle does, whatever its form: texts in, probabilities or classes out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

from baselines.classifier import Probabilities, Thresholds, check_texts, decide
from baselines.errors import ArtifactError
from exports.runtime.bundle_format import BundleContent

Encoded = TypeVar("Encoded")


class Predictor(ABC, Generic[Encoded]):
    """What a loaded bundle does.

    Attributes:
        classes: names, in the order of the columns.
        thresholds: float32 (n_classes,).
        bundle: the checked bundle, with its manifest.
    """

    def __init__(self, bundle: BundleContent) -> None:
        self.bundle = bundle
        self.classes = bundle.classes
        self.thresholds: Thresholds = bundle.thresholds

    @abstractmethod
    def encode(self, texts: Sequence[str]) -> Encoded:
        """What the model reads, made from the texts."""

    @abstractmethod
    def run(self, encoded: Encoded) -> Probabilities:
        """The model alone, on encoded texts; float32 (n_texts, n_classes)."""

    def predict_proba(self, texts: Sequence[str]) -> Probabilities:
        """float32 (n_texts, n_classes) in [0, 1].

        Raises:
            TypeError: naming the index of the first entry that is not a string.
        """
        check_texts(texts)
        return self.run(self.encode(texts))

    def predict(self, texts: Sequence[str]) -> list[list[str]]:
        """The classes of each text whose probability reaches their threshold, in the order of `classes`."""
        decided = decide(self.predict_proba(texts), self.thresholds)
        if len(decided) == 1:
            return [[self.classes[i] for i in decided[0].nonzero()[0].tolist()]]
        return [[self.classes[i] for i in row.nonzero()[0].tolist()] for row in decided]


def require_fit(bundle: BundleContent, fits: bool, expected: str) -> None:
    """Raise ArtifactError saying what the files of a bundle should have been, unless they fit together."""
    if not fits:
        raise ArtifactError(f"{bundle.folder}: files don't fit together: expected {expected}")
