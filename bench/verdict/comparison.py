"""What changed between two runs, with what is within noise said so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from baselines.errors import RunFolderError
from bench.numbers.quantities import MINUS, MISSING, Estimate, count, score, seconds, signed, size, times
from bench.results.machines import refuse_unlike
from bench.results.row import Row
from bench.results.run import MetricFacts, Run
from bench.verdict.speed_claims import is_quicker

Kind = Literal["better", "worse", "within noise", "changed", "unchanged", "added", "removed", "status"]
_EXACT = (("bytes", size), ("parameters", count), ("macs", count))


@dataclass(frozen=True)
class Change:
    """One figure of one model in both runs; `before` and `after` as text, `amount` what lies between them."""

    model: str
    figure: str
    before: str
    after: str
    amount: str
    kind: Kind


def compare(a: Run, b: Run, *, force: bool = False) -> tuple[list[Change], list[str]]:
    """What differs from run A to run B.

    Args:
        a, b: read by `bench.results.file.read_run`.
        force: compare latencies of unlike machines all the same.

    Returns:
        the changes, model by model, and remarks a reader needs first.

    Raises:
        RunFolderError: the runs were judged on different data, or are of different tasks.
        MeasurementError: the machines are unlike, and it isn't forced.
    """
    remarks = _check_metric(a, b) + _check_data(a, b)
    unlike = refuse_unlike(a.content.get("environment") or {}, b.content.get("environment") or {}, force=force)
    remarks += [f"Unlike machines, forced: {reason}." for reason in unlike]
    measured = any(run.noise_floor is not None for run in (a, b))
    floor = max(a.claim_floor, b.claim_floor) if measured else None
    if floor is None:
        remarks.append("Neither run measured its noise floor: latencies are listed, not judged.")
    before, after = a.by_name, b.by_name
    names = list(dict.fromkeys([*before, *after]))
    metric = a.metric
    changes = [c for name in names for c in _changes(name, before.get(name), after.get(name), floor, metric)]
    return changes + _verdicts(a, b), remarks


def _check_data(a: Run, b: Run) -> list[str]:
    ours, theirs = ((run.content.get("dataset") or {}).get("sha256") for run in (a, b))
    if not ours or not theirs:
        return ["A run doesn't say which data it was judged on; scores may not be comparable."]
    if ours != theirs:
        raise RunFolderError(
            f"{b.path}: other data or another split than {a.path} (sha256 {theirs[:12]}…, {ours[:12]}…); "
            "compare runs on the same data"
        )
    return []


def _check_metric(a: Run, b: Run) -> list[str]:
    if a.task != b.task:
        raise RunFolderError(
            f"{b.path}: task {b.task}, but {a.path} is {a.task}; compare runs of one task, as --task sets it"
        )
    if a.metric.name == b.metric.name:
        return []
    return [
        f"The runs were judged by different metrics, {a.metric.title} and {b.metric.title}: scores are compared by the "
        "first, and the verdicts are about different things."
    ]


def _changes(
    name: str, before: Row | None, after: Row | None, floor: float | None, metric: MetricFacts
) -> Iterator[Change]:
    if before is None or after is None:
        kind: Kind = "added" if before is None else "removed"
        yield Change(name, "model", _status(before), _status(after), "", kind)
        return
    if before.status != after.status or not after.measured:
        if before.status != after.status:
            yield Change(name, "status", _status(before), _status(after), "", "status")
        return
    old_score, new_score = (row.quality.get(metric.name) for row in (before, after))
    if old_score and new_score:
        yield _score_change(name, metric, old_score, new_score)
    for field, show in _EXACT:
        old, new = getattr(before, field), getattr(after, field)
        if old is not None and new is not None:
            yield Change(name, field, show(old), show(new), _amount(old, new), _exact_kind(old, new))
    if before.p50_s and after.p50_s:
        yield _latency_change(name, before, after, floor)


def _score_change(name: str, metric: MetricFacts, old: Estimate, new: Estimate) -> Change:
    """The same test documents in both runs, but no pairing was stored: only intervals that part show a difference."""
    difference = new.value - old.value
    if difference == 0:
        kind: Kind = "unchanged"
    elif None in (old.low, old.high, new.low, new.high):
        kind = "changed"
    elif (new.low or 0) > (old.high or 0):
        kind = "better" if metric.higher_is_better else "worse"
    elif (new.high or 0) < (old.low or 0):
        kind = "worse" if metric.higher_is_better else "better"
    else:
        kind = "within noise"
    return Change(name, metric.name, score(old.value), score(new.value), signed(difference), kind)


def _latency_change(name: str, before: Row, after: Row, floor: float | None) -> Change:
    old, new = before.p50_s or 0.0, after.p50_s or 0.0
    kind: Kind
    if floor is None or old == new:
        kind = "unchanged" if old == new else "changed"
    else:
        better, worse = is_quicker(after, before, floor), is_quicker(before, after, floor)
        kind = "better" if better else "worse" if worse else "within noise"
    return Change(name, "p50_s", seconds(old), seconds(new), _amount(old, new), kind)


def _exact_kind(old: float, new: float) -> Kind:
    return "unchanged" if old == new else "better" if new < old else "worse"


def _amount(old: float, new: float) -> str:
    if not old:
        return MISSING
    ratio = new / old
    return f"{100 * (ratio - 1):+.1f} %".replace("-", MINUS) if 0.5 < ratio < 2 else times(ratio)


def _status(row: Row | None) -> str:
    if row is None:
        return MISSING
    return row.status if row.measured or not row.reason else f"{row.status}: {row.reason}"


def _verdicts(a: Run, b: Run) -> list[Change]:
    old, new = ((run.content.get("verdict") or {}).get("model") for run in (a, b))
    if old is None and new is None:
        return []
    return [Change("verdict", "model", old or MISSING, new or MISSING, "", "unchanged" if old == new else "changed")]
