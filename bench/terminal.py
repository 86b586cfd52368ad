"""The tradeoff table in the terminal, for those who never open a browser."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench import report_context as context
from bench.quantities import MISSING, change, score, seconds, signed, size
from bench.rows import Row

_STYLES = {"recommended": "bold", "reference": "", "front": "", "dominated": "dim", "skipped": "dim", "failed": "dim"}
_MARKS = {"recommended": "→", "front": "●", "reference": "○", "dominated": " ", "skipped": "–", "failed": "×"}
_CHIPS = {"pass": "green", "fail": "bold red", "inconclusive": "yellow", "not_measured": "yellow"}


def print_report(facts: context.Facts, console: Console) -> None:
    """Table of all models, the gates, and the verdict last, where the eye is."""
    console.print(models_table(facts))
    console.print(Text("→ recommended   ● on the Pareto front   ○ reference   × failed   – skipped", style="dim"))
    for warning in context.warnings(facts):
        console.print(Text(f"Note: {warning}", style="yellow"))
    for gate in context.gate_lines(facts.gates):
        line = Text.assemble((f"{gate['shown']:<12}", _CHIPS[gate["outcome"]]), f" {gate['gate']}")
        console.print(line + Text(f"   {gate['measured']} {gate['reason']}".rstrip(), style="dim"))
    console.print()
    console.print(Text(facts.verdict.sentence.replace("`", ""), style="bold"))
    for change_ in facts.verdict.would_change:
        console.print(Text(f"  or: {change_.replace('`', '')}", style="dim"))


def models_table(facts: context.Facts) -> Table:
    """One line a model; skipped ones with their reason."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("", width=1)
    table.add_column("model", overflow="fold", min_width=12)
    for name in ("F1", "95 %", "ΔF1", "size", "", "p50", ""):
        table.add_column(name, justify="right", no_wrap=True)
    named = {row.name: row for row in facts.rows}
    for shown in context.table(facts)["rows"]:
        row, kind = named[shown["name"]], shown["kind"]
        if not row.measured:
            text = Text(f"{row.name}  {row.status}: {row.reason}")
            table.add_row(_MARKS[kind], text, *[""] * 7, style=_STYLES[kind])
            continue
        table.add_row(_MARKS[kind], Text(row.name), *_figures(row, facts), style=_STYLES[kind])
    return table


def _figures(row: Row, facts: context.Facts) -> tuple[str, ...]:
    f1, reference = row.f1, facts.reference
    interval = f"{score(f1.low)}–{score(f1.high)}" if f1 and f1.has_interval else MISSING
    other = reference is not None and row is not reference
    smaller = change(row.bytes / reference.bytes, "smaller", "larger") if (
        other and reference and row.bytes and reference.bytes) else ""  # fmt: skip
    faster = change(row.speed_ratio.value, "faster", "slower") if other and row.speed_ratio else ""
    delta = signed(row.delta.value) if row.delta and other else MISSING
    return score(f1.value if f1 else None), interval, delta, size(row.bytes), smaller, seconds(row.p50_s), faster
