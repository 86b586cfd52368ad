"""A linear model that was made elsewhere, served with NumPy alone, in float64 as it was made."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from baselines.checked_reading import json_of
from baselines.errors import ArtifactError
from baselines.task import BY_TASK, Link, Probabilities
from baselines.text.ngrams import NgramTfidf, Row
from compress.formats.tensors import tensors_of
from exports.runtime.bundle_format import LINEAR_FILE, VOCABULARY, BundleContent
from exports.runtime.linear_predictor import LinearPredictor, weighted_sum
from exports.runtime.predictor import Predictor


class AdoptedPredictor(LinearPredictor):
    """`link(values @ weights[columns] + intercept)` of each text's sparse row, in float64.

    Attributes:
        link: how logits become probabilities, where the task alone doesn't say.
    """

    link: Link

    def __init__(self, bundle: BundleContent) -> None:
        Predictor.__init__(self, bundle)
        path = bundle.place(LINEAR_FILE)
        tensors, metadata = tensors_of(bundle.data(LINEAR_FILE), path)
        if set(tensors) != {"idf", "weights", "intercept"} or set(metadata) - {"link"}:
            raise ArtifactError(f"{path}: idf, weights and intercept are needed, got {', '.join(sorted(tensors))}")
        for name, array in tensors.items():
            if array.dtype != np.float64:
                raise ArtifactError(f"{path}: {name}: every value must be a finite float64, got {array.dtype}")
        try:
            self.vectorizer = NgramTfidf.from_json(bundle.json(VOCABULARY), tensors["idf"])
        except ArtifactError as error:
            raise ArtifactError(f"{bundle.place(VOCABULARY)}: {error}") from None
        try:
            link = metadata.get("link")
            self.link = BY_TASK if link is None else Link.from_json(json_of(link.encode(), "link"))
        except ArtifactError as error:
            raise ArtifactError(f"{path}: {error}") from None
        self.weights, self.intercept = tensors["weights"], tensors["intercept"]
        n_logits = self.link.n_logits(len(self.classes))
        expected = (self.vectorizer.n_features, n_logits)
        fits = self.link == BY_TASK or (self.task == "multiclass" and len(self.link.paths) in (0, len(self.classes)))
        if not fits or self.weights.shape != expected or self.intercept.shape != expected[1:]:
            raise ArtifactError(
                f"{path}: expected weights {expected} for link {self.link.name}, got {self.weights.shape}"
            )

    def run(self, encoded: list[Row]) -> Probabilities:
        logits: NDArray[np.float64] = np.empty((len(encoded), len(self.intercept)))
        for out, (columns, values) in zip(logits, encoded, strict=True):
            out[:] = weighted_sum(values, self.weights, columns) + self.intercept
        return self.link(logits, self.task)
