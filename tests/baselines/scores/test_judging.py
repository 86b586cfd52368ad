"""Every metric against scikit-learn, plain and weighted, and what a user who names one is told."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn import metrics as sk

from baselines.errors import DataError
from baselines.scores.answers import Answers
from baselines.scores.judging import METRICS, judged, metric_named, metrics_of, score, title_of, utility
from baselines.task import DEFAULT_METRIC, TASKS, LabelSpace, Task, decide

_N, _C = 120, 5
# (truth, decided, probabilities, weights) -> the same by scikit-learn
Peer = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], float]


def _averaged(judge: Callable[..., float], average: str) -> Peer:
    return lambda t, d, p, w: judge(t, d, average=average, sample_weight=w, zero_division=0)


def _one(judge: Callable[..., float], **options: float) -> Peer:
    return lambda t, d, p, w: judge(t[:, 0], d[:, 0], sample_weight=w, **options)


def _summed_to_one(probabilities: np.ndarray) -> np.ndarray:
    exact = probabilities.astype(np.float64)
    return exact / exact.sum(axis=1, keepdims=True)


PEERS: dict[str, Peer] = {
    "f1_weighted": _averaged(sk.f1_score, "weighted"),
    "f1_micro": _averaged(sk.f1_score, "micro"),
    "f1_macro": _averaged(sk.f1_score, "macro"),
    "precision_weighted": _averaged(sk.precision_score, "weighted"),
    "recall_weighted": _averaged(sk.recall_score, "weighted"),
    "exact_match": lambda t, d, p, w: sk.accuracy_score(t, d, sample_weight=w),
    "accuracy": lambda t, d, p, w: sk.accuracy_score(t, d, sample_weight=w),
    "log_loss": lambda t, d, p, w: sk.log_loss(t.argmax(axis=1), _summed_to_one(p), sample_weight=w),
    "top_3": lambda t, d, p, w: sk.top_k_accuracy_score(t.argmax(axis=1), p, k=3, sample_weight=w),
    "f1": _one(sk.f1_score, zero_division=0),
    "precision": _one(sk.precision_score, zero_division=0),
    "recall": _one(sk.recall_score, zero_division=0),
    "balanced_accuracy": _one(sk.balanced_accuracy_score),
    "mcc": _one(sk.matthews_corrcoef),
    "average_precision": lambda t, d, p, w: sk.average_precision_score(t[:, 0], p[:, 0], sample_weight=w),
    "roc_auc": lambda t, d, p, w: sk.roc_auc_score(t[:, 0], p[:, 0], sample_weight=w),
}
CASES = [(task, name) for task in TASKS for name in metrics_of(task)]


def answers(task: Task, seed: int = 0) -> Answers:
    rng = np.random.default_rng(seed)
    truth = np.eye(_C, dtype=bool)[rng.integers(_C, size=_N)]
    powers = np.exp(rng.normal(size=(_N, _C)) + truth)
    given = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    if task == "multilabel":
        truth = truth | (rng.random(truth.shape) < 0.1)
    if task == "binary":
        # Rounded, so that equal probabilities occur.
        truth, given = truth[:, :1], np.round(given[:, :1], 1)
    own = np.full(truth.shape[1], 0.0 if task == "multiclass" else 0.3, np.float32)
    return Answers(truth, decide(given, own, task), given)


def test_every_metric_has_a_peer() -> None:
    assert set(PEERS) == set(METRICS)


@pytest.mark.parametrize(("task", "name"), CASES)
def test_as_in_scikit_learn_also_when_texts_count_several_times(task: Task, name: str) -> None:
    own = answers(task)
    drawn = np.random.default_rng(1).integers(0, 4, size=(3, _N))
    weights = np.concatenate([np.ones((1, _N)), drawn]).astype(np.float32)
    found = METRICS[name].judge(own, weights)
    for value, weight in zip(found, weights, strict=True):
        assert value == pytest.approx(PEERS[name](own.truth, own.decided, own.probabilities, weight), rel=1e-5)
        rows = np.repeat(np.arange(_N), weight.astype(int))
        repeated = Answers(own.truth[rows], own.decided[rows], own.probabilities[rows])
        assert value == pytest.approx(judged(name, repeated, task), rel=1e-5)


@pytest.mark.parametrize(("task", "name"), CASES)
def test_texts_without_any_positive_or_right_answer_give_a_number(task: Task, name: str) -> None:
    own = answers(task)
    if task != "multiclass":
        own = Answers(np.zeros_like(own.truth), np.zeros_like(own.decided), own.probabilities)
    assert np.isfinite(METRICS[name].judge(own, np.zeros((2, _N), np.float32))).all()
    empty = Answers(own.truth[:0], own.decided[:0], own.probabilities[:0])
    assert np.isfinite(judged(name, empty, task))


def test_a_better_model_has_the_larger_utility_in_every_metric() -> None:
    for task, name in CASES:
        own = answers(task)
        perfect = Answers(own.truth, own.truth, own.truth.astype(np.float32))
        assert utility(name, judged(name, perfect, task)) > utility(name, judged(name, own, task)), name


def test_names_are_checked_against_the_task() -> None:
    with pytest.raises(
        DataError, match="metric 'accuracy': not one of task multilabel; allowed: f1_weighted, f1_micro"
    ):
        metric_named("accuracy", "multilabel")
    assert [metrics_of(task)[0] for task in TASKS] == [DEFAULT_METRIC[task] for task in TASKS]


def test_score_decides_by_the_thresholds() -> None:
    truth, given = np.array([[True], [False]]), np.array([[0.6], [0.4]], np.float32)
    reached = {at: score("f1", truth, given, np.array([at], np.float32), "binary") for at in (0.3, 0.5, 0.7)}
    assert reached == pytest.approx({0.3: 2 / 3, 0.5: 1.0, 0.7: 0.0})


def test_titles_name_the_positive_class() -> None:
    assert title_of("f1", LabelSpace(("spam",), "binary")) == "F1 of spam"
    assert title_of("accuracy", LabelSpace(("a", "b"), "multiclass")) == "accuracy"
