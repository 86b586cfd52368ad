"""Speed, ledger and compression audit of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.numbers.quantities import MISSING, change, count, joules, percent, score_interval, seconds, size
from bench.report.charts import lines as line_charts
from bench.report.charts.ledger import PANELS, ledger_spec, panel_title
from bench.report.charts.theme import inline_svg
from bench.report.sections.facts import Facts
from bench.report.sections.first_screen import speed_rule
from bench.report.sections.gpu import gpu_sentences
from bench.report.sections.provenance import plain
from bench.results.row import estimate, main_run
from bench.results.run import Run
from bench.verdict.speed_claims import is_quicker

Json = Mapping[str, Any]


def speed(facts: Facts) -> dict[str, Any]:
    """Distributions, curves, profile and the table of all runs."""
    content = facts.results.get("speed") or {}
    return {
        "noise": _noise(facts),
        "charts": _charts(facts, content),
        "profile": [_profile(p) for p in content.get("profile") or []],
        "runs": [_run_row(m["name"], run) for m in facts.run.models.values() for run in m.get("runs") or []],
        "gpu": gpu_sentences(content.get("gpu")),
    }


def _noise(facts: Facts) -> str:
    content = facts.results.get("speed") or {}
    floor = facts.run.noise_floor
    rule = speed_rule(facts)
    if floor is None:
        return f"The reference was not measured against itself, so the noise floor is unknown. {rule}"
    ratio = estimate(content.get("aa_ratio"))
    against = (
        f"; {content.get('anchor') or 'the anchor'} against itself: ratio {score_interval(ratio)}" if ratio else ""
    )
    floors = content.get("noise_floors") or {}
    each = f" ({', '.join(f'{name} {percent(value)}' for name, value in floors.items())})" if len(floors) > 1 else ""
    timed = f" Timed on {facts.sampled}." if facts.sampled else ""
    return f"Noise floor {percent(floor)}{each}{against}. {rule}{timed}"


def _charts(facts: Facts, content: Json) -> list[dict[str, Any]]:
    named = shown_names(facts)
    models = facts.run.models
    quantiles = [(n, q) for n in named if (run := main_run(models[n])) and (q := run.get("quantiles_s"))]
    offline = [
        (name, run)
        for name in named[:2]
        for run in models[name].get("runs") or []
        if run.get("scenario") == "offline" and run.get("device", "cpu") == "cpu" and run.get("status") != "skipped"
    ]
    wanted = (
        ("latency", "Latency of single texts", line_charts.latency_distribution(quantiles)),
        (
            "length",
            "Latency against text length",
            line_charts.length_curve(_in_order(content.get("length_curve"), named)),
        ),
        ("throughput", "Throughput against batch size and threads", line_charts.throughput(offline)),
    )
    return line_charts.drawn(wanted)


def _in_order(curves: Sequence[Json] | None, names: Sequence[str]) -> list[Json]:
    """The same order as in the other pictures, so that a model keeps its colour."""
    return sorted(curves or [], key=lambda c: names.index(c["model"]) if c["model"] in names else len(names))


def shown_names(facts: Facts) -> list[str]:
    """Models worth a line in a small picture: the recommended one, the reference, then the front by score."""
    names = [facts.verdict.model, facts.verdict.reference, *facts.front.front]
    return list(dict.fromkeys(name for name in names if name))[: line_charts.MAX_SERIES]


def _profile(profile: Json) -> dict[str, Any]:
    stages = profile.get("stages") or []
    total = sum(stage.get("seconds_per_document") or 0.0 for stage in stages)
    return {
        "model": profile["model"],
        "total": seconds(total),
        "stages": [
            {
                "stage": s["stage"],
                "share": percent(s.get("share")),
                "width": round(100 * (s.get("share") or 0.0), 1),
                "time": seconds(s.get("seconds_per_document")),
            }
            for s in stages
        ],
    }


def _run_row(model: str, run: Json) -> dict[str, Any]:
    latency = run.get("latency_s") or {}
    n = latency.get("n")
    p99 = seconds(latency["p99"]) if latency.get("p99") is not None else f"n/a (n={n})" if n else MISSING
    note = str(run.get("reason") or "") or "; ".join(str(w) for w in run.get("warnings") or [])
    shown: Sequence[tuple[float | None, str]] = (
        (latency.get("mean"), seconds(latency.get("mean"))),
        (latency.get("p50"), seconds(latency.get("p50"))),
        (latency.get("p95"), seconds(latency.get("p95"))),
        (latency.get("p99"), p99),
        (run.get("documents_per_s"), count(run.get("documents_per_s"))),
        (run.get("cold_start_s"), seconds(run.get("cold_start_s"))),
        (run.get("peak_rss_bytes"), size(run.get("peak_rss_bytes"))),
        (run.get("energy_j_per_document"), joules(run.get("energy_j_per_document"))),
    )
    status = run.get("status", "measured")
    return {
        "model": model,
        "runtime": run["runtime"]
        if run.get("form") in (None, run["runtime"])
        else f"{run['form']} in {run['runtime']}",
        "device": run.get("device", "cpu"),
        "threads": count(run.get("threads")),
        "scenario": run.get("scenario", "single"),
        "batch": count(run.get("batch_size")),
        "cells": [{"value": value, "text": text} for value, text in shown],
        "skipped": status != "measured",
        "note": note if status == "measured" else f"{status}: {note}",
    }


def ledgers(facts: Facts) -> list[dict[str, Any]]:
    """The waterfall of each recipe with its table."""
    found = []
    for index, ledger in enumerate(facts.results.get("ledgers") or []):
        steps = ledger.get("steps") or []
        specs = {field: ledger_spec(steps, field, facts.metric) for field in PANELS}
        charts = [
            inline_svg(
                spec, f"ledger{index}-{field}", f"{ledger['recipe']}: {panel_title(field, facts.metric)} by step"
            )
            for field, spec in specs.items()
            if spec
        ]
        found.append({"recipe": ledger["recipe"], "charts": charts, "steps": ledger_rows(steps, facts.run)})
    return found


def ledger_rows(steps: Sequence[Json], run: Run) -> list[dict[str, str]]:
    """Figures of each step, and how far size and speed have come since the first."""
    first = steps[0] if steps else {}
    return [
        {
            "step": str(step["step"]),
            "model": str(step.get("model") or ""),
            "score": score_interval(estimate(step.get("score"))),
            "bytes": size(step.get("bytes")),
            "p50": seconds(step.get("p50_s")),
            "smaller": "" if step is first else change(_ratio(step, first, "bytes"), "smaller", "larger"),
            "faster": "" if step is first else _faster(step, first, run),
        }
        for step in steps
    ]


def _faster(step: Json, first: Json, run: Run) -> str:
    """A recipe's models have no common ratio in the file, so the intervals of both p50 must lie apart."""
    row, start = (run.by_name.get(str(entry.get("model"))) for entry in (step, first))
    if row is None or start is None:
        return ""
    if is_quicker(row, start, run.claim_floor) or is_quicker(start, row, run.claim_floor):
        return change(_ratio(step, first, "p50_s"), "faster", "slower")
    return "no clear difference in speed"


