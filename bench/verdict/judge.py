"""Which model to deploy, and why: a pure function of what was measured.

A model qualifies when it is non-inferior to the reference: the one-sided 95 % lower bound of its paired difference in
the run's metric is at least −δ. "Not significantly different" is never enough, since it rewards a small test set. What
isn't shown to be better than guessing is never recommended.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any, Literal, get_args

from bench.results.row import Z_ONE_SIDED, Row
from bench.results.run import Run
from bench.verdict import sentences as words
from bench.verdict.alternatives import would_change
from bench.verdict.front import front_of, standard_axes
from bench.verdict.grounds import Grounds
from bench.verdict.speed_claims import is_refused

Priority = Literal["smallest", "fastest", "quality"]
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
_Z_POWER = NormalDist().inv_cdf(0.8)


@dataclass(frozen=True)
class Rejected:
    """A model that isn't recommended; `dominated_by` names the model that is better on every axis, where one is."""

    model: str
    reason: str
    dominated_by: str | None = None


@dataclass(frozen=True)
class Verdict:
    """What to deploy.

    Attributes:
        model: its name; None when nothing can be recommended.
        sentence: the whole verdict in one sentence; model names stand between backticks.
        reasons: why, each a short sentence.
        rejected: every other model with its reason.
        would_change: what would lead to another verdict.
        qualified: names of the models shown to be non-inferior, the reference not counted.
        reference: what the others were compared with.
        delta: margin δ.
        metric: name of what it was judged by.
        priority: what was asked for.
        promoted: whether the reference is one because validation put it above the CNN.
    """

    model: str | None
    sentence: str
    reasons: tuple[str, ...]
    rejected: tuple[Rejected, ...]
    would_change: tuple[str, ...]
    qualified: tuple[str, ...]
    reference: str | None
    delta: float
    metric: str
    priority: Priority
    promoted: bool = False

    def to_json(self) -> dict[str, Any]:
        """The content of `verdict` in results.json."""
        return {**asdict(self), "rejected": [asdict(item) for item in self.rejected]}


def judge(run: Run, priority: Priority = "smallest", delta: float | None = None) -> Verdict:
    """The verdict on a run.

    Args:
        run: what was measured.
        priority: which of the qualified models is recommended.
        delta: margin in units of the metric; the run's own when None.
    """
    rows, floor = run.rows, run.claim_floor
    delta = run.delta if delta is None else delta
    reference = next((r for r in rows if r.name == run.reference and r.measured), None)
    qualified = [r for r in rows if reference and r is not reference and non_inferior(r, delta) is True]
    deployable = [row for row in qualified if row.deployable]
    candidates = [row for row in deployable if not is_refused(row, floor)]
    # The reference is as good as itself: a candidate must beat it at what was asked for.
    kept = [reference] if reference and reference.deployable and not reference.guesses_as_well else []
    best = choose([*candidates, *kept], priority)
    grounds = Grounds(run, reference, best, qualified, delta, priority)
    return Verdict(
        best.name if best else None,
        words.sentence(grounds, documents_for(rows, grounds)),
        (*words.reasons(grounds), *words.copies(run)),
        tuple(_rejected(grounds)),
        tuple(would_change(grounds, documents_for(rows, grounds))),
        tuple(row.name for row in qualified),
        reference.name if reference else None,
        delta,
        run.metric.name,
        priority,
        bool(run.content.get("promoted")),
    )


def non_inferior(row: Row, delta: float) -> bool | None:
    """True: shown to be at most δ worse than the reference; False: shown to be worse; None: too few documents."""
    if not row.measured or row.delta is None:
        return None
    lower, upper = row.bounds
    if lower is None or upper is None:
        return row.stated_non_inferior
    if lower >= -delta:
        return True
    return False if upper < -delta else None


def documents_needed(row: Row, n_documents: int, delta: float) -> int | None:
    """Test documents for a decision with power 0.8 were the observed difference true; None: more won't help."""
    if row.documents_needed is not None:
        return row.documents_needed
    if row.delta is None or not row.delta.has_interval or row.delta.value + delta <= 0:
        return None
    reach = (Z_ONE_SIDED + _Z_POWER) * row.delta.deviation
    return max(1, math.ceil(n_documents * (reach / (row.delta.value + delta)) ** 2))


def documents_for(rows: Sequence[Row], grounds: Grounds) -> tuple[Row, int] | None:
    """The undecided deployable model that needs the fewest test documents, and how many."""
    n_test = (((grounds.run.content.get("dataset") or {}).get("split")) or {}).get("test")
    open_rows = [r for r in rows if r.deployable and non_inferior(r, grounds.delta) is None and r.delta is not None]
    needs = [(r, n) for r in open_rows if n_test and (n := documents_needed(r, int(n_test), grounds.delta)) is not None]
    return min(needs, key=lambda pair: pair[1], default=None)


def choose(candidates: Sequence[Row], priority: Priority) -> Row | None:
    """The smallest, the fastest, or the one of the best score; None when there is no candidate."""
    orders = {"smallest": _by_size, "fastest": _by_speed, "quality": _by_quality}
    return min(candidates, key=orders[priority], default=None)


def _by_size(row: Row) -> tuple[float, float, str]:
    return _or_inf(row.bytes), _or_inf(row.p50_s), row.name


def _by_speed(row: Row) -> tuple[float, float, str]:
    return _or_inf(row.p50_s), _or_inf(row.bytes), row.name


def _by_quality(row: Row) -> tuple[float, float, str]:
    return math.inf if row.goodness is None else -row.goodness, _or_inf(row.bytes), row.name


def _or_inf(value: float | None) -> float:
    return math.inf if value is None else value


def _rejected(grounds: Grounds) -> list[Rejected]:
    front = front_of(grounds.rows, standard_axes(grounds.floor, grounds.delta))
    return [
        Rejected(
            row.name, words.why_not(row, grounds, non_inferior(row, grounds.delta)), front.dominated_by.get(row.name)
        )
        for row in grounds.rows
        if row is not grounds.best
    ]
