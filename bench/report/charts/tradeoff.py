"""The picture of the report: the score against a cost, the front drawn and named, dominated models grey.

Colours are those of Okabe and Ito, which stay apart for colour-blind readers; shape says the same as colour.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import altair as alt

from bench.numbers.quantities import (
    Estimate,
    count,
    difference_interval,
    joules,
    score,
    score_interval,
    seconds,
    size,
    times,
)
from bench.report.charts.label_places import place_labels
from bench.report.charts.theme import AXIS_TITLES, LIGHT, SHAPES, Theme, chart_of
from bench.report.metric_words import MetricWords
from bench.results.row import Row
from bench.verdict.claims import Judged
from bench.verdict.front import Front, front_of, standard_axes, worth_having

Spec = dict[str, Any]
# Cost axes the reader can choose, in this order; fields of the row.
COSTS: Final = ("p50_s", "bytes", "operations", "energy_j", "cold_start_s")
# Models further below the best score than this are named under the picture instead of squeezing everything above them.
SHOWN_BELOW_BEST = 0.3
# The same of losses, which have no upper end.
SHOWN_ABOVE_LOSS = 1.0
_SHOW = {"p50_s": seconds, "bytes": size, "operations": count, "energy_j": joules, "cold_start_s": seconds}
_SECONDS = (
    "datum.value >= 0.9999 ? format(datum.value, '~g') + ' s' : datum.value >= 0.0009999 ? "
    "format(datum.value * 1e3, '~g') + ' ms' : format(datum.value * 1e6, '~g') + ' µs'"
)
AXIS_LABELS: Mapping[str, str] = {
    "p50_s": _SECONDS,
    "cold_start_s": _SECONDS,
    "bytes": "datum.value >= 1e6 ? format(datum.value / 1e6, '~g') + ' MB' : datum.value >= 1e3 ? "
    "format(datum.value / 1e3, '~g') + ' kB' : format(datum.value, '~g') + ' B'",
    "operations": "format(datum.value, '~s')",
    "energy_j": "datum.value >= 0.9999 ? format(datum.value, '~g') + ' J' : datum.value >= 0.0009999 ? "
    "format(datum.value * 1e3, '~g') + ' mJ' : format(datum.value * 1e6, '~g') + ' µJ'",
}
_OFFSETS: Mapping[str, tuple[str, int, int]] = {
    "above": ("center", 0, -16),
    "below": ("center", 0, 20),
    "left": ("right", -14, 0),
    "right": ("left", 14, 0),
}


@dataclass(frozen=True)
class Scene:
    """What is drawn: the rows, what they are judged by, who is recommended, what is a tie, who may not be left out."""

    rows: Sequence[Row]
    metric: MetricWords
    recommended: str | None
    floor: float | None
    delta: float
    always: tuple[str, ...] = ()
    claims: Mapping[str, Judged] = field(default_factory=dict)


def pareto_spec(scene: Scene, cost: str, theme: Theme = LIGHT, *, width: int | str = "container",
                height: int = 400, legend: bool = False) -> Spec | None:  # fmt: skip
    """The score against a cost on a logarithmic axis, point size = bytes; None when no model has both.

    The better score is always above: the axis of a loss stands upside down.
    """
    points = pareto_points(scene, cost)
    if not points:
        return None
    costs = [p["cost"] for p in points]
    x = alt.X("cost:Q", title=AXIS_TITLES[cost], axis=_cost_axis(cost, costs),
              scale=alt.Scale(type="log", domain=[min(costs) / 2.2, max(costs) * 2.2], nice=False))  # fmt: skip
    axis = alt.Axis(tickCount=6, titleLimit=min(height, 290))
    y = alt.Y("score:Q", title=f"{scene.metric.heading}, {scene.metric.direction}", axis=axis,
              scale=_score_scale(points, scene.metric))  # fmt: skip
    base = chart_of("points")
    present = [kind for kind in theme.kinds if any(p["kind"] == kind for p in points)]
    key = alt.Legend(orient="bottom", columns=4, symbolSize=110, symbolOpacity=1) if legend else None
    kind = alt.Color("kind:N", title=None, legend=key,
                     scale=alt.Scale(domain=present, range=[theme.kinds[k] for k in present]))  # fmt: skip
    shape = alt.Shape("kind:N", title=None, legend=key,
                      scale=alt.Scale(domain=present, range=[SHAPES[k] for k in present]))  # fmt: skip
    area = alt.Size("bytes:Q", scale=alt.Scale(type="log", range=[50, 380]), legend=None)
    tooltip = [alt.Tooltip(f"{field}:N", title=title) for field, title in _tooltip(scene.metric).items()]
    dots = base.mark_point(filled=True, opacity=1, stroke=theme.background, strokeWidth=1.2)
    bars: dict[str, Any] = {"strokeWidth": 1.3, "opacity": 0.6}
    layers = [
        base.transform_filter("datum.outlined").mark_line(
            interpolate="step-after", strokeWidth=1.5, strokeDash=[5, 4], color=theme.muted
        ).encode(x=x, y=y, order="cost:Q"),
        base.mark_rule(**bars).encode(x=x, y=alt.Y("score_low:Q"), y2="score_high:Q", color=kind),
        base.mark_rule(**bars).encode(x=alt.X("cost_low:Q"), x2="cost_high:Q", y=y, color=kind),
        dots.encode(x=x, y=y, color=kind, shape=shape, size=area, tooltip=tooltip),
        *_labels(base, points, x, y, theme),
    ]  # fmt: skip
    return theme.apply(alt.layer(*layers).properties(width=width, height=height), points=points)


def pareto_points(scene: Scene, cost: str) -> list[Spec]:
    """One record a shown model, with what its tooltip says and where its name stands."""
    rows = [row for row in scene.rows if _is_shown(row, scene, cost)]
    wanted, costs = worth_having(rows), tuple(dict.fromkeys((cost, "bytes")))
    full = front_of(wanted, standard_axes(scene.floor, scene.delta, cost=costs))
    outline = front_of(wanted, standard_axes(0.0, 0.0, cost=(cost,)))
    points = [_point(row, cost, scene, full, outline) for row in rows]
    place_labels(points)
    return points


def below_picture(scene: Scene, cost: str) -> list[str]:
    """`name (score)` of the models that lie too far below the others to be shown."""
    rows = [row for row in scene.rows if row.measured and _cost(row, cost) and not _is_shown(row, scene, cost)]
    return [f"{row.name} ({score(row.score.value)})" for row in rows if row.score]


def available_costs(rows: Sequence[Row]) -> list[str]:
    """Cost axes that at least one measured model has."""
    return [cost for cost in COSTS if any(row.measured and _cost(row, cost) for row in rows)]


def log_ticks(values: Sequence[float], *, decades: float = 3) -> list[float]:
    """Powers of ten within the values; with 2 and 5 between them where they span less than so many decades."""
    low, high = min(values) / 2.2, max(values) * 2.2
    steps = (1, 2, 5) if math.log10(high / low) < decades else (1,)
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [tick for e in exponents for s in steps if low <= (tick := float(f"{s}e{e}")) <= high]


def _cost(row: Row, cost: str) -> float | None:
    value = getattr(row, cost)
    return float(value) if value is not None and value > 0 else None


def _is_shown(row: Row, scene: Scene, cost: str) -> bool:
    """Models far below the others are left out, but for the recommended one and the reference."""
    if not row.measured or row.goodness is None or not _cost(row, cost):
        return False
    best = max(r.goodness for r in scene.rows if r.measured and r.goodness is not None and _cost(r, cost))
    slack = SHOWN_BELOW_BEST if scene.metric.higher_is_better else SHOWN_ABOVE_LOSS
    return row.goodness >= best - slack or row.name in scene.always


def _point(row: Row, cost: str, scene: Scene, full: Front, outline: Front) -> Spec:
    found, value, timed = row.score or Estimate(0.0), _cost(row, cost) or 0.0, cost == "p50_s"
    return {
        "name": row.name,
        "title": row.title,
        "kind": _kind(row.name, scene.recommended, full),
        "outlined": row.name in outline.front,
        "cost": value,
        "cost_low": row.p50_low if timed and row.p50_low else value,
        "cost_high": row.p50_high if timed and row.p50_high else value,
        "score": found.value,
        "score_low": found.value if found.low is None else found.low,
        "score_high": found.value if found.high is None else found.high,
        "up": row.goodness or 0.0,
        "bytes": row.bytes or 1,
        "shown_score": score_interval(found),
        "delta": _difference(row, scene),
        "shown_cost": _SHOW[cost](value),
        "shown_p50": seconds(row.p50_s),
        "shown_bytes": size(row.bytes),
        "speed": "—" if row.speed_ratio is None else times(row.speed_ratio.value),
    }


def _difference(row: Row, scene: Scene) -> str:
    """The difference to the reference with its interval and its word, all models together."""
    judged = scene.claims.get(row.name)
    if judged is None:
        return difference_interval(row.delta)
    return f"{difference_interval(judged.difference)} ({judged.claim})"


def _kind(name: str, recommended: str | None, front: Front) -> str:
    if name == recommended:
        return "recommended"
    if name not in front.front:
        return "dominated"
    return "tie within noise" if name in front.ties else "on the front"


def _labels(base: alt.Chart, points: Sequence[Spec], x: alt.X, y: alt.Y, theme: Theme) -> list[alt.Chart]:
    """Names of the models on the front where they cover nothing; the recommended one stands out."""
    layers = []
    for place, strong in sorted({(p["place"], p["kind"] == "recommended") for p in points if p["place"]}):
        align, dx, dy = _OFFSETS[place]
        # A narrow screen has room for the recommended name only.
        kind = "datum.kind == 'recommended'" if strong else "datum.kind != 'recommended' && width > 420"
        text = base.transform_filter(f"datum.place == '{place}' && {kind}").encode(x=x, y=y, text="name:N")
        look: dict[str, Any] = {"align": align, "dx": dx, "dy": dy, "baseline": "middle", "color": theme.text}
        look |= {"fontSize": 13, "fontWeight": "bold"} if strong else {"fontSize": 11}
        halo: dict[str, Any] = {"stroke": theme.background, "strokeWidth": 4, "strokeJoin": "round"}
        layers += [text.mark_text(**look, **halo), text.mark_text(**look)]
    return layers


def _score_scale(points: Sequence[Spec], metric: MetricWords) -> alt.Scale:
    """Room above and below the intervals, where a score can lie."""
    low, high = min(p["score_low"] for p in points), max(p["score_high"] for p in points)
    if metric.higher_is_better:
        return alt.Scale(domain=[low - 0.015, min(1.0, high + 0.015)], nice=False)
    slack = 0.04 * max(high - low, 0.1)
    return alt.Scale(domain=[max(0.0, low - slack), high + slack], nice=False, reverse=True)


def _tooltip(metric: MetricWords) -> Mapping[str, str]:
    """Field of a point -> its title."""
    return {
        "name": "Model",
        "title": "What",
        "kind": "Verdict",
        "shown_score": metric.heading,
        "delta": f"{metric.difference} to the reference",
        "shown_p50": "p50, one text",
        "speed": "Latency ratio",
        "shown_bytes": "Size",
        "shown_cost": "This axis",
    }


def _cost_axis(cost: str, values: Sequence[float]) -> alt.Axis:
    return alt.Axis(labelExpr=AXIS_LABELS[cost], values=log_ticks(values), labelOverlap=True)
