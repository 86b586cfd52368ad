"""When a difference in latency may be called one: beyond the noise of its run, with an interval clear of 1."""

from __future__ import annotations

from bench.quantities import Estimate
from bench.results.row import Row


def is_slower(ratio: Estimate | None, floor: float) -> bool:
    """Whether a latency ratio to the reference is a slowdown beyond the floor, its interval clear of 1."""
    return ratio is not None and (ratio.value if ratio.low is None else ratio.low) > 1 and ratio.value - 1 > floor


def is_slow_variant(row: Row, floor: float) -> bool:
    """Whether a compressed variant is slower than its parent: such a one is never recommended, however small."""
    return row.stage == "compress" and is_slower(row.parent_ratio, floor)


def is_refused(row: Row, floor: float) -> bool:
    """Whether a model is never recommended, whatever its size.

    Its quality collapsed, it isn't shown to be better than guessing, or it is a slow variant.
    """
    return bool(row.failed or row.guesses or row.guesses_as_well) or is_slow_variant(row, floor)


def is_faster(ratio: Estimate | None, floor: float) -> bool:
    """The mirror image of `is_slower`."""
    if ratio is None or ratio.value <= 0:
        return False
    return (ratio.value if ratio.high is None else ratio.high) < 1 and 1 / ratio.value - 1 > floor
