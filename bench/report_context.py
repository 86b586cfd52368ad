"""First screen, table and provenance of the report: results.json turned into short texts for the templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.gates import Checked
from bench.pareto import Front, front_of, standard_axes
from bench.pareto_chart import Scene, available_costs, below_picture
from bench.quantities import (
    MISSING,
    Estimate,
    change,
    count,
    difference_interval,
    duration,
    joules,
    percent,
    score,
    seconds,
    signed,
    size,
    times,
)
from bench.rows import Row, noise_floor, rows_of
from bench.verdict import Verdict, non_inferior

Json = Mapping[str, Any]
COST_NAMES = {"p50_s": "latency", "bytes": "size", "macs": "MACs", "energy_j": "energy", "cold_start_s": "cold start"}
OUTCOMES = {"pass": "PASS", "fail": "FAIL", "inconclusive": "INCONCLUSIVE", "not_measured": "NOT MEASURED"}
_BETTER_LESS, _BETTER_MORE = "less", "more"


@dataclass(frozen=True)
class Facts:
    """Everything the report is made from: the checked content, its rows, the verdict and the gates."""

    results: Json
    rows: Sequence[Row]
    verdict: Verdict
    gates: Sequence[Checked]
    notes: Sequence[str]
    front: Front

    @property
    def best(self) -> Row | None:
        return next((row for row in self.rows if row.name == self.verdict.model), None)

    @property
    def reference(self) -> Row | None:
        return next((row for row in self.rows if row.name == self.verdict.reference), None)

    @property
    def scene(self) -> Scene:
        return Scene(self.rows, self.verdict.model, noise_floor(self.results), self.verdict.delta)


def gather(results: Json, verdict: Verdict, gates: Sequence[Checked] = (), notes: Sequence[str] = ()) -> Facts:
    """Rows and front of a run, beside its verdict and gates."""
    rows = rows_of(results)
    front = front_of(rows, standard_axes(noise_floor(results), verdict.delta))
    return Facts(results, rows, verdict, gates, notes, front)


def head(facts: Facts) -> dict[str, str]:
    """Names of the run and its data."""
    run, data = facts.results.get("run") or {}, facts.results.get("dataset") or {}
    n_test = (data.get("split") or {}).get("test")
    parts = [str(data.get("name") or "unnamed data"), f"{n_test:,} test documents" if n_test else ""]
    return {"run": str(run.get("name") or ""), "data": " · ".join(p for p in parts if p)}


def headline(verdict: Verdict) -> str:
    """The recommendation in two or three words."""
    if verdict.model is None:
        return "No recommendation"
    return f"Keep {verdict.model}" if verdict.model == verdict.reference else f"Deploy {verdict.model}"


def tiles(facts: Facts) -> list[dict[str, str]]:
    """The four figures of the first screen."""
    best, reference = facts.best, facts.reference
    if best is None or best.f1 is None:
        return []
    interval = f"95 % {score(best.f1.low)} to {score(best.f1.high)}" if best.f1.has_interval else "no interval"
    shown = [
        {"name": "Weighted F1", "value": score(best.f1.value), "note": interval},
        {"name": "Size", "value": size(best.bytes), "note": _compared(best.bytes, reference, "smaller", "larger")},
        {"name": "p50, one text", "value": seconds(best.p50_s), "note": _speed_note(best, facts)},
    ]
    if best is not reference and best.delta:
        note = f"95 % {signed(best.delta.low)} to {signed(best.delta.high)}"
        shown.append({"name": f"ΔF1 to {facts.verdict.reference}", "value": signed(best.delta.value), "note": note})
    return shown


def gate_lines(gates: Sequence[Checked]) -> list[dict[str, str]]:
    """Outcome, the gate's text, and what it was judged by."""
    return [
        {
            "outcome": g.outcome,
            "shown": OUTCOMES[g.outcome],
            "gate": g.gate,
            "measured": measured_text(g),
            "reason": "" if g.reason == "exact" else g.reason,
        }
        for g in gates
    ]


