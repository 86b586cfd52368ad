"""Every metric by name: which tasks it judges, what it reads, and which way is better.

Multilabel: weighted, micro and macro F1, weighted precision and recall, and exact match. Multiclass: accuracy, macro
and weighted F1, log loss, and whether the true class is among the three most probable. Binary: F1, precision and recall
of the positive class, accuracy, balanced accuracy, Matthews correlation (Matthews 1975), average precision and the area
under the ROC curve. Classes and texts without a positive count as in `baselines.scores.metrics`; no score is ever NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from baselines.errors import DataError
from baselines.scores.answers import Answers, Floats, OfTexts, Weights
from baselines.scores.metrics import divide, f1_micro, f1_of, f1_weighted
from baselines.task import DEFAULT_METRIC, LabelMatrix, LabelSpace, Probabilities, Task, Thresholds, decide

# The least probability that log loss takes for the true class: float32 knows no smaller one beside 1.
_LEAST = 1e-7


# (answers, weights) -> (B,)
Judge = Callable[[Answers, Weights], Floats]


@dataclass(frozen=True)
class Metric:
    """One way to judge answers.

    Attributes:
        title: for people.
        tasks: that it is defined for.
        judge: computes it, for any number of weightings of the texts at once. Of macro F1 the mean runs over the
            classes that were drawn (a rare class that was not is no failure), scaled so that without weights it is the
            usual one.
        reads: `decisions`, or `probabilities`, which no threshold changes.
        higher_is_better: false for losses.
        bounded: whether it lies in 0..1; Matthews correlation lies in -1..1, a loss has no upper end.
    """

    title: str
    tasks: tuple[Task, ...]
    judge: Judge
    reads: str = "decisions"
    higher_is_better: bool = True
    bounded: bool = True


def metric_named(name: str, task: Task) -> Metric:
    """The metric; raises DataError naming those of the task."""
    if name not in METRICS or task not in METRICS[name].tasks:
        allowed = ", ".join(metrics_of(task))
        raise DataError(f"metric {name!r}: not one of task {task}; allowed: {allowed}")
    return METRICS[name]


def metrics_of(task: Task) -> tuple[str, ...]:
    """Names of a task's metrics, the one it is judged by first."""
    names = [name for name, metric in METRICS.items() if task in metric.tasks]
    return (DEFAULT_METRIC[task], *(name for name in names if name != DEFAULT_METRIC[task]))


def title_of(name: str, space: LabelSpace) -> str:
    """The metric for people; of a binary task with the name of the positive class."""
    title = METRICS[name].title
    return title.replace("the positive class", space.classes[0]) if space.task == "binary" else title


def score(
    name: str,
    truth: LabelMatrix,
    probabilities: Probabilities,
    thresholds: Thresholds,
    task: Task,
) -> float:
    """One metric of one model's answers; bool, float32 (n_texts, n_classes) and (n_classes,)."""
    answers = Answers(np.asarray(truth, bool), decide(probabilities, thresholds, task), probabilities)
    return judged(name, answers, task)


def judged(name: str, answers: Answers, task: Task) -> float:
    """One metric, every text counting once."""
    return float(metric_named(name, task).judge(answers, np.ones((1, len(answers.truth)), np.float32))[0])


def utility(name: str, value: float) -> float:
    """The value as something to maximise: losses change their sign."""
    return value if METRICS[name].higher_is_better else -value


def _of_counts(rate: Callable[[Floats, Floats, Floats], Floats]) -> Judge:
    return lambda answers, weights: rate(*answers.counts(weights))


def _of_texts(value: OfTexts) -> Judge:
    """A mean over texts."""
    return lambda answers, weights: divide(weights @ answers.of_texts(value), weights.sum(axis=1, dtype=np.float64))


def _exact(answers: Answers) -> Floats:
    same: Floats = np.asarray(np.equal(answers.truth, answers.decided).all(axis=1), np.float64)
    return same


def log_loss(answers: Answers) -> Floats:
    """Of each text, `-ln` of what its true class got, at most 16.1; (n_texts,)."""
    likelihood = np.where(answers.truth, answers.probabilities, np.float32(0)).sum(axis=1, dtype=np.float64)
    loss: Floats = -np.log(likelihood.clip(_LEAST, 1.0))
    return loss


def _top_3(answers: Answers) -> Floats:
    best = np.argsort(-answers.probabilities, axis=1, kind="stable")[:, :3]
    found: Floats = np.asarray(np.take_along_axis(answers.truth, best, axis=1).any(axis=1), np.float64)
    return found


