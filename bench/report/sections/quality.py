"""Quality of the recommended model: metric by metric, class by class and text by text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.numbers.quantities import (
    Estimate,
    count,
    difference_interval,
    percent,
    score,
    score_ends,
    score_interval,
    score_of,
)
from bench.report.charts import lines as line_charts
from bench.report.sections.classes import class_f1, classes, nouns
from bench.report.sections.confusions import confusions
from bench.report.sections.facts import Facts
from bench.report.sections.provenance import plain, shortened
from bench.report.sections.two_sides import names_of_sides, two_sides
from bench.results.row import estimate

Json = Mapping[str, Any]
_THRESHOLDS = {
    "at_0.5": "threshold 0.5",
    "at_global": "one threshold for all labels",
    "at_per_class": "a threshold for each label",
}
_CHOSEN = {
    "global": "Thresholds: one for all labels, from validation.",
    "per_class": "Thresholds: one for each label, from validation.",
    "none": "No thresholds: the class of the largest probability is the answer.",
}
_TEXT_SHOWN = 600
_COUNTS_SHOWN = 8


def shown_model(facts: Facts) -> Json | None:
    """The model the detailed sections speak of: the recommended one, else the measured one of the best score."""
    models = facts.run.models
    if facts.verdict.model:
        return dict(models[facts.verdict.model])
    scored = [row for row in facts.rows if row.measured and row.score]
    top = max(scored, key=lambda row: row.goodness or 0.0, default=None)
    return dict(models[top.name]) if top else None


def quality(facts: Facts) -> dict[str, Any]:
    """The quality section; only what was stored appears."""
    model = shown_model(facts)
    if model is None or not model.get("quality"):
        return {"model": "", "folds": folds(facts)}
    against = compared_with(model, facts)
    return {
        "model": model["name"],
        "parent": against["name"] if against else "",
        "thresholds": _thresholds(model["quality"], facts),
        "overall": overall(model, against, facts),
        "beside": _beside(model, facts),
        "two_sides": two_sides(model, facts),
        "confusions": confusions(model),
        "classes": classes(model, against, facts),
        "charts": _charts(model, facts),
        "flips": _flips(model, against, facts),
        "slices": _slices(model),
        "behaviour": _behaviour(model),
        "control": teacher(model, facts),
        "folds": folds(facts),
    }


def compared_with(model: Json, facts: Facts) -> Json | None:
    """The parent where it was measured, else the reference; None for the reference itself."""
    for name in (model.get("parent"), facts.verdict.reference):
        found = next((m for m in facts.run.models.values() if m["name"] == name and m.get("quality")), None)
        if found is not None and name != model["name"]:
            return dict(found)
    return None


def _thresholds(content: Json, facts: Facts) -> str:
    """Where the decisions come from; of a binary model its own part says it."""
    stated = content.get("thresholds")
    if not stated or facts.run.task == "binary":
        return ""
    return _CHOSEN.get(str(stated), f"Thresholds: {stated}, from validation.")


def overall(model: Json, against: Json | None, facts: Facts) -> dict[str, Any]:
    """Every metric, of the model, of what it is compared with, and of always giving the most frequent answer."""
    theirs: Json = (against or {}).get("quality") or {}
    majority: Json = facts.results.get("majority") or {}
    always: Json = majority.get("scores") or {}
    rows = []
    for metric in facts.metrics:
        ours = estimate(model["quality"].get(metric.name))
        if ours is None:
            continue
        cells = [_with_reach(ours)]
        if against:
            cells.append(_with_reach(estimate(theirs.get(metric.name))))
        if always:
            cells.append({"value": score(always.get(metric.name)), "reach": ""})
        rows.append({"name": metric.heading, "note": metric.caution, "cells": cells})
    columns = [model["name"], *([against["name"]] if against else []),
               *([f"always “{majority['answer']}”"] if always else [])]  # fmt: skip
    return {"columns": columns, "rows": rows}


def _with_reach(found: Estimate | None) -> dict[str, str]:
    reach = score_ends(found)
    return {"value": score_of(found), "reach": reach}


def _beside(model: Json, facts: Facts) -> list[tuple[str, str]]:
    """Facts beside the metrics: other thresholds, labels a text, flips."""
    content, metric = model["quality"], facts.metric
    found = []
    if labels := content.get("labels_per_text"):
        found.append(("Labels a text", f"{labels['predicted']:.2f} given, {labels['true']:.2f} true"))
    for key, name in _THRESHOLDS.items():
        if at := estimate((content.get(key) or {}).get(metric.name)):
            found.append((f"{metric.heading}, {name}", score_interval(at)))
    if share := (model.get("versus_parent") or {}).get("flipped_documents"):
        found.append(("Flipped texts", percent(share)))
    return found


def _charts(model: Json, facts: Facts) -> list[dict[str, Any]]:
    reference: Json = facts.run.models.get(facts.verdict.reference or "", {})
    both = {m["name"]: m for m in (model, reference) if m}
    calibrated = {name: m["calibration"] for name, m in both.items() if m.get("calibration")}
    noisy = [(name, m["typos"]) for name, m in both.items() if m.get("typos")]
    ece = ", ".join(f"{name} {score(c['ece'])}" for name, c in calibrated.items() if c.get("ece") is not None)
    # Of a binary model the curve stands with its threshold, in a part of its own.
    curves = [] if facts.run.task == "binary" else sorted(model.get("curves") or [], key=_curve_order(model))
    wanted = (
        ("curves", _curves_title(len(curves), facts), line_charts.precision_recall(curves[: line_charts.MAX_SERIES])),
        (
            "calibration",
            f"Calibration (expected error: {ece})" if ece else "Calibration",
            line_charts.calibration(calibrated),
        ),
        (
            "typos",
            "With typos" + (f" ({facts.sampled})" if facts.sampled else ""),
            line_charts.typos(noisy, facts.metric),
        ),
    )
    return line_charts.drawn(wanted)


def _curves_title(n: int, facts: Facts) -> str:
    """Says how many of them are shown, where not all are."""
    several, most = nouns(facts)[1], line_charts.MAX_SERIES
    return f"Precision and recall, the {f'{most} of {n} {several}' if n > most else several} of lowest F1"


def _curve_order(model: Json) -> Any:
    f1 = {c["class"]: (class_f1(c) or Estimate(1.0)).value for c in model["quality"].get("per_class") or []}
    return lambda curve: f1.get(curve["class"], 1.0)


def _flips(model: Json, against: Json | None, facts: Facts) -> dict[str, Any] | None:
    flips = model.get("flips")
    if not flips:
        return None
    none = [names_of_sides(facts)[1]] if facts.run.task == "binary" else ["none"]
    what = "labels changed" if facts.run.task == "multilabel" else "answer changed"
    return {
        "note": f"Texts whose {what} against {against['name'] if against else 'the parent'}. "
        f"An equal {facts.metric.title} can hide many of them.",
        "count": f"{count(flips.get('documents'))} texts",
        "gained": _counts(flips.get("gained")),
        "lost": _counts(flips.get("lost")),
        "examples": [
            {"text": shortened(e["text"], _TEXT_SHOWN)}
            | {key: plain(e.get(key) or none) for key in ("truth", "parent", "model")}
            for e in (flips.get("examples") or [])[:10]
        ],
    }


def _counts(content: Json | None) -> str:
    ranked = sorted((content or {}).items(), key=lambda item: (-item[1], item[0]))
    more = len(ranked) - _COUNTS_SHOWN
    return ", ".join(f"{name} {n}" for name, n in ranked[:_COUNTS_SHOWN]) + (f", and {more} more" if more > 0 else "")


def _slices(model: Json) -> list[dict[str, str]]:
    return [
        {
            "name": f"{s['slice']}: {s['value']}",
            "n": count(s.get("n")),
            "score": score_interval(estimate(s.get("score"))),
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
            "expected": test.get("expected") or "",
            "failed": count(failed),
            "changed": _changed(test),
            "sign": "worse" if failed else "better" if failed == 0 else "",
            "example": shortened(plain(examples[0]), 200) if examples else "",
        })  # fmt: skip
    return rows


def _changed(test: Json) -> str:
    """How many answers a change of the text changed, where that is what was tested."""
    n, changed = test.get("n"), test.get("changed")
    return "" if changed is None or not n else f"{percent(changed / n)} of the answers changed"


def teacher(model: Json, facts: Facts) -> str:
    """What the teacher of a student brings, and what mixing texts does; of a model that was made of one, its student's.

    "" for a model without a teacher.
    """
    student: Json | None = model
    while student and not student.get("control"):
        student = facts.run.models.get(student.get("parent") or "")
    if not student:
        return ""
    control, own = student["control"], student["name"]
    of = "" if own == model["name"] else f"Of `{own}`, which this model was made of. "
    gain = (
        f"The teacher brings {facts.metric.difference} {difference_interval(estimate(control.get('gain')))}: `{own}` "
        f"against `{control.get('model')}`, the same student with labels in place of the teacher's answers"
        f"{_seeds(control.get('seeds'))}."
    )
    mixing, total = (estimate(control.get(part)) for part in ("mixing", "total"))
    if mixing and total:
        gain += (
            f" Mixing texts, which both do, brings {difference_interval(mixing)}: against `{control['plain']}`, which "
            f"learned from the labelled texts alone in as many steps{_seeds(control.get('plain_seeds'))}. Together "
            f"{difference_interval(total)}."
        )
    elif control.get("mixed") is False:
        gain += " Nothing was mixed, so this is all that it gains over training on the labels."
    return of + gain


def _seeds(n: int | None) -> str:
    return f" ({n} seed{'s' if n > 1 else ''})" if n else ""


def folds(facts: Facts) -> dict[str, Any] | None:
    """Means over folds, where they were asked for."""
    content = facts.results.get("folds") or {}
    if not content.get("models"):
        return None
    rows = [
        {"name": name, "score": score_interval(estimate(m.get("score"))),
         "delta": difference_interval(estimate(m.get("delta")))}
        for name, m in content["models"].items()
    ]  # fmt: skip
    return {"k": content.get("k", "several"), "rows": rows}