def measured_text(gate: Checked) -> str:
    """The value a gate was judged by, in its unit, with its interval."""
    if gate.value is None:
        return ""
    if "max_drop" in gate.gate:
        return f"ΔF1 {difference_interval(Estimate(gate.value, gate.low, gate.high))}"
    show = _SHOW_BY_METRIC.get(gate.metric, score)
    if gate.low is None or gate.high is None:
        return show(gate.value)
    return f"{show(gate.value)} ({show(gate.low)} to {show(gate.high)})"


_SHOW_BY_METRIC = {
    "bytes": size,
    "bytes_deflated": size,
    "peak_rss_bytes": size,
    "parameters": count,
    "macs_per_document": count,
    "documents_per_s": count,
    "p50_s": seconds,
    "p95_s": seconds,
    "cold_start_s": seconds,
    "energy_j_per_document": joules,
    "latency_ratio": times,
    "flipped_documents": percent,
}


def picture_texts(facts: Facts) -> dict[str, Any]:
    """Everything around the picture but the picture itself."""
    costs = available_costs(facts.rows)
    first = costs[0] if costs else "p50_s"
    below = below_picture(facts.scene, first)
    says = f"Weighted F1 against {COST_NAMES[first]}; on the Pareto front: {', '.join(facts.front.front) or 'nobody'}"
    return {
        "title": f"{len([r for r in facts.rows if r.measured])} models: what F1 costs",
        "costs": [(cost, COST_NAMES[cost]) for cost in costs],
        "below": below_text(below),
        "says": says,
    }


def below_text(names: Sequence[str]) -> str:
    """Who lies below the picture, as a sentence."""
    return f"Below the picture: {', '.join(names)}." if names else ""


def table(facts: Facts) -> dict[str, Any]:
    """Columns and rows of the table of all models; the order is by verdict, then by F1."""
    order = {"recommended": 0, "reference": 1, "front": 1, "dominated": 1, "skipped": 2, "failed": 2}
    rows = sorted(facts.rows, key=lambda r: (order[kind_of(r, facts)], -(r.f1.value if r.f1 else 0.0), r.name))
    measured = sum(row.measured for row in facts.rows)
    missing = len(facts.rows) - measured
    summary = f"{measured} measured" + (
        f", {missing} skipped or failed, with the reason in the last column." if missing else "."
    )
    return {
        "columns": [{"name": name, "better": better} for name, better in _COLUMNS],
        "rows": [_table_row(row, facts) for row in rows],
        "summary": summary,
        "reference": facts.verdict.reference,
    }


_COLUMNS = (
    ("Model", _BETTER_LESS), ("F1", _BETTER_MORE), ("ΔF1", _BETTER_MORE), ("Size", _BETTER_LESS), ("p50", _BETTER_LESS),
    ("p95", _BETTER_LESS), ("Parameters", _BETTER_LESS), ("MACs", _BETTER_LESS), ("Cold start", _BETTER_LESS),
    ("Memory", _BETTER_LESS), ("Energy", _BETTER_LESS), ("Texts/s", _BETTER_MORE), ("Verdict", _BETTER_LESS),
)  # fmt: skip


def kind_of(row: Row, facts: Facts) -> str:
    """`recommended`, `reference`, `front`, `dominated`, or the status of a row without figures."""
    if not row.measured:
        return "skipped" if row.status == "skipped" else "failed"
    if row.name == facts.verdict.model:
        return "recommended"
    if row.name == facts.verdict.reference:
        return "reference"
    return "front" if row.name in facts.front.front else "dominated"


def reason_of(row: Row, facts: Facts) -> str:
    """Why it is, or isn't, the recommended one."""
    if row.name == facts.verdict.model:
        return facts.verdict.reasons[0] if facts.verdict.reasons else ""
    rejected = next((item for item in facts.verdict.rejected if item.model == row.name), None)
    if rejected is None:
        return ""
    by = f"; dominated by `{rejected.dominated_by}`" if rejected.dominated_by else ""
    return rejected.reason.removeprefix(f"{row.status}: ") + by


def _table_row(row: Row, facts: Facts) -> dict[str, Any]:
    kind = kind_of(row, facts)
    tie = facts.front.ties.get(row.name)
    badge = {"front": "tie" if tie else "on the front"}.get(kind, kind)
    return {
        "name": row.name,
        "title": row.title if row.title != row.name else row.method,
        "kind": kind,
        "badge": badge,
        "front": row.name in facts.front.front,
        "measured": row.measured,
        "cells": list(_cells(row, facts)),
        "reason": reason_of(row, facts),
    }


