"""Scores class by class, the largest loss first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.numbers.quantities import MISSING, Estimate, count, score, score_ends, score_of, signed
from bench.report.sections.facts import Facts
from bench.results.row import estimate

Json = Mapping[str, Any]
# What an answer's names are called, by task: one and several.
NOUNS: Mapping[str, tuple[str, str]] = {
    "multilabel": ("label", "labels"),
    "multiclass": ("class", "classes"),
    "binary": ("class", "classes"),
}
# Longer lists than this can be filtered.
LONG = 15


def nouns(facts: Facts) -> tuple[str, str]:
    """`label` and `labels`, or `class` and `classes`."""
    return NOUNS[facts.run.task]


def classes(model: Json, against: Json | None, facts: Facts) -> dict[str, Any]:
    """Columns and rows of the table of classes; no rows for a binary task, whose one class has a part of its own."""
    one, several = nouns(facts)
    content: Json = model.get("quality") or {}
    listed = [] if facts.run.task == "binary" else content.get("per_class") or []
    decides = any(c.get("threshold") for c in listed)
    rows = class_rows(listed, ((against or {}).get("quality") or {}).get("per_class") or [])
    return {
        "one": one,
        "several": several,
        "columns": [one.capitalize(), "ΔF1", "F1", "95 % of F1", "Precision", "Recall", "Texts",
                    *(["Threshold"] if decides else [])],
        "rows": rows,
        "has_thresholds": decides,
        "is_long": len(rows) > LONG,
    }  # fmt: skip


def class_rows(listed: Sequence[Json], before: Sequence[Json]) -> list[dict[str, Any]]:
    """One row a class, the largest loss against the parent first; classes without a parent's figure by F1."""
    old = {c["class"]: estimate(c.get("f1")) for c in before}
    rows = []
    for c in listed:
        f1, then = class_f1(c), old.get(c["class"])
        delta = f1.value - then.value if f1 and then else None
        rows.append((delta if delta is not None else 1.0, f1.value if f1 else 0.0, _class_row(c, f1, delta)))
    return [row for _, _, row in sorted(rows, key=lambda item: item[:2])]


def class_f1(c: Json) -> Estimate | None:
    """F1 of an entry of `per_class`, with its interval where there is one."""
    f1 = estimate(c.get("f1"))
    if f1 and not f1.has_interval and c.get("low") is not None:
        return Estimate(f1.value, c.get("low"), c.get("high"))
    return f1


def _class_row(c: Json, f1: Estimate | None, delta: float | None) -> dict[str, Any]:
    bar = None
    if f1 and f1.low is not None and f1.high is not None:
        bar = [round(100 * end, 1) for end in (f1.low, f1.high, f1.value)]
    return {
        "name": c["class"],
        "delta": signed(delta),
        "sign": "" if delta is None or abs(delta) < 0.0005 else "worse" if delta < 0 else "better",
        "f1": score_of(f1),
        "interval": score_ends(f1) if bar and f1 else MISSING,
        "bar": bar,
        "precision": score(c.get("precision")),
        "recall": score(c.get("recall")),
        "support": count(c.get("support")),
        "threshold": f"{c['threshold']:.2f}" if c.get("threshold") is not None else MISSING,
    }
