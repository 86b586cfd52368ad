"""report.md, for a pull request: the verdict, the picture, every model. No stored text can form markup."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import jinja2

from baselines.escaping.markdown import cell, code_block, prose
from bench.numbers.quantities import MISSING, change, score_interval, seconds, signed_of, size
from bench.report.charts.tradeoff import below_picture
from bench.report.page import TEMPLATES, commands
from bench.report.sections import (
    classes,
    confusions,
    data_facts,
    first_screen,
    gpu,
    provenance,
    quality,
    speed,
    table,
    two_sides,
    within_budget,
    your_data,
)
from bench.report.sections.facts import Facts
from bench.report.sections.first_screen import speed_note
from bench.results.row import Row


def render(facts: Facts, picture: str | None, gpu_file: Mapping[str, Any] | None = None) -> str:
    """The report as Markdown.

    Args:
        facts: from `sections.facts.gather`.
        picture: path of the SVG beside the file; None where there is none.
        gpu_file: what `python -m bench.gpu_check` wrote; None leaves its section out.
    """
    costs = first_screen.picture_texts(facts)["costs"]
    below = below_picture(facts.scene, costs[0][0]) if costs else []
    text = _environment().get_template("report.md.jinja").render(
        headline=prose(first_screen.headline(facts.verdict)),
        verdict=facts.verdict,
        metric=facts.metric,
        gates=first_screen.gate_lines(facts),
        budget=within_budget.sentence(facts),
        rare_note=two_sides.rare_note(facts),
        warnings=first_screen.warnings(facts),
        picture=picture,
        below=first_screen.below_text(below),
        table=table.table(facts),
        models=_models(facts),
        ledgers=[{"recipe": ledger["recipe"], "steps": speed.ledger_rows(ledger.get("steps") or [], facts.run)}
                 for ledger in facts.results.get("ledgers") or []],
        data_facts=data_facts.data_facts(facts),
        your_data=your_data.sentences(facts),
        quality=_quality(facts),
        gpu=gpu.gpu_check(gpu_file),
        provenance=[b for b in provenance.provenance(facts) if b["name"] in provenance.BRIEF],
        commands=commands(facts),
    )  # fmt: skip
    return re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n"


def _environment() -> jinja2.Environment:
    # Markdown is no HTML: escaping is by the filters, which every stored text passes.
    made = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=False, trim_blocks=True,
                              lstrip_blocks=True, undefined=jinja2.StrictUndefined)  # fmt: skip
    made.filters.update(cell=cell, prose=prose, code_block=code_block)
    return made


def _quality(facts: Facts) -> dict[str, Any]:
    """Only what is a table or a sentence, without pictures."""
    model = quality.shown_model(facts)
    if model is None or not model.get("quality"):
        return {"model": "", "parent": ""}
    against = quality.compared_with(model, facts)
    return {
        "model": model["name"],
        "parent": against["name"] if against else "",
        "overall": quality.overall(model, against, facts),
        "two_sides": two_sides.counts(model, facts),
        "teacher": quality.teacher(model, facts),
        "confusions": confusions.confusions(model),
        "classes": classes.classes(model, against, facts),
    }


def _models(facts: Facts) -> list[dict[str, Any]]:
    named = {row.name: row for row in facts.rows}
    return [_model(named[shown["name"]], shown, facts) for shown in table.table(facts)["rows"]]


def _model(row: Row, shown: dict[str, Any], facts: Facts) -> dict[str, Any]:
    reference = facts.reference
    against = []
    if reference and row is not reference and row.bytes and reference.bytes:
        against.append(change(row.bytes / reference.bytes, "smaller", "larger"))
    if row is not reference and (note := speed_note(row, facts)):
        against.append(note)
    return {
        "name": row.name,
        "score": score_interval(row.score),
        "delta": signed_of(row.delta),
        "size": size(row.bytes),
        "p50": seconds(row.p50_s),
        "against": ", ".join(against) or MISSING,
        "badge": shown["badge"],
        "reason": shown["reason"],
    }
