"""Light and dark looks of the pictures, and turning a specification into an SVG without a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import altair as alt
import vl_convert
from markupsafe import Markup

from baselines.escaping.native import cleaned
from baselines.escaping.visible import one_line

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
AXIS_TITLES: Mapping[str, str] = {
    "p50_s": "p50 latency of one text, logarithmic, lower is better",
    "bytes": "Size of all files needed to predict, logarithmic, lower is better",
    "operations": "Operations per document (MACs and adds), logarithmic, lower is better",
    "energy_j": "Energy per document, logarithmic, lower is better",
    "cold_start_s": "Cold start, logarithmic, lower is better",
}
SHAPES: Mapping[str, str] = {
    "recommended": "diamond",
    "on the front": "circle",
    "tie within noise": "triangle-up",
    "dominated": "square",
}


@dataclass(frozen=True)
class Theme:
    """Colours of one look; `series` for lines and bars, `kinds` for the picture of the front."""

    background: str
    text: str
    muted: str
    grid: str
    good: str
    bad: str
    series: tuple[str, ...]
    kinds: Mapping[str, str]

    def apply(self, chart: Any, **records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The chart as a specification with this look and its records by name."""
        axis = {"labelColor": self.text, "titleColor": self.text, "gridColor": self.grid, "domainColor": self.muted,
                "tickColor": self.muted, "labelFontSize": 11, "titleFontSize": 12, "titleFontWeight": "normal",
                "titlePadding": 10}  # fmt: skip
        config = {
            "background": "transparent",
            "font": FONT,
            "view": {"stroke": None},
            "axis": axis,
            "legend": {"labelColor": self.text, "titleColor": self.text, "labelFontSize": 12},
            "title": {"color": self.text, "fontSize": 12, "fontWeight": "normal", "anchor": "start"},
            "range": {"category": list(self.series)},
        }
        spec: dict[str, Any] = chart.to_dict(validate=False)
        spec.pop("config", None)
        datasets = {name: list(values) for name, values in records.items()}
        made = {**spec, "datasets": datasets, "config": config, "autosize": {"type": "fit-x", "contains": "padding"}}
        return dict(cleaned(made))


LIGHT = Theme(
    background="#ffffff",
    text="#1c2430",
    muted="#8a93a0",
    grid="#e8ebef",
    good="#009e73",
    bad="#d55e00",
    series=("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#a67c00", "#7a5195"),
    kinds={"recommended": "#d55e00", "on the front": "#0072b2", "tie within noise": "#56b4e9", "dominated": "#a9b1bc"},
)
DARK = Theme(
    background="#12161c",
    text="#e4e8ee",
    muted="#7d8794",
    grid="#262d37",
    good="#2cc295",
    bad="#f0803c",
    series=("#56b4e9", "#f0803c", "#2cc295", "#e29cc2", "#e6c229", "#b99be0"),
    kinds={"recommended": "#f0803c", "on the front": "#56b4e9", "tie within noise": "#a8d8f5", "dominated": "#5b6572"},
)


def chart_of(name: str) -> alt.Chart:
    """A chart over the records of this name, which `Theme.apply` adds: the chart is copied often, they are not."""
    return alt.Chart(alt.NamedData(name=name))


def to_svg(spec: Mapping[str, Any]) -> str:
    """The picture as one SVG, made by the same library that draws it in the page; needs no browser and no network."""
    return _drawn(json.dumps(cleaned(spec)))


@lru_cache(maxsize=64)
def _drawn(spec: str) -> str:
    return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))


def inline_svg(spec: Mapping[str, Any], identity: str, title: str) -> Markup:
    """The picture for the page: it follows the page's light or dark look by itself and prints as it stands.

    Args:
        spec: a specification with the light look.
        identity: unique in the page; keeps the ids of two pictures apart.
        title: what a screen reader says.
    """
    svg = to_svg(spec)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{identity}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{identity}-\1)", svg)
    svg = re.sub(r"#[0-9a-f]{6}\b", lambda match: _variable(match[0]), svg)
    head = re.match(r"<svg [^>]*?width=\"([\d.]+)\" height=\"([\d.]+)\"", svg)
    width = float(head[1]) if head else 0.0
    label = Markup.escape(one_line(title))
    opening = f'<svg role="img" aria-label="{label}" style="max-width:{width:.0f}px" '
    return Markup(
        re.sub(r' (?:width|height)="[\d.]+"', "", svg.split(">", 1)[0]).replace("<svg ", opening, 1)
    ) + Markup(">" + svg.split(">", 1)[1])


def variables(theme: Theme) -> dict[str, str]:
    """CSS variables of a look: name -> colour."""
    names = {f"--chart-series-{i}": colour for i, colour in enumerate(theme.series)}
    for field in ("background", "text", "muted", "grid", "good", "bad"):
        names[f"--chart-{field}"] = getattr(theme, field)
    return names | {f"--chart-kind-{i}": colour for i, colour in enumerate(theme.kinds.values())}


def dark_of_light() -> dict[str, str]:
    """Each light colour with its dark counterpart, for pictures drawn in the page."""
    light, dark = variables(LIGHT), variables(DARK)
    return {light[name]: dark[name] for name in light}


def _variable(colour: str) -> str:
    return next((f"var({name})" for name, value in variables(LIGHT).items() if value == colour), colour)
