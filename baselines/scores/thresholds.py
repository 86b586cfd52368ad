"""Decision thresholds chosen on validation: 0.5, one for all classes, or one for each class.

A class is predicted where its probability is at least its threshold. The threshold with the largest F1 on a few
hundred validation texts is a peak of a jagged curve, much of it chance, and rarely the best one for new texts. So F1 is
first averaged over the thresholds around each candidate, by a normal distribution in log-odds: what is chosen is the
threshold that still does well when the new texts' log-odds are shifted by about `SPREAD`. With a spread of 0 the
maximum is the exact one over every possible threshold.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from baselines.scores.judging import BINARY_RATES, score
from baselines.scores.metrics import f1_at, f1_curves
from baselines.task import DEFAULT_METRIC, HALF, LabelMatrix, LabelSpace, Probabilities, Task, Thresholds

ThresholdKind = Literal["half", "global", "per_class"]
# Positives at which a class's own threshold counts as much as the global one. On the folds and models named below, mean
# weighted F1 is 0.7233 with a global threshold, and 0.7253, 0.7248, 0.7250, 0.7252 at 10, 20, 40 and 80.
SHRINKAGE = 40.0
# Standard deviation in log-odds. On five folds of Made With ML and five models (CNN, students, ensemble) mean weighted
# F1 on test is 0.7175 at 0, and 0.7224, 0.7230, 0.7233, 0.7234, 0.7234 at 0.25, 0.5, 0.75, 1 and 1.5; with the best
# threshold for the test texts themselves it would be 0.7266. The CNN gains most, 0.012.
SPREAD = 0.75
# Standard errors within which two thresholds of a binary task count as equally good.
DOUBT = 1.0
# Candidates of an averaged curve, in log-odds: beyond 1e-6 and its opposite no model here says anything.
_GRID = np.linspace(-14.0, 14.0, 561)
_THRESHOLDS = 1 / (1 + np.exp(-_GRID))
# Sums of float64 differences agree to about this; candidates closer than that to the best count as equally good.
_EQUAL = 1e-9
# Texts whose cells are sorted together for the shared threshold, at 50 bytes a cell; of more, class by class.
_MOST_SORTED = 5_000


@dataclass(frozen=True)
class ThresholdChoices:
    """Every threshold fitted on validation, and the score that each reaches there.

    Attributes:
        half: what nothing was chosen for: 0.5, and 0 where the largest probability decides.
        global_: the one threshold for all classes.
        per_class: float32 (n_classes,), shrunk towards `global_`; the same one where the task has but one threshold.
        reached: the metric on validation, by kind (`half`, `global`, `per_class`).
    """

    half: float
    global_: float
    per_class: Thresholds
    reached: dict[ThresholdKind, float]

    def of(self, kind: ThresholdKind) -> Thresholds:
        """float32 (n_classes,) of one kind."""
        if kind == "per_class":
            return self.per_class.copy()
        return np.full(self.per_class.shape, self.half if kind == "half" else self.global_, np.float32)


def fit_thresholds(
    truth: LabelMatrix,
    probabilities: Probabilities,
    task: Task = "multilabel",
    metric: str = "",
    *,
    shrinkage: float = SHRINKAGE,
    spread: float = SPREAD,
) -> ThresholdChoices:
    """Fit all kinds of thresholds to validation; bool and float32 (n_texts, n_classes).

    Multilabel: for F1, of all classes and of each. Binary: one threshold, for the metric where it judges decisions,
    else for F1 of the positive class. Multiclass: 0, since the largest probability decides.
    """
    metric = metric or DEFAULT_METRIC[task]
    shared = shared_threshold(truth, probabilities, task, metric, spread=spread)
    own = np.full(probabilities.shape[1], shared, np.float32)
    if task == "multilabel":
        own = per_class_thresholds(truth, probabilities, shared=shared, shrinkage=shrinkage, spread=spread)
    return _rated(truth, probabilities, shared, own, task, metric)


def shared_threshold(
    truth: LabelMatrix, probabilities: Probabilities, task: Task, metric: str, *, spread: float = SPREAD
) -> float:
    """The one threshold for all classes of a task: see `global_threshold` and `binary_threshold`; multiclass 0."""
    if task == "multiclass":
        return 0.0
    if task == "binary":
        return binary_threshold(truth, probabilities, metric, spread=spread)
    return global_threshold(truth, probabilities, spread=spread)


def no_thresholds(
    truth: LabelMatrix, probabilities: Probabilities, task: Task = "multilabel", metric: str = ""
) -> ThresholdChoices:
    """The task's own, for answers that are 0 or 1: others could only turn them into "every class, always"."""
    own = LabelSpace(tuple(map(str, range(probabilities.shape[1]))), task).thresholds()
    return _rated(truth, probabilities, float(own[0]), own, task, metric or DEFAULT_METRIC[task])


