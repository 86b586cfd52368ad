"""First screen of the report: headline, tiles, gates, warnings and what stands around the picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from baselines.splits.copies import copies_said
from bench.numbers.quantities import (
    Estimate,
    change,
    count,
    difference_interval,
    joules,
    negated,
    percent,
    score,
    score_ends,
    score_of,
    seconds,
    signed_ends,
    signed_of,
    size,
    times,
)
from bench.report.charts.tradeoff import available_costs, below_picture
from bench.report.metric_words import MetricWords
from bench.report.sections.data_facts import collision_warning
from bench.report.sections.facts import Facts
from bench.report.sections.provenance import looks_warning
from bench.report.sections.two_sides import is_rare
from bench.results.row import Row
from bench.verdict.gates import Checked
from bench.verdict.judge import Verdict
from bench.verdict.speed_claims import speed_text

COST_NAMES = {
    "p50_s": "latency",
    "bytes": "size",
    "operations": "operations",
    "energy_j": "energy",
    "cold_start_s": "cold start",
}


OUTCOMES = {"pass": "PASS", "fail": "FAIL", "inconclusive": "INCONCLUSIVE", "not_measured": "NOT MEASURED"}


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
    kept = verdict.model == verdict.reference and not verdict.promoted
    return f"Keep {verdict.model}" if kept else f"Deploy {verdict.model}"


def tiles(facts: Facts) -> list[dict[str, str]]:
    """The four figures of the first screen."""
    best, reference = facts.best, facts.reference
    if best is None or best.score is None:
        return []
    shown = [
        _score_tile(best, best.score, facts),
        {"name": "Size", "value": size(best.bytes), "note": compared(best.bytes, reference, "smaller", "larger")},
        {"name": "p50, one text", "value": seconds(best.p50_s), "note": speed_note(best, facts)},
    ]
    claims = facts.verdict.claims.by_model
    to, judged = facts.verdict.reference, claims.get(best.name)
    if best is reference:
        shown[1]["note"] = shown[2]["note"] = ""
        to = (facts.results.get("promoted") or {}).get("over")
        judged = claims.get(to or "")
    if judged is not None and judged.low is not None:
        delta = negated(judged.difference) if best is reference else judged.difference
        note = f"95 % {signed_ends(delta)}{', all models together' if len(claims) > 1 else ''}"
        if facts.metric.caution:
            note += ", + is better"
        shown.append({"name": f"{facts.metric.difference} to {to}", "value": signed_of(delta), "note": note})
    return shown


def _score_tile(best: Row, found: Estimate, facts: Facts) -> dict[str, str]:
    """The score; where positives are rare, accuracy would be one of the negatives, so F1 stands in its place."""
    metric = facts.metric
    f1 = best.quality.get("f1")
    if is_rare(facts) and metric.name == "accuracy" and f1 is not None:
        metric, found = next(m for m in facts.metrics if m.name == "f1"), f1
    interval = f"95 % {score_ends(found)}" if found.has_interval else "no interval"
    note = f"{interval}, {metric.caution}" if metric.caution else interval
    return {"name": metric.heading, "value": score_of(found), "note": note}


def gate_lines(facts: Facts) -> list[dict[str, str]]:
    """Outcome, the gate's text, and what it was judged by."""
    titles = {metric.name: metric for metric in facts.metrics}
    return [
        {
            "outcome": g.outcome,
            "shown": OUTCOMES[g.outcome],
            "gate": g.gate,
            "measured": measured_text(g, titles),
            "reason": "" if g.reason == "exact" else g.reason,
        }
        for g in facts.gates
    ]


def measured_text(gate: Checked, titles: Mapping[str, MetricWords]) -> str:
    """The value a gate was judged by, in its unit, with its interval."""
    if gate.value is None:
        return ""
    if "max_drop" in gate.gate:
        difference = titles[gate.metric].difference if gate.metric in titles else f"Δ {gate.metric}"
        return f"{difference} {difference_interval(Estimate(gate.value, gate.low, gate.high))}"
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
    "operations_per_document": count,
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
    metric = facts.metric
    on_front = ", ".join(facts.front.front) or "nobody"
    return {
        "title": f"{len([r for r in facts.rows if r.measured])} models: what {metric.title} costs",
        "costs": [(cost, COST_NAMES[cost]) for cost in costs],
        "below": below_text(below),
        "says": f"{metric.heading} against {COST_NAMES[first]}; on the Pareto front: {on_front}",
    }


def below_text(names: Sequence[str]) -> str:
    """Who lies below the picture, as a sentence."""
    return f"Below the picture: {', '.join(names)}." if names else ""


def compared(value: float | None, reference: Row | None, better: str, worse: str) -> str:
    """Bytes against the reference's, in words; empty where there is nothing to compare with."""
    if value is None or reference is None or not reference.bytes:
        return ""
    return "same size" if value == reference.bytes else change(value / reference.bytes, better, worse)


def speed_note(row: Row, facts: Facts) -> str:
    """Latency against the reference's, in words."""
    return speed_text(row.speed_ratio, facts.run.claim_floor)


def speed_rule(facts: Facts) -> str:
    """What a ratio of latencies is, and from where on it is called one."""
    floor = facts.run.claim_floor
    beyond = f"a factor of {1 + floor:g}" if floor >= 1 else percent(floor)
    return (
        f"Speed against the reference: median over rounds of the time divided by the reference's in the same round, no "
        f"quotient of two p50; faster or slower where the interval for all models together lies beyond {beyond}."
    )


def warnings(facts: Facts) -> list[str]:
    """What a careful reader must know before believing the figures."""
    found = list(facts.run.notes)
    floor = facts.run.noise_floor
    if floor is None and any(row.p50_s for row in facts.rows):
        found.append("The noise floor of the latencies was not measured, so small differences in speed may be noise.")
    if noisy := facts.run.distrust:
        found.append(f"The run was noisy, so only factors above two count as faster or slower: {'; '.join(noisy)}.")
    if len([row for row in facts.rows if row.measured]) < 2:
        found.append("Fewer than two models were measured, so there is nothing to choose from.")
    if stayed := ((facts.results.get("dataset") or {}).get("copies") or {}).get("kept"):
        found += [f"{said[0].upper()}{said[1:]}." for said in copies_said({"kept": stayed})]
    if looked := looks_warning(facts.results):
        found.append(looked)
    if collisions := collision_warning(facts):
        found.append(collisions)
    shown = [row for row in (facts.best, facts.reference) if row is not None]
    return list(dict.fromkeys(found + [f"{row.name}: {warning}" for row in shown for warning in row.warnings]))
