"""Arithmetic on timings: percentiles where the count allows, dispersion, what was odd; ratios stand beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.floating]

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
