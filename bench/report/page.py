"""report.html: one file that needs no network and can't reach one, from the facts of a run."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from baselines.escaping.visible import visible
from bench.report.charts.library import charts_library
from bench.report.charts.theme import DARK, LIGHT, SHAPES, dark_of_light, inline_svg, to_svg, variables
from bench.report.charts.tradeoff import below_picture, pareto_spec
from bench.report.sections import (
    data_facts,
    first_screen,
    gpu,
    provenance,
    quality,
    speed,
    table,
    two_sides,
    upkeep,
    why,
    within_budget,
    your_data,
)
from bench.report.sections.facts import Facts
from exports.targets.js.runtime_source import page_script

TEMPLATES = Path(__file__).with_name("templates")
NAV = (("verdict", "Verdict"), ("models", "Models"), ("ledger", "Ledger"), ("texts", "Data"),
       ("your-data", "Your data"), ("quality", "Quality"), ("speed", "Speed"), ("gpu", "GPU"), ("audit", "Audit"),
       ("why", "Why"), ("try", "Try it"), ("provenance", "Provenance"))  # fmt: skip
MISSING = {
    "ledgers": "This run stored no ledger: no recipe of more than one step was measured.",
    "quality": "No model of this run was scored.",
    "runs": "No run was timed; the study's measuring stage is missing.",
    "audit": "No compressed model was audited in this run.",
    "why": "This run stored no explanations.",
}
_MARKS = {"diamond": "M0-7L6 0L0 7L-6 0Z", "circle": "M6 0A6 6 0 1 1-6 0A6 6 0 1 1 6 0Z",
          "triangle-up": "M0-6L7 6H-7Z", "square": "M-5-5H5V5H-5Z"}  # fmt: skip


def render(facts: Facts, try_it: Mapping[str, Any], gpu_file: Mapping[str, Any] | None = None) -> str:
    """The page.

    Args:
        facts: from `sections.facts.gather`.
        try_it: `payload` (see `bench.report.try_it`) or None, `reason` where it is None, `model` and `example`.
        gpu_file: what `python -m bench.gpu_check` wrote; None leaves its section out.
    """
    scripts = [Markup(text) for text in _scripts(bool(facts.rows), try_it.get("payload"))]
    data = {"pictures": _pictures(facts), "dark": dark_of_light(), "try": try_it.get("payload")}
    return environment().get_template("report.html.jinja").render(
        csp=content_security_policy(scripts),
        css=Markup(_css()),
        scripts=scripts,
        data_json=json_for_script(data),
        nav=[entry for entry in NAV if entry[0] != "gpu" or gpu_file is not None],
        metric=facts.metric,
        data_facts=data_facts.data_facts(facts),
        your_data=your_data.your_data(facts),
        missing=MISSING,
        head=first_screen.head(facts),
        page_title=f"{first_screen.headline(facts.verdict)} · tagpress {first_screen.head(facts)['run']}",
        verdict={"headline": first_screen.headline(facts.verdict), "sentence": facts.verdict.sentence,
                 "reasons": facts.verdict.reasons, "caution": facts.verdict.caution,
                 "would_change": facts.verdict.would_change},
        tiles=first_screen.tiles(facts),
        rare_note=two_sides.rare_note(facts),
        gates=first_screen.gate_lines(facts),
        budget=within_budget.sentence(facts),
        picture=_picture(facts),
        warnings=first_screen.warnings(facts),
        table=table.table(facts),
        ledgers=speed.ledgers(facts),
        quality=quality.quality(facts),
        upkeep=upkeep.upkeep(facts),
        speed=speed.speed(facts),
        gpu=gpu.gpu_check(gpu_file),
        audit=speed.audit(facts),
        why=why.why(facts),
        try_it={**try_it, "available": try_it.get("payload") is not None},
        provenance=provenance.provenance(facts),
        commands=commands(facts),
    )  # fmt: skip


def commands(facts: Facts) -> list[str]:
    """Every command line that led here, once."""
    stored = [facts.results.get("command"), *((facts.results.get("run") or {}).get("commands") or [])]
    return list(dict.fromkeys(str(command) for command in stored if command))


@cache
def environment() -> jinja2.Environment:
    """Templates with everything escaped; a name that is missing is an error."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_seen,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["names"] = mark_names
    return made


def _seen(value: Any) -> Any:
    """What isn't seen in a stored text has a sign; HTML has no control characters, and what is ours stays."""
    return visible(value) if type(value) is str else value


def mark_names(text: str) -> Markup:
    """What stands between backticks as code, all else escaped."""
    return Markup(re.sub(r"`([^`]*)`", r'<code dir="auto">\1</code>', str(escape(visible(text)))))


def json_for_script(content: Any) -> Markup:
    """JSON that can't end its script element, whatever texts it holds."""
    text = json.dumps(content, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def content_security_policy(scripts: Sequence[str]) -> str:
    """Only these scripts may run, and nothing may be fetched or sent."""
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; connect-src 'none'; "
        "base-uri 'none'; form-action 'none'"
    )


def _scripts(charts: bool, model: Mapping[str, Any] | None) -> list[str]:
    """The charts' library, what runs the model, the page's own behaviour; in this order."""
    library = [charts_library()] if charts else []
    runtime = [] if model is None else [page_script(model)]
    return [*library, *runtime, (TEMPLATES / "report.js").read_text(encoding="utf-8")]


def _css() -> str:
    own = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    looks = (_declare(variables(LIGHT)), _declare(variables(DARK)))
    return f":root{{{looks[0]}}}@media screen and (prefers-color-scheme:dark){{:root{{{looks[1]}}}}}\n{own}"


def _declare(values: Mapping[str, str]) -> str:
    return "".join(f"{name}:{value};" for name, value in values.items())


def _picture(facts: Facts) -> dict[str, Any]:
    texts = first_screen.picture_texts(facts)
    costs = [cost for cost, _ in texts["costs"]]
    spec = pareto_spec(facts.scene, costs[0], width=640) if costs else None
    legend = [{"name": kind, "path": _MARKS[SHAPES[kind]], "index": i} for i, kind in enumerate(LIGHT.kinds)]
    still = inline_svg(spec, "picture", texts["says"]) if spec else ""
    printed = inline_svg(spec, "print", texts["says"]) if spec else ""
    return {**texts, "svg": still, "print_svg": printed, "legend": legend}


def _pictures(facts: Facts) -> dict[str, Any]:
    """One specification a cost axis, drawn in the page when it is chosen, with the note below it."""
    pictures = {}
    for cost, _ in first_screen.picture_texts(facts)["costs"]:
        spec = pareto_spec(facts.scene, cost)
        if spec is not None:
            pictures[cost] = {"spec": spec, "below": first_screen.below_text(below_picture(facts.scene, cost))}
    return pictures


def picture_svg(facts: Facts) -> str | None:
    """The same picture on white with its legend, for Markdown; None when nothing can be drawn."""
    costs = first_screen.picture_texts(facts)["costs"]
    spec = pareto_spec(facts.scene, costs[0][0], width=760, legend=True) if costs else None
    return None if spec is None else to_svg({**spec, "background": "white"})
