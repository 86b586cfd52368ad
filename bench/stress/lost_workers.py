"""The work of `python -m bench.lost_workers`: the same small graph of steps, with a worker killed in each run."""

from __future__ import annotations

import random
import tempfile
import time
from argparse import Namespace
from pathlib import Path

from rich.console import Console

from baselines.classifier import ignore_progress
from baselines.cluster.connect import connected
from baselines.cluster.engines import Engine
from baselines.data.data_options import DataOptions
from baselines.data.sources import load
from baselines.dataset import Dataset
from baselines.errors import ClusterError
from baselines.storage.run_folder import RunFolder
from bench.engine.on_ray import RayEngine
from bench.engine.trials import Kill, killing_one
from bench.making.ahead import jobs_of
from bench.making.told import make_told, shared_by_all
from bench.making.variants import Variant
from bench.making.workshop import Workshop
from compress.methods.quantize.quantize_config import QuantizeConfig

BASELINES = ("linear", "rules", "tfidf-knn")
# Seconds of training in place of half a minute: what is tried is who makes the steps.
CHANGES = {"linear": {"characters": (2, 3), "cleaning": "course", "max_iterations": 20}}
VARIANTS = tuple(
    Variant(f"linear-int{bits}", f"{bits} bits", "linear", "quantize", QuantizeConfig(bits=bits)) for bits in (4, 3)
)
WORKERS = 2
Identities = dict[str, str]


def run(args: Namespace, command: str) -> int:
    """Print a line a run; 0 when all came to the steps of the undisturbed one."""
    console, rng, dataset = Console(), random.Random(args.seed), load(DataOptions())
    right = killed = 0
    with connected(Engine("ray"), WORKERS) as ray, tempfile.TemporaryDirectory() as folder:
        engine = RayEngine(ray, make_told, {}, _Nobody())
        one_run(engine, dataset, Path(folder) / "first", None, 0.0)  # workers import what they need
        begun = time.monotonic()
        wanted, _ = one_run(engine, dataset, Path(folder) / "undisturbed", None, 0.0)
        most_s = time.monotonic() - begun
        for number in range(1, args.runs + 1):
            before = engine.spread.again
            found, kill = one_run(engine, dataset, Path(folder) / str(number), rng, most_s)
            right += found == wanted
            killed += kill is not None and kill.pid is not None
            said = "nobody" if kill is None or kill.pid is None else f"the worker at {kill.at}"
            end = "right" if found == wanted else "WRONG"
            console.print(
                f"run {number}: {said} killed; {engine.spread.again - before} step made again; {end}", highlight=False
            )
        again = engine.spread.again
        engine.close()
    console.print(f"{right} of {args.runs} ended right; {killed} killed, {again} steps made again", highlight=False)
    if not killed:
        raise ClusterError("no worker was at a step when it should have been killed; repeat with more --runs")
    return 0 if right == args.runs else 1


def one_run(
    engine: RayEngine, dataset: Dataset, root: Path, rng: random.Random | None, most_s: float
) -> tuple[Identities, Kill | None]:
    """Make the graph once.

    Args:
        engine: whose workers make it; those that are alive stay for the next run.
        dataset: what is learned from.
        root: of the run folder, empty.
        rng: chooses whom to kill and when; None kills nobody.
        most_s: the latest moment of that, in seconds.

    Returns:
        the identity of each step, and who was killed.
    """
    run = RunFolder.open(root, dataset_sha256=dataset.sha256)
    workshop = Workshop(run, dataset, 0, 1, "cpu", lambda _: ignore_progress, changes=CHANGES)
    jobs = jobs_of(workshop, BASELINES, VARIANTS, {})
    kill = None
    with shared_by_all(workshop, {}) as shared:
        engine.share(shared)
        if rng is None:
            engine.run(jobs)
        else:
            with killing_one(engine, rng, most_s) as kill:
                engine.run(jobs)
    names = [job.name for job in jobs]
    return {name: workshop.key_of(name) if workshop.is_there(name) else "" for name in names}, kill


class _Nobody:
    """A watcher that isn't interested."""

    def begun(self, name: str) -> None:
        """Nothing."""

    def reached(self, name: str, share: float) -> None:
        """Nothing."""

    def ended(self, name: str, taken: float) -> None:
        """Nothing."""
