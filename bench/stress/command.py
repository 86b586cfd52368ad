"""The work of `python -m bench.endurance`: every trial of every bundle, a table, and a file."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from baselines.errors import MeasurementError
from bench.measure.environment import describe_environment
from bench.stress.held import require_linux
from bench.stress.trials import MOST_GROWTH_BYTES, MOST_LONG_BYTES, Load, Trial, trials_of
from exports.runtime.bundle_format import read_bundle

# For whoever reads the exit code.
BROKEN = 2
Json = dict[str, Any]


def run(args: Namespace, command: str) -> int:
    """Exit code 0: every bundle endured it; 2: an answer differed, a process hung, or memory grew."""
    require_linux()
    load = Load(args.callers, args.forks, args.predictions, args.loads, args.characters)
    # What can't be read is said before anything is tried for minutes.
    forms = {folder: read_bundle(folder).form for folder in args.bundles}
    _require_writable(args.out)
    console, rows, broken = Console(), [], False
    table = Table("bundle", "form", "trial", "found", "holds", box=box.SIMPLE_HEAD)
    for folder, form in forms.items():
        for trial in trials_of(folder, load):
            rows.append({"bundle": str(folder), "form": form, **asdict(trial)})
            table.add_row(folder.name, form, trial.name, figures(trial), "no" if trial.broken else "yes")
            broken = broken or bool(trial.broken)
    console.print(table)
    for row in rows:
        for sentence in row["broken"]:
            line = f"broken: {row['bundle']}: {row['name']}: {sentence}"
            console.print(line, style="bold red", markup=False, highlight=False, soft_wrap=True)
    found = {
        "command": command,
        "load": asdict(load),
        "bounds": {"growth_bytes": MOST_GROWTH_BYTES, "long_text_bytes": MOST_LONG_BYTES},
        "environment": describe_environment(),
        "trials": rows,
    }
    args.out.write_text(json.dumps(found, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    console.print(f"written: {args.out}", markup=False, highlight=False, soft_wrap=True)
    return BROKEN if broken else 0


def figures(trial: Trial) -> str:
    """The facts of a trial in one line, bytes as MB."""
    return ", ".join(_figure(name, value) for name, value in trial.facts.items())


def _figure(name: str, value: Any) -> str:
    title = name.removesuffix("_bytes").replace("_", " ")
    if name.endswith("_bytes"):
        return f"{title} {value / 1e6:.1f} MB"
    return f"{title} {value:.1f}" if isinstance(value, float) else f"{title} {value:,}"


def _require_writable(out: Path) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise MeasurementError(f"--out {out}: can't be written ({error.strerror or error})") from None
