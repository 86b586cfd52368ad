"""`python -m baselines.train`: train baselines into a run folder and show how they do on validation."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress as Bars
from rich.table import Table

from baselines.data_options import add_data_options, dataset_from
from baselines.dataset import Dataset
from baselines.errors import UserError
from baselines.fitting import baseline_named, read_facts
from baselines.fitting import train_baseline as train_baseline
from baselines.registry import BASELINES
from baselines.runfolder import RunFolder


def parser() -> ArgumentParser:
    """The command's options."""
    parser = ArgumentParser(prog="python -m baselines.train", description="Train baselines into a run folder.")
    parser.add_argument(
        "--baseline",
        nargs="+",
        metavar="NAME",
        default=[name for name, entry in BASELINES.items() if not entry.extra],
        help=f"which (default: all that need no extra); known: {', '.join(BASELINES)}",
    )
    parser.add_argument("--run", default="default", metavar="NAME", help="folder below runs/ (default: default)")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="for training (default: 1)")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: auto")
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="JSON object of config fields to replace; with one --baseline"
    )
    add_data_options(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Train; returns 0, or the exit code of the user's error."""
    args = parser().parse_args(argv)
    errors = Console(stderr=True, soft_wrap=True)
    try:
        dataset = dataset_from(args)
        run = RunFolder.open(Path("runs") / args.run, dataset_sha256=dataset.sha256)
        Console().print(_table(_train_all(args, run, dataset, errors)))
    except UserError as error:
        errors.print(f"error: {error}", style="red", markup=False, highlight=False)
        return error.exit_code
    return 0


def _train_all(args: Namespace, run: RunFolder, dataset: Dataset, console: Console) -> list[dict[str, Any]]:
    names = list(args.baseline)
    for name in names:
        baseline_named(name)
    changes = read_config(args.config, names) if args.config else {}
    device, facts = resolved_device(args.device), []
    with Bars(console=console) as bars:
        for name in names:
            task = bars.add_task(BASELINES[name].title, total=None)
            step = train_baseline(
                run,
                dataset,
                name,
                seed=args.seed,
                threads=args.threads,
                device=device,
                progress=lambda done, total, task=task: bars.update(task, completed=done, total=total),  # type: ignore[misc]
                changes=changes,
            )
            bars.update(task, total=1, completed=1)
            facts.append(read_facts(step))
            for note in facts[-1]["notes"]:
                console.print(f"warning: {name}: {note}", style="yellow", markup=False, highlight=False)
    return facts


def read_config(path: Path, names: Sequence[str]) -> dict[str, Any]:
    """Fields of a config from a JSON file; raises UserError unless it's an object, for exactly one baseline."""
    if len(names) != 1:
        raise UserError(f"--config {path}: belongs to one baseline, got {len(names)}; name it with --baseline")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"--config {path}: not a readable JSON file ({error})") from None
    if not isinstance(content, dict):
        raise UserError(f"--config {path}: expected an object of config fields, got {type(content).__name__}")
    return content


def resolved_device(name: str) -> str:
    """`cpu` or `cuda`; raises UserError when CUDA is asked for and there is none."""
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise UserError("--device cuda: no CUDA device found; use --device cpu or auto")
    return name


def _table(facts: Sequence[dict[str, Any]]) -> Table:
    table = Table("baseline", "F1 at 0.5", "global", "per class", "trained in", title="Weighted F1 on validation")
    for each in facts:
        f1 = each["validation_f1_weighted"]
        table.add_row(
            each["title"], *(f"{f1[k]:.3f}" for k in ("half", "global", "per_class")), f"{each['seconds']:.1f} s"
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
