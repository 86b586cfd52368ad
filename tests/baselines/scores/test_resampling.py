"""The bootstrap over documents against scikit-learn, against brute force, and against what it promises: coverage."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from baselines.errors import DataError, MeasurementError
from baselines.scores.answers import Answers
from baselines.scores.judging import judged, metrics_of
from baselines.scores.resampling import draw_counts, resample_scores
from baselines.task import TASKS, Task, decide


def labels(rng: np.random.Generator, n: int, classes: int, rate: float = 0.3) -> np.ndarray:
    return rng.random((n, classes)) < rate


def flip(rng: np.random.Generator, truth: np.ndarray, rate: float) -> np.ndarray:
    return truth ^ (rng.random(truth.shape) < rate)


def test_values_equal_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    truth = labels(rng, 60, 7)
    truth[0] = True
    predicted = flip(rng, truth, 0.2)
    predicted[:, 3] = False
    truth[:, 5] = False
    resampled = resample_scores(truth, {"a": predicted}, rng, n_resamples=20)
    values = {metric: float(v[0]) for metric, v in resampled.values.items()}
    for average in ("weighted", "micro", "macro"):
        assert values[f"f1_{average}"] == pytest.approx(f1_score(truth, predicted, average=average, zero_division=0))
    assert values["precision_weighted"] == pytest.approx(
        precision_score(truth, predicted, average="weighted", zero_division=0)
    )
    assert values["recall_weighted"] == pytest.approx(
        recall_score(truth, predicted, average="weighted", zero_division=0)
    )


def test_resamples_equal_scoring_the_drawn_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    truth = labels(rng, 40, 5)
    predicted = {"a": flip(rng, truth, 0.1), "b": flip(rng, truth, 0.3)}
    monkeypatch.setattr("baselines.scores.resampling._CELLS", 40 * 7)  # several blocks, the last one shorter
    resampled = resample_scores(truth, predicted, np.random.default_rng(5), n_resamples=30)
    replay = np.random.default_rng(5)
    counts = np.concatenate([draw_counts(40, size, replay) for size in (7, 7, 7, 7, 2)])
    for column, drawn in enumerate(counts):
        rows = np.repeat(np.arange(40), drawn)
        for row, decisions in enumerate(predicted.values()):
            expected = f1_score(truth[rows], decisions[rows], average="weighted", zero_division=0)
            assert resampled.samples["f1_weighted"][row, column] == pytest.approx(expected)


def test_macro_leaves_out_classes_that_were_not_drawn() -> None:
    truth = np.zeros((50, 2), bool)
    truth[:, 0] = True
    truth[0, 1] = True
    resampled = resample_scores(truth, {"perfect": truth}, np.random.default_rng(0), n_resamples=200)
    assert (resampled.samples["f1_macro"] == 1).all()


def test_a_model_against_itself_differs_by_nothing() -> None:
    rng = np.random.default_rng(2)
    truth = labels(rng, 30, 4)
    same = flip(rng, truth, 0.2)
    difference = resample_scores(truth, {"a": same, "copy": same.copy()}, rng).difference("copy", "a")
    assert difference.value == 0
    assert difference.low < 0 < difference.high
    assert difference.non_inferior(0.0) is None
    assert difference.non_inferior(0.5) is True


def test_the_paired_interval_is_narrower_than_the_unpaired_one() -> None:
    rng = np.random.default_rng(3)
    truth = labels(rng, 200, 10)
    parent = flip(rng, truth, 0.15)
    child = parent ^ (rng.random(truth.shape) < 0.01)
    resampled = resample_scores(truth, {"parent": parent, "child": child}, rng)
    score, difference = resampled.interval("parent"), resampled.difference("child", "parent").interval
    assert difference.high - difference.low < 0.5 * (score.high - score.low)


@pytest.mark.parametrize(
    ("error", "n", "expected"), [(0.0, 400, True), (0.25, 200, False), (0.01, 40, None)], ids=["same", "worse", "few"]
)
def test_the_decision_has_three_values(error: float, n: int, expected: bool | None) -> None:
    rng = np.random.default_rng(4)
    truth = labels(rng, n, 6)
    parent = flip(rng, truth, 0.1)
    child = parent ^ (rng.random(truth.shape) < error)
    difference = resample_scores(truth, {"p": parent, "c": child}, rng).difference("c", "p")
    assert difference.non_inferior(0.01) is expected


def test_a_margin_out_of_range_is_refused() -> None:
    truth = labels(np.random.default_rng(0), 30, 4)
    difference = resample_scores(truth, {"a": truth, "b": truth}, np.random.default_rng(0)).difference("a", "b")
    with pytest.raises(MeasurementError, match="margin"):
        difference.non_inferior(-0.1)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(6)
    big = labels(rng, 40_000, 3)
    predicted = flip(rng, big, 0.2)
    target = f1_score(big, predicted, average="micro")
    hits = 0
    for _ in range(100):
        rows = rng.integers(len(big), size=150)
        interval = resample_scores(big[rows], {"a": predicted[rows]}, rng, n_resamples=300).interval("a", "f1_micro")
        hits += interval.low <= target <= interval.high
    assert 0.87 <= hits / 100 <= 0.99


def test_mistakes_are_named() -> None:
    rng = np.random.default_rng(0)
    truth = labels(rng, 5, 2)
    with pytest.raises(MeasurementError, match="at least one document"):
        resample_scores(truth[:0], {"a": truth[:0]}, rng)
    with pytest.raises(MeasurementError, match=r"predicted\['a'\]: expected bool \(5, 2\)"):
        resample_scores(truth, {"a": truth.astype(float)}, rng)
    with pytest.raises(MeasurementError, match="at least one model"):
        resample_scores(truth, {}, rng)
    with pytest.raises(MeasurementError, match="no model 'b'; there are: a"):
        resample_scores(truth, {"a": truth}, rng, n_resamples=5).interval("b")


def one_label(rng: np.random.Generator, n: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    truth = np.eye(classes, dtype=bool)[rng.integers(classes, size=n)]
    powers = np.exp(rng.normal(size=(n, classes)) + 1.5 * truth)
    return truth, (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("task", TASKS)
def test_every_metric_of_a_task_equals_its_judge_on_each_resample(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(8)
    truth, given = one_label(rng, 60, 4)
    if task == "binary":
        truth, given = truth[:, :1], given[:, :1]
    decided = decide(given, np.full(truth.shape[1], 0.0 if task == "multiclass" else 0.3, np.float32), task)
    monkeypatch.setattr("baselines.scores.resampling._CELLS", 60 * 7)
    found = resample_scores(
        truth, {"a": decided}, np.random.default_rng(5), probabilities={"a": given}, task=task, n_resamples=20
    )
    replay = np.random.default_rng(5)
    counts = np.concatenate([draw_counts(60, size, replay) for size in (7, 7, 6)])
    assert set(found.values) == set(metrics_of(task))
    for metric in metrics_of(task):
        assert found.values[metric][0] == pytest.approx(judged(metric, Answers(truth, decided, given), task))
        for column, drawn in enumerate(counts):
            rows = np.repeat(np.arange(60), drawn)
            if metric == "f1_macro" and not truth[rows].any(axis=0).all():
                continue
            again = judged(metric, Answers(truth[rows], decided[rows], given[rows]), task)
            assert found.samples[metric][0, column] == pytest.approx(again, rel=1e-5), metric


def test_a_lower_loss_is_a_positive_difference() -> None:
    rng = np.random.default_rng(9)
    truth, good = one_label(rng, 200, 3)
    flat = np.full_like(good, 1 / 3)
    decided = {name: decide(p, np.zeros(3, np.float32), "multiclass") for name, p in (("good", good), ("flat", flat))}
    found = resample_scores(
        truth, decided, rng, probabilities={"good": good, "flat": flat}, task="multiclass", metric="log_loss"
    )
    assert found.interval("good").value < found.interval("flat").value
    assert found.difference("good", "flat").lower > 0 > found.difference("flat", "good").upper


def test_only_the_metric_that_matters_gets_more_resamples() -> None:
    rng = np.random.default_rng(10)
    truth = labels(rng, 50, 3)
    found = resample_scores(truth, {"a": truth}, rng, metric="f1_micro", n_resamples=2_500)
    sizes = {name: samples.shape[1] for name, samples in found.samples.items()}
    assert sizes.pop("f1_micro") == 2_500
    assert set(sizes.values()) == {2_000}
    alone = resample_scores(truth, {"a": truth}, rng, metrics=(), n_resamples=10)
    assert list(alone.samples) == ["f1_weighted"]


def test_a_metric_that_reads_probabilities_wants_them() -> None:
    truth, _ = one_label(np.random.default_rng(0), 10, 3)
    with pytest.raises(DataError, match="reads probabilities"):
        resample_scores(truth, {"a": truth}, np.random.default_rng(0), task="multiclass", metric="log_loss")
    with pytest.raises(DataError, match="metric 'roc_auc': not one of task multiclass; allowed: accuracy"):
        resample_scores(truth, {"a": truth}, np.random.default_rng(0), task="multiclass", metric="roc_auc")
