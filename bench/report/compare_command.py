"""The work of `python -m bench.compare RUN_A RUN_B`: two runs beside each other, as a table or as JSON."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from baselines.console import path_given
from baselines.escaping.terminal import plain
from bench.results.file import read_run
from bench.verdict.comparison import Change, compare

_STYLES: Mapping[str, str] = {"better": "green", "worse": "bold red", "within noise": "dim", "status": "yellow"}


def parser(prog: str) -> ArgumentParser:
    """The command's options."""
    parser = ArgumentParser(prog=prog, description="What changed between two runs, with what is within noise said so.")
    parser.add_argument("run_a", type=path_given, metavar="RUN_A", help="run folder before, or its results.json")
    parser.add_argument("run_b", type=path_given, metavar="RUN_B", help="run folder after")
    parser.add_argument("--force", action="store_true", help="compare latencies of unlike machines all the same")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser


def run(args: Namespace, command: str) -> int:
    """Compare and print."""
    changes, remarks = compare(read_run(args.run_a), read_run(args.run_b), force=args.force)
    if args.json:
        content: dict[str, Any] = {"changes": [asdict(c) for c in changes], "remarks": remarks}
        sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=1) + "\n")
        return 0
    _print(changes, remarks, Console())
    return 0


def _print(changes: Sequence[Change], remarks: Sequence[str], console: Console) -> None:
    for remark in remarks:
        console.print(plain(remark, style="yellow"))
    n_equal = sum(c.kind == "unchanged" for c in changes)
    if n_equal < len(changes):
        console.print(table_of(changes))
    console.print(plain(f"{len(changes) - n_equal} figures differ, {n_equal} are equal.", style="bold"))


def table_of(changes: Sequence[Change]) -> Table:
    """What changed; figures that are equal are left out."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("model", "figure", "before", "after", "change", ""):
        table.add_column(name, justify="right" if name in ("before", "after", "change") else "left", overflow="fold")
    for c in changes:
        if c.kind != "unchanged":
            cells = (c.model, c.figure, c.before, c.after, c.amount, c.kind)
            table.add_row(*(plain(cell) for cell in cells), style=_STYLES.get(c.kind, ""))
    return table
