"""Waterfall of a recipe: what every step did to score, bytes and latency."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import altair as alt

from bench.numbers.quantities import score, seconds, size
from bench.report.charts.theme import LIGHT, Theme, chart_of
from bench.report.charts.tradeoff import AXIS_LABELS, log_ticks
from bench.report.metric_words import MetricWords

PANELS: Mapping[str, Callable[[float | None], str]] = {"score": score, "bytes": size, "p50_s": seconds}


def panel_title(field: str, metric: MetricWords) -> str:
    """What a panel shows; which way is better where it isn't obvious."""
    score_title = f"{metric.heading}, {metric.caution}" if metric.caution else metric.heading
    return {"score": score_title, "bytes": "Size", "p50_s": "p50 latency of one text"}[field]


def ledger_bars(steps: Sequence[Mapping[str, Any]], field: str, metric: MetricWords) -> list[dict[str, Any]]:
    """One bar a step, from the value before to the value after; steps without the value are left out."""
    show, higher = PANELS[field], field == "score" and metric.higher_is_better
    bars: list[dict[str, Any]] = []
    before: float | None = None
    for step in steps:
        content = step.get(field)
        after = content.get("value") if isinstance(content, Mapping) else content
        if after is None or (after <= 0 and field != "score"):
            continue
        start = after if before is None else before
        bars.append({"step": step["step"], "low": min(start, after), "high": max(start, after), "after": after,
                     "change": _change(before, after, higher), "shown": show(after)})  # fmt: skip
        before = after
    return bars


def ledger_spec(
    steps: Sequence[Mapping[str, Any]], field: str, metric: MetricWords, theme: Theme = LIGHT
) -> dict[str, Any] | None:
    """The waterfall of one quantity; None where no step has it."""
    bars = ledger_bars(steps, field, metric)
    if not bars:
        return None
    base = chart_of("bars")
    y = alt.Y("step:N", sort=None, title=None, axis=alt.Axis(labelLimit=150, domain=False, ticks=False))
    x = alt.X("low:Q", title=None, scale=_scale(bars, field), axis=_axis(bars, field))
    colours = {"start": theme.muted, "better": theme.good, "worse": theme.bad, "same": theme.muted}
    shades = alt.Scale(domain=list(colours), range=list(colours.values()))
    colour = alt.Color("change:N", legend=None, scale=shades)
    rows = base.mark_bar(height=13, cornerRadius=2).encode(y=y, x=x, x2="high:Q", color=colour)
    ends = base.mark_tick(thickness=2.5, height=20, color=theme.text).encode(y=y, x=alt.X("after:Q"))
    text = base.mark_text(align="left", dx=8, color=theme.text, fontSize=11.5).encode(
        y=y, x=alt.X("high:Q"), text="shown:N"
    )
    chart = alt.layer(rows, ends, text).properties(width=350, height=alt.Step(30), title=panel_title(field, metric))
    return theme.apply(chart, bars=bars)


def _change(before: float | None, after: float, higher_is_better: bool) -> str:
    if before is None:
        return "start"
    if after == before:
        return "same"
    return "better" if (after > before) == higher_is_better else "worse"


def _scale(bars: Sequence[Mapping[str, Any]], field: str) -> alt.Scale:
    """Room on the right for the figures beside the bars."""
    low, high = min(bar["low"] for bar in bars), max(bar["high"] for bar in bars)
    if field == "score":
        span = max(high - low, 0.02)
        return alt.Scale(domain=[low - 0.1 * span, high + 0.5 * span], nice=False)
    return alt.Scale(type="log", domain=[low / 1.6, high * (high / low * 2) ** 0.35], nice=False)


def _axis(bars: Sequence[Mapping[str, Any]], field: str) -> alt.Axis:
    if field == "score":
        narrow = max(b["high"] for b in bars) - min(b["low"] for b in bars) < 0.05
        return alt.Axis(tickCount=3 if narrow else 4, format=".3f" if narrow else ".2f")
    return alt.Axis(
        labelExpr=AXIS_LABELS[field], values=log_ticks([b["after"] for b in bars], decades=1.3), labelOverlap=True
    )
