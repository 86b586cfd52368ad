"""Of several labels a text: what the words say and what the other labels say, put together.

A text that is about attention and labelled `transformers` lacks `nlp` more surely than the words alone can tell. For
each class a logistic regression on the left-out scores of all classes and on the text's other labels; each text's own
part in it is taken out by one Newton step (approximate leave-one-out; Rad and Maleki, "A scalable estimate of the
out-of-sample prediction error via approximate leave-one-out cross-validation", 2020).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from baselines.doctor.left_out import targets
from baselines.task import LabelMatrix

Floats = NDArray[np.float64]
# Strength of the L2 penalty; docs/decisions.md.
PENALTY = 10.0
_ITERATIONS = 8
_FARTHEST = 30.0


def second_look(scores: NDArray[np.float32], labels: LabelMatrix) -> Floats:
    """Logits of each label, without the text's own say; float64 like `scores`, (n_texts, n_classes)."""
    n, n_classes = labels.shape
    signs, ones = targets(labels).astype(np.float64), np.ones((n, 1))
    seen = scores.astype(np.float64) / max(float(scores.std()), 1e-12)
    found = np.empty(labels.shape)
    for column in range(n_classes):
        features = np.concatenate([seen, np.delete(signs, column, axis=1), ones], axis=1)
        found[:, column] = _left_out_logits(features, labels[:, column].astype(np.float64))
    return found


def _left_out_logits(features: Floats, wanted: Floats) -> Floats:
    """Of a logistic regression whose last feature is the constant, almost free of the penalty; (n,)."""
    weights = np.zeros(features.shape[1])
    penalty = np.full(features.shape[1], PENALTY)
    penalty[-1] = 1e-3
    for _ in range(_ITERATIONS):
        probability, curvature = _curves(features @ weights)
        hessian = (features * curvature[:, None]).T @ features + np.diag(penalty)
        weights -= np.linalg.solve(hessian, features.T @ (probability - wanted) + penalty * weights)
    logits = features @ weights
    probability, curvature = _curves(logits)
    hessian = (features * curvature[:, None]).T @ features + np.diag(penalty)
    leverage = np.einsum("ij,ij->i", features @ np.linalg.inv(hessian), features)
    found: Floats = logits + leverage * (probability - wanted) / np.maximum(1 - leverage * curvature, 1e-3)
    return found


def _curves(logits: Floats) -> tuple[Floats, Floats]:
    """The logistic function and its slope."""
    probability = 1 / (1 + np.exp(-np.clip(logits, -_FARTHEST, _FARTHEST)))
    return probability, np.maximum(probability * (1 - probability), 1e-6)
