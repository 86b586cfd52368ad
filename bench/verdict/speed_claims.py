"""When a difference in latency may be called one: the only place where "faster" and "slower" come from.

The floor is how far from 1 a ratio must be to matter, `Run.claim_floor`: the margin that was asked for, 10 % by
default, or the noise of the run where that is larger.
"""

from __future__ import annotations

from bench.numbers.quantities import Estimate, change
from bench.numbers.ratios import Judgement, word
from bench.results.row import Row


def speed_word(ratio: Estimate | None, floor: float) -> Judgement:
    """What may be said of a latency ratio; nothing is claimed of one without an interval."""
    if ratio is None:
        return "no clear difference"
    return word(ratio.low, ratio.high, ratio.family_low, ratio.family_high, floor)


def speed_text(ratio: Estimate | None, floor: float) -> str:
    """The same for a table or a sentence, with the factor where there is one: `3.1 × slower`; "" without a ratio."""
    if ratio is None:
        return ""
    found = speed_word(ratio, floor)
    return change(ratio.value, "faster", "slower") if found in ("faster", "slower") else found


def is_slower(ratio: Estimate | None, floor: float) -> bool:
    """Whether a latency ratio to the reference is a slowdown: the whole interval that holds for all ratios of the run
    together lies beyond the floor."""
    return speed_word(ratio, floor) == "slower"


def is_faster(ratio: Estimate | None, floor: float) -> bool:
    """The mirror image of `is_slower`."""
    return speed_word(ratio, floor) == "faster"


def is_slow_variant(row: Row, floor: float) -> bool:
    """Whether a compressed variant is slower than its parent: such a one is never recommended, however small."""
    return row.stage == "compress" and is_slower(row.parent_ratio, floor)


def is_refused(row: Row, floor: float) -> bool:
    """Whether a model is never recommended, whatever its size.

    Its quality collapsed, it isn't shown to be better than guessing, or it is a slow variant.
    """
    return bool(row.failed or row.guesses or row.guesses_as_well) or is_slow_variant(row, floor)


def is_quicker(row: Row, other: Row, floor: float) -> bool:
    """Whether the p50 of one model is below another's beyond the floor, ends of their intervals against each other:
    of two models of which no ratio was stored. Never without intervals."""
    if not row.p50_high or not other.p50_low:
        return False
    return other.p50_low / row.p50_high > 1 + floor
