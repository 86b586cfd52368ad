"""Texts drawn in groups, left out, or counted once: held against the plain matrix of weights."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

from baselines.scores.answers import Answers
from baselines.scores.influence import paired_difference
from baselines.scores.judging import METRICS, judged, metrics_of
from baselines.scores.leaving_out import RANKING, influences, of_ranking
from baselines.scores.resampling import resample_scores
from baselines.scores.weightings import EachLeftOut, Everyone, Groups
from baselines.task import Task, decide

TASKS: tuple[Task, ...] = ("multilabel", "multiclass", "binary")


def answered(task: Task, n: int, seed: int, n_classes: int = 5) -> Answers:
    """Random truth, and probabilities that know something of it, some of them equal."""
    rng = np.random.default_rng(seed)
    width = 1 if task == "binary" else n_classes
    truth = rng.random((n, width)) < 0.3
    if task == "multiclass":
        truth = np.eye(width, dtype=bool)[rng.integers(width, size=n)]
    p = np.round(1 / (1 + np.exp(-rng.normal(np.where(truth, 1.0, -1.0), 1.2))), 2).astype(np.float32)
    if task == "multiclass":
        p = (p / np.maximum(p.sum(axis=1, keepdims=True), 0.01)).astype(np.float32)
    thresholds = np.full(width, 0.0 if task == "multiclass" else 0.5, np.float32)
    return Answers(truth, decide(p, thresholds, task), p)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("n", [1, 2, 37, 200])
def test_groups_weigh_as_a_matrix_that_repeats_each_group(task: Task, n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("baselines.scores.weightings.CELLS", 60)  # many blocks
    rng, answers = np.random.default_rng(n), answered(task, n, n)
    groups = Groups(n, most=11)
    counts = rng.integers(0, 4, size=(6, groups.number))
    plain = np.zeros((6, n), np.float32)
    bounds = [*groups.starts.tolist(), n]
    for group in range(groups.number):
        plain[:, groups.order[bounds[group] : bounds[group + 1]]] = counts[:, [group]]
    assert groups.sizes.sum() == n
    assert groups.sizes.max() - groups.sizes.min() <= 1
    for metric in metrics_of(task):
        if metric in RANKING:
            continue
        wanted = METRICS[metric].judge(Answers(answers.truth, answers.decided, answers.probabilities), plain)
        assert METRICS[metric].judge(answers, groups.weights(counts)) == pytest.approx(wanted, abs=1e-6), metric


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("n", [2, 40, 150])
def test_each_text_left_out_is_scoring_the_others(task: Task, n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("baselines.scores.leaving_out._CELLS", 35)
    answers = answered(task, n, n + 1)
    for metric in metrics_of(task):
        whole = judged(metric, answers, task)
        left = []
        for row in range(n):
            others = np.arange(n) != row
            weights = others[None].astype(np.float32)
            left.append(METRICS[metric].judge(Answers(answers.truth, answers.decided, answers.probabilities), weights))
        pull = (n - 1) * (whole - np.concatenate(left))
        assert influences(metric, answers) == pytest.approx(pull - pull.mean(), abs=1e-4), metric


def test_many_classes_and_blocks_count_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    truth, decided = rng.random((2, 90, 130)) < 0.2
    weights = rng.integers(0, 5, size=(4, 90)).astype(np.float32)
    wanted = [weights @ part for part in (truth & decided, decided & ~truth, truth & ~decided)]
    monkeypatch.setattr("baselines.scores.answers.CELLS", 1000)
    for own, plain in zip(Answers(truth, decided).counts(weights), wanted, strict=True):
        assert np.array_equal(own, plain)
    first, pair = Answers(truth, decided).patterns
    assert np.array_equal(truth[first[pair]], truth)
    assert np.array_equal(decided[first[pair]], decided)


@pytest.mark.parametrize("metric", RANKING)
def test_the_derivative_of_a_ranking_is_nearly_leaving_texts_out(metric: str) -> None:
    answers = answered("binary", 600, 8)
    plain, short = influences(metric, answers), of_ranking(metric, answers)
    assert short.mean() == pytest.approx(0, abs=1e-9)
    assert np.abs(short - plain).max() < 0.05 * np.abs(plain).max()
    assert np.sqrt((short**2).sum()) == pytest.approx(np.sqrt((plain**2).sum()), rel=0.02)


@pytest.mark.parametrize("task", TASKS)
def test_drawing_groups_gives_the_interval_of_drawing_texts(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = answered(task, 2_400, 5)
    found = {}
    for most in (5_000, 400):
        monkeypatch.setattr("baselines.scores.resampling.Groups", lambda n, most=most: Groups(n, most))
        found[most] = resample_scores(
            answers.truth,
            {"a": answers.decided},
            np.random.default_rng(1),
            probabilities={"a": answers.probabilities},
            task=task,
            n_resamples=1_500,
        )
    for metric in metrics_of(task):
        of_texts, of_groups = (found[most].samples[metric][0] for most in (5_000, 400))
        assert of_groups.std() == pytest.approx(of_texts.std(), rel=0.15), metric
        assert of_groups.mean() == pytest.approx(of_texts.mean(), abs=of_texts.std() / 4), metric
        plain, grouped = (found[most].interval("a", metric) for most in (5_000, 400))
        width = plain.high - plain.low
        assert (grouped.low, grouped.high) == pytest.approx((plain.low, plain.high), abs=0.15 * width), metric


def test_weights_that_are_no_matrix_sum_up_as_one() -> None:
    values = np.arange(6.0)
    left, everyone = EachLeftOut(np.array([0, 5]), 6), Everyone(2, 6)
    assert (left @ values).tolist() == [15.0, 10.0]
    assert (left.sum().tolist(), everyone.sum().tolist()) == ([5.0, 5.0], [6.0, 6.0])
    assert (everyone @ values).tolist() == [15.0, 15.0]
    drawn: Any = Groups(6, most=3).weights(np.array([[1, 1, 1], [0, 0, 2]]))
    assert drawn.sum().tolist() == [6.0, 4.0]
    assert (drawn @ values)[0] == 15.0


def test_resampling_many_texts_takes_little_memory() -> None:
    """A matrix of 2,000 resamples of 100,000 texts would be 800 MB."""
    answers = answered("multilabel", 100_000, 2, n_classes=20)
    predicted = dict.fromkeys("abc", answers.decided)
    tracemalloc.start()
    found = resample_scores(answers.truth, predicted, np.random.default_rng(0), n_resamples=2_000, metrics=())
    paired_difference(answers.truth, answers.decided, answers.truth, metric="f1_weighted", task="multilabel")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 150e6
    low, high = found.ends["f1_weighted"][0]
    assert 0.001 < high - low < 0.004
