"""Arithmetic on timings, against known distributions."""

from __future__ import annotations

import numpy as np
import pytest

from baselines.errors import MeasurementError
from baselines.scores.intervals import Interval
from bench.stats import (
    SAMPLES_NEEDED,
    dispersion,
    invert,
    judge,
    noise_floor,
    percentile,
    percentiles,
    ratio_over_rounds,
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


def test_the_ratio_cancels_what_slows_the_whole_machine() -> None:
    rng = np.random.default_rng(0)
    drift = rng.lognormal(0, 0.5, 10)
    ratio = ratio_over_rounds(1.2 * drift, drift, rng)
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((1.2, 1.2, 1.2))
    assert ratio.source == "rounds"
    with pytest.raises(MeasurementError, match="same rounds"):
        ratio_over_rounds(np.ones(3), np.ones(2), rng)


def test_the_interval_over_ten_rounds_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(300):
        ratio = ratio_over_rounds(rng.lognormal(0, 0.03, 10), np.ones(10), rng, n_resamples=400)
        hits += ratio.low <= 1 <= ratio.high
    assert 0.90 <= hits / 300 <= 0.98


def test_speedups_are_inverted_ratios() -> None:
    assert invert(Interval(0.5, 0.4, 0.8, "rounds")) == Interval(2.0, 1.25, 2.5, "rounds")


@pytest.mark.parametrize(
    ("ratio", "floor", "expected"),
    [
        ((0.90, 0.88, 0.92), 0.03, "faster"),
        ((1.05, 1.03, 1.07), 0.03, "slower"),
        ((1.05, 0.99, 1.11), 0.03, "within noise"),
        ((1.02, 1.01, 1.03), 0.03, "within noise"),
        ((0.98, 0.97, 0.99), 0.03, "within noise"),
    ],
)
def test_no_claim_below_the_noise_floor(ratio: tuple[float, float, float], floor: float, expected: str) -> None:
    assert judge(Interval(*ratio, "rounds"), floor) == expected


def test_the_noise_floor_is_the_far_end_of_the_interval() -> None:
    assert noise_floor(Interval(1.01, 0.99, 1.04, "rounds")) == pytest.approx(0.04)
    assert noise_floor(Interval(0.97, 0.93, 1.01, "rounds")) == pytest.approx(0.07)


def test_warnings() -> None:
    steady, busy = np.ones(10), np.ones(10)
    assert warnings_for(steady, busy, threads=1) == []
    uneven = np.array([1.0, 1.0, 1.15, 1.15])
    assert warnings_for(uneven, busy, threads=1) == ["rounds vary by 14% (interquartile range over median)"]
    wild = np.array([1.0, 1.0, 2.0, 2.0])
    assert warnings_for(wild, busy, threads=1)[0].startswith("unreliable: rounds vary by 67%")
    assert warnings_for(steady, busy * 0.5, threads=1) == ["descheduled: 50% of the wall time was CPU time"]
    assert warnings_for(steady, busy * 0.5, threads=2) == []
