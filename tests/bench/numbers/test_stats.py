"""Arithmetic on timings, against known distributions."""

from __future__ import annotations

import numpy as np
import pytest

from bench.numbers.stats import (
    SAMPLES_NEEDED,
    dispersion,
    percentile,
    percentiles,
    thin,
    typical_call,
    warnings_for,
)


@pytest.mark.parametrize(("p", "needed"), SAMPLES_NEEDED.items())
def test_a_percentile_needs_its_samples(p: float, needed: int) -> None:
    samples = np.random.default_rng(0).random(needed)
    assert percentile(samples[:-1], p) is None
    assert percentile(samples, p) == pytest.approx(p, abs=0.08)


def test_percentiles_of_few_samples_are_left_out_and_the_count_is_told() -> None:
    found = percentiles(np.array([1.0, 2.0, 3.0]))
    assert found == {"mean": 2.0, "p50": 2.0, "p90": None, "p95": None, "p99": None, "p999": None, "n": 3}
    assert percentile(np.empty(0), 0.5) is None
    assert percentiles(np.empty(0))["mean"] is None
    with pytest.raises(ValueError, match=r"p: 0\.5 or one of"):
        percentile(np.ones(10), 0.42)


def test_the_mean_counts_the_slow_calls_that_the_median_leaves_out() -> None:
    found = percentiles(np.array([1.0] * 9 + [11.0]))
    assert (found["mean"], found["p50"]) == (2.0, 1.0)


def test_thinned_quantiles_run_from_smallest_to_largest() -> None:
    found = thin(np.arange(1001) / 1000)
    assert found == pytest.approx(np.linspace(0, 1, 101))
    assert thin(np.empty(0)) == []


def test_dispersion() -> None:
    assert dispersion([1.0]) == 0
    assert dispersion([2.0, 2.0, 2.0]) == 0
    assert dispersion([1.0, 2.0, 3.0]) == pytest.approx(0.5)


def test_short_calls_are_grouped_to_a_millisecond_of_whole_passes() -> None:
    samples = np.tile([10e-6, 30e-6], 500)
    assert typical_call(samples, 2) == pytest.approx(20e-6)
    spiked = samples.copy()
    spiked[0] = 1.0  # one interruption of a second does not move the median of groups
    assert typical_call(spiked, 2) == pytest.approx(20e-6)
    assert typical_call(np.array([0.5, 0.7]), 2) == pytest.approx(0.6)


def test_interruptions_do_not_favour_short_calls() -> None:
    """A busy machine takes the core away for 4 ms every 8 ms: calls far shorter than that keep their time."""
    rng = np.random.default_rng(0)
    for seconds in (50e-6, 300e-6):
        samples = np.full(20 * 60, seconds)
        samples[rng.random(len(samples)) < seconds / 8e-3] += 4e-3
        assert typical_call(samples, 20) == pytest.approx(seconds, rel=0.01)


def test_warnings() -> None:
    steady, busy = np.ones(10), np.ones(10)
    assert warnings_for(steady, busy, threads=1) == []
    uneven = np.array([1.0, 1.0, 1.15, 1.15])
    assert warnings_for(uneven, busy, threads=1) == ["rounds vary by 14% (interquartile range over median)"]
    wild = np.array([1.0, 1.0, 2.0, 2.0])
    assert warnings_for(wild, busy, threads=1)[0].startswith("unreliable: rounds vary by 67%")
    assert warnings_for(steady, busy * 0.5, threads=1) == ["descheduled: 50% of the wall time was CPU time"]
    assert warnings_for(steady, busy * 0.5, threads=2) == []
