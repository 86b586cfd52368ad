"""Intervals against scikit-learn, against brute force, and against what they promise: coverage."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_score, recall_score

from baselines.errors import MeasurementError
from baselines.scores.intervals import (
    Difference,
    Interval,
    draw_counts,
    holm,
    nadeau_bengio,
    resample_scores,
    seed_spread,
)


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
    monkeypatch.setattr("baselines.scores.intervals._CELLS", 40 * 7)  # several blocks, the last one shorter
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
    assert resampled.interval("perfect", "f1_macro") == Interval(1.0, 1.0, 1.0, "documents")


def test_a_model_against_itself_differs_by_nothing() -> None:
    rng = np.random.default_rng(2)
    truth = labels(rng, 30, 4)
    same = flip(rng, truth, 0.2)
    difference = resample_scores(truth, {"a": same, "copy": same.copy()}, rng).difference("copy", "a")
    assert difference.interval == Interval(0.0, 0.0, 0.0, "documents")
    assert difference.non_inferior(0.0) is True
    assert difference.documents_needed(0.01) == 1


def test_the_paired_interval_is_narrower_than_the_unpaired_one() -> None:
    rng = np.random.default_rng(3)
    truth = labels(rng, 200, 10)
    parent = flip(rng, truth, 0.15)
    child = parent ^ (rng.random(truth.shape) < 0.01)
    resampled = resample_scores(truth, {"parent": parent, "child": child}, rng)
    score, difference = resampled.interval("parent"), resampled.difference("child", "parent").interval
    assert difference.high - difference.low < 0.5 * (score.high - score.low)


@pytest.mark.parametrize(
    ("error", "n", "expected"), [(0.0, 200, True), (0.25, 200, False), (0.01, 40, None)], ids=["same", "worse", "few"]
)
def test_the_decision_has_three_values(error: float, n: int, expected: bool | None) -> None:
    rng = np.random.default_rng(4)
    truth = labels(rng, n, 6)
    parent = flip(rng, truth, 0.1)
    child = parent ^ (rng.random(truth.shape) < error)
    difference = resample_scores(truth, {"p": parent, "c": child}, rng).difference("c", "p")
    assert difference.non_inferior(0.01) is expected


def test_documents_needed_grows_with_the_root_rule() -> None:
    resampled = np.random.default_rng(0).normal(-0.002, 0.01, 10_000)
    difference = Difference(Interval(-0.002, -0.02, 0.02, "documents"), -0.018, 0.014, 0.01, 217, resampled)
    needed = difference.documents_needed(0.01)
    assert needed == math.ceil(217 * ((1.6448536 + 0.8416212) * 0.01 / 0.008) ** 2)
    assert difference.documents_needed(0.01, power=0.5) < needed < difference.documents_needed(0.005)
    assert difference.documents_needed(0.001) is None
    assert difference.p_value(0.05) < 0.01 < difference.p_value(0.002)
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


def test_nadeau_bengio_is_wider_than_the_plain_t_interval() -> None:
    folds = [0.01, 0.03, 0.02, 0.015, 0.025]
    interval = nadeau_bengio(folds, 800, 200)
    deviation = float(np.std(folds, ddof=1))
    assert interval.value == pytest.approx(0.02)
    assert interval.high - interval.value == pytest.approx(2.7764451 * deviation * math.sqrt(1 / 5 + 1 / 4))
    with pytest.raises(MeasurementError, match="2 folds"):
        nadeau_bengio([0.1], 800, 200)


def test_holm_by_hand() -> None:
    adjusted = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert adjusted == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02})
    assert holm({}) == {}


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
@settings(max_examples=50, deadline=None)
def test_holm_never_lowers_and_keeps_the_order(values: list[float]) -> None:
    raw = {str(i): p for i, p in enumerate(values)}
    adjusted = holm(raw)
    assert list(adjusted) == list(raw)
    assert all(raw[name] <= adjusted[name] <= 1 for name in raw)
    order = sorted(raw, key=lambda name: raw[name])
    assert all(adjusted[a] <= adjusted[b] for a, b in itertools.pairwise(order))


def test_seed_spread_wants_three_trainings() -> None:
    spread = seed_spread([0.70, 0.72, 0.68])
    assert (spread.mean, spread.low, spread.high, spread.n_seeds) == (pytest.approx(0.70), 0.68, 0.72, 3)
    with pytest.raises(MeasurementError, match="at least 3"):
        seed_spread([0.7, 0.71])


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
