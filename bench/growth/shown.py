"""The curves for people: a table for the terminal and documents, and a picture with one small panel a stage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import altair as alt

from baselines.errors import DataError
from bench.growth.record import Record, Row, exponent, sizes_of
from bench.growth.stages import STAGES
from bench.numbers.quantities import duration, score, size
from bench.report.charts.theme import LIGHT, chart_of, to_svg
from bench.report.charts.tradeoff import log_ticks

MARKERS = ("<!-- growth: made by bench.scaling -->", "<!-- /growth -->")
_PANEL, _COLUMNS = 130, 4
_NONE = "–"


def headings(record: Record) -> list[str]:
    """One column a size."""
    sizes = [f"{n_texts:,}" for n_texts in sizes_of(record.rows)]
    return ["stage", *sizes, "bytes a text", "exponent"]


def table_rows(record: Record) -> list[list[str]]:
    """A line a stage: CPU time, peak memory and F1 at each size, what memory grows by, and the exponent."""
    sizes, lines = sizes_of(record.rows), []
    for stage in [name for name in STAGES if any(row.stage == name for row in record.rows)]:
        rows = record.measured(stage)
        cells = [_cell(record.find(stage, n_texts)) for n_texts in sizes]
        found = exponent(rows)
        lines.append([STAGES[stage].title, *cells, _growth(rows), _NONE if found is None else f"{found:.2f}"])
    return lines


def _cell(row: Row | None) -> str:
    if row is None:
        return _NONE
    if row.status != "measured":
        return row.status
    parts = [duration(row.cpu_s), size(row.peak_bytes)]
    return ", ".join(parts if row.score is None else [*parts, f"F1 {score(row.score)}"])


def _growth(rows: Sequence[Row]) -> str:
    """By how much peak memory grows with a text, between the smallest and the largest size."""
    known = [(row.n_texts, row.peak_bytes) for row in rows if row.peak_bytes]
    if len(known) < 2:
        return _NONE
    (few, small), (many, large) = known[0], known[-1]
    return f"{max(large - small, 0) / (many - few):,.0f}"


def reasons(record: Record) -> list[str]:
    """A sentence for every stage and size without a figure."""
    without = [row for row in record.rows if row.status != "measured"]
    return [
        f"{STAGES[r.stage].title}, {r.n_texts:,} texts: {r.status}, {r.reason}" for r in without if r.stage in STAGES
    ]


def markdown(record: Record) -> str:
    """Command, machine, table and reasons, for a document."""
    head, machine = headings(record), record.environment
    place = f"{machine.get('cpu')}, {machine.get('cores_usable')} cores, {size(machine.get('memory_bytes'))}"
    lines = [
        f"`{record.command}`",
        "",
        f"{place}; one thread where a stage has the choice.",
        "",
        "| " + " | ".join(head) + " |",
        "|---" + "|---:" * (len(head) - 1) + "|",
        *("| " + " | ".join(row) + " |" for row in table_rows(record)),
    ]
    if found := reasons(record):
        lines += ["", *(f"- {_plain(reason)}" for reason in found)]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """No mark-up comes out of an error's words."""
    return "".join(f"\\{sign}" if sign in "`*_<>[]|" else sign for sign in text)


def into_document(path: Path, content: str) -> None:
    """Replace what stands between the markers; raises DataError where there are none."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"--document {path}: can't be read ({error.strerror or error})") from None
    start, end = (text.find(marker) for marker in MARKERS)
    if not 0 <= start < end:
        raise DataError(f"--document {path}: needs the lines {MARKERS[0]} and {MARKERS[1]}, in this order")
    path.write_text(f"{text[: start + len(MARKERS[0])]}\n{content}\n{text[end:]}", encoding="utf-8")


def picture(record: Record) -> dict[str, Any] | None:
    """CPU seconds over texts, both logarithmic, a panel a stage, with a dashed line of linear growth; None without two.

    Returns:
        A Vega-Lite specification.
    """
    points, linear = [], []
    for stage in STAGES:
        rows = [row for row in record.measured(stage) if row.cpu_s and row.cpu_s > 0]
        if len(rows) < 2:
            continue
        title = STAGES[stage].title
        points += [{"stage": title, "x": row.n_texts, "y": row.cpu_s} for row in rows]
        # Through the largest size, so that what grows faster lies below the line on its left.
        last = rows[-1]
        linear += [
            {"stage": title, "x": row.n_texts, "y": (last.cpu_s or 0) * row.n_texts / last.n_texts, "kind": "linear"}
            for row in (rows[0], last)
        ]
    if not points:
        return None
    xs = [float(point["x"] or 0) for point in points]
    x = alt.X("x:Q", title="Texts", scale=alt.Scale(type="log"), axis=alt.Axis(values=log_ticks(xs), format="~s"))
    y = alt.Y("y:Q", title="CPU seconds", scale=alt.Scale(type="log"), axis=alt.Axis(tickCount=3, format="~s"))
    base = chart_of("points").encode(x=x, y=y).properties(width=_PANEL, height=_PANEL)
    measured = base.transform_filter("datum.kind != 'linear'")
    layers = alt.layer(
        base.transform_filter("datum.kind == 'linear'").mark_line(strokeDash=[3, 3], color=LIGHT.muted),
        measured.mark_line(color=LIGHT.series[0], strokeWidth=2),
        measured.mark_point(color=LIGHT.series[0], filled=True, size=28, opacity=1),
    )
    facet = alt.Facet("stage:N", title=None, sort=list(dict.fromkeys(str(point["stage"]) for point in points)))
    chart = layers.facet(facet=facet, columns=_COLUMNS).resolve_scale(y="independent")
    spec = LIGHT.apply(chart, points=[*({**point, "kind": "measured"} for point in points), *linear])
    spec.pop("autosize")  # panels have sizes of their own
    spec["config"]["background"] = LIGHT.background
    return spec


def draw(record: Record, folder: Path) -> list[Path]:
    """growth.svg and growth.png in a folder; nothing where no stage has two sizes."""
    import vl_convert

    spec = picture(record)
    if spec is None:
        return []
    svg, png = folder / "growth.svg", folder / "growth.png"
    svg.write_text(to_svg(spec), encoding="utf-8")
    png.write_bytes(vl_convert.vegalite_to_png(spec, scale=1.5, allowed_base_urls=[]))
    return [svg, png]
