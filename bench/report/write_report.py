"""python -m bench.report RUN: report.html, report.md and the table in the terminal, from results.json alone."""

from __future__ import annotations

import argparse
import os
import sys
import webbrowser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from baselines.errors import UserError
from bench.report import markdown, terminal
from bench.report import page as report_page
from bench.report.sections.facts import Facts, gather
from bench.report.try_it import payload_of
from bench.results.file import load_results
from bench.results.row import rows_of
from bench.verdict import gates as gate_rules
from bench.verdict import judge as verdict
from bench.verdict.front import front_of, standard_axes
from bench.verdict.speed_claims import claim_floor

HTML, MARKDOWN, PICTURE = "report.html", "report.md", "tradeoff.svg"


def conclude(
    results: Mapping[str, Any], gates: Sequence[gate_rules.Gate] = (), priority: verdict.Priority = "smallest"
) -> dict[str, Any]:
    """The measured results with `pareto_front`, `verdict` and `gates` added, for results.json."""
    decided = verdict.judge(results, priority)
    front = front_of(rows_of(results), standard_axes(claim_floor(results), decided.delta))
    checked = gate_rules.check_gates(results, gates, decided.model)
    return {
        **results,
        "pareto_front": list(front.front),
        "verdict": decided.to_json(),
        "gates": [item.to_json() for item in checked],
    }


def write_report(
    run: Path,
    *,
    gates: Sequence[gate_rules.Gate] | None = None,
    priority: verdict.Priority | None = None,
    delta: float | None = None,
) -> Facts:
    """Write report.html, report.md and tradeoff.svg beside results.json; the same file gives the same reports.

    Args:
        run: the run folder, or its results.json.
        gates: None takes those stored in results.json.
        priority: None takes the one of the stored verdict, or the smallest.
        delta: None takes the run's margin.

    Raises:
        UserError: results.json is missing, damaged or of another version; a gate names what isn't there.
    """
    loaded = load_results(run)
    stored = loaded.content.get("verdict") or {}
    chosen = priority or (stored.get("priority") if stored.get("priority") in verdict.PRIORITIES else "smallest")
    decided = verdict.judge(loaded.content, chosen or "smallest", delta)
    asked = _stored_gates(loaded.content) if gates is None else gates
    facts = gather(loaded.content, decided, gate_rules.check_gates(loaded.content, asked, decided.model), loaded.notes)
    folder = loaded.path.parent
    svg = report_page.picture_svg(facts)
    if svg is not None:
        _write(folder / PICTURE, svg)
    _write(folder / MARKDOWN, markdown.render(facts, PICTURE if svg is not None else None))
    _write(folder / HTML, report_page.render(facts, _try_it(facts, folder)))
    return facts


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0: every gate passed; 1: one failed; 2: one could not be measured, or the input can't be used."""
    parser = _parser()
    args = parser.parse_args(argv)
    try:
        asked = [gate for path in args.gates for gate in gate_rules.read_gates(path)]
        asked += [gate_rules.parse_gate(text) for text in args.gate]
        facts = write_report(args.run, gates=asked or None, priority=args.priority, delta=args.delta)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    folder = args.run if args.run.is_dir() else args.run.parent
    console = Console()
    terminal.print_report(facts, console)
    console.print(f"\nwritten: {folder / HTML}, {folder / MARKDOWN}", highlight=False, markup=False, soft_wrap=True)
    if args.open == "yes":
        webbrowser.open((folder / HTML).resolve().as_uri())
    return gate_rules.exit_code(facts.gates, strict=args.strict)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.report", description=__doc__)
    parser.add_argument("run", type=Path, metavar="RUN", help="run folder, or its results.json")
    parser.add_argument("--gate", action="append", default=[], help='such as "f1_weighted >= 0.70"; may be repeated')
    parser.add_argument(
        "--gates", action="append", default=[], type=Path, metavar="YAML", help="file with a list of gates"
    )
    parser.add_argument("--strict", action="store_true", help="an inconclusive gate fails")
    parser.add_argument("--priority", choices=verdict.PRIORITIES, help="which of the qualified models is recommended")
    parser.add_argument("--delta", type=_margin, help="non-inferiority margin in weighted F1 (default: the run's own)")
    parser.add_argument("--open", choices=("yes", "no"), default="no", help="open report.html in the browser")
    return parser


def _margin(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"0 to below 1 is allowed, got {text}")
    return value


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
    """The recommended model where it is a table model, else the smallest qualified one, else the one of highest F1."""
    bundles = {m["name"]: m["bundle"] for m in facts.results["models"] if m.get("bundle")}
    tables = [row for row in facts.rows if row.measured and row.runtime == "table" and row.name in bundles]
    best = min(
        tables,
        key=lambda row: (
            row.name != facts.verdict.model,
            row.name not in facts.verdict.qualified,
            (row.bytes or 0) if row.name in facts.verdict.qualified else -(row.f1.value if row.f1 else 0.0),
        ),
        default=None,
    )
    return None if best is None else {"model": best.name, "bundle": bundles[best.name]}


def _write(path: Path, text: str) -> None:
    """Whole or not at all. A lone surrogate of a stored text becomes the replacement character."""
    temporary = path.with_name(f".{path.name}.part-{os.getpid()}")
    temporary.write_bytes(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode("utf-8"))
    temporary.replace(path)


if __name__ == "__main__":
    sys.exit(main())
