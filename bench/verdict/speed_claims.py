"""When a difference in latency may be called one: beyond the noise of its run, with an interval clear of 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.quantities import Estimate
from bench.results.row import Row
from bench.stats import TOO_NOISY

Json = Mapping[str, Any]


def noise_floor(results: Json) -> float | None:
    """Relative spread of the reference's latency against itself in this run (A/A); None when it wasn't measured."""
    speed, environment = results.get("speed") or {}, results.get("environment") or {}
    for stated in (speed.get("noise_floor"), environment.get("noise_floor")):
        if stated is not None:
            return float(stated)
    return None


def distrust(results: Json) -> tuple[str, ...]:
    """Why the latencies of this run deserve no trust, as sentences; empty where they do."""
    stated = tuple(str(reason) for reason in (results.get("speed") or {}).get("distrust") or ())
    floor = noise_floor(results)
    if floor is not None and floor > TOO_NOISY and not stated:
        return (f"the reference differs from itself by up to {100 * floor:.0f} %",)
    return stated


def claim_floor(results: Json) -> float:
    """How far a latency ratio must be from 1 to be called faster or slower.

    The noise floor; in a run that deserves no trust at least 1, so that only factors above two count.
    """
    return max(noise_floor(results) or 0.0, 1.0 if distrust(results) else 0.0)


def is_slower(ratio: Estimate | None, floor: float) -> bool:
    """Whether a latency ratio to the reference is a slowdown beyond the floor, its interval clear of 1."""
    return ratio is not None and (ratio.value if ratio.low is None else ratio.low) > 1 and ratio.value - 1 > floor


def is_slow_variant(row: Row, floor: float) -> bool:
    """Whether a compressed variant is slower than its parent: such a one is never recommended, however small."""
    return row.stage == "compress" and is_slower(row.parent_ratio, floor)


def is_refused(row: Row, floor: float) -> bool:
    """Whether a model is never recommended, whatever its size: its quality collapsed, or it is a slow variant."""
    return bool(row.failed) or is_slow_variant(row, floor)


def is_faster(ratio: Estimate | None, floor: float) -> bool:
    """The mirror image of `is_slower`."""
    if ratio is None or ratio.value <= 0:
        return False
    return (ratio.value if ratio.high is None else ratio.high) < 1 and 1 / ratio.value - 1 > floor
