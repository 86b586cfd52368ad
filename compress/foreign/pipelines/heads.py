"""scikit-learn's linear classifiers as weights, and what their numbers mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import (
    LogisticRegression,
    LogisticRegressionCV,
    PassiveAggressiveClassifier,
    Perceptron,
    RidgeClassifier,
    RidgeClassifierCV,
    SGDClassifier,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, MultinomialNB
from sklearn.svm import LinearSVC

from compress.foreign.pipelines.refusal import dense, fitted, refused

Floats = NDArray[np.float64]
# How the numbers of all classes become probabilities: each by itself, all together, or each divided by their sum.
Meaning = Literal["each", "together", "shares"]
# `probabilities` where the classifier has some, `margins` where only `decision_function` is there, or was asked for.
Scores = Literal["probabilities", "margins"]
# A class that every training text had, or none: its probability is this far from 1 or 0.
_CERTAIN = 40.0


@dataclass(frozen=True)
class Head:
    """`weights · x + intercept`.

    Attributes:
        weights: float64 (L, n); one row for a binary classifier.
        intercept: float64 (L,).
        classes: as the classifier has them; of several labels a text one a row.
        meaning: of the numbers.
        scores: what they are compared by.
        several: whether a text may have any number of labels.
    """

    weights: Floats
    intercept: Floats
    classes: tuple[Any, ...]
    meaning: Meaning
    scores: Scores
    several: bool = False

    @property
    def is_binary(self) -> bool:
        return len(self.weights) == 1 and not self.several


def head_of(step: Any, n: int, scores: Scores | None = None) -> Head:
    """The classifier at the end of a pipeline.

    Args:
        step: fitted.
        n: numbers that come in.
        scores: `margins` to take what `decision_function` says even where there are probabilities.

    Raises:
        NotCompressible: another classifier, or one whose numbers aren't linear; says what would do.
    """
    reader = _READERS.get(type(step))
    if reader is None:
        raise refused(step, "this classifier isn't known, or isn't linear", f"use one of: {', '.join(sorted(_NAMES))}")
    return reader(step, n, scores)


def is_bernoulli(step: Any) -> bool:
    """Whether a classifier, or what it is made of, looks at whether numbers are above 0."""
    if type(step) is BernoulliNB:
        if step.binarize not in (0, None):
            raise refused(step, f"binarize={step.binarize!r}", "fit it with binarize=0.0")
        return step.binarize is not None
    inner = getattr(step, "estimator", None)
    return inner is not None and type(step) in _READERS and is_bernoulli(inner)


def _classes(step: Any) -> tuple[Any, ...]:
    classes = fitted(step, "classes_")
    if isinstance(classes, list):
        raise refused(
            step, "several outputs with classes each", "wrap it in MultiOutputClassifier with yes and no labels"
        )
    found = tuple(np.asarray(classes).tolist())
    if len(found) < 2:
        raise refused(step, f"{len(found)} class", "fit it on texts of at least two classes")
    return found


def _coefficients(step: Any, n: int, rows: int) -> tuple[Floats, Floats]:
    coef = dense(step, "coef_", (rows, n)) if np.ndim(fitted(step, "coef_")) == 2 else dense(step, "coef_", (n,))[None]
    intercept = dense(step, "intercept_", (None,))
    if len(intercept) not in (1, rows):
        raise refused(step, f"{len(intercept)} intercepts for {rows} rows", "fit it again")
    return coef, np.broadcast_to(intercept, (rows,)).copy()


def _logistic(step: Any, n: int, scores: Scores | None) -> Head:
    classes = _classes(step)
    weights = _coefficients(step, n, 1 if len(classes) == 2 else len(classes))
    return Head(*weights, classes, "each" if len(classes) == 2 else "together", scores or "probabilities")


def _margins(step: Any, n: int, scores: Scores | None) -> Head:
    if scores == "probabilities":
        raise refused(step, "it has no probabilities", "adopt it with scores='margins'")
    classes = _classes(step)
    weights = _coefficients(step, n, 1 if len(classes) == 2 else len(classes))
    return Head(*weights, classes, "each" if len(classes) == 2 else "together", "margins")


def _ridge(step: Any, n: int, scores: Scores | None) -> Head:
    if not str(getattr(fitted(step, "_label_binarizer"), "y_type_", "")).startswith("multilabel"):
        return _margins(step, n, scores)
    classes = tuple(np.asarray(step.classes_).tolist())
    return Head(*_coefficients(step, n, len(classes)), classes, "each", "margins", several=True)


def _sgd(step: Any, n: int, scores: Scores | None) -> Head:
    found = _margins(step, n, None)
    if scores == "margins" or step.loss not in ("log_loss", "modified_huber"):
        return found if scores != "probabilities" else _margins(step, n, scores)
    if step.loss == "modified_huber":
        raise refused(
            step,
            "loss='modified_huber': its probabilities are margins cut off, which no link here computes",
            "fit it with loss='log_loss', or adopt it with scores='margins', which decides alike",
        )
    return replace(found, meaning="each" if found.is_binary else "shares", scores="probabilities")


def _naive_bayes(step: Any, n: int, scores: Scores | None) -> Head:
    if scores == "margins":
        raise refused(step, "it has no decision_function", "leave out scores")
    classes = _classes(step)
    weights = dense(step, "feature_log_prob_", (len(classes), n))
    intercept = np.zeros(len(classes))
    if type(step) is not ComplementNB:
        intercept = dense(step, "class_log_prior_", (len(classes),))
    if type(step) is BernoulliNB:
        with np.errstate(all="ignore"):
            absent = np.log(1 - np.exp(weights))
        weights, intercept = weights - absent, intercept + absent.sum(axis=1)
        if not np.isfinite(weights).all():
            raise refused(step, "an n-gram that is certain in a class", "fit it with alpha above 0")
    if len(classes) == 2:
        return Head(weights[1:] - weights[:1], intercept[1:] - intercept[:1], classes, "each", "probabilities")
    return Head(weights, intercept, classes, "together", "probabilities")


def _one_vs_rest(step: Any, n: int, scores: Scores | None) -> Head:
    inner, several = fitted(step, "estimators_"), bool(step.multilabel_)
    classes = tuple(np.asarray(step.classes_).tolist())
    if scores is None:
        real = [each for each in inner if not _is_constant(each)]
        scores = "probabilities" if all(hasattr(each, "predict_proba") for each in real) else "margins"
    heads = [_binary(step, each, n, scores) for each in inner]
    made = _stacked(heads, classes, scores, several)
    return replace(made, meaning="shares") if scores == "probabilities" and len(heads) > 1 and not several else made


def _several_outputs(step: Any, n: int, scores: Scores | None) -> Head:
    inner = fitted(step, "estimators_")
    for each in inner:
        if len(fitted(each, "classes_")) != 2:
            raise refused(step, "an output with other than two classes", "give each label a column of its own, 0 or 1")
    if scores is None:
        scores = "probabilities" if all(hasattr(each, "predict_proba") for each in inner) else "margins"
    heads = [_binary(step, each, n, scores) for each in inner]
    return _stacked(heads, tuple(range(len(heads))), scores, True)


def _stacked(heads: list[tuple[Floats, Floats]], classes: tuple[Any, ...], scores: Scores, several: bool) -> Head:
    weights, intercept = (np.concatenate(arrays) for arrays in zip(*heads, strict=True))
    together = len(heads) > 1 and not several
    return Head(weights, intercept, classes, "together" if together else "each", scores, several)


def _is_constant(step: Any) -> bool:
    return type(step).__name__ == "_ConstantPredictor"


def _binary(outer: Any, step: Any, n: int, scores: Scores) -> tuple[Floats, Floats]:
    """One class against the rest: the logarithm of its odds, or its margin."""
    if _is_constant(step):
        value = float(np.asarray(step.y_).ravel()[0])
        number = _CERTAIN * (2 * value - 1) if scores == "probabilities" else value
        return np.zeros((1, n)), np.array([number])
    found = head_of(step, n, "margins" if scores == "margins" else None)
    if not found.is_binary or found.scores != scores:
        raise refused(outer, f"its {type(step).__name__} isn't binary, or has no {scores}", "fit it on single labels")
    return found.weights, found.intercept


def _calibrated(step: Any, n: int, scores: Scores | None) -> Head:
    if scores == "margins":
        raise refused(step, "it has no decision_function", "leave out scores")
    if step.method != "sigmoid":
        raise refused(step, f"method={step.method!r} isn't linear", "fit it with method='sigmoid' and ensemble=False")
    parts = fitted(step, "calibrated_classifiers_")
    if len(parts) != 1:
        raise refused(
            step,
            f"ensemble=True: its probabilities are a mean over {len(parts)} classifiers, which no linear model has",
            "fit it with ensemble=False",
        )
    inner = parts[0].estimator
    if not hasattr(inner, "decision_function"):
        raise refused(
            step, "it scales probabilities, which isn't linear", "calibrate a classifier with decision_function"
        )
    found = head_of(inner, n, "margins")
    curves = parts[0].calibrators
    if len(curves) != len(found.weights) or found.several:
        raise refused(step, f"{len(curves)} curves for {len(found.weights)} rows", "fit it on all classes at once")
    slope, offset = (np.array([float(getattr(each, name)) for each in curves]) for name in ("a_", "b_"))
    if tuple(np.asarray(inner.classes_).tolist()) != tuple(np.asarray(step.classes_).tolist()):
        raise refused(step, "its classifier has other classes", "fit it on all classes at once")
    weights, intercept = -slope[:, None] * found.weights, -(slope * found.intercept + offset)
    return Head(weights, intercept, found.classes, "each" if len(curves) == 1 else "shares", "probabilities")


def _frozen(step: Any, n: int, scores: Scores | None) -> Head:
    return head_of(step.estimator, n, scores)


_READERS: Mapping[type, Callable[[Any, int, Scores | None], Head]] = {
    LogisticRegression: _logistic,
    LogisticRegressionCV: _logistic,
    LinearDiscriminantAnalysis: _logistic,
    LinearSVC: _margins,
    Perceptron: _margins,
    PassiveAggressiveClassifier: _margins,
    RidgeClassifier: _ridge,
    RidgeClassifierCV: _ridge,
    SGDClassifier: _sgd,
    MultinomialNB: _naive_bayes,
    ComplementNB: _naive_bayes,
    BernoulliNB: _naive_bayes,
    OneVsRestClassifier: _one_vs_rest,
    MultiOutputClassifier: _several_outputs,
    CalibratedClassifierCV: _calibrated,
    FrozenEstimator: _frozen,
}
_NAMES = [kind.__name__ for kind in _READERS]
