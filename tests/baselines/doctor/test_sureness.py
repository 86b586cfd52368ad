"""How sure a contradiction makes one: on mixtures whose truth is known."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from baselines.doctor.sureness import MOST_SURE, sureness


def _mixture(share: float, apart: float, n: int = 40_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    wrong = rng.random(n) < share
    return rng.normal(size=n) + apart * wrong, wrong, rng.normal(size=n) + apart


def test_the_share_of_wrong_labels_is_found_and_the_sureness_is_calibrated() -> None:
    observed, wrong, at_random = _mixture(0.05, 4.0)
    sure, share = sureness(observed, at_random)
    assert 0.04 < share < 0.06
    for low, high in ((0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
        own = (sure >= low) & (sure < high)
        assert own.sum() > 30
        assert abs(wrong[own].mean() - sure[own].mean()) < 0.12
    assert sure.max() <= MOST_SURE


def test_nothing_is_sure_where_no_label_is_wrong() -> None:
    observed, _, at_random = _mixture(0.0, 4.0)
    sure, share = sureness(observed, at_random)
    assert share < 0.005
    assert (sure >= 0.5).mean() < 0.001


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.floats(-5, 5), max_size=60), st.lists(st.floats(-5, 5), max_size=60))
def test_it_rises_with_the_contradiction_and_stays_a_probability(observed: list[float], random: list[float]) -> None:
    sure, share = sureness(np.array(observed), np.array(random))
    assert sure.shape == (len(observed),)
    assert ((sure >= 0) & (sure <= MOST_SURE)).all()
    assert 0 <= share <= 1
    assert (np.diff(sure[np.argsort(observed, kind="stable")]) >= -1e-9).all()
