"""Thresholds are the exact maximum over every possible one, finite, and shrunk where positives are few."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from baselines.classifier import decide
from baselines.metrics import scores
from baselines.thresholds import fit_thresholds, global_threshold, per_class_thresholds

# Few distinct values make ties likely; neighbours in float32 leave no number between them.
VALUES = st.sampled_from([0.0, 1e-30, 0.1, float(np.nextafter(np.float32(0.1), np.float32(1))), 0.3, 0.5, 0.7, 1.0])


@st.composite
def validation(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    shape = draw(st.tuples(st.integers(1, 10), st.integers(1, 4)))
    return draw(hnp.arrays(bool, shape)), draw(hnp.arrays(np.float32, shape, elements=VALUES.map(np.float32)))


@settings(deadline=None)
@given(validation())
def test_global_is_the_best_of_all(pair: tuple[np.ndarray, np.ndarray]) -> None:
    truth, probabilities = pair
    chosen = np.float32(global_threshold(truth, probabilities))
    reached = scores(truth, decide(probabilities, chosen)).f1_weighted
    everything = [*np.unique(probabilities), np.float32(0.5)]
    assert reached >= max(scores(truth, decide(probabilities, t)).f1_weighted for t in everything) - 1e-9


@settings(deadline=None)
@given(validation())
def test_per_class_without_shrinkage_is_the_best_of_all(pair: tuple[np.ndarray, np.ndarray]) -> None:
    truth, probabilities = pair
    chosen = per_class_thresholds(truth, probabilities, shrinkage=0)
    reached = scores(truth, decide(probabilities, chosen)).f1
    for t in np.unique(probabilities):
        has_positives = truth.any(axis=0)
        assert (reached >= scores(truth, decide(probabilities, t)).f1 - 1e-9)[has_positives].all()


@settings(deadline=None)
@given(validation())
def test_always_usable(pair: tuple[np.ndarray, np.ndarray]) -> None:
    choices = fit_thresholds(*pair)
    for kind in ("half", "global", "per_class"):
        thresholds = choices.of(kind)
        assert thresholds.dtype == np.float32
        assert ((thresholds >= 0) & (thresholds <= 1)).all()
    assert choices.f1_weighted["global"] >= choices.f1_weighted["half"] - 1e-9


def test_class_without_positives_gets_the_global_threshold() -> None:
    truth = np.array([[1, 0], [1, 0], [0, 0]], bool)
    probabilities = np.array([[0.3, 0.9], [0.2, 0.8], [0.1, 0.05]], np.float32)
    own = per_class_thresholds(truth, probabilities, shrinkage=0)
    assert own[1] == np.float32(global_threshold(truth, probabilities))


def test_few_positives_lean_on_the_global_threshold() -> None:
    generator = np.random.default_rng(1)
    truth = generator.random((400, 2)) < [0.5, 0.01]
    probabilities = (generator.random((400, 2)) * [1.0, 0.3] + truth * [0.0, 0.4]).clip(0, 1).astype(np.float32)
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
