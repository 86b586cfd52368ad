"""Intervals without a resample, against exact binomial sums and what must hold at their ends."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from baselines.scores.closed_forms import Ends, area_ends, class_f1, matthews_ends, mean_of_two, wilson


def covered(ends: Ends, n: int, share: float) -> float:
    """Exact probability that the interval of a binomial count holds the share."""
    inside = (ends[0] <= share) & (share <= ends[1])
    return float(binom.pmf(np.arange(n + 1), n, share)[inside].sum())


def test_wilson_equals_the_published_form_away_from_the_ends() -> None:
    low, high = wilson(81, 263)  # Newcombe (1998), table 1
    assert (float(low), float(high)) == (pytest.approx(0.2553, abs=5e-5), pytest.approx(0.3662, abs=5e-5))


@pytest.mark.parametrize(("n", "least"), [(20, 0.92), (50, 0.92), (100, 0.92), (220, 0.93), (2_000, 0.93)])
def test_shares_are_covered_at_every_share_also_near_one(n: int, least: float) -> None:
    ends = wilson(np.arange(n + 1), n)
    shares = np.concatenate([np.linspace(0.5, 0.97, 300), 1 - np.geomspace(0.01, 8, 300) / n])
    found = np.array([covered(ends, n, share) for share in shares])
    assert found.min() >= least
    assert 0.94 <= found.mean() <= 0.985


def test_all_right_says_how_wrong_it_may_be() -> None:
    low, high = wilson(120, 120)
    assert (0.965 < low < 0.972, high) == (True, 1.0)
    assert float(wilson(5, 5)[0]) < 0.6
    assert float(wilson(0, 7)[1]) > 0.3


def test_of_nothing_nothing_is_known() -> None:
    assert [float(end) for end in wilson(0, 0)] == [0.0, 1.0]
    assert [float(end) for end in class_f1(0, 0, 0)] == [0.0, 1.0]
    assert area_ends(0.5, 0.0, 0, 40) == (0.0, 1.0)
    low, high = matthews_ends(0, 0, 0, 40)
    assert low < 0 < high


def test_every_interval_has_a_width_and_holds_its_value() -> None:
    n = 12
    for found in range(n + 1):
        low, high = wilson(found, n)
        assert 0 <= low <= found / n <= high <= 1
        assert low < high
        low, high = class_f1(found, n - found, 0)
        assert 0 <= low <= 2 * found / (found + n) <= high <= 1
        assert low < high
        low, high = mean_of_two((found, n), (n, n))
        assert low < (found / n + 1) / 2 <= high <= 1 + 1e-12
        low, high = area_ends(found / n, 0.0, 4, 30)
        assert 0 <= low <= found / n + 1e-3
        assert found / n - 1e-3 <= high <= 1
        assert low < high


def test_more_texts_narrow_it() -> None:
    widths = [np.subtract(*wilson(0.9 * n, n)[::-1]) for n in (10, 100, 1_000)]
    assert widths[0] > widths[1] > widths[2]
    assert np.subtract(*area_ends(0.9, 0.0, 10, 90)[::-1]) > np.subtract(*area_ends(0.9, 0.0, 100, 900)[::-1])
    assert np.subtract(*area_ends(0.9, 0.2, 10, 90)[::-1]) > np.subtract(*area_ends(0.9, 0.0, 10, 90)[::-1])


def test_a_perfect_correlation_hangs_on_the_rarer_side() -> None:
    few, many = matthews_ends(5, 0, 0, 200), matthews_ends(100, 0, 0, 105)
    assert few[0] < 0.6 < 0.9 < many[0] < many[1] <= 1
