"""Specifications of the small pictures: lines over one axis, several series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from bench.report.charts.theme import LIGHT, Theme, chart_of
from bench.report.charts.tradeoff import AXIS_LABELS, log_ticks

Json = Mapping[str, Any]
WIDTH, HEIGHT = 400, 230
# More lines than this can't be told apart; the tables hold all of them.
MAX_SERIES = 6


@dataclass(frozen=True)
class Lines:
    """Points (series, x, y) with the titles of both axes.

    Attributes:
        unit: of x, a key of `AXIS_LABELS`, or "" for plain numbers.
        diagonal: whether the line y = x is drawn, where a perfect answer would lie.
    """

    points: Sequence[tuple[str, float, float]]
    x_title: str
    y_title: str
    log_x: bool = False
    log_y: bool = False
    x_unit: str = ""
    y_unit: str = ""
    diagonal: bool = False
    dots: bool = True


def lines_spec(lines: Lines, theme: Theme = LIGHT) -> dict[str, Any] | None:
    """The picture; None with fewer than two places on the axis, which make no line."""
    names = list(dict.fromkeys(name for name, _, _ in lines.points))[:MAX_SERIES]
    values: list[dict[str, Any]] = [
        {"series": s, "x": x, "y": y, "o": i} for i, (s, x, y) in enumerate(lines.points) if s in names
    ]
    if len({value["x"] for value in values}) < 2:
        return None
    x = alt.X("x:Q", title=lines.x_title, scale=_scale(lines.log_x, [v["x"] for v in values]),
              axis=_axis(lines.x_unit, lines.log_x, [v["x"] for v in values]))  # fmt: skip
    y = alt.Y("y:Q", title=lines.y_title, scale=_scale(lines.log_y, [v["y"] for v in values]),
              axis=_axis(lines.y_unit, lines.log_y, [v["y"] for v in values]))  # fmt: skip
    legend = alt.Legend(
        orient="bottom", columns=2, labelLimit=180, symbolType="stroke", symbolStrokeWidth=3, columnPadding=34
    )
    colour = alt.Color("series:N", title=None, sort=names, legend=legend if len(names) > 1 else None,
                       scale=alt.Scale(domain=names, range=list(theme.series[: len(names)])))  # fmt: skip
    dash = alt.StrokeDash(
        "series:N", sort=names, legend=None, scale=alt.Scale(domain=names, range=_DASHES[: len(names)])
    )
    base = chart_of("points").encode(x=x, y=y, color=colour)
    layers = [base.mark_line(strokeWidth=2.2).encode(order="o:Q", strokeDash=dash)]
    if lines.dots:
        layers.append(base.mark_point(filled=True, size=26, opacity=1))
    if lines.diagonal:
        layers.insert(0, _diagonal(theme))
    ends = [{"x": 0, "y": 0}, {"x": 1, "y": 1}]
    return theme.apply(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT), points=values, ends=ends)


def precision_recall(curves: Sequence[Json]) -> Lines:
    """One line a class."""
    points = [
        (str(c["class"]), r, p)
        for c in curves
        for r, p in zip(c["recall"] or [], c["precision"] or [], strict=False)
        if r is not None and p is not None
    ]
    return Lines(points, "Recall", "Precision", dots=False)


def calibration(named: Mapping[str, Json]) -> Lines:
    """Mean probability of a bin against how often the label was there."""
    points = [
        (name, b["mean_probability"], b["frequency"])
        for name, content in named.items()
        for b in content.get("bins") or []
        if b.get("n") and b.get("mean_probability") is not None and b.get("frequency") is not None
    ]
    return Lines(points, "Mean predicted probability", "Share of true labels", diagonal=True)


def latency_distribution(models: Sequence[tuple[str, Sequence[float]]]) -> Lines:
    """Share of texts answered within a time; 101 quantiles a model."""
    points = [(name, q, i) for name, qs in models for i, q in enumerate(qs) if q and q > 0]
    return Lines(points, "Latency of one text", "Share of texts answered, %", log_x=True, x_unit="p50_s", dots=False)


def length_curve(curves: Sequence[Json]) -> Lines:
    """Latency against the length of the text, both logarithmic."""
    points = [
        (str(c["model"]), p["characters"], p["p50_s"])
        for c in curves
        for p in c["points"] or []
        if p.get("characters") and p.get("p50_s")
    ]
    return Lines(points, "Characters of the text", "p50 latency", log_x=True, log_y=True, y_unit="p50_s")


def throughput(runs: Sequence[tuple[str, Json]]) -> Lines:
    """Texts a second against batch size; one line a model and number of threads."""
    points = [
        (f"{name}, {run.get('threads') or '?'} thr.", float(run.get("batch_size") or 1), float(run["documents_per_s"]))
        for name, run in runs
        if run.get("documents_per_s")
    ]
    return Lines(points, "Batch size", "Texts a second", log_x=True, log_y=True, y_unit="macs")


def typos(models: Sequence[tuple[str, Sequence[Json]]]) -> Lines:
    """F1 against the share of characters with a typo."""
    points = [(name, 100 * p["rate"], _value(p["f1_weighted"])) for name, ps in models for p in ps
              if p.get("f1_weighted") is not None]  # fmt: skip
    return Lines(points, "Characters with a typo, %", "Weighted F1")


def sensitivity(entries: Sequence[Json]) -> Lines:
    """F1 on validation against sparsity, one line a filter width."""
    points = [
        (f"width {e.get('width')}", 100 * e["sparsity"], _value(e["f1_weighted"]))
        for e in entries
        if e.get("sparsity") is not None and e.get("f1_weighted") is not None
    ]
    return Lines(points, "Filters removed, %", "Weighted F1")


_DASHES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 2], [1, 3]]


def _value(content: Any) -> float:
    return float(content["value"] if isinstance(content, Mapping) else content)


def _scale(log: bool, values: Sequence[float]) -> alt.Scale:
    if not log:
        return alt.Scale(zero=False)
    return alt.Scale(type="log", domain=[min(values) * 0.9, max(values) * 1.1], nice=False)


def _axis(unit: str, log: bool, values: Sequence[float]) -> alt.Axis:
    settings: dict[str, Any] = {"labelExpr": AXIS_LABELS[unit]} if unit else {}
    return alt.Axis(**settings, **({"values": log_ticks(values)} if log else {"tickCount": 5}))


def _diagonal(theme: Theme) -> alt.Chart:
    line: alt.Chart = chart_of("ends").mark_line(color=theme.muted, strokeDash=[3, 3]).encode(x="x:Q", y="y:Q")
    return line
