"""Quality and explanations of the report: the recommended model, label by label and text by text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.quantities import (
    MISSING,
    Estimate,
    count,
    difference_interval,
    percent,
    score,
    score_interval,
    signed,
)
from bench.report.charts import lines as line_charts
from bench.report.charts.theme import inline_svg
from bench.report.sections.facts import Facts
from bench.report.sections.provenance import plain
from bench.results.row import estimate

Json = Mapping[str, Any]
_METRICS = {"f1_weighted": "Weighted F1", "f1_micro": "Micro F1", "f1_macro": "Macro F1",
            "precision_weighted": "Weighted precision", "recall_weighted": "Weighted recall"}  # fmt: skip
_THRESHOLDS = {
    "at_0.5": "Weighted F1, threshold 0.5",
    "at_global": "Weighted F1, one threshold for all labels",
    "at_per_class": "Weighted F1, a threshold for each label",
}
_CHOSEN = {"global": "one for all labels", "per_class": "one for each label"}
_TEXT_SHOWN = 600


def shown_model(facts: Facts) -> Json | None:
    """The model the detailed sections speak of: the recommended one, else the measured one of the highest F1."""
    models = facts.run.models
    if facts.verdict.model:
        return dict(models[facts.verdict.model])
    scored = [row for row in facts.rows if row.measured and row.f1]
    top = max(scored, key=lambda row: row.f1.value if row.f1 else 0.0, default=None)
    return dict(models[top.name]) if top else None


def quality(facts: Facts) -> dict[str, Any]:
    """The quality section; only what was stored appears."""
    model = shown_model(facts)
    if model is None or not model.get("quality"):
        return {"model": "", "folds": folds(facts)}
    content = model["quality"]
    against = compared_with(model, facts)
    overall = [(name, score_interval(estimate(content.get(key)))) for key, name in _METRICS.items() if content.get(key)]
    for key, name in _THRESHOLDS.items():
        if at := estimate((content.get(key) or {}).get("f1_weighted")):
            overall.append((name, score_interval(at)))
    if share := (model.get("versus_parent") or {}).get("flipped_documents"):
        overall.append(("Flipped texts", percent(share)))
    return {
        "model": model["name"],
        "parent": against["name"] if against else "",
        "thresholds": f"Thresholds: {_CHOSEN.get(content['thresholds'], content['thresholds'])}, from validation."
        if content.get("thresholds")
        else "",
        "overall": overall,
        "classes": class_rows(content, (against or {}).get("quality") or {}),
        "charts": _charts(model, facts),
        "flips": _flips(model, against),
        "slices": _slices(model),
        "behaviour": _behaviour(model),
        "control": _control(model),
        "folds": folds(facts),
    }


def table_of_classes(facts: Facts) -> dict[str, Any]:
    """Only the scores by label, without pictures."""
    model = shown_model(facts)
    if model is None or not model.get("quality"):
        return {"model": "", "parent": "", "classes": []}
    against = compared_with(model, facts)
    classes = class_rows(model["quality"], (against or {}).get("quality") or {})
    return {"model": model["name"], "parent": against["name"] if against else "", "classes": classes}


def compared_with(model: Json, facts: Facts) -> Json | None:
    """The parent where it was measured, else the reference; None for the reference itself."""
    for name in (model.get("parent"), facts.verdict.reference):
        found = next((m for m in facts.run.models.values() if m["name"] == name and m.get("quality")), None)
        if found is not None and name != model["name"]:
            return dict(found)
    return None


def class_rows(content: Json, before: Json) -> list[dict[str, Any]]:
    """One row a label, the largest loss against the parent first; labels without a parent's figure by F1."""
    old = {c["class"]: estimate(c.get("f1")) for c in before.get("per_class") or []}
    rows = []
    for c in content.get("per_class") or []:
        f1, then = _class_f1(c), old.get(c["class"])
        delta = f1.value - then.value if f1 and then else None
        rows.append((delta if delta is not None else 1.0, f1.value if f1 else 0.0, _class_row(c, f1, delta)))
    return [row for _, _, row in sorted(rows, key=lambda item: item[:2])]


def _class_row(c: Json, f1: Estimate | None, delta: float | None) -> dict[str, Any]:
    bar = None
    if f1 and f1.low is not None and f1.high is not None:
        bar = [round(100 * end, 1) for end in (f1.low, f1.high, f1.value)]
    return {
        "name": c["class"],
        "delta": signed(delta),
        "sign": "" if delta is None or abs(delta) < 0.0005 else "worse" if delta < 0 else "better",
        "f1": score(f1.value if f1 else None),
        "interval": f"{score(f1.low)} to {score(f1.high)}" if bar and f1 else MISSING,
        "bar": bar,
        "precision": score(c.get("precision")),
        "recall": score(c.get("recall")),
        "support": count(c.get("support")),
        "threshold": f"{c['threshold']:.2f}" if c.get("threshold") is not None else MISSING,
    }


