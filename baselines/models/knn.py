"""k nearest neighbours over TF-IDF words, in the course's default settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import Progress
from baselines.errors import ArtifactError
from baselines.storage.configs import CheckedFields, config_from_json
from baselines.storage.ranges import Count
from baselines.storage.weights import require_array
from baselines.task import LabelMatrix
from baselines.text.cleaning import CleaningName
from baselines.text.ngrams import Row

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
from baselines.models.word_classifier import WordClassifier


@dataclass(frozen=True)
class KnnConfig(CheckedFields):
    """`neighbours`: how many training texts vote, each with the same weight; `cleaning`: of the texts."""

    neighbours: Count = 5
    cleaning: CleaningName = "course"


class KnnClassifier(WordClassifier):
    """Share of the nearest training texts (Euclidean, so by cosine) that have a class; ties go to the earlier text."""

    kind: ClassVar[str] = "knn"
    arrays: ClassVar[tuple[str, ...]] = ("starts", "rows", "values", "labels")

    config: KnnConfig

    def __init__(self, config: KnnConfig = KnnConfig()) -> None:
        self.config = config

    @property
    def cleaning(self) -> CleaningName:
        return self.config.cleaning

    @classmethod
    def _made(cls, config: Mapping[str, Any]) -> Self:
        return cls(config_from_json(KnnConfig, config))

    def _fit(self, rows: csr_matrix, labels: LabelMatrix, progress: Progress) -> None:
        by_term = rows.astype(np.float32).tocsc()
        arrays = {"starts": by_term.indptr.astype(np.int64), "rows": by_term.indices.astype(np.int32)}
        self._set_arrays({**arrays, "values": by_term.data, "labels": labels.astype(np.uint8)})
        progress(1, 1)

    def _answer(self, row: Row) -> NDArray[np.float32]:
        products = np.zeros(len(self._labels), np.float32)
        for column, value in zip(*row, strict=True):
            span = slice(self._starts[column], self._starts[column + 1])
            products[self._rows[span]] += value * self._values[span]
        nearest = np.argsort(self._squares - 2 * products, kind="stable")[: self.config.neighbours]
        share: NDArray[np.float32] = self._labels[nearest].mean(axis=0, dtype=np.float32)
        return share

    def _arrays(self) -> dict[str, NDArray[Any]]:
        return {"starts": self._starts, "rows": self._rows, "values": self._values, "labels": self._labels}

    def _set_arrays(self, arrays: dict[str, NDArray[Any]]) -> None:
        self._starts, self._rows = arrays["starts"], arrays["rows"]
        self._values, self._labels = arrays["values"], arrays["labels"]
        require_array("labels", self._labels, "uint8", (None, len(self.classes_)))
        require_array("starts", self._starts, "int64", (self.vectorizer_.n_features + 1,))
        require_array("rows", self._rows, "int32", (None,))
        require_array("values", self._values, "float32", self._rows.shape)
        n_texts = len(self._labels)
        if not n_texts or self._labels.max() > 1:
            raise ArtifactError("labels: 0 and 1 of at least one text are needed")
        if self.task_ == "multiclass" and (self._labels.sum(axis=1, dtype=np.int64) != 1).any():
            raise ArtifactError("labels: exactly one class a text is needed for task multiclass")
        if self._starts[0] != 0 or self._starts[-1] != len(self._rows) or (np.diff(self._starts) < 0).any():
            raise ArtifactError(f"starts must rise from 0 to {len(self._rows)}")
        if len(self._rows) and (self._rows.min() < 0 or self._rows.max() >= n_texts):
            raise ArtifactError(f"rows must lie in 0..{n_texts - 1}")
        self._squares = np.bincount(self._rows, self._values.astype(np.float64) ** 2, n_texts).astype(np.float32)
