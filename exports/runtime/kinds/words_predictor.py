"""What predictors over TF-IDF of words share: a vocabulary beside a file of arrays."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.models.learned.rows import Rows
from baselines.task import Known, Probabilities
from baselines.text.ngrams import NgramTfidf, Row, each_row
from compress.formats.tensors import tensors_of
from exports.runtime.bundle_format import VOCABULARY, BundleContent
from exports.runtime.predictor import Predictor

Arrays = dict[str, NDArray[Any]]


class WordsPredictor(Predictor[list[Row]]):
    """Text to a sparse row, and a row to an answer.

    Attributes:
        vectorizer: the implementation that training used.
    """

    def __init__(self, bundle: BundleContent, file: str) -> None:
        super().__init__(bundle)
        tensors, metadata = tensors_of(bundle.data(file), bundle.place(file))
        idf = tensors.pop("idf", np.zeros(0))
        if idf.dtype != np.float32:
            raise ArtifactError(f"{bundle.place(file)}: idf: float32 values are needed, got {idf.dtype}")
        try:
            self.vectorizer = NgramTfidf.from_json(bundle.json(VOCABULARY), idf)
        except ArtifactError as error:
            raise ArtifactError(f"{bundle.place(VOCABULARY)}: {error}") from None
        try:
            self.take(tensors, metadata)
        except ArtifactError as error:
            raise ArtifactError(f"{bundle.place(file)}: {error}") from None

    @abstractmethod
    def take(self, arrays: Arrays, metadata: Mapping[str, str]) -> None:
        """Make the model of the file's arrays but the idf; raises ArtifactError where they don't fit."""

    @abstractmethod
    def answer_rows(self, rows: Rows) -> Probabilities:
        """What the model says of texts; float32 (n_texts, n_classes)."""

    def encode(self, texts: Sequence[str]) -> list[Row]:
        return list(each_row(self.vectorizer, texts))

    def run(self, encoded: list[Row]) -> Probabilities:
        return self.answer_rows(Rows.of(encoded))

    def known(self, encoded: list[Row]) -> Known:
        return np.array([len(columns) > 0 for columns, _ in encoded], np.bool_)


def require_names(arrays: Mapping[str, Any], names: Sequence[str]) -> None:
    """Raise ArtifactError unless the arrays are those named, and no others."""
    if set(arrays) != set(names):
        raise ArtifactError(f"{', '.join(names)} and idf are needed, got {', '.join(sorted(arrays))[:200]}")