def _rated(
    truth: LabelMatrix, probabilities: Probabilities, shared: float, own: Thresholds, task: Task, metric: str
) -> ThresholdChoices:
    unrated = ThresholdChoices(0.0 if task == "multiclass" else HALF, shared, own, {})
    kinds: tuple[ThresholdKind, ...] = ("half", "global", "per_class")
    reached = {kind: score(metric, truth, probabilities, unrated.of(kind), task) for kind in kinds}
    return replace(unrated, reached=reached)


def binary_threshold(
    truth: LabelMatrix,
    probabilities: Probabilities,
    metric: str = "f1",
    *,
    spread: float = SPREAD,
    doubt: float = DOUBT,
) -> float:
    """The threshold of the only column that maximises a metric, averaged over the thresholds around it.

    Of all thresholds that validation can't tell from the best one, the nearest to 0.5 is taken: probabilities are
    calibrated where they can be, and 0.5 is right for more than one metric then.

    Args:
        truth: bool (n_texts, 1) of validation.
        probabilities: float32 of the same shape.
        metric: of `BINARY_RATES`; for any other name, F1 of the positive class.
        spread: as in `global_threshold`; 0 takes the exact maximum, and has no doubt.
        doubt: standard errors of the difference up to which a threshold counts as good as the best.

    Returns:
        0.5 where one of both sides has no text.
    """
    truth, probabilities = _checked(truth, probabilities, spread)
    positives = int(truth.sum())
    if truth.shape[1] != 1 or positives in (0, len(truth)):
        return HALF
    order = np.argsort(-probabilities[:, 0], kind="stable")
    tp = np.cumsum(truth[order, 0]).astype(np.float64)
    fp = np.arange(1, len(truth) + 1) - tp
    rate = BINARY_RATES.get(metric, BINARY_RATES["f1"])
    nobody = float(rate(*(np.array([float(count)]) for count in (0, 0, positives, len(truth) - positives)))[0])
    reached = rate(tp, fp, positives - tp, len(truth) - positives - fp)
    values = probabilities[order, 0]
    if spread == 0:
        return _best(values, reached, 0.0, nobody)
    # Between two thresholds lie texts that one of them calls positive: the difference of scores is the sum of their
    # steps, and its variance about the sum of the steps' squares.
    steps = np.diff(reached, prepend=nobody)
    return _nearest_to_half(values, reached, np.cumsum(steps**2), spread, doubt, nobody)


def global_threshold(truth: LabelMatrix, probabilities: Probabilities, *, spread: float = SPREAD) -> float:
    """The one threshold that maximises weighted F1, averaged over the thresholds around it.

    Lowering the threshold past one probability changes the F1 of one class, so the score of all candidates is a
    cumulative sum of such changes in the order of the probabilities: O(n log n) for n = texts x classes. Among equally
    good ones the nearest to 0.5 is taken; 0.5 where there is no text or no positive.

    Args:
        truth: bool (n_texts, n_classes) of validation.
        probabilities: float32 of the same shape.
        spread: standard deviation of the average, in log-odds; 0 takes the exact maximum.

    Raises:
        ValueError: shapes differ, or a probability is not finite.
    """
    truth, probabilities = _checked(truth, probabilities, spread)
    if not truth.any():
        return HALF
    weight = truth.sum(axis=0) / truth.sum()
    if len(truth) > _MOST_SORTED and spread > 0:
        return _most_on_average(_weighted_curve(truth, probabilities, weight), spread)
    values, f1 = f1_curves(truth, probabilities)
    gain = np.diff(f1, axis=0, prepend=0.0) * weight  # (n, C), at the text that joins
    flat = values.ravel()
    by_value = np.argsort(-flat, kind="stable")
    return _best(flat[by_value], np.cumsum(gain.ravel()[by_value]), spread)


def per_class_thresholds(
    truth: LabelMatrix,
    probabilities: Probabilities,
    *,
    shared: float | None = None,
    shrinkage: float = SHRINKAGE,
    spread: float = SPREAD,
) -> Thresholds:
    """One threshold a class, `w · own + (1 - w) · shared` with `w = n_pos / (n_pos + shrinkage)`.

    Args:
        truth: bool (n_texts, n_classes) of validation.
        probabilities: float32 of the same shape.
        shared: the global threshold; fitted when not given.
        shrinkage: 0 trusts each class's own maximum of F1; large values give everybody the global threshold. A class
            without positives gets the global one.
        spread: as in `global_threshold`.

    Returns:
        float32 (n_classes,), finite, in [0, 1].
    """
    if shrinkage < 0:
        raise ValueError(f"shrinkage: must be at least 0, got {shrinkage}")
    truth, probabilities = _checked(truth, probabilities, spread)
    shared = global_threshold(truth, probabilities, spread=spread) if shared is None else shared
    thresholds = np.full(truth.shape[1], shared, np.float64)
    positives = truth.sum(axis=0)
    for column in np.flatnonzero(positives):
        trust = positives[column] / (positives[column] + shrinkage)
        own = _own_threshold(truth[:, column], probabilities[:, column], spread)
        thresholds[column] = trust * own + (1 - trust) * shared
    return thresholds.astype(np.float32)


