"""Which of the models that may be recommended is: by what matters most, and never one that is beaten on every axis."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from bench.results.row import Row
from bench.results.run import Run
from bench.verdict.claims import Priority
from bench.verdict.speed_claims import is_refused


def recommended(run: Run, good: Collection[str], reference: Row, priority: Priority) -> Row | None:
    """The model to recommend; None where none may be.

    Args:
        run: what was measured.
        good: names of the models shown to be as good as the reference.
        reference: as good as itself: a candidate must beat it at what was asked for.
        priority: what matters most.
    """
    floor = run.claim_floor
    candidates = [row for row in run.rows if row.name in good and row.deployable and not is_refused(row, floor)]
    candidates = [row for row in candidates if beaten_by(row, run.rows, floor) is None]
    kept = [reference] if reference.deployable and not reference.guesses_as_well else []
    return choose([*candidates, *kept], priority, floor)


def beaten_by(row: Row, rows: Sequence[Row], floor: float) -> Row | None:
    """A deployable model that measured better on every axis, in latency beyond the noise; None where there is none."""
    others = (other for other in rows if other is not row and other.deployable and not is_refused(other, floor))
    return next((other for other in others if _beats(other, row, floor)), None)


def choose(candidates: Sequence[Row], priority: Priority, floor: float) -> Row | None:
    """The smallest, the fastest, or the one of the best score; None when there is no candidate.

    Of models whose latencies differ by less than a claim needs, the smaller one counts as the faster: else the noise of
    a measurement would choose.
    """
    if not candidates:
        return None
    if priority == "fastest":
        least = min(_or_inf(row.p50_s) for row in candidates)
        candidates = [row for row in candidates if _or_inf(row.p50_s) <= least * (1 + floor)] or candidates
        return min(candidates, key=_by_size)
    return min(candidates, key=_by_quality if priority == "quality" else _by_size)


def _beats(ours: Row, theirs: Row, floor: float) -> bool:
    if None in (ours.goodness, theirs.goodness, ours.bytes, theirs.bytes, ours.p50_s, theirs.p50_s):
        return False
    return (
        (ours.goodness or 0.0) > (theirs.goodness or 0.0)
        and _or_inf(ours.bytes) < _or_inf(theirs.bytes)
        and _or_inf(ours.p50_s) * (1 + floor) < _or_inf(theirs.p50_s)
    )


def _by_size(row: Row) -> tuple[float, float, str]:
    return _or_inf(row.bytes), -_or_least(row.goodness), row.name


def _by_quality(row: Row) -> tuple[float, float, str]:
    return -_or_least(row.goodness), _or_inf(row.bytes), row.name


def _or_inf(value: float | None) -> float:
    return math.inf if value is None else value


def _or_least(value: float | None) -> float:
    return -math.inf if value is None else value
