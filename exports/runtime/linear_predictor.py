"""A linear model over TF-IDF n-grams in float32, served with NumPy alone: the sum of the weights of what occurs.

In whole numbers: see `exports.runtime.rows_predictor`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.task import Known, Probabilities, link
from baselines.text.ngrams import NgramTfidf, Row, each_row
from compress.formats.tensors import tensors_of
from exports.runtime.bundle_format import LINEAR_FILE, VOCABULARY, BundleContent
from exports.runtime.predictor import Predictor

# OpenBLAS shares out larger products (from 9,216 weights on) to all cores of the machine, whatever `threads` and quotas
# say, and then the last bits of a sum depend on how many cores there are.
_MOST_WEIGHTS = 1 << 13


class LinearPredictor(Predictor[list[Row]]):
    """`sigmoid(values @ weights[columns] + intercept)` of each text's sparse row.

    Attributes:
        vectorizer: text to row, the implementation that training used.
        weights: float32 (n_features, n_classes); the rows a text reads lie together in memory.
        intercept: float32 (n_classes,).
    """

    def __init__(self, bundle: BundleContent) -> None:
        super().__init__(bundle)
        path = bundle.place(LINEAR_FILE)
        tensors, _ = tensors_of(bundle.data(LINEAR_FILE), path)
        if set(tensors) != {"idf", "weights", "intercept"}:
            raise ArtifactError(f"{path}: idf, weights and intercept are needed, got {', '.join(sorted(tensors))}")
        for name, array in tensors.items():
            if array.dtype != np.float32:
                raise ArtifactError(f"{path}: {name}: every value must be a finite float32, got {array.dtype}")
        try:
            self.vectorizer = NgramTfidf.from_json(bundle.json(VOCABULARY), tensors["idf"])
        except ArtifactError as error:
            raise ArtifactError(f"{bundle.place(VOCABULARY)}: {error}") from None
        self.weights: NDArray[np.float32] = tensors["weights"]
        self.intercept: NDArray[np.float32] = tensors["intercept"]
        expected = (self.vectorizer.n_features, len(self.classes))
        if self.weights.shape != expected or self.intercept.shape != expected[1:]:
            raise ArtifactError(f"{path}: expected weights {expected}, got {self.weights.shape}")

    def encode(self, texts: Sequence[str]) -> list[Row]:
        return list(each_row(self.vectorizer, texts))

    def run(self, encoded: list[Row]) -> Probabilities:
        logits = np.empty((len(encoded), len(self.classes)), np.float32)
        for out, (columns, values) in zip(logits, encoded, strict=True):
            out[:] = weighted_sum(values, self.weights, columns) + self.intercept
        return link(logits, self.task)

    def known(self, encoded: list[Row]) -> Known:
        return np.array([len(columns) > 0 for columns, _ in encoded], np.bool_)


def weighted_sum(
    values: NDArray[np.float32], weights: NDArray[np.float32], columns: NDArray[Any]
) -> NDArray[np.float32]:
    """`values @ weights[columns]`, the same bits with any number of cores; float32 (n_classes,).

    Rows are gathered a few at a time, so that a long text takes no more memory than a short one.

    Args:
        values: float32 (n,), of the n-grams that occur.
        weights: float32 (n_features, n_classes).
        columns: their rows in `weights`; (n,).
    """
    rows = max(1, _MOST_WEIGHTS // weights.shape[1])
    total: NDArray[np.float32] = values[:rows] @ weights[columns[:rows]]
    for start in range(rows, len(columns), rows):
        part = slice(start, start + rows)
        total += values[part] @ weights[columns[part]]
    return total
