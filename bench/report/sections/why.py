"""Explanations in the report: influential n-grams of each class, and a few texts taken apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.numbers.quantities import MINUS, score
from bench.report.sections.classes import nouns
from bench.report.sections.facts import Facts
from bench.report.sections.provenance import shortened

Json = Mapping[str, Any]
_TEXT_SHOWN = 600
# Classes that are seen at once; the others open on demand.
FIRST = 12


def why(facts: Facts) -> dict[str, Any]:
    """Influential n-grams a class, and explained texts."""
    content = facts.results.get("why") or {}
    one, several = nouns(facts)
    classes = [
        {"name": c["class"], "ngrams": [
            {"text": visible(g["ngram"]), "weight": _logits(g.get("weight")),
             "sign": "better" if (g.get("weight") or 0) >= 0 else "worse"} for g in (c.get("ngrams") or [])[:10]]}
        for c in content.get("classes") or []
    ]  # fmt: skip
    texts = [
        {"text": shortened(t["text"], _TEXT_SHOWN), "labels": [_explained(label) for label in t.get("labels") or []]}
        for t in content.get("texts") or []
    ]
    return {"model": content.get("model") or "", "classes": classes[:FIRST], "more": classes[FIRST:], "texts": texts,
            "one": one, "several": several}  # fmt: skip


def _explained(label: Json) -> dict[str, Any]:
    parts = [{"text": visible(p["ngram"]), "share": _logits(p.get("share"))} for p in (label.get("parts") or [])[:6]]
    return {"name": label["class"], "probability": score(label.get("probability")), "parts": parts}


def _logits(value: float | None) -> str:
    return "" if value is None else f"{value:+.2f}".replace("-", MINUS)


def visible(ngram: str) -> str:
    """Spaces as ␣, so that an n-gram's ends can be seen."""
    return ngram.replace(" ", "␣")
