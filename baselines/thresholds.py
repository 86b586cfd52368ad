"""Decision thresholds chosen on validation: 0.5, one for all classes, or one for each class.

A class is predicted where its probability is at least its threshold. F1 only changes where the threshold passes an
observed probability, so the midpoints between neighbouring observed probabilities are all the candidates there are: the
maximum found is the exact one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import Probabilities, Thresholds, decide
from baselines.dataset import LabelMatrix
from baselines.metrics import scores

ThresholdKind = Literal["half", "global", "per_class"]
HALF = 0.5
# Positives at which a class's own threshold counts as much as the global one. On Made With ML, 5 folds and 17 models,
# mean weighted F1 is 0.7111 with a global threshold, and 0.7116, 0.7129, 0.7133, 0.7130, 0.7126 at 10, 20, 40, 80, 160.
SHRINKAGE = 40.0
# Sums of float64 differences agree to about this; candidates closer than that to the best count as equally good.
_EQUAL = 1e-9


@dataclass(frozen=True)
class ThresholdChoices:
    """Every threshold fitted on validation, and the weighted F1 each reaches there.

    Attributes:
        global_: the one threshold for all classes.
        per_class: float32 (n_classes,), shrunk towards `global_`.
        f1_weighted: on validation, by kind (`half`, `global`, `per_class`).
    """

    global_: float
    per_class: Thresholds
    f1_weighted: dict[ThresholdKind, float]

    def of(self, kind: ThresholdKind) -> Thresholds:
        """float32 (n_classes,) of one kind."""
        if kind == "per_class":
            return self.per_class.copy()
        return np.full(self.per_class.shape, HALF if kind == "half" else self.global_, np.float32)


def fit_thresholds(
    truth: LabelMatrix, probabilities: Probabilities, *, shrinkage: float = SHRINKAGE
) -> ThresholdChoices:
    """Fit all kinds of thresholds to validation; bool and float32 (n_texts, n_classes)."""
    shared = global_threshold(truth, probabilities)
    own = per_class_thresholds(truth, probabilities, shared=shared, shrinkage=shrinkage)
    return _rated(truth, probabilities, shared, own)


def no_thresholds(truth: LabelMatrix, probabilities: Probabilities) -> ThresholdChoices:
    """All 0.5, for answers that are 0 or 1: another threshold could only turn them into "every class, always"."""
    return _rated(truth, probabilities, HALF, np.full(probabilities.shape[1], HALF, np.float32))


def _rated(truth: LabelMatrix, probabilities: Probabilities, shared: float, own: Thresholds) -> ThresholdChoices:
    unrated = ThresholdChoices(shared, own, {})
    kinds: tuple[ThresholdKind, ...] = ("half", "global", "per_class")
    reached = {kind: scores(truth, decide(probabilities, unrated.of(kind))).f1_weighted for kind in kinds}
    return ThresholdChoices(shared, own, reached)


def global_threshold(truth: LabelMatrix, probabilities: Probabilities) -> float:
    """The one threshold that maximises weighted F1.

    Lowering the threshold past one probability changes the F1 of one class, so the score of all candidates is a
    cumulative sum of such changes in the order of the probabilities: O(n log n) for n = texts x classes. Among equally
    good ones the nearest to 0.5 is taken; 0.5 where there is no text or no positive.

    Raises:
        ValueError: shapes differ, or a probability is not finite.
    """
    truth, probabilities = _checked(truth, probabilities)
    if not truth.any():
        return HALF
    values, f1 = _f1_curves(truth, probabilities)
    weight = truth.sum(axis=0) / truth.sum()
    gain = np.diff(f1, axis=0, prepend=0.0) * weight  # (n, C), at the text that joins
    flat = values.ravel()
    by_value = np.argsort(-flat, kind="stable")
    return _best(flat[by_value], np.cumsum(gain.ravel()[by_value]))


def per_class_thresholds(
    truth: LabelMatrix,
    probabilities: Probabilities,
    *,
    shared: float | None = None,
    shrinkage: float = SHRINKAGE,
) -> Thresholds:
    """One threshold a class, `w · own + (1 - w) · shared` with `w = n_pos / (n_pos + shrinkage)`.

    Args:
        truth: bool (n_texts, n_classes) of validation.
        probabilities: float32 of the same shape.
        shared: the global threshold; fitted when not given.
        shrinkage: 0 trusts each class's own maximum of F1; large values give everybody the global threshold. A class
            without positives gets the global one.

    Returns:
        float32 (n_classes,), finite, in [0, 1].
    """
    if shrinkage < 0:
        raise ValueError(f"shrinkage: must be at least 0, got {shrinkage}")
    truth, probabilities = _checked(truth, probabilities)
    shared = global_threshold(truth, probabilities) if shared is None else shared
    thresholds = np.full(truth.shape[1], shared, np.float64)
    positives = truth.sum(axis=0)
    if truth.size:
        values, f1 = _f1_curves(truth, probabilities)
        for column in np.flatnonzero(positives):
            trust = positives[column] / (positives[column] + shrinkage)
            thresholds[column] = trust * _best(values[:, column], f1[:, column]) + (1 - trust) * shared
    return thresholds.astype(np.float32)


def _checked(truth: LabelMatrix, probabilities: Probabilities) -> tuple[LabelMatrix, Probabilities]:
    truth, probabilities = np.asarray(truth, bool), np.asarray(probabilities, np.float32)
    if truth.shape != probabilities.shape or truth.ndim != 2:
        raise ValueError(
            f"truth and probabilities: expected one shape (texts, classes), got {truth.shape} and {probabilities.shape}"
        )
    if not np.isfinite(probabilities).all():
        raise ValueError("probabilities: every value must be finite")
    return truth, probabilities


def _f1_curves(truth: LabelMatrix, probabilities: Probabilities) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Per class: falling probabilities, and F1 when the texts of the first 1..n of them are predicted; (n, C) each."""
    order = np.argsort(-probabilities, axis=0, kind="stable")  # (n, C)
    tp = np.cumsum(np.take_along_axis(truth, order, axis=0), axis=0)
    n_predicted = np.arange(1, len(truth) + 1)[:, None]
    return np.take_along_axis(probabilities, order, axis=0), 2 * tp / (n_predicted + truth.sum(axis=0))


def _best(values: NDArray[np.float32], f1: NDArray[np.float64]) -> float:
    """The threshold with the largest F1, given falling probabilities and the F1 when all up to each are predicted."""
    ends = np.flatnonzero(np.append(values[1:] != values[:-1], True))  # equal probabilities join together
    upper = values[ends].astype(np.float64)
    lower = np.append(upper[1:], 0.0)
    middle = ((upper + lower) / 2).astype(np.float32)
    # Between neighbouring float32 numbers lies none: then the upper one itself is the threshold.
    candidates = np.where(middle > lower, middle, upper)
    good = candidates[f1[ends] >= f1[ends].max() - _EQUAL]
    return float(good[np.abs(good - HALF).argmin()])
