"""Thresholds are the exact or averaged maximum over every possible one, finite, and shrunk where positives are few."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.special import expit
from scipy.stats import norm

from baselines.scores.judging import score
from baselines.scores.metrics import f1_at, scores
from baselines.scores.thresholds import binary_threshold, fit_thresholds, global_threshold, per_class_thresholds
from baselines.task import decide

# Few distinct values make ties likely; neighbours in float32 leave no number between them.
VALUES = st.sampled_from([0.0, 1e-30, 0.1, float(np.nextafter(np.float32(0.1), np.float32(1))), 0.3, 0.5, 0.7, 1.0])


@st.composite
def validation(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    shape = draw(st.tuples(st.integers(1, 10), st.integers(1, 4)))
    return draw(hnp.arrays(bool, shape)), draw(hnp.arrays(np.float32, shape, elements=VALUES.map(np.float32)))


@settings(deadline=None)
@given(validation())
def test_counting_at_thresholds_is_sorting(pair: tuple[np.ndarray, np.ndarray]) -> None:
    truth, probabilities = pair
    at = np.array([0.0, 0.05, 0.1, 0.3, 0.31, 0.9])
    for column in np.flatnonzero(truth.any(axis=0)):
        found = f1_at(truth[:, column], probabilities[:, column], at)
        decided = probabilities[:, [column]].astype(np.float64) >= at
        wanted = [scores(truth[:, [column]], decided[:, [k]]).f1[0] for k in range(len(at))]
        assert found == pytest.approx(wanted)


@pytest.mark.parametrize("seed", range(4))
def test_many_texts_get_the_shared_threshold_class_by_class(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.random((300, 7)) < rng.random(7) / 2
    probabilities = expit(rng.normal(np.where(truth, 0.5, -1.5), 1)).astype(np.float32)
    sorted_together = global_threshold(truth, probabilities)
    monkeypatch.setattr("baselines.scores.thresholds._MOST_SORTED", 299)
    assert global_threshold(truth, probabilities) == sorted_together


@settings(deadline=None)
@given(validation())
def test_global_is_the_best_of_all(pair: tuple[np.ndarray, np.ndarray]) -> None:
    truth, probabilities = pair
    chosen = np.float32(global_threshold(truth, probabilities, spread=0))
    reached = scores(truth, decide(probabilities, chosen, "multilabel")).f1_weighted
    everything = [*np.unique(probabilities), np.float32(0.5)]
    assert reached >= max(scores(truth, decide(probabilities, t, "multilabel")).f1_weighted for t in everything) - 1e-9


@settings(deadline=None)
@given(validation())
def test_per_class_without_shrinkage_is_the_best_of_all(pair: tuple[np.ndarray, np.ndarray]) -> None:
    truth, probabilities = pair
    chosen = per_class_thresholds(truth, probabilities, shrinkage=0, spread=0)
    reached = scores(truth, decide(probabilities, chosen, "multilabel")).f1
    for t in np.unique(probabilities):
        has_positives = truth.any(axis=0)
        assert (reached >= scores(truth, decide(probabilities, t, "multilabel")).f1 - 1e-9)[has_positives].all()


def expected_f1(truth: np.ndarray, probabilities: np.ndarray, threshold: float, spread: float) -> float:
    """F1 averaged over thresholds at the middles of 80 equally likely slices of the normal distribution."""
    odds = np.log(threshold / (1 - threshold)) + spread * norm.ppf((np.arange(80) + 0.5) / 80)
    return float(
        np.mean([scores(truth, decide(probabilities, np.float32(t), "multilabel")).f1_weighted for t in expit(odds)])
    )


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000), st.sampled_from([0.25, 0.75, 1.5]))
def test_global_is_the_best_on_average_over_its_neighbours(seed: int, spread: float) -> None:
    generator = np.random.default_rng(seed)
    truth = generator.random((12, 3)) < 0.4
    truth[0, 0] = True
    probabilities = expit(generator.normal(-1, 1.5, truth.shape) + 2 * truth).astype(np.float32)
    chosen = global_threshold(truth, probabilities, spread=spread)
    others = expit(np.linspace(-5, 4, 19))
    best = max(expected_f1(truth, probabilities, t, spread) for t in others)
    assert expected_f1(truth, probabilities, chosen, spread) >= best - 0.01


def test_a_lucky_peak_is_not_chosen() -> None:
    # One text right at 0.9 makes a peak there; from 0.2 to 0.8 nearly as much is right.
    truth = np.array([[1]] * 10 + [[0]] * 10, bool)
    probabilities = np.array([0.93] + [0.85] * 9 + [0.92] + [0.15] * 9, np.float32)[:, None]
    assert 0.3 < global_threshold(truth, probabilities) < 0.7
    narrow = np.array([0.905] * 10 + [0.9] * 3 + [0.05] * 7, np.float32)[:, None]
    assert global_threshold(truth, narrow, spread=0) > 0.9
    assert global_threshold(truth, narrow) < 0.9


@settings(deadline=None)
@given(validation())
def test_always_usable(pair: tuple[np.ndarray, np.ndarray]) -> None:
    choices = fit_thresholds(*pair)
    for kind in ("half", "global", "per_class"):
        thresholds = choices.of(kind)
        assert thresholds.dtype == np.float32
        assert ((thresholds >= 0) & (thresholds <= 1)).all()
    exact = fit_thresholds(*pair, spread=0)
    assert exact.reached["global"] >= max(choices.reached["half"], choices.reached["global"]) - 1e-9


def test_class_without_positives_gets_the_global_threshold() -> None:
    truth = np.array([[1, 0], [1, 0], [0, 0]], bool)
    probabilities = np.array([[0.3, 0.9], [0.2, 0.8], [0.1, 0.05]], np.float32)
    own = per_class_thresholds(truth, probabilities, shrinkage=0)
    assert own[1] == np.float32(global_threshold(truth, probabilities))


def test_few_positives_lean_on_the_global_threshold() -> None:
    generator = np.random.default_rng(1)
    truth = generator.random((400, 2)) < [0.5, 0.02]
    probabilities = (generator.random((400, 2)) * [1.0, 0.1] + truth * [0.2, 0.1]).clip(0, 1).astype(np.float32)
    shared = global_threshold(truth, probabilities)
    free = per_class_thresholds(truth, probabilities, shrinkage=0)
    shrunk = per_class_thresholds(truth, probabilities)
    kept = np.abs(shrunk - shared) / np.abs(free - shared)
    assert kept[0] > 0.75
    assert kept[1] < 0.4


@pytest.mark.parametrize("n", [0, 3])
def test_no_positives_at_all(n: int) -> None:
    nothing = np.zeros((n, 2), bool)
    assert global_threshold(nothing, np.full((n, 2), 0.2, np.float32)) == 0.5
    assert per_class_thresholds(nothing, np.full((n, 2), 0.2, np.float32)).tolist() == [0.5, 0.5]


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match="finite"):
        global_threshold(np.ones((1, 1), bool), np.full((1, 1), np.nan, np.float32))
    with pytest.raises(ValueError, match=r"\(2, 2\) and \(2, 3\)"):
        global_threshold(np.ones((2, 2), bool), np.zeros((2, 3), np.float32))
    with pytest.raises(ValueError, match="at least 0"):
        per_class_thresholds(np.ones((1, 1), bool), np.ones((1, 1), np.float32), shrinkage=-1)
    with pytest.raises(ValueError, match="spread"):
        global_threshold(np.ones((1, 1), bool), np.ones((1, 1), np.float32), spread=-1)


def test_a_binary_threshold_is_the_best_of_all() -> None:
    generator = np.random.default_rng(4)
    truth = generator.random((60, 1)) < 0.3
    probabilities = (0.4 * generator.random((60, 1)) + 0.4 * truth).astype(np.float32)
    for metric in ("f1", "accuracy", "balanced_accuracy", "mcc"):
        chosen = binary_threshold(truth, probabilities, metric, spread=0)
        reached = score(metric, truth, probabilities, np.float32([chosen]), "binary")
        others = [score(metric, truth, probabilities, np.float32([t]), "binary") for t in np.linspace(0, 1, 201)]
        assert reached >= max(others) - 1e-9


def test_a_binary_threshold_stays_near_one_half_unless_validation_can_tell() -> None:
    generator = np.random.default_rng(5)
    logits = generator.normal(0, 2, (300, 1))
    truth = generator.random((300, 1)) < expit(logits)
    calibrated = expit(logits).astype(np.float32)
    surely, perhaps = (binary_threshold(truth, calibrated, doubt=doubt) for doubt in (0.0, 1.0))
    assert surely < perhaps <= 0.5
    shifted = expit(logits - 4).astype(np.float32)  # wrong by 4 in log-odds: one half is clearly bad
    assert binary_threshold(truth, shifted) < 0.1


def test_a_binary_threshold_without_one_of_both_sides() -> None:
    for truth in (np.zeros((3, 1), bool), np.ones((3, 1), bool)):
        assert binary_threshold(truth, np.full((3, 1), 0.2, np.float32)) == 0.5