def _class_f1(c: Json) -> Estimate | None:
    f1 = estimate(c.get("f1"))
    if f1 and not f1.has_interval and c.get("low") is not None:
        return Estimate(f1.value, c.get("low"), c.get("high"))
    return f1


def _charts(model: Json, facts: Facts) -> list[dict[str, Any]]:
    reference: Json = facts.run.models.get(facts.verdict.reference or "", {})
    both = {m["name"]: m for m in (model, reference) if m}
    calibrated = {name: m["calibration"] for name, m in both.items() if m.get("calibration")}
    noisy = [(name, m["typos"]) for name, m in both.items() if m.get("typos")]
    ece = ", ".join(f"{name} {score(c['ece'])}" for name, c in calibrated.items() if c.get("ece") is not None)
    curves = sorted(model.get("curves") or [], key=_curve_order(model))[: line_charts.MAX_SERIES]
    wanted = (
        ("curves", "Precision and recall, the labels of lowest F1", line_charts.precision_recall(curves)),
        (
            "calibration",
            f"Calibration (expected error: {ece})" if ece else "Calibration",
            line_charts.calibration(calibrated),
        ),
        ("typos", "With typos", line_charts.typos(noisy)),
    )
    return drawn(wanted)


def drawn(wanted: Sequence[tuple[str, str, line_charts.Lines]]) -> list[dict[str, Any]]:
    """The charts that have points."""
    charts = []
    for identity, title, lines in wanted:
        spec = line_charts.lines_spec(lines)
        if spec is not None:
            charts.append({"title": title, "svg": inline_svg(spec, identity, title)})
    return charts


def _curve_order(model: Json) -> Any:
    f1 = {c["class"]: (estimate(c.get("f1")) or Estimate(1.0)).value for c in model["quality"].get("per_class") or []}
    return lambda curve: f1.get(curve["class"], 1.0)


def _flips(model: Json, against: Json | None) -> dict[str, Any] | None:
    flips = model.get("flips")
    if not flips:
        return None
    return {
        "count": f"{count(flips.get('documents'))} texts",
        "against": against["name"] if against else "the parent",
        "gained": _counts(flips.get("gained")),
        "lost": _counts(flips.get("lost")),
        "examples": [
            {"text": short(e["text"]), **{key: plain(e.get(key) or ["none"]) for key in ("truth", "parent", "model")}}
            for e in (flips.get("examples") or [])[:10]
        ],
    }


def _counts(content: Json | None) -> str:
    ranked = sorted((content or {}).items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {n}" for name, n in ranked[:8]) + (" …" if len(ranked) > 8 else "")


def _slices(model: Json) -> list[dict[str, str]]:
    return [
        {
            "name": f"{s['slice']}: {s['value']}",
            "n": count(s.get("n")),
            "f1": score_interval(estimate(s.get("f1_weighted"))),
        }
        for s in model.get("slices") or []
    ]


def _behaviour(model: Json) -> list[dict[str, Any]]:
    rows = []
    for test in model.get("behaviour") or []:
        failed, examples = test.get("failed"), test.get("examples") or []
        rows.append({
            "test": test["test"],
            "kind": test.get("kind") or "",
            "n": count(test.get("n")),
            "failed": count(failed),
            "sign": "worse" if failed else "better" if failed == 0 else "",
            "example": short(plain(examples[0]), 200) if examples else "",
        })  # fmt: skip
    return rows


def _control(model: Json) -> str:
    control = model.get("control")
    if not control:
        return ""
    gain = estimate(control.get("gain"))
    seeds = control.get("seeds")
    n = len(seeds) if isinstance(seeds, list) else seeds
    return f"Against `{control.get('model')}`, the same student without a teacher: ΔF1 {difference_interval(gain)}" + (
        f", {n} seeds." if n else "."
    )


def folds(facts: Facts) -> dict[str, Any] | None:
    """Means over folds, where they were asked for."""
    content = facts.results.get("folds") or {}
    if not content.get("models"):
        return None
    rows = [
        {"name": name, "f1": score_interval(estimate(m.get("f1_weighted"))),
         "delta": difference_interval(estimate(m.get("delta_f1_weighted")))}
        for name, m in content["models"].items()
    ]  # fmt: skip
    return {"k": content.get("k", "several"), "rows": rows}


def short(text: str, limit: int = _TEXT_SHOWN) -> str:
    """The beginning of a long text."""
    return text if len(text) <= limit else f"{text[:limit]} … ({len(text):,} characters)"
