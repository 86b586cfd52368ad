"""The command-line options of every command that trains: where to, on what, with how many threads."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from contextlib import AbstractContextManager
from pathlib import Path

from baselines.console import MOST_THREADS, plain_name, whole_number
from baselines.cores import usable_core_count
from baselines.dataset import Dataset
from baselines.errors import UserError
from baselines.storage.run_folder import RunFolder

RUNS = Path("runs")
DEVICES = ("auto", "cpu", "cuda")


def add_run_options(parser: ArgumentParser, *, run: str = "default") -> None:
    """Add `--run`, `--threads` and `--device`; `run` is the folder's default name."""
    group = parser.add_argument_group("run")
    group.add_argument(
        "--run", type=plain_name, default=run, metavar="NAME", help=f"folder below runs/, continued (default: {run})"
    )
    group.add_argument(
        "--threads",
        type=whole_number(1, MOST_THREADS),
        default=usable_core_count(),
        metavar="N",
        help="for training (default: all cores this process may use)",
    )
    group.add_argument("--device", choices=DEVICES, default="auto", help="for training (default: auto)")


def run_from(args: Namespace, dataset: Dataset) -> AbstractContextManager[RunFolder]:
    """The run folder, for this process alone while the block lasts; raises RunFolderError when it is of other data."""
    return RunFolder.working(RUNS / args.run, dataset_sha256=dataset.sha256)


def device_from(args: Namespace) -> str:
    """`cpu` or `cuda`; raises UserError when CUDA is asked for and there is none."""
    return device_of(args.device)


def device_of(asked: str) -> str:
    """`cpu` or `cuda` for `auto`, `cpu` or `cuda`; raises UserError when CUDA is asked for and there is none."""
    if asked not in DEVICES:
        raise UserError(f"--device {asked}: allowed: {', '.join(DEVICES)}")
    if asked == "cpu":
        return "cpu"
    # Imported here: baselines without a network need no torch.
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if asked == "cuda":
        raise UserError("--device cuda: no CUDA device found; use --device cpu or auto")
    return "cpu"
