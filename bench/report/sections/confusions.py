"""Which classes are taken for which: the pairs that matter first, and a matrix that many classes don't break."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from bench.numbers.quantities import count, percent
from bench.report.sections.provenance import shortened

Json = Mapping[str, Any]
# Pairs that are seen at once; the others open on demand.
FIRST = 12
ABSTAINED = "no answer"
OTHERS = "others"
_TEXT_SHOWN = 200


def confusions(model: Json) -> dict[str, Any] | None:
    """The confusions of a multiclass model; None where none were stored."""
    quality: Json = model.get("quality") or {}
    found, matrix = quality.get("confusions"), quality.get("matrix")
    if not found and not matrix:
        return None
    pairs = [_pair(pair) for pair in (found or {}).get("pairs") or []]
    return {
        "summary": _summary(found or {}, quality),
        "first": pairs[:FIRST],
        "more": pairs[FIRST:],
        "has_examples": any(pair["example"] for pair in pairs),
        "matrix": _matrix(matrix) if matrix else None,
    }


def _summary(found: Json, quality: Json) -> str:
    """How many texts were answered wrongly, and how much of that the first pairs hold."""
    pairs, n_wrong = found.get("pairs") or [], found.get("n_texts")
    if not pairs:
        return "No text was answered wrongly."
    n_test = sum(c.get("support") or 0 for c in quality.get("per_class") or [])
    shown = sum(pair["n"] for pair in pairs[:FIRST])
    wrong = f"{count(n_wrong)} of {count(n_test)} test texts were answered wrongly" if n_wrong and n_test else ""
    kinds = found.get("n_pairs") or len(pairs)
    spread = f"in {count(kinds)} {'way' if kinds == 1 else 'different ways'}"
    share = f"; the {FIRST} most frequent hold {percent(shown / n_wrong)} of them" if n_wrong and kinds > FIRST else ""
    return f"{wrong or 'Classes were confused'}, {spread}{share}."


def _pair(pair: Json) -> dict[str, Any]:
    share = pair.get("share_of_true")
    return {
        "true": str(pair["true"]),
        "predicted": str(pair["predicted"] or ABSTAINED),
        "n": count(pair["n"]),
        "share": percent(share),
        "value": share,
        "width": round(100 * share, 1) if share is not None else None,
        "example": shortened(str(pair.get("example") or ""), _TEXT_SHOWN),
    }


def _matrix(matrix: Json) -> dict[str, Any]:
    """Rows of cells; a cell's strength says how much of its row's texts lie there.

    Rights and wrongs are shaded apart, each from its own largest share, or the few wrongs of a good model would be
    invisible.
    """
    names, counts = list(matrix["classes"]), [list(row) for row in matrix["counts"]]
    n_classes = matrix.get("n_classes") or len(names)
    rest = n_classes - len(names)
    away, into = matrix.get("to_others") or [], matrix.get("from_others") or []
    if any(away) and len(away) == len(names):
        counts = [[*row, n] for row, n in zip(counts, away, strict=True)]
    # Where every class is shown, only what got no answer lies outside.
    beyond = OTHERS if rest > 0 else ABSTAINED
    columns = [*names, *([beyond] if counts and len(counts[0]) > len(names) else [])]
    strengths = _strengths(counts, len(names))
    rows = [
        {"name": name, "shown": cut_inside(name), "total": count(sum(row)),
         "cells": _cells(name, row, columns, strengths[i], i)}
        for i, (name, row) in enumerate(zip(names, counts, strict=True))
    ]  # fmt: skip
    foot = [*map(count, into), ""][: len(columns)] if any(into) and len(into) == len(names) else []
    shown = [{"name": name, "shown": cut_inside(name)} for name in columns]
    return {"columns": shown, "rows": rows, "foot": foot, "note": _matrix_note(names, n_classes, rest),
            "others": OTHERS}  # fmt: skip


def cut_inside(name: str, limit: int = 22) -> str:
    """A long name without its middle: names of many classes often begin alike."""
    return name if len(name) <= limit else f"{name[: limit // 2]}…{name[1 - limit // 2 :]}"


def _strengths(counts: Sequence[Sequence[int]], n: int) -> list[list[float]]:
    """0 to 1 a cell: its share of the row, divided by the largest such share of rights or of wrongs, square root."""
    shares = [[cell / max(1, sum(row)) for cell in row] for row in counts]
    rights = max((row[i] for i, row in enumerate(shares) if i < n), default=0.0) or 1.0
    wrongs = max((s for i, row in enumerate(shares) for j, s in enumerate(row) if i != j), default=0.0) or 1.0
    return [[math.sqrt(s / (rights if i == j else wrongs)) for j, s in enumerate(row)] for i, row in enumerate(shares)]


def _cells(
    name: str, row: Sequence[int], columns: Sequence[str], strengths: Sequence[float], diagonal: int
) -> list[dict[str, Any]]:
    total = max(1, sum(row))
    return [
        {
            "text": count(n) if n else "",
            "kind": "right" if column == diagonal else "wrong",
            "strength": f"{strengths[column]:.2f}",
            "says": f"{name} answered as {columns[column]}: {n:,} texts, {percent(n / total)}" if n else "",
        }
        for column, n in enumerate(row)
    ]


def _matrix_note(names: Sequence[str], n_classes: int, rest: int) -> str:
    reading = "A row is a true class, a column an answer; the figures are texts, the shade is the share of the row."
    if rest <= 0:
        return reading
    return (
        f"{reading} Of {n_classes} classes the {len(names)} that are most often confused are shown; the other {rest} "
        f"are summed in “{OTHERS}”, with texts that got no answer."
    )
