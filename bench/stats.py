"""Arithmetic on timings: percentiles where the count allows, dispersion, ratios paired by round, the noise floor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from baselines.errors import MeasurementError
from baselines.scores.intervals import CONFIDENCE, N_RESAMPLES, Interval

Samples = NDArray[np.floating]
Judgement = Literal["faster", "slower", "within noise"]

# Samples below which a percentile is not printed: about 6.5 samples must lie beyond it.
SAMPLES_NEEDED = {0.90: 64, 0.95: 130, 0.99: 662, 0.999: 6_636}
# Spread of the rounds, interquartile range over median: above the first a warning, above the second the row is
# unreliable.
WARN_DISPERSION = 0.10
UNRELIABLE_DISPERSION = 0.25
# A run whose anchor, entered twice, differs from itself by more than this claims nothing about speed.
TOO_NOISY = 0.10
# Below this share of CPU time in wall time, a one-thread model was descheduled, and ratios lean towards short calls.
BUSY_SHARE = 0.90


def percentile(samples: Samples, p: float) -> float | None:
    """The p-quantile, or None where too few samples were taken to place it.

    Args:
        samples: (n,), one call each.
        p: 0.5, or one of `SAMPLES_NEEDED`.
    """
    if p != 0.5 and p not in SAMPLES_NEEDED:
        raise ValueError(f"p: 0.5 or one of {sorted(SAMPLES_NEEDED)} is allowed, got {p}")
    return None if len(samples) < SAMPLES_NEEDED.get(p, 1) else float(np.quantile(samples, p))


def percentiles(samples: Samples) -> dict[str, float | int | None]:
    """`latency_s` of results.json: mean, p50, p90, p95, p99, p999 (seconds, None where n is too small) and n.

    The mean is what adds up to cost and energy; a median leaves out the slow calls.
    """
    named = {"p50": 0.5, "p90": 0.90, "p95": 0.95, "p99": 0.99, "p999": 0.999}
    mean = float(np.mean(samples)) if len(samples) else None
    return {"mean": mean, **{name: percentile(samples, p) for name, p in named.items()}, "n": len(samples)}


def thin(samples: Samples) -> list[float]:
    """101 quantiles from the smallest to the largest: what results.json keeps of the raw samples."""
    return [float(q) for q in np.quantile(samples, np.linspace(0, 1, 101))] if len(samples) else []


def dispersion(values: Samples | Sequence[float]) -> float:
    """Interquartile range over median; 0 for a single value."""
    low, middle, high = np.quantile(np.asarray(values, np.float64), [0.25, 0.5, 0.75])
    return float((high - low) / middle) if middle > 0 else 0.0


def typical_call(samples: Samples, items: int, *, at_least_s: float = 1e-3) -> float:
    """Typical seconds a call in one block, every item weighing the same.

    Where a pass over the items takes less than 1 ms, passes are grouped to that length, which hides the clock's own
    cost, and the median group counts. Where it takes longer, each item's median counts: an interruption lasts some
    milliseconds, so it would hit most passes of a slow model and few of a fast one, but it hits few calls of either.

    Args:
        samples: (n,) seconds of consecutive calls, n a multiple of `items`.
        items: calls a pass.
        at_least_s: length of a group.
    """
    passes = np.asarray(samples, np.float64).reshape(-1, items)  # (passes, items)
    usual = float(np.median(passes.sum(axis=1)))
    if usual >= at_least_s:
        return float(np.median(passes, axis=0).mean())
    together = min(len(passes), max(1, int(np.ceil(at_least_s / max(usual, 1e-12)))))
    groups = passes[: len(passes) // together * together].reshape(-1, together * items)
    return float(np.median(groups.sum(axis=1)) / (together * items))


def ratio_over_rounds(
    times: Samples, reference: Samples, rng: np.random.Generator, *, n_resamples: int = N_RESAMPLES
) -> Interval:
    """Median over rounds of `times / reference`, with a bootstrap over rounds; below 1 is faster than the reference.

    Args:
        times, reference: (R,) seconds a call, round by round.
        rng: draws the rounds.
    """
    if times.shape != reference.shape or times.ndim != 1 or not len(times):
        raise MeasurementError(
            f"ratio over rounds: both need the same rounds, at least one; got {times.shape} and {reference.shape}"
        )
    ratios = np.asarray(times, np.float64) / np.asarray(reference, np.float64)
    drawn = np.median(ratios[rng.integers(len(ratios), size=(n_resamples, len(ratios)))], axis=1)
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Interval(float(np.median(ratios)), float(low), float(high), "rounds")


def invert(ratio: Interval) -> Interval:
    """A time ratio as a speed-up: 0.5 of the time is twice as fast."""
    return Interval(1 / ratio.value, 1 / ratio.high, 1 / ratio.low, ratio.source)


def noise_floor(aa_ratio: Interval) -> float:
    """The largest difference from itself that the anchor's A/A interval allows: no speed claim smaller than it."""
    return max(abs(aa_ratio.low - 1), abs(aa_ratio.high - 1))


def judge(ratio: Interval, floor: float) -> Judgement:
    """Whether a ratio to the reference is a finding: its interval leaves out 1, and it exceeds the noise floor."""
    if ratio.high < 1 and 1 / ratio.value - 1 > floor:
        return "faster"
    if ratio.low > 1 and ratio.value - 1 > floor:
        return "slower"
    return "within noise"


def warnings_for(round_times: Samples, cpu_shares: Samples, *, threads: int) -> list[str]:
    """Sentences about what was odd in a row's rounds; empty where nothing was.

    Args:
        round_times: (R,) seconds a call in each round.
        cpu_shares: (R,) process CPU time over wall time in each round.
        threads: of the row; with several, CPU time says little about descheduling.
    """
    found = []
    spread = dispersion(round_times)
    if spread > UNRELIABLE_DISPERSION:
        found.append(f"unreliable: rounds vary by {spread:.0%} (interquartile range over median)")
    elif spread > WARN_DISPERSION:
        found.append(f"rounds vary by {spread:.0%} (interquartile range over median)")
    share = float(np.median(cpu_shares))
    if threads == 1 and share < BUSY_SHARE:
        found.append(f"descheduled: {share:.0%} of the wall time was CPU time")
    return found