def _ratio(step: Json, first: Json, field: str) -> float | None:
    return step[field] / first[field] if step.get(field) and first.get(field) else None


def audit(facts: Facts) -> dict[str, Any]:
    """Promised against delivered, bytes by tensor, sensitivity to pruning."""
    models = [_audit_row(m, facts) for m in facts.run.models.values() if m.get("audit")]
    spec = line_charts.lines_spec(line_charts.sensitivity(facts.results.get("sensitivity") or [], facts.metric))
    title = f"Sensitivity: {facts.metric.title} on validation when filters of one width are removed"
    return {
        "models": models,
        "sensitivity": inline_svg(spec, "sensitivity", title) if spec else "",
        "sensitivity_title": title,
    }


def receipt_text(content: Json | None) -> str:
    """Promised or delivered figures, each in its unit; what a method doesn't speak of is left out."""
    shown = []
    for key, value in (content or {}).items():
        if value is None:
            continue
        show = size if "bytes" in key else percent if key == "sparsity" else plain
        shown.append(f"{key.replace('_', ' ')} {show(value) if isinstance(value, int | float) else plain(value)}")
    return ", ".join(shown) or MISSING


_TENSOR_CELLS = (("parameters", count), ("zeros", count), ("bytes", size), ("bytes_deflated", size))


def _audit_row(model: Json, facts: Facts) -> dict[str, Any]:
    audit = model["audit"]
    int8 = audit.get("int8") or {}
    return {
        "name": model["name"],
        "open": model["name"] == facts.verdict.model,
        "promised": receipt_text(audit.get("promised")),
        "delivered": receipt_text(audit.get("delivered")),
        "ops": f"{int8['ops']} of {int8.get('ops_total', '?')}" if int8.get("ops") is not None else MISSING,
        "parameters": percent(int8.get("parameter_share")),
        "macs": percent(int8.get("mac_share")),
        "notes": "; ".join(audit.get("notes") or []),
        "tensors": [
            {
                "name": t["name"],
                "dtype": t.get("dtype", ""),
                "shape": " × ".join(str(n) for n in t.get("shape") or []),
                "cells": [{"value": t.get(key), "text": show(t.get(key))} for key, show in _TENSOR_CELLS],
            }
            for t in audit.get("tensors") or []
        ],
    }
