"""Gates: what a model must reach before it is shipped, checked against intervals and not only against values.

A gate passes when the whole 95 % interval is on the right side of its limit, fails when the whole interval is on the
wrong side, and is inconclusive when the limit lies inside. Bytes, parameters and MACs are exact and have no interval; a
95th percentile of latencies has the run's noise.
How a gate is written is in `bench.verdict.gate_words`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from baselines.errors import DataError
from bench.numbers.quantities import Estimate
from bench.results.row import Json, Row
from bench.results.row import estimate as estimate_from
from bench.results.run import Run
from bench.verdict.claims import claims_of
from bench.verdict.gate_words import COSTS, Gate, check_metric, parse_gate, read_gates

__all__ = ["Checked", "Gate", "check_gates", "exit_code", "judge_limit", "parse_gate", "read_gates"]

Outcome = Literal["pass", "fail", "inconclusive", "not_measured"]


@dataclass(frozen=True)
class Checked:
    """A gate with its outcome; `value` with the interval it was judged by."""

    gate: str
    model: str | None
    metric: str
    limit: float
    value: float | None
    low: float | None
    high: float | None
    outcome: Outcome
    reason: str

    def to_json(self) -> dict[str, Any]:
        """One entry of `gates` in results.json."""
        return asdict(self)


def check_gates(run: Run, gates: Sequence[Gate], recommended: str | None) -> list[Checked]:
    """Judge every gate on its model.

    Raises:
        DataError: a model, metric or class that this run doesn't have; says which there are.
    """
    rows = run.by_name
    known = ", ".join(rows)
    classes = next((list(row.class_scores) for row in run.rows if row.class_scores), [])
    for gate in gates:
        check_metric(gate, run.task, classes)
        for name in (gate.model, gate.reference):
            if name is not None and name not in rows:
                raise DataError(f"gate {gate.text!r}: no model {name!r} in this run; there are: {known}")
    return [_check(gate, run, gate.model or recommended) for gate in gates]


def exit_code(checked: Sequence[Checked], *, strict: bool = False) -> int:
    """0 all passed, 1 one failed (with `strict`: or is inconclusive), 2 one could not be measured."""
    outcomes = {item.outcome for item in checked}
    if "fail" in outcomes or (strict and "inconclusive" in outcomes):
        return 1
    return 2 if "not_measured" in outcomes else 0


def _check(gate: Gate, run: Run, model: str | None) -> Checked:
    row = run.by_name.get(model or "")
    if row is None:
        return _outcome(gate, model, None, "not_measured", "no model is recommended; name one: 'MODEL: ...'")
    if not row.measured:
        return _outcome(gate, model, None, "not_measured", f"{row.status}: {row.reason}")
    if gate.how == "max_drop":
        return _check_drop(gate, row, run)
    estimate = _measured(gate, row)
    if estimate is None:
        return _outcome(gate, model, None, "not_measured", f"{gate.what} was not measured for {model}")
    if gate.metric == "p95_s" and abs(estimate.value - gate.limit) < run.claim_floor * gate.limit:
        reason = "closer to its limit than two latencies of this run must differ to be told apart"
        return _outcome(gate, model, estimate, "inconclusive", reason)
    return _outcome(gate, model, estimate, *judge_limit(estimate, gate.how, gate.limit))


def _measured(gate: Gate, row: Row) -> Estimate | None:
    """What the gate is about, with its interval where it has one."""
    if gate.class_ is not None:
        entry = row.class_scores.get(gate.class_, {})
        return estimate_from((entry.get("intervals") or {}).get(gate.metric)) or estimate_from(entry.get(gate.metric))
    if gate.metric not in COSTS:
        return row.quality.get(gate.metric)
    value = getattr(row, COSTS[gate.metric])
    if value is None or isinstance(value, Estimate):
        return value
    return _with_interval(row, gate.metric, float(value))


def judge_limit(estimate: Estimate, how: str, limit: float) -> tuple[Outcome, str]:
    """Compare an interval with a limit; a value without an interval is compared as it is."""
    low = estimate.value if estimate.low is None else estimate.low
    high = estimate.value if estimate.high is None else estimate.high
    if not all(map(math.isfinite, (low, high))):
        return "not_measured", "not a number"
    good, bad = (low, high) if how.startswith(">") else (high, low)
    if _holds(good, how, limit):
        return "pass", "the whole interval is on the right side" if low < high else "exact"
    if _holds(bad, how, limit):
        return "inconclusive", "the limit lies inside the 95 % interval"
    return "fail", "the whole interval is on the wrong side" if low < high else "exact"


def _check_drop(gate: Gate, row: Row, run: Run) -> Checked:
    """Non-inferiority against a named model: the one-sided 95 % lower bound of the difference is at least -limit.

    Whoever names no model asks about the one that was chosen among all: it is judged together with all.
    """
    if gate.model is None and gate.reference == run.reference and gate.metric == run.metric.name:
        found = _check_chosen(gate, row, run)
        if found is not None:
            return found
    delta, lower, upper = _difference(row, str(gate.reference), run, gate.metric)
    if delta is None:
        reason = f"the paired difference of {row.name} and {gate.reference} was not measured"
        return _outcome(gate, row.name, None, "not_measured", reason)
    if lower is None or upper is None:
        return _outcome(gate, row.name, delta, "inconclusive", "the difference has no interval")
    if lower >= -gate.limit:
        return _outcome(gate, row.name, delta, "pass", "one-sided 95 % lower bound within the allowed drop")
    if upper < -gate.limit:
        return _outcome(gate, row.name, delta, "fail", "shown to drop by more")
    return _outcome(gate, row.name, delta, "inconclusive", "too few test documents to say")


def _check_chosen(gate: Gate, row: Row, run: Run) -> Checked | None:
    judged = claims_of(run, "smallest", gate.limit).by_model.get(row.name)
    if judged is None or judged.low is None:
        return None
    if judged.as_good:
        return _outcome(gate, row.name, judged.difference, "pass", "shown for all models together")
    if judged.high is not None and judged.high < -gate.limit:
        return _outcome(gate, row.name, judged.difference, "fail", "shown to drop by more, for all models together")
    return _outcome(gate, row.name, judged.difference, "inconclusive", "too few test texts to say")


Bounded = tuple[Estimate | None, float | None, float | None]


def _difference(row: Row, reference: str, run: Run, metric: str) -> Bounded:
    """Stored paired difference against a model, with one-sided bounds: from the reference or from the parent."""
    if row.name == reference:
        return Estimate(0.0, 0.0, 0.0), 0.0, 0.0
    if metric != run.metric.name:
        return _further_difference(run.models[row.name], reference, metric)
    if reference == run.reference:
        return row.delta, *row.bounds
    promoted = run.content.get("promoted") or {}
    if row.name == run.reference and reference == promoted.get("over"):
        return _bounded(promoted["delta"])
    if row.parent != reference:
        return None, None, None
    parented = run.against_parent(row.name)
    return parented.delta, *parented.bounds


def _further_difference(model: Json, reference: str, metric: str) -> Bounded:
    """The same in another metric than the run's own."""
    for versus in (model.get("versus_reference"), model.get("versus_parent")):
        if versus and versus.get("model") == reference and (content := (versus.get("deltas") or {}).get(metric)):
            return _bounded(content)
    return None, None, None


def _bounded(content: Json) -> Bounded:
    return estimate_from(content), content.get("lower"), content.get("upper")


def _with_interval(row: Row, metric: str, value: float) -> Estimate:
    return Estimate(value, row.p50_low, row.p50_high) if metric == "p50_s" else Estimate(value)


def _outcome(gate: Gate, model: str | None, estimate: Estimate | None, outcome: Outcome, reason: str) -> Checked:
    value, low, high = (estimate.value, estimate.low, estimate.high) if estimate else (None, None, None)
    return Checked(gate.text, model, gate.what, gate.limit, value, low, high, outcome, reason)


def _holds(value: float, how: str, limit: float) -> bool:
    return {"<=": value <= limit, ">=": value >= limit, "<": value < limit, ">": value > limit}[how]
