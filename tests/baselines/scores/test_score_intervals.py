"""Intervals of scores: one form a metric, never without a width, in the metric's range, around its value."""

from __future__ import annotations

import time

import numpy as np
import pytest

from baselines.scores.answers import Answers
from baselines.scores.judging import METRICS, metrics_of
from baselines.scores.resampling import Resampled, resample_scores
from baselines.scores.score_intervals import FORMS, class_intervals, effective
from baselines.task import TASKS, LabelMatrix, Probabilities, Task, decide

RANGES = {"mcc": (-1.0, 1.0), "log_loss": (0.0, np.inf)}


def made(task: Task, n: int, skill: float, seed: int = 0) -> tuple[LabelMatrix, Probabilities, LabelMatrix]:
    """Truth, probabilities and decisions of a model; with a skill of 60 all is right."""
    rng = np.random.default_rng(seed)
    if task == "multilabel":
        truth = rng.random((n, 5)) < 0.4
        given = 1 / (1 + np.exp(-(np.where(truth, skill, -skill) + rng.normal(size=truth.shape))))
    elif task == "binary":
        truth = rng.random((n, 1)) < 0.3
        given = 1 / (1 + np.exp(-(np.where(truth, skill, -skill) + rng.normal(size=truth.shape))))
    else:
        truth = np.eye(5, dtype=bool)[rng.integers(5, size=n)]
        powers = np.exp((truth * skill + rng.normal(size=truth.shape)).clip(max=60))
        given = powers / powers.sum(axis=1, keepdims=True)
    probabilities = given.astype(np.float32)
    return truth, probabilities, decide(probabilities, np.full(truth.shape[1], 0.5, np.float32), task)


def resampled(task: Task, n: int, skill: float, n_resamples: int = 100) -> Resampled:
    truth, given, decided = made(task, n, skill)
    return resample_scores(
        truth,
        {"a": decided},
        np.random.default_rng(1),
        probabilities={"a": given},
        task=task,
        n_resamples=n_resamples,
    )


def test_every_metric_has_its_form() -> None:
    assert set(FORMS) == set(METRICS)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("n", [1, 2, 5, 40, 300])
@pytest.mark.parametrize("skill", [-60.0, 0.0, 1.0, 60.0], ids=["all wrong", "guessing", "middling", "all right"])
def test_every_interval_has_a_width_in_its_range_around_its_value(task: Task, n: int, skill: float) -> None:
    found = resampled(task, n, skill)
    for metric in metrics_of(task):
        interval = found.interval("a", metric)
        least, most = RANGES.get(metric, (0.0, 1.0))
        assert least <= interval.low <= interval.value <= interval.high <= most, metric
        assert interval.low < interval.high, metric
        assert np.isfinite([interval.low, interval.high]).all(), metric


@pytest.mark.parametrize(
    ("task", "metric", "n", "least", "most"),
    [
        ("multiclass", "accuracy", 120, 0.965, 0.972),
        ("multilabel", "exact_match", 120, 0.965, 0.972),
        ("multilabel", "f1_weighted", 120, 0.965, 0.972),
        ("multiclass", "accuracy", 5, 0.5, 0.6),
    ],
)
def test_all_right_of_few_is_no_proof(task: Task, metric: str, n: int, least: float, most: float) -> None:
    interval = resampled(task, n, 60.0).interval("a", metric)
    assert (interval.value, interval.high) == (1.0, 1.0)
    assert least < interval.low < most


def test_the_interval_narrows_with_the_root_of_the_texts() -> None:
    for task in TASKS:
        small, large = resampled(task, 500, 1.0, 400), resampled(task, 8_000, 1.0, 400)
        for metric in metrics_of(task):
            widths = [np.subtract(r.interval("a", metric).high, r.interval("a", metric).low) for r in (small, large)]
            assert widths[0] / widths[1] == pytest.approx(4.0, rel=0.35), metric


@pytest.mark.parametrize("task", TASKS)
def test_with_many_texts_it_is_the_bootstraps(task: Task) -> None:
    found = resampled(task, 8_000, 1.0, 1_000)
    for metric in metrics_of(task):
        interval = found.interval("a", metric)
        low, high = np.quantile(found.samples[metric][0], [0.025, 0.975])
        assert interval.low == pytest.approx(low, abs=0.25 * (high - low)), metric
        assert interval.high == pytest.approx(high, abs=0.25 * (high - low)), metric


def test_a_constant_loss_is_known_but_for_one_text() -> None:
    truth = np.eye(3, dtype=bool)[np.arange(30) % 3]
    flat = np.full(truth.shape, 1 / 3, np.float32)
    decided = decide(flat, np.zeros(3, np.float32), "multiclass")
    interval = resample_scores(
        truth, {"a": decided}, np.random.default_rng(0), probabilities={"a": flat}, task="multiclass", n_resamples=50
    ).interval("a", "log_loss")
    assert interval.low < np.log(3) < interval.high < np.log(3) + 0.2


def test_few_mistakes_count_as_one_text_one_right_or_wrong() -> None:
    assert effective(1.0, 0.0, 50, 0) == pytest.approx((0.9287, 1.0), abs=1e-4)
    clustered, alone = effective(0.8, 0.08, 100, 20), effective(0.8, 0.04, 100, 20)
    assert np.subtract(*clustered) < np.subtract(*alone)
    assert effective(0.0, 0.0, 0, 0) == (0.0, 1.0)


def test_class_intervals_are_wilsons_of_their_denominators() -> None:
    truth = np.zeros((40, 4), bool)
    truth[:5, 0] = truth[:20, 1] = truth[:10, 3] = True
    decided = truth.copy()
    decided[15:25, 1] = ~decided[15:25, 1]
    decided[:, 3] = False
    found = class_intervals(truth, decided)
    assert {name: ends.shape for name, ends in found.items()} == dict.fromkeys(("precision", "recall", "f1"), (4, 2))
    assert found["recall"][0] == pytest.approx((0.5655, 1.0), abs=1e-4)
    assert found["precision"][1] == pytest.approx(found["recall"][1])
    assert found["recall"][2].tolist() == found["precision"][3].tolist() == [0.0, 1.0]
    assert found["recall"][3] == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert all((ends[:, 0] < ends[:, 1]).all() for ends in found.values())


def test_forty_models_take_seconds() -> None:
    truth, given, decided = made("binary", 2_000, 1.0)
    own = Answers(truth, decided, given)
    samples = np.random.default_rng(0).normal(0.8, 0.01, 2_000)
    begun = time.perf_counter()
    for _ in range(40):
        for metric in metrics_of("binary"):
            FORMS[metric](own, 0.8, samples)
    assert time.perf_counter() - begun < 3
