"""Specifications of the small pictures: lines over one axis, several series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from bench.report.charts.theme import LIGHT, Theme, chart_of, inline_svg
from bench.report.charts.tradeoff import AXIS_LABELS, log_ticks
from bench.report.metric_words import MetricWords

Json = Mapping[str, Any]
WIDTH, HEIGHT = 400, 230
# More lines than this can't be told apart; the tables hold all of them.
MAX_SERIES = 6


@dataclass(frozen=True)
class Lines:
    """Points (series, x, y) with the titles of both axes.

    Attributes:
        x_unit, y_unit: keys of `AXIS_LABELS`, or "" for plain numbers.
        diagonal: whether the line y = x is drawn.
        marks: single places (name, x, y), each a ring with its name beside it.
        whole: whether both axes run from 0 to 1.
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
    marks: Sequence[tuple[str, float, float]] = ()
    whole: bool = False


def lines_spec(lines: Lines, theme: Theme = LIGHT) -> dict[str, Any] | None:
    """The picture; None with fewer than two places on the axis, which make no line."""
    names = list(dict.fromkeys(name for name, _, _ in lines.points))[:MAX_SERIES]
    values: list[dict[str, Any]] = [
        {"series": s, "x": x, "y": y, "o": i} for i, (s, x, y) in enumerate(lines.points) if s in names
    ]
    if len({value["x"] for value in values}) < 2:
        return None
    x = alt.X("x:Q", title=lines.x_title, scale=_scale(lines, lines.log_x, [v["x"] for v in values]),
              axis=_axis(lines.x_unit, lines.log_x, [v["x"] for v in values]))  # fmt: skip
    y = alt.Y("y:Q", title=lines.y_title, scale=_scale(lines, lines.log_y, [v["y"] for v in values]),
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
    layers += _marks(x, y, theme) if lines.marks else []
    records: dict[str, Any] = {"points": values, "ends": [{"x": 0, "y": 0}, {"x": 1, "y": 1}]}
    records["marks"] = [
        {"name": name, "x": x, "y": y, "side": "left" if x > 0.5 else "right"} for name, x, y in lines.marks
    ]
    return theme.apply(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT), **records)


def drawn(wanted: Sequence[tuple[str, str, Lines]]) -> list[dict[str, Any]]:
    """Title and SVG of those that have points; each comes with an identity and a title."""
    specs = [(identity, title, lines_spec(lines)) for identity, title, lines in wanted]
    return [{"title": title, "svg": inline_svg(spec, identity, title)} for identity, title, spec in specs if spec]


def precision_recall(curves: Sequence[Json], marks: Sequence[tuple[str, float, float]] = ()) -> Lines:
    """One line a class."""
    points = [
        (str(c["class"]), r, p)
        for c in curves
        for r, p in zip(c["recall"] or [], c["precision"] or [], strict=False)
        if r is not None and p is not None
    ]
    return Lines(points, "Recall", "Precision", dots=False, marks=marks, whole=bool(marks))


def roc(named: Mapping[str, Json], marks: Sequence[tuple[str, float, float]] = ()) -> Lines:
    """Share of the positives found against share of the negatives wrongly found; guessing lies on the diagonal."""
    points = [
        (name, x, y)
        for name, curve in named.items()
        for x, y in zip(curve["false_positive_rate"], curve["true_positive_rate"], strict=False)
    ]
    return Lines(points, "Share of the others found wrongly", "Share found", diagonal=True, dots=False, marks=marks,
                 whole=True)  # fmt: skip


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
    return Lines(points, "Batch size", "Texts a second", log_x=True, log_y=True, y_unit="operations")


def typos(models: Sequence[tuple[str, Sequence[Json]]], metric: MetricWords) -> Lines:
    """The score against the share of characters with a typo."""
    points = [(name, 100 * p["rate"], _value(p["score"])) for name, ps in models for p in ps
              if p.get("score") is not None]  # fmt: skip
    return Lines(points, "Characters with a typo, %", f"{metric.heading}, {metric.direction}")


def sensitivity(entries: Sequence[Json], metric: MetricWords) -> Lines:
    """The score on validation against sparsity, one line a filter width."""
    points = [
        (f"width {e.get('width')}", 100 * e["sparsity"], _value(e["score"]))
        for e in entries
        if e.get("sparsity") is not None and e.get("score") is not None
    ]
    return Lines(points, "Filters removed, %", f"{metric.heading}, {metric.direction}")


_DASHES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 2], [1, 3]]


def _value(content: Any) -> float:
    return float(content["value"] if isinstance(content, Mapping) else content)


def _scale(lines: Lines, log: bool, values: Sequence[float]) -> alt.Scale:
    if lines.whole:
        return alt.Scale(domain=[0, 1], nice=False)
    if not log:
        return alt.Scale(zero=False)
    return alt.Scale(type="log", domain=[min(values) * 0.9, max(values) * 1.1], nice=False)


def _axis(unit: str, log: bool, values: Sequence[float]) -> alt.Axis:
    settings: dict[str, Any] = {"labelExpr": AXIS_LABELS[unit]} if unit else {}
    return alt.Axis(**settings, **({"values": log_ticks(values)} if log else {"tickCount": 5}))


def _diagonal(theme: Theme) -> alt.Chart:
    line: alt.Chart = chart_of("ends").mark_line(color=theme.muted, strokeDash=[3, 3]).encode(x="x:Q", y="y:Q")
    return line


def _marks(x: alt.X, y: alt.Y, theme: Theme) -> list[alt.Chart]:
    """A ring a mark, its name on the side where there is room."""
    base = chart_of("marks").encode(x=x, y=y)
    ring = base.mark_point(size=90, strokeWidth=2.4, color=theme.text, fill=theme.background, opacity=1)
    layers = [ring]
    for side, align, dx in (("left", "right", -11), ("right", "left", 11)):
        text = base.transform_filter(f"datum.side == '{side}'").encode(text="name:N")
        look: dict[str, Any] = {"align": align, "dx": dx, "dy": 12, "fontSize": 11.5, "color": theme.text}
        halo: dict[str, Any] = {"stroke": theme.background, "strokeWidth": 4, "strokeJoin": "round"}
        layers += [text.mark_text(**look, **halo), text.mark_text(**look)]
    return layers
