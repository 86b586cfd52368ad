"""The table of all models, row by row, for the page, for Markdown and for the terminal."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from bench.numbers.quantities import MISSING, count, decimals, joules, score, score_ends, seconds, signed, size
from bench.report.sections.facts import Facts
from bench.report.sections.first_screen import compared, speed_note, speed_rule
from bench.results.row import Row

OPERATIONS = (
    "multiply-accumulates (MACs) at the texts' own lengths, weights of zero included since no runtime here skips them, "
    "and apart from them the adds of the table form; sorting and the picture take both together."
)
_BETTER_LESS, _BETTER_MORE = "less", "more"


def table(facts: Facts) -> dict[str, Any]:
    """Columns and rows of the table of all models; the order is by verdict, then by score."""
    order = {"recommended": 0, "reference": 1, "front": 1, "dominated": 1, "unwanted": 1, "skipped": 2, "failed": 2}
    rows = sorted(facts.rows, key=lambda r: (order[kind_of(r, facts)], -_goodness(r), r.name))
    measured = sum(row.measured for row in facts.rows)
    missing = len(facts.rows) - measured
    summary = f"{measured} measured" + (
        f", {missing} skipped or failed, with the reason in the last column." if missing else "."
    )
    return {
        "columns": [{"name": name, "better": better} for name, better in _columns(facts)],
        "rows": [_table_row(row, facts) for row in rows],
        "summary": summary,
        "words": words_of(facts),
        "speed_rule": speed_rule(facts),
        "reference": facts.verdict.reference,
        "operations": OPERATIONS,
        "difference": facts.metric.difference + (" (+ is better)" if facts.metric.caution else ""),
    }


def words_of(facts: Facts) -> str:
    """What the words beside the differences mean; "" where nothing is compared."""
    compared = sum(judged.low is not None for judged in facts.verdict.claims.by_model.values())
    if not compared:
        return ""
    held = f" for all {compared} models together" if compared > 1 else ""
    return (
        f"As good: shown at 95 %{held} not to be worse by more than {facts.verdict.delta:g}. Better and worse: the "
        f"95 % interval{held} lies above or below 0. Undecided: neither is shown."
    )


def _goodness(row: Row) -> float:
    """Models without a score come last."""
    return -math.inf if row.goodness is None else row.goodness


def _columns(facts: Facts) -> tuple[tuple[str, str], ...]:
    """Name of each column, and which way is better."""
    metric = facts.metric
    heading = f"{metric.heading} ({metric.caution})" if metric.caution else metric.heading
    better = _BETTER_MORE if metric.higher_is_better else _BETTER_LESS
    return (("Model", _BETTER_LESS), (heading, better), (metric.difference, _BETTER_MORE), *_AND_MORE)


_AND_MORE = (
    ("Size", _BETTER_LESS), ("p50", _BETTER_LESS),
    ("p95", _BETTER_LESS), ("Parameters", _BETTER_LESS), ("Operations", _BETTER_LESS), ("Cold start", _BETTER_LESS),
    ("Memory", _BETTER_LESS), ("Energy", _BETTER_LESS), ("Texts/s", _BETTER_MORE), ("Verdict", _BETTER_LESS),
)  # fmt: skip


def kind_of(row: Row, facts: Facts) -> str:
    """`recommended`, `reference`, `front`, `dominated`, `unwanted`, or the status of a row without figures.

    Unwanted is what failed, guesses, or isn't shown to be better than guessing: nobody's tradeoff.
    """
    if not row.measured:
        return "skipped" if row.status == "skipped" else "failed"
    if row.name == facts.verdict.model:
        return "recommended"
    if row.name == facts.verdict.reference:
        return "reference"
    if row.guesses or row.guesses_as_well or row.failed:
        return "unwanted"
    return "front" if row.name in facts.front.front else "dominated"


def reason_of(row: Row, facts: Facts) -> str:
    """Why it is, or isn't, the recommended one; and whether it could be guessing."""
    if row.name == facts.verdict.model:
        return facts.verdict.reasons[0] if facts.verdict.reasons else ""
    rejected = next((item for item in facts.verdict.rejected if item.model == row.name), None)
    if rejected is None:
        return ""
    by = f"; dominated by `{rejected.dominated_by}`" if rejected.dominated_by else ""
    chance = row.guesses_as_well
    guessing = f"; not shown to be better than guessing (`{chance}`)" if chance and row.measured else ""
    return rejected.reason.removeprefix(f"{row.status}: ") + by + guessing


def _table_row(row: Row, facts: Facts) -> dict[str, Any]:
    kind = kind_of(row, facts)
    tie = facts.front.ties.get(row.name)
    unwanted = "failed" if row.failed else "guessing"
    badge = {"front": "tie" if tie else "on the front", "unwanted": unwanted}.get(kind, kind)
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
    found, delta, reference = row.score, row.delta, facts.reference
    reach = score_ends(found)
    yield _cell(found.value if found else None, lambda value: score(value, decimals(found)), reach)
    is_reference = row.name == facts.verdict.reference
    judged = facts.verdict.claims.by_model.get(row.name)
    note = "reference" if is_reference else judged.claim if judged else ""
    kind = judged.claim if judged and judged.claim in ("better", "worse") else ""
    yield _cell(delta.value if delta else None, lambda value: signed(value, decimals(delta)), note, kind)
    yield _cell(row.bytes, size, compared(row.bytes, None if is_reference else reference, "smaller", "larger"))
    yield _cell(row.p50_s, seconds, "" if is_reference else speed_note(row, facts))
    yield _cell(row.p95_s, seconds)
    yield _cell(row.parameters, count)
    yield _operations(row)
    yield _cell(row.cold_start_s, seconds)
    yield _cell(row.peak_rss_bytes, size)
    yield _cell(row.energy_j, joules, str((row.run or {}).get("energy_source") or "") if row.energy_j else "")
    yield _cell(row.documents_per_s, count)


def _operations(row: Row) -> dict[str, Any]:
    """Sorted by all that serving performs; multiply-accumulates and adds stand apart."""
    macs = f"{count(row.macs)} MACs" if row.macs is not None else MISSING
    return {**_cell(row.operations, count, f"{count(row.adds)} adds" if row.adds else ""), "text": macs}


def _cell(value: float | None, show: Callable[[float | None], str], sub: str = "", kind: str = "") -> dict[str, Any]:
    return {"value": value, "text": show(value), "sub": sub if sub != MISSING else "", "kind": kind}
