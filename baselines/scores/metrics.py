"""Precision, recall and F1 of predicted label sets: weighted, micro, macro, and of each class.

Everything follows from three counts a class: true positives tp, false positives fp, false negatives fn. They are kept
per document, so that a bootstrap over documents is one matrix product. A quotient 0 / 0 counts as 0 (scikit-learn's
`zero_division=0`): a class that is neither present nor predicted scores 0, and no score is ever NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.task import LabelMatrix, Probabilities

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Counts:
    """What was right and wrong, per document and class; bool (n_texts, n_classes) each.

    Attributes:
        tp: predicted and true.
        fp: predicted, not true.
        fn: true, not predicted.
    """

    tp: LabelMatrix
    fp: LabelMatrix
    fn: LabelMatrix

    @classmethod
    def of(cls, truth: LabelMatrix, predicted: LabelMatrix) -> Counts:
        """Compare two 0/1 matrices of one shape; raises ValueError when the shapes differ."""
        truth, predicted = np.asarray(truth, bool), np.asarray(predicted, bool)
        if truth.shape != predicted.shape or truth.ndim != 2:
            raise ValueError(
                f"truth and predicted: expected one shape (texts, classes), got {truth.shape} and {predicted.shape}"
            )
        return cls(truth & predicted, predicted & ~truth, truth & ~predicted)

    def totals(self) -> tuple[Floats, Floats, Floats]:
        """tp, fp, fn summed over documents; float64 (n_classes,) each."""
        tp, fp, fn = (c.sum(axis=0, dtype=np.float64) for c in (self.tp, self.fp, self.fn))
        return tp, fp, fn


@dataclass(frozen=True)
class Scores:
    """All scores lie in [0, 1]; 1 is a perfect match.

    Attributes:
        f1_weighted: mean of the classes' F1, weighted by how many texts truly have the class.
        f1_micro: F1 of the counts summed over classes.
        f1_macro: plain mean of the classes' F1.
        precision_weighted, recall_weighted: weighted like `f1_weighted`.
        precision_micro, recall_micro: of the counts summed over classes.
        precision, recall, f1: of each class; float64 (n_classes,).
        support: texts that truly have the class; int64 (n_classes,).
    """

    f1_weighted: float
    f1_micro: float
    f1_macro: float
    precision_weighted: float
    recall_weighted: float
    precision_micro: float
    recall_micro: float
    precision: Floats
    recall: Floats
    f1: Floats
    support: NDArray[np.int64]

    def per_class(self, classes: Sequence[str], thresholds: NDArray[np.float32]) -> list[dict[str, Any]]:
        """One row a class in the form of results.json: class, precision, recall, f1, support, threshold."""
        columns = zip(classes, self.precision, self.recall, self.f1, self.support, thresholds, strict=True)
        return [
            {
                "class": c,
                "precision": float(p),
                "recall": float(r),
                "f1": float(f),
                "support": int(s),
                "threshold": float(t),
            }
            for c, p, r, f, s, t in columns
        ]


def scores(truth: LabelMatrix, predicted: LabelMatrix) -> Scores:
    """Judge predicted label sets; bool (n_texts, n_classes) both."""
    tp, fp, fn = Counts.of(truth, predicted).totals()
    precision, recall, f1 = divide(tp, tp + fp), divide(tp, tp + fn), f1_of(tp, fp, fn)
    support = tp + fn
    total = support.sum()
    return Scores(
        f1_weighted=float(f1_weighted(tp, fp, fn)),
        f1_micro=float(f1_micro(tp, fp, fn)),
        f1_macro=float(f1_macro(tp, fp, fn)),
        precision_weighted=float(divide((precision * support).sum(), total)),
        recall_weighted=float(divide((recall * support).sum(), total)),
        precision_micro=float(divide(tp.sum(), (tp + fp).sum())),
        recall_micro=float(divide(tp.sum(), total)),
        precision=precision,
        recall=recall,
        f1=f1,
        support=support.astype(np.int64),
    )


def divide(numerator: Floats, denominator: Floats) -> Floats:
    """Element-wise quotient, 0 where the denominator is 0."""
    numerator, denominator = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    out = np.zeros(np.broadcast_shapes(numerator.shape, denominator.shape))
    return np.divide(numerator, denominator, out=out, where=denominator != 0)


def f1_of(tp: Floats, fp: Floats, fn: Floats) -> Floats:
    """Harmonic mean of precision and recall, 2 tp / (2 tp + fp + fn), element by element."""
    return divide(2 * tp, 2 * tp + fp + fn)


def f1_weighted(tp: Floats, fp: Floats, fn: Floats) -> Floats:
    """Weighted F1 of counts (..., n_classes), so that all resamples of a bootstrap are judged at once; shape (...)."""
    support = tp + fn
    return divide((f1_of(tp, fp, fn) * support).sum(axis=-1), support.sum(axis=-1))


def f1_micro(tp: Floats, fp: Floats, fn: Floats) -> Floats:
    """F1 of the counts summed over classes; (..., n_classes) -> (...)."""
    return f1_of(tp.sum(axis=-1), fp.sum(axis=-1), fn.sum(axis=-1))


def f1_macro(tp: Floats, fp: Floats, fn: Floats) -> Floats:
    """Plain mean of the classes' F1; (..., n_classes) -> (...), 0 for no classes."""
    means: Floats = f1_of(tp, fp, fn).sum(axis=-1) / max(tp.shape[-1], 1)
    return means


def f1_curves(truth: LabelMatrix, probabilities: Probabilities) -> tuple[NDArray[np.float32], Floats]:
    """Per class: falling probabilities, and F1 when the texts of the first 1..n of them are predicted; (n, C) each."""
    order = np.argsort(-probabilities, axis=0, kind="stable")  # (n, C)
    tp = np.cumsum(np.take_along_axis(truth, order, axis=0), axis=0)
    n_predicted = np.arange(1, len(truth) + 1)[:, None]
    return np.take_along_axis(probabilities, order, axis=0), 2 * tp / (n_predicted + truth.sum(axis=0))


def f1_at(truth: LabelMatrix, probabilities: Probabilities, thresholds: Floats) -> Floats:
    """F1 of one class that some text has, at each of T thresholds; by counting, so nothing is sorted.

    Args:
        truth: bool (n_texts,).
        probabilities: float32 of the same shape.
        thresholds: (T,), ascending.
    """
    passed = np.searchsorted(thresholds, probabilities.astype(np.float64), side="right")
    predicted, tp = (np.bincount(of, minlength=len(thresholds) + 1) for of in (passed, passed[truth]))
    at_least = np.cumsum(np.stack([predicted, tp])[:, ::-1], axis=1)[:, ::-1][:, 1:]
    curve: Floats = 2 * at_least[1] / (at_least[0] + truth.sum())
    return curve
