"""The tradeoff table in the terminal, for those who never open a browser."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from statistics import median

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from baselines.escaping.terminal import plain
from baselines.escaping.visible import visible
from bench.numbers.quantities import MISSING, score_of, seconds, signed_of, size, times
from bench.report.sections import first_screen, two_sides, your_data
from bench.report.sections import table as model_table
from bench.report.sections.facts import Facts
from bench.results.row import Row
from bench.verdict.speed_claims import speed_word

_WIDEST_HEADING = 12
_DIM = ("dominated", "unwanted", "skipped", "failed")
_STYLES = {"recommended": "bold", "reference": "", "front": "", **dict.fromkeys(_DIM, "dim")}
_MARKS = {"recommended": "→", "front": "●", "reference": "○"}
_CHIPS = {"pass": "green", "fail": "bold red", "inconclusive": "yellow", "not_measured": "yellow"}


def print_report(facts: Facts, console: Console) -> None:
    """Table of all models, the gates, and the verdict last, where the eye is."""
    console.print(models_table(facts))
    console.print(plain("→ recommended   ● on the Pareto front   ○ reference", style="dim"))
    console.print(plain(_metric_note(facts), style="dim"))
    if any(row.speed_ratio for row in facts.rows):
        console.print(plain(first_screen.speed_rule(facts), style="dim"))
    for row in facts.rows:
        if not row.measured:
            console.print(plain(f"{row.name}: {row.status}, {row.reason}", style="dim"))
    for warning in merged(first_screen.warnings(facts), {row.name for row in facts.rows}):
        console.print(plain(f"Note: {warning}", style="yellow"))
    for sentence in your_data.sentences(facts):
        console.print(plain(sentence, style="dim"))
    for gate in first_screen.gate_lines(facts):
        line = Text.assemble((f"{gate['shown']:<12}", _CHIPS[gate["outcome"]]), f" {visible(gate['gate'])}")
        console.print(line + plain(f"   {gate['measured']} {gate['reason']}".rstrip(), style="dim"))
    console.print()
    if note := two_sides.rare_note(facts):
        console.print(plain(note))
    console.print(plain(facts.verdict.sentence.replace("`", ""), style="bold"))
    for sure in facts.verdict.caution:
        console.print(plain(f"  {sure.replace('`', '')}", style="dim"))
    for change_ in facts.verdict.would_change:
        console.print(plain(f"  · {change_.replace('`', '')}", style="dim"))


def merged(warnings: Sequence[str], models: AbstractSet[str]) -> list[str]:
    """What holds for several models in one line, with their names before it."""
    found: dict[str, list[str]] = {}
    for warning in warnings:
        name, _, text = warning.partition(": ")
        found.setdefault(text if name in models else warning, []).append(name)
    return [text if text in warnings else f"{', '.join(names)}: {text}" for text, names in found.items()]


def models_table(facts: Facts) -> Table:
    """One line a measured model."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("", width=1)
    table.add_column("model", overflow="fold", min_width=12)
    table.add_column(plain(facts.metric.short), justify="right", max_width=_WIDEST_HEADING)
    for name in ("Δ", "size", "smaller", "p50", "faster"):
        table.add_column(name, justify="right", no_wrap=True)
    named = {row.name: row for row in facts.rows}
    for shown in model_table.table(facts)["rows"]:
        row, kind = named[shown["name"]], shown["kind"]
        if row.measured:
            table.add_row(_MARKS.get(kind, ""), plain(row.name), *_figures(row, facts), style=_STYLES[kind])
    return table


def _figures(row: Row, facts: Facts) -> tuple[str, ...]:
    reference = facts.reference
    smaller = speed = ""
    delta = MISSING
    if reference is not None and row is not reference:
        delta = signed_of(row.delta)
        smaller = times(reference.bytes / row.bytes) if row.bytes and reference.bytes else ""
        speed = _speed(row, facts)
    return score_of(row.score), delta, size(row.bytes), smaller, seconds(row.p50_s), speed


def _speed(row: Row, facts: Facts) -> str:
    """How many times faster, where that may be said: the column is narrow."""
    word, ratio = speed_word(row.speed_ratio, facts.run.claim_floor), row.speed_ratio
    if ratio is None:
        return ""
    return {"about as fast": "as fast", "no clear difference": "unclear"}.get(word) or times(1 / ratio.value)


def _metric_note(facts: Facts) -> str:
    """What the column of scores holds, and how sure it is."""
    metric, interval = facts.metric, _typical_half_width(facts)
    note = f"{metric.heading}, {metric.direction}" + (f"; 95 %: about ±{interval:.3f}" if interval else "")
    return note + ("; of Δ, + is better" if metric.caution else "")


def _typical_half_width(facts: Facts) -> float | None:
    """Median half-width of the scores' intervals; None where there are none."""
    found = [row.score for row in facts.rows if row.measured and row.score]
    widths = [(s.high - s.low) / 2 for s in found if s.low is not None and s.high is not None]
    return median(widths) if widths else None
