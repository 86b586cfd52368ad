"""What the sentences of a verdict speak of, and the phrases that several of them share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.numbers.quantities import Estimate, difference_interval, score_of, seconds, signed_of, size, times
from bench.results.row import Row
from bench.results.run import Run
from bench.verdict.claims import Claims, Priority
from bench.verdict.speed_claims import is_slow_variant


@dataclass(frozen=True)
class Grounds:
    """What the sentences speak of; `best` is the recommended row, `claims` what is shown of all models together."""

    run: Run
    reference: Row | None
    best: Row | None
    claims: Claims
    delta: float
    priority: Priority

    @property
    def rows(self) -> Sequence[Row]:
        return self.run.rows

    @property
    def qualified(self) -> list[Row]:
        """Rows shown to be as good as the reference."""
        return [row for row in self.rows if self.claims.as_good(row.name)]

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

    @property
    def together(self) -> str:
        """`for all 30 models together`; "" where one alone was compared."""
        compared = sum(judged.low is not None for judged in self.claims.by_model.values())
        return f"for all {compared} models together" if compared > 1 else ""

    def difference(self, row: Row) -> str:
        """The paired difference with the interval that the claims rest on; of a loss, by how much it is lower."""
        judged = self.claims.by_model.get(row.name)
        return self.named_difference(judged.difference if judged else row.delta)

    def named_difference(self, delta: Estimate | None) -> str:
        """`Δ accuracy −0.002, 95 % −0.009 to +0.005`."""
        return f"{self._named} {difference_interval(delta)}"

    def shown(self, row: Row) -> str:
        """The difference and how sure it is that the model isn't worse by more than the margin."""
        judged = self.claims.by_model.get(row.name)
        value = self.named_difference(row.delta) if judged is None else f"{self._named} {signed_of(judged.difference)}"
        if judged is None or judged.p_value is None:
            return value
        return ", ".join(part for part in (value, f"p {p_value(judged.p_value)} {self.together}".rstrip()) if part)

    @property
    def _named(self) -> str:
        return f"Δ {self.title}" if self.run.metric.higher_is_better else f"{self.title} lower by"

    def scored(self, row: Row) -> str:
        """`accuracy 0.912`."""
        return f"{self.title} {score_of(row.score)}"

    def facts_of(self, row: Row) -> str:
        """Score, size and latency."""
        return f"{self.scored(row)}, {size(row.bytes)}, {seconds(row.p50_s)} a text"


def p_value(value: float) -> str:
    """`0.012`, or `below 0.001`."""
    return "below 0.001" if value < 0.001 else f"{value:.3f}"


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


def is_network(row: Row) -> bool:
    """Whether the model is a network, in whatever form it was measured."""
    return row.runtime in ("table", "onnxruntime", "torch") or row.form == "gru"


def goodness(row: Row) -> float:
    """The score as something of which more is better; without one the least there is."""
    return -math.inf if row.goodness is None else row.goodness


def name_of(row: Row | None) -> str:
    """Of a model in a sentence."""
    return row.name if row else "the reference"