def _checked(truth: LabelMatrix, probabilities: Probabilities, spread: float) -> tuple[LabelMatrix, Probabilities]:
    if not spread >= 0:
        raise ValueError(f"spread: must be at least 0, got {spread}")
    truth, probabilities = np.asarray(truth, bool), np.asarray(probabilities, np.float32)
    if truth.shape != probabilities.shape or truth.ndim != 2:
        raise ValueError(
            f"truth and probabilities: expected one shape (texts, classes), got {truth.shape} and {probabilities.shape}"
        )
    if not np.isfinite(probabilities).all():
        raise ValueError("probabilities: every value must be finite")
    return truth, probabilities


def _weighted_curve(truth: LabelMatrix, probabilities: Probabilities, weight: NDArray[Any]) -> NDArray[np.float64]:
    """Weighted F1 at each of `_THRESHOLDS`, added up class by class: what sorting all cells gives there."""
    curve = np.zeros(len(_THRESHOLDS))
    for column in np.flatnonzero(weight):
        curve += weight[column] * f1_at(truth[:, column], probabilities[:, column], _THRESHOLDS)
    return curve


def _own_threshold(truth: LabelMatrix, probabilities: Probabilities, spread: float) -> float:
    """The best threshold of one class that some text has; (n_texts,) both."""
    if spread > 0:
        return _most_on_average(f1_at(truth, probabilities, _THRESHOLDS), spread)
    values, f1 = f1_curves(truth[:, None], probabilities[:, None])
    return _best(values[:, 0], f1[:, 0], spread)


def _best(values: NDArray[np.float32], f1: NDArray[np.float64], spread: float, nobody: float = 0.0) -> float:
    """The threshold with the largest score; `f1` when those up to each falling value are yes, `nobody` when none is."""
    ends = np.flatnonzero(np.append(values[1:] != values[:-1], True))  # equal probabilities join together
    upper = values[ends].astype(np.float64)
    if spread > 0:
        return _most_on_average(_curve(upper, f1[ends], nobody), spread)
    lower = np.append(upper[1:], 0.0)
    middle = ((upper + lower) / 2).astype(np.float32)
    # Between neighbouring float32 numbers lies none: then the upper one itself is the threshold.
    candidates = np.where(middle > lower, middle, upper)
    good = candidates[f1[ends] >= f1[ends].max() - _EQUAL]
    return float(good[np.abs(good - HALF).argmin()])


def _most_on_average(curve: NDArray[np.float64], spread: float) -> float:
    """Of the thresholds where the averaged curve is largest, the nearest to 0.5; `curve` is on `_THRESHOLDS`."""
    averaged = _averaged(curve, spread)
    good = _THRESHOLDS[averaged >= averaged.max() - _EQUAL]
    return float(good[np.abs(good - HALF).argmin()])


def _nearest_to_half(
    values: NDArray[np.float32],
    scores: NDArray[np.float64],
    variance: NDArray[np.float64],
    spread: float,
    doubt: float,
    nobody: float,
) -> float:
    """Of the thresholds that can't be told from the best one; `scores` and `variance` up to each falling value."""
    ends = np.flatnonzero(np.append(values[1:] != values[:-1], True))
    averaged = _averaged(_curve(values[ends].astype(np.float64), scores[ends], nobody), spread)
    passed = np.searchsorted(-values.astype(np.float64), -_THRESHOLDS, side="right")
    spent = np.append(0.0, variance)[passed]
    best = int(averaged.argmax())
    slack = doubt * np.sqrt(np.abs(spent - spent[best])) + _EQUAL
    good = _THRESHOLDS[averaged >= averaged[best] - slack]
    return float(good[np.abs(good - HALF).argmin()])


def _curve(upper: NDArray[np.float64], f1: NDArray[np.float64], nobody: float) -> NDArray[np.float64]:
    """Scores at `_THRESHOLDS`; `upper` are the falling distinct probabilities."""
    # How many of the distinct probabilities reach each threshold; with none of them nothing is predicted.
    curve: NDArray[np.float64] = np.append(nobody, f1)[np.searchsorted(-upper, -_THRESHOLDS, side="right")]
    return curve


def _averaged(curve: NDArray[np.float64], spread: float) -> NDArray[np.float64]:
    """Scores of `_THRESHOLDS`, averaged by a normal distribution."""
    step = _GRID[1] - _GRID[0]
    reach = int(np.ceil(4 * spread / step))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / spread) ** 2)
    averaged: NDArray[np.float64] = np.convolve(np.pad(curve, reach, mode="edge"), kernel / kernel.sum(), "valid")
    return averaged