def _f1_macro(answers: Answers, weights: Weights) -> Floats:
    tp, fp, fn = answers.counts(weights)
    drawn = tp + fn > 0
    mean_of_drawn = divide((f1_of(tp, fp, fn) * drawn).sum(axis=1), drawn.sum(axis=1))
    scaled: Floats = mean_of_drawn * answers.n_occurring / max(tp.shape[1], 1)
    return scaled


def _precision_weighted(tp: Floats, fp: Floats, fn: Floats) -> Floats:
    support = tp + fn
    return divide((divide(tp, tp + fp) * support).sum(axis=1), support.sum(axis=1))


def _recall_weighted(tp: Floats, fp: Floats, fn: Floats) -> Floats:
    return divide(tp.sum(axis=1), (tp + fn).sum(axis=1))


def _one_column(rate: Callable[[Floats, Floats, Floats, Floats], Floats]) -> Judge:
    """A rate of tp, fp, fn and tn of the only column."""

    def judge(answers: Answers, weights: Weights) -> Floats:
        tp, fp, fn = (count[:, 0] for count in answers.counts(weights))
        return rate(tp, fp, fn, weights.sum(axis=1, dtype=np.float64) - tp - fp - fn)

    return judge


def balanced_accuracy(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    """Mean of the recalls of both sides; a side without a text counts as 0."""
    mean: Floats = (divide(tp, tp + fn) + divide(tn, tn + fp)) / 2
    return mean


def matthews(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    """Correlation of truth and decision, -1 to 1; 0 where one of them is constant."""
    spread = np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    return divide(tp * tn - fp * fn, spread)


def _precision(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    return divide(tp, tp + fp)


def _recall(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    return divide(tp, tp + fn)


def accuracy(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    """Share of right decisions."""
    return divide(tp + tn, tp + fp + fn + tn)


# What one threshold may maximise: a rate of tp, fp, fn and tn.
BINARY_RATES: Mapping[str, Callable[[Floats, Floats, Floats, Floats], Floats]] = {
    "f1": lambda tp, fp, fn, tn: f1_of(tp, fp, fn),
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "mcc": matthews,
}


def _average_precision(answers: Answers, weights: Weights) -> Floats:
    """Mean precision over the positives, each at its own rank: the sum of `precision · Δrecall`."""
    tp, fp = answers.ranked(weights)
    gained = np.diff(tp, axis=1, prepend=0.0)
    return divide((divide(tp, tp + fp) * gained).sum(axis=1), gained.sum(axis=1))


def _roc_auc(answers: Answers, weights: Weights) -> Floats:
    """Chance that a positive stands above a negative, ties half; 0.5 where one side has no text."""
    tp, fp = answers.ranked(weights)
    below = np.concatenate([np.zeros((len(weights), 1)), tp], axis=1)
    area = (np.diff(fp, axis=1, prepend=0.0) * (below[:, 1:] + below[:, :-1]) / 2).sum(axis=1)
    pairs = tp[:, -1] * fp[:, -1] if tp.shape[1] else np.zeros(len(weights))
    return np.where(pairs > 0, divide(area, pairs), 0.5)


_SEVERAL: tuple[Task, ...] = ("multilabel", "multiclass")
METRICS: dict[str, Metric] = {
    "f1_weighted": Metric("weighted F1", _SEVERAL, _of_counts(f1_weighted)),
    "f1_micro": Metric("micro F1", ("multilabel",), _of_counts(f1_micro)),
    "f1_macro": Metric("macro F1", _SEVERAL, _f1_macro),
    "exact_match": Metric("exact match", ("multilabel",), _of_texts(_exact)),
    "precision_weighted": Metric("weighted precision", ("multilabel",), _of_counts(_precision_weighted)),
    "recall_weighted": Metric("weighted recall", ("multilabel",), _of_counts(_recall_weighted)),
    "accuracy": Metric("accuracy", ("multiclass", "binary"), _of_texts(_exact)),
    "log_loss": Metric("log loss", ("multiclass",), _of_texts(log_loss), "probabilities", False, bounded=False),
    "top_3": Metric("top-3 accuracy", ("multiclass",), _of_texts(_top_3), "probabilities"),
    "f1": Metric("F1 of the positive class", ("binary",), _one_column(BINARY_RATES["f1"])),
    "precision": Metric("precision of the positive class", ("binary",), _one_column(_precision)),
    "recall": Metric("recall of the positive class", ("binary",), _one_column(_recall)),
    "balanced_accuracy": Metric("balanced accuracy", ("binary",), _one_column(balanced_accuracy)),
    "mcc": Metric("Matthews correlation", ("binary",), _one_column(matthews), bounded=False),
    "average_precision": Metric("average precision", ("binary",), _average_precision, "probabilities"),
    "roc_auc": Metric("ROC AUC", ("binary",), _roc_auc, "probabilities"),
}
