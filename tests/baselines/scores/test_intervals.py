"""Intervals over folds and seeds, and p-values adjusted for their number."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.errors import MeasurementError
from baselines.scores.intervals import holm, nadeau_bengio, seed_spread


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
