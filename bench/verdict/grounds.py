"""What the sentences of a verdict speak of, and the phrases that several of them share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.quantities import Estimate, difference_interval, score, seconds, size, times
from bench.results.row import Row
from bench.results.run import Run
from bench.verdict.speed_claims import is_slow_variant


@dataclass(frozen=True)
class Grounds:
    """What the sentences speak of; `best` is the recommended row."""

    run: Run
    reference: Row | None
    best: Row | None
    qualified: Sequence[Row]
    delta: float
    priority: str

    @property
    def rows(self) -> Sequence[Row]:
        return self.run.rows

    @property
    def floor(self) -> float:
        """What a claim on speed must exceed."""
        return self.run.claim_floor

    @property
    def title(self) -> str:
        """The metric, for people."""
        return self.run.metric.title

    @property
    def margin(self) -> str:
        """`0.01 in accuracy`."""
        return f"{self.delta:g} in {self.title}"

    def difference(self, delta: Estimate | None) -> str:
        """A paired difference in the metric; of a loss, by how much it is lower."""
        what = f"Δ {self.title}" if self.run.metric.higher_is_better else f"{self.title} lower by"
        return f"{what} {difference_interval(delta)}"

    def scored(self, row: Row) -> str:
        """`accuracy 0.912`."""
        return f"{self.title} {score(row.score.value if row.score else None)}"

    def facts_of(self, row: Row) -> str:
        """Score, size and latency."""
        return f"{self.scored(row)}, {size(row.bytes)}, {seconds(row.p50_s)} a text"


def refused(row: Row, grounds: Grounds) -> str:
    """Why a compressed variant is refused whatever its size, in the words of `is_refused`; "" where it isn't."""
    if row.failed:
        return row.failed
    if row.guesses_as_well:
        return f"not shown to be better than guessing (`{row.guesses_as_well}`)"
    ratio = row.parent_ratio
    if ratio is None or not is_slow_variant(row, grounds.floor):
        return ""
    reason = f"{times(ratio.value)} slower here" + (
        "" if row.parent == name_of(grounds.reference) else " than its parent"
    )
    if "quantize" in row.method and (grounds.run.content.get("environment") or {}).get("vnni") is False:
        return f"{reason}: this CPU has no VNNI"
    return reason


def is_linear(row: Row) -> bool:
    """Whether the model is linear over counts of words or characters."""
    return row.runtime == "linear"


def goodness(row: Row) -> float:
    """The score as something of which more is better; without one the least there is."""
    return -math.inf if row.goodness is None else row.goodness


def shown_better(row: Row) -> bool:
    """Whether the two-sided interval of its difference lies above 0."""
    return row.delta is not None and row.delta.low is not None and row.delta.low > 0


def name_of(row: Row | None) -> str:
    """Of a model in a sentence."""
    return row.name if row else "the reference"
