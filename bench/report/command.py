"""The work of `python -m bench.report RUN`: the report and the table in the terminal, from results.json alone."""

from __future__ import annotations

import webbrowser
from argparse import ArgumentParser, Namespace

from rich.console import Console

from baselines.console import path_given, share
from bench.report import terminal
from bench.report.write_report import HTML, MARKDOWN, write_report
from bench.verdict import gates as gate_rules
from bench.verdict.judge import PRIORITIES


def parser(prog: str) -> ArgumentParser:
    """The command's options."""
    parser = ArgumentParser(
        prog=prog, description="report.html, report.md and the table in the terminal, from results.json alone."
    )
    parser.add_argument("run", type=path_given, metavar="RUN", help="run folder, or its results.json")
    parser.add_argument(
        "--gate",
        action="append",
        default=[],
        help='such as "accuracy >= 0.90" or "recall[spam] >= 0.8"; may be repeated',
    )
    parser.add_argument(
        "--gates", action="append", default=[], type=path_given, metavar="YAML", help="file with a list of gates"
    )
    parser.add_argument("--strict", action="store_true", help="an inconclusive gate fails")
    parser.add_argument("--priority", choices=PRIORITIES, help="which of the qualified models is recommended")
    parser.add_argument(
        "--delta", type=share, help="non-inferiority margin, in the run's metric (default: the run's own)"
    )
    parser.add_argument(
        "--gpu", type=path_given, metavar="FILE", help="what `python -m bench.gpu_check` wrote, shown as a section"
    )
    parser.add_argument("--open", choices=("yes", "no"), default="no", help="open report.html in the browser")
    return parser


def run(args: Namespace, command: str) -> int:
    """Exit code 0: every gate passed; 1: one failed; 2: one could not be measured."""
    asked = [gate for path in args.gates for gate in gate_rules.read_gates(path)]
    asked += [gate_rules.parse_gate(text) for text in args.gate]
    facts = write_report(args.run, gates=asked or None, priority=args.priority, delta=args.delta, gpu=args.gpu)
    folder = facts.run.folder
    console = Console()
    terminal.print_report(facts, console)
    console.print(f"\nwritten: {folder / HTML}, {folder / MARKDOWN}", highlight=False, markup=False, soft_wrap=True)
    if args.open == "yes":
        webbrowser.open((folder / HTML).resolve().as_uri())
    return gate_rules.exit_code(facts.gates, strict=args.strict)
