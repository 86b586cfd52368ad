"""report.html, report.md and tradeoff.svg beside a run's results.json, made from it alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from baselines.errors import UserError
from baselines.storage.run_lock import run_lock
from baselines.whole_files import write_whole
from bench.report import markdown, page
from bench.report.sections.facts import Facts, gather
from bench.report.try_it import payload_of
from bench.results.file import read_run
from bench.results.gpu_file import read_gpu_file
from bench.verdict import gates as gate_rules
from bench.verdict import judge as verdict

HTML, MARKDOWN, PICTURE = "report.html", "report.md", "tradeoff.svg"


def write_report(
    place: Path,
    *,
    gates: Sequence[gate_rules.Gate] | None = None,
    priority: verdict.Priority | None = None,
    delta: float | None = None,
    gpu: Path | None = None,
) -> Facts:
    """Write report.html, report.md and tradeoff.svg beside results.json; the same file gives the same reports.

    Args:
        place: the run folder, or its results.json.
        gates: None takes those stored in results.json.
        priority: None takes the one of the stored verdict, or the smallest.
        delta: None takes the run's margin.
        gpu: file of `python -m bench.gpu_check`, shown as a section.

    Raises:
        UserError: results.json or the GPU's file is missing, damaged or of another version; a gate names what isn't
            there.
    """
    run = read_run(place)
    on_gpu = None if gpu is None else read_gpu_file(gpu)
    stored = run.content.get("verdict") or {}
    chosen = priority or (stored.get("priority") if stored.get("priority") in verdict.PRIORITIES else "smallest")
    decided = verdict.judge(run, chosen or "smallest", delta)
    asked = _stored_gates(run.content) if gates is None else gates
    facts = gather(run, decided, gate_rules.check_gates(run, asked, decided.model or decided.meanwhile))
    folder = run.folder
    svg = page.picture_svg(facts)
    told = markdown.render(facts, PICTURE if svg is not None else None, on_gpu)
    shown = page.render(facts, _try_it(facts, folder), on_gpu)
    with run_lock(folder):
        if svg is not None:
            _write(folder / PICTURE, svg)
        _write(folder / MARKDOWN, told)
        _write(folder / HTML, shown)
    return facts


def _stored_gates(results: Mapping[str, Any]) -> list[gate_rules.Gate]:
    """Gates of an earlier conclusion, judged again on today's rules."""
    return [gate_rules.parse_gate(item["gate"]) for item in results.get("gates") or [] if item.get("gate")]


def _try_it(facts: Facts, folder: Path) -> dict[str, Any]:
    """The model that runs in the page, or the reason why none does."""
    stored = facts.results.get("try_it") or table_bundle(facts)
    if not stored:
        return {"payload": None, "reason": "this run stored no table bundle"}
    bundle = (folder / stored["bundle"]).resolve()
    if not bundle.is_relative_to(folder.resolve()):
        return {"payload": None, "reason": f"the bundle {stored['bundle']} lies outside the run folder"}
    try:
        payload, reason = payload_of(bundle)
    except UserError as error:
        return {"payload": None, "reason": str(error)}
    texts = (facts.results.get("why") or {}).get("texts") or []
    example = texts[0]["text"] if texts else "Classify images of birds with a convolutional network"
    recommended = stored["model"] == facts.verdict.model
    return {"payload": payload, "reason": reason, "model": stored["model"], "example": example,
            "recommended": recommended}  # fmt: skip


def table_bundle(facts: Facts) -> dict[str, str] | None:
    """The recommended model where it is a table model, else the smallest qualified one, else the best."""
    bundles = {m["name"]: m["bundle"] for m in facts.run.models.values() if m.get("bundle")}
    tables = [row for row in facts.rows if row.measured and row.runtime == "table" and row.name in bundles]
    best = min(
        tables,
        key=lambda row: (
            row.name != facts.verdict.model,
            row.name not in facts.verdict.qualified,
            (row.bytes or 0) if row.name in facts.verdict.qualified else -(row.goodness or 0.0),
        ),
        default=None,
    )
    return None if best is None else {"model": best.name, "bundle": bundles[best.name]}


def _write(path: Path, text: str) -> None:
    """Whole or not at all. A lone surrogate of a stored text becomes the replacement character."""
    write_whole(path, text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
