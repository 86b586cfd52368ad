"""Yes or no: the four counts in words, precision and recall with the chosen threshold marked, and the ROC curve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.numbers.quantities import count, percent, score, score_interval
from bench.report.charts import lines as line_charts
from bench.report.sections.facts import Facts
from bench.results.row import estimate

Json = Mapping[str, Any]
_MARK = "threshold {:.2f}"


def two_sides(model: Json, facts: Facts) -> dict[str, Any] | None:
    """What a binary model found and missed, with its curves; None where nothing of it was stored."""
    found = counts(model, facts)
    return None if found is None else {**found, "charts": _charts(model, facts)}


def counts(model: Json, facts: Facts) -> dict[str, Any] | None:
    """The four counts with words, and a sentence; None where they weren't stored."""
    quality: Json = model.get("quality") or {}
    stored = quality.get("confusion")
    if not stored:
        return None
    positive, negative = names_of_sides(facts)
    tp, fp, fn, tn = (int(stored.get(key) or 0) for key in ("tp", "fp", "fn", "tn"))
    return {
        "counts": _counts(tp, fp, fn, tn, positive, negative),
        "sentence": _sentence(tp, fp, fn, positive, threshold_of(quality)),
    }


def names_of_sides(facts: Facts) -> tuple[str, str]:
    """The positive class, and what isn't it."""
    positive = str(facts.results.get("positive") or "positive")
    return positive, str(facts.results.get("negative") or f"not {positive}")


def threshold_of(quality: Json) -> float | None:
    """The threshold of the only class."""
    return next((c.get("threshold") for c in quality.get("per_class") or []), None)


def _counts(tp: int, fp: int, fn: int, tn: int, positive: str, negative: str) -> list[dict[str, str]]:
    """In the order of the page: what is positive above, what was answered rightly left."""
    return [
        {"name": "Found", "n": count(tp), "kind": "right", "says": f"{positive}, answered “{positive}”"},
        {"name": "Missed", "n": count(fn), "kind": "wrong", "says": f"{positive}, answered “{negative}”"},
        {"name": "Rightly left", "n": count(tn), "kind": "right", "says": f"{negative}, answered “{negative}”"},
        {"name": "False alarms", "n": count(fp), "kind": "wrong", "says": f"{negative}, answered “{positive}”"},
    ]


def _sentence(tp: int, fp: int, fn: int, positive: str, threshold: float | None) -> str:
    """Recall and precision in words."""
    found = f"{tp:,} of {tp + fn:,} texts that are {positive} are found" if tp + fn else f"No text is {positive}"
    alarms = f"{fp:,} of {tp + fp:,} alarms are false" if tp + fp else "there is no alarm"
    at = f" A text counts as {positive} from a probability of {threshold:.2f} on, chosen on validation."
    return f"{found}; {alarms}.{at if threshold is not None else ''}"


def _charts(model: Json, facts: Facts) -> list[dict[str, Any]]:
    reference: Json = facts.run.models.get(facts.verdict.reference or "", {})
    both = {m["name"]: m for m in (model, reference) if m}
    roc = model.get("roc") or {}
    at, threshold = roc.get("at_threshold") or {}, threshold_of(model["quality"])
    name = _MARK.format(threshold) if threshold is not None else "threshold"
    curves = [{**curve, "class": who} for who, m in both.items() for curve in (m.get("curves") or [])[:1]]
    rocs = {who: m["roc"] for who, m in both.items() if m.get("roc")}
    positive, _ = names_of_sides(facts)
    wanted = (
        ("curves", f"Precision and recall of {positive}{_area(model, 'average_precision', 'average precision')}",
         line_charts.precision_recall(curves, _mark(name, at, "recall", "precision"))),
        ("roc", f"ROC curve of {positive}{_area(model, 'roc_auc', 'area')}",
         line_charts.roc(rocs, _mark(name, at, "false_positive_rate", "true_positive_rate"))),
    )  # fmt: skip
    return line_charts.drawn(wanted)


def _mark(name: str, at: Json, x: str, y: str) -> list[tuple[str, float, float]]:
    return [(name, at[x], at[y])] if at.get(x) is not None and at.get(y) is not None else []


def _area(model: Json, key: str, name: str) -> str:
    found = estimate(model["quality"].get(key))
    return f": {name} {score_interval(found)}" if found else ""


def is_rare(facts: Facts) -> bool:
    """Whether the positive class is so rare that a figure made of the negatives says little."""
    return bool((facts.results.get("majority") or {}).get("rare"))


def rare_note(facts: Facts) -> str:
    """What always saying no would reach, where the positive class is rare; else ""."""
    majority: Json = facts.results.get("majority") or {}
    if not is_rare(facts) or majority.get("share") is None:
        return ""
    positive, _ = names_of_sides(facts)
    share, scores = float(majority["share"]), majority.get("scores") or {}
    # Accuracy is told by the share already.
    told = [m for m in facts.metrics if m.name in (facts.metric.name, "f1") and m.name != "accuracy"]
    reached = ", ".join(f"{m.title} {score(scores[m.name])}" for m in told if scores.get(m.name) is not None)
    return (
        f"{percent(1 - share)} of the test texts are {positive}. Always answering “{majority['answer']}” would be "
        f"right for {percent(share)} and find none of them{f' ({reached})' if reached else ''}."
    )
