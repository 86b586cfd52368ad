"""The work of `python -m compress.run`: options to wishes, the study, and what is printed of it."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import fields
from pathlib import Path

from rich.console import Console

from baselines.console import command_begun_at
from baselines.data.options import options_from
from baselines.data.sources import load
from baselines.fitting.options import RUNS, device_from
from baselines.watching.watch import alive
from bench.report import terminal
from bench.report.sections import within_budget
from bench.report.sections.facts import Facts
from bench.report.write_report import HTML, MARKDOWN
from bench.results.run import RESULTS
from bench.study.flow import run_study
from bench.study.options import options_of, warnings_of
from bench.study.wishes import Wishes, wishes_of
from bench.verdict import gates
from compress.search.budget import Solution, require_feasible, said_score


def run(args: Namespace, command: str) -> int:
    """Run the study that is wished for, print the table, and give the exit code of the gates."""
    console = Console(stderr=True, soft_wrap=True)
    wishes = wishes_from(args)
    with alive(console, "reading the data"):
        dataset = load(options_from(args))  # what had to be done to it stands below its card
    options = options_of(wishes, dataset, command, begun_at=command_begun_at())
    for warning in warnings_of(options.teacher):
        console.print(f"warning: --teacher: {warning}", style="yellow", markup=False, highlight=False)
    root = RUNS / wishes.run
    facts, solution = run_study(root, dataset, options, console)
    terminal.print_report(facts, Console())
    console.print(f"written: {root / HTML}, {root / MARKDOWN}, {root / RESULTS}", highlight=False)
    if solution is not None:
        require_feasible(solution)
        console.print(found_within(solution, facts, root), highlight=False, markup=False)
    return gates.exit_code(facts.gates, strict=args.strict)


def wishes_from(args: Namespace) -> Wishes:
    """The options as they were typed; gates and device are read and checked here."""
    given = {field.name: getattr(args, field.name) for field in fields(Wishes) if hasattr(args, field.name)}
    asked = gates.read_gates(args.gates) if getattr(args, "gates", None) else []
    asked = [*asked, *(gates.parse_gate(text) for text in getattr(args, "gate", []))]
    own = {"device": device_from(args), "gates": tuple(asked), "config": args.config or {}}
    return wishes_of({**given, **own})


def found_within(solution: Solution, facts: Facts, root: Path) -> str:
    """What the search found, whether that is shown to keep the budget, and how to get it.

    The verdict above judges all models.
    """
    best = solution.best
    latency = "" if best.p95_s is None else f", p95 {best.p95_s * 1e6:.0f} µs"
    artifact = root / "compress" / "budget" / "artifact"
    reached = said_score(best, solution.metric, solution.reference)
    told = within_budget.sentence(facts).replace("`", "")
    return (
        f"{told}\n{within_budget.head(facts)}: budget, {best.size_bytes:,} bytes, on validation {reached}{latency}; "
        f"python -m exports.run {artifact} --out bundle"
    )
