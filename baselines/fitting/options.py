"""The command-line options of every command that trains: where to, on what, with how many threads."""

from __future__ import annotations

import os
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from baselines.dataset import Dataset
from baselines.errors import UserError
from baselines.storage.run_folder import RunFolder

RUNS = Path("runs")


def add_run_options(parser: ArgumentParser, *, run: str = "default") -> None:
    """Add `--run`, `--threads` and `--device`; `run` is the folder's default name."""
    group = parser.add_argument_group("run")
    group.add_argument(
        "--run", type=_run_name, default=run, metavar="NAME", help=f"folder below runs/, continued (default: {run})"
    )
    group.add_argument(
        "--threads",
        type=_threads,
        default=usable_cores(),
        metavar="N",
        help="for training (default: all cores this process may use)",
    )
    group.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="for training (default: auto)")


def run_from(args: Namespace, dataset: Dataset) -> RunFolder:
    """Open the run folder and remove what a killed run left; raises RunFolderError when it is of other data."""
    run = RunFolder.open(RUNS / args.run, dataset_sha256=dataset.sha256)
    run.clean_leftovers()
    return run


def device_from(args: Namespace) -> str:
    """`cpu` or `cuda`; raises UserError when CUDA is asked for and there is none."""
    if args.device == "cpu":
        return "cpu"
    # Imported here: baselines without a network need no torch.
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if args.device == "cuda":
        raise UserError("--device cuda: no CUDA device found; use --device cpu or auto")
    return "cpu"


def usable_cores() -> int:
    """Cores the system lets this process run on; not the machine's, which containers see in full."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _run_name(text: str) -> str:
    if not text or Path(text).name != text or text.startswith("."):
        raise ArgumentTypeError(f"expected a plain name, the folder is made below {RUNS}/, got {text!r}")
    return text


def _threads(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")
    return int(text)