def _cells(row: Row, facts: Facts) -> Iterator[dict[str, Any]]:
    f1, delta, reference = row.f1, row.delta, facts.reference
    yield _cell(
        f1.value if f1 else None, score, f"{score(f1.low)} to {score(f1.high)}" if f1 and f1.has_interval else ""
    )
    is_reference = row.name == facts.verdict.reference
    judged = {True: "as good", False: "worse", None: "undecided"}[non_inferior(row, facts.verdict.delta)]
    note = "" if delta is None else "reference" if is_reference else judged
    yield _cell(delta.value if delta else None, signed, note, _sign(delta) if delta and not is_reference else "")
    yield _cell(row.bytes, size, _compared(row.bytes, None if is_reference else reference, "smaller", "larger"))
    yield _cell(row.p50_s, seconds, "" if is_reference else _speed_note(row, facts))
    yield _cell(row.p95_s, seconds)
    yield _cell(row.parameters, count)
    yield _cell(row.macs, count)
    yield _cell(row.cold_start_s, seconds)
    yield _cell(row.peak_rss_bytes, size)
    yield _cell(row.energy_j, joules, str((row.run or {}).get("energy_source") or "") if row.energy_j else "")
    yield _cell(row.documents_per_s, count)


def _cell(value: float | None, show: Any, sub: str = "", kind: str = "") -> dict[str, Any]:
    return {"value": value, "text": show(value), "sub": sub if sub != MISSING else "", "kind": kind}


def _sign(delta: Estimate) -> str:
    return "better" if (delta.low or 0) > 0 else "worse" if delta.high is not None and delta.high < 0 else ""


def _compared(value: float | None, reference: Row | None, better: str, worse: str) -> str:
    if value is None or reference is None or not reference.bytes:
        return ""
    return "same size" if value == reference.bytes else change(value / reference.bytes, better, worse)


def _speed_note(row: Row, facts: Facts) -> str:
    floor = noise_floor(facts.results)
    if row.speed_ratio is None:
        return ""
    if abs(row.speed_ratio.value - 1) <= (floor or 0.0):
        return "same within noise"
    return change(row.speed_ratio.value, "faster", "slower")


def warnings(facts: Facts) -> list[str]:
    """What a careful reader must know before believing the figures."""
    found = list(facts.notes)
    floor = noise_floor(facts.results)
    if floor is None and any(row.p50_s for row in facts.rows):
        found.append("The noise floor of the latencies was not measured, so small differences in speed may be noise.")
    if len([row for row in facts.rows if row.measured]) < 2:
        found.append("Fewer than two models were measured, so there is nothing to choose from.")
    return found + [f"{row.name}: {warning}" for row in facts.rows for warning in row.warnings]


def provenance(facts: Facts) -> list[dict[str, Any]]:
    """Blocks of name and value: data card, data, machine, versions, run."""
    results = facts.results
    run, git = results.get("run") or {}, results.get("git") or {}
    environment = {k: v for k, v in (results.get("environment") or {}).items() if k != "versions"}
    made = {
        "created": results.get("created"),
        "seed": run.get("seed"),
        "took": duration(run.get("seconds")),
        "margin δ": f"{facts.verdict.delta:g} weighted F1",
        "reference": facts.verdict.reference or "none",
        **{f"git {key}": value for key, value in git.items()},
    }
    blocks = (
        ("Run", made),
        ("Data", results.get("dataset") or {}),
        ("Data card", results.get("data_card") or {}),
        ("Machine", environment),
        ("Versions", (results.get("environment") or {}).get("versions") or {}),
    )
    return [{"name": name, "pairs": [(str(k), plain(v)) for k, v in pairs.items()]} for name, pairs in blocks]


def plain(value: Any) -> str:
    """Any JSON value as one line of text."""
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {plain(item)}" for key, item in value.items()) or MISSING
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(plain(item) for item in value) or MISSING
    return f"{value:,.4g}" if isinstance(value, float) else str(value)
