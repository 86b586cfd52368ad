"""A study in a second: every way in which a run folder is written, with models that learn hardly anything."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import numpy as np

from baselines.classifier import ignore_progress
from baselines.console import run_command
from baselines.data.building import build_dataset
from baselines.data.data_options import DataOptions
from baselines.data.issues import ISSUES, Issue, write_issues
from baselines.dataset import Dataset
from baselines.storage.artifact import write_json_whole
from baselines.storage.run_folder import RunFolder
from bench.cost.footprint import footprint
from bench.making.variants import Variant
from bench.making.workshop import Workshop
from bench.measure.journal import BlockKey, Journal
from bench.measure.timing import Block
from bench.quality.looks import count_look, looks_at
from bench.quality.scoring import candidates_of, read_scored, score_candidates
from bench.report import write_report
from compress.methods.quantize.quantize_config import QuantizeConfig

LINEAR: dict[str, Any] = {"characters": [2, 3], "cleaning": "course", "max_iterations": 20}
MODELS = ("linear", "linear-int4")


def brief(dataset: Dataset) -> Dataset:
    """The begins of a data set's texts: what is learned and answered of them takes no time."""
    everything = dataset.everything
    tags = [[everything.classes[c] for c in np.flatnonzero(row)] for row in everything.labels]
    return build_dataset("brief", [text[:30] for text in everything.texts], tags, DataOptions())


def small_command(root: Path, dataset: Dataset) -> int:
    """The exit code of a command that does a small study."""

    def body(args: Namespace, command: str) -> int:
        small_study(root, dataset)
        return 0

    return run_command(lambda prog: ArgumentParser(prog=prog), lambda: body, [], "tool", continues=True)


def small_study(root: Path, dataset: Dataset) -> None:
    """A baseline, a variant of it, their bundles and scores, blocks of a measurement, results and a report."""
    with RunFolder.working(root, dataset_sha256=dataset.sha256) as run:
        changes = {"linear": LINEAR}
        workshop = Workshop(run, dataset, 0, 1, "cpu", lambda _: ignore_progress, changes=changes)
        workshop.baseline("linear")
        workshop.variant(Variant("linear-int4", "", "linear", "quantize", QuantizeConfig(bits=4)))
        results = {name: _scored(workshop, name) for name in MODELS}
        journal = Journal(root / "bench" / "latency", "fingerprint")
        for number in range(2):
            key = BlockKey("single", 1, 1, number, "linear")
            if not journal.has(key):
                journal.add(key, Block(np.ones(3, np.float32), 1.0, 1.0, 3))
        journal.sync()
        write_issues(root / ISSUES, [Issue("label", 0.5, "a text", ("a",), ("b",), 1)], dataset.task)
        looks = looks_at(root, dataset.part("test"))
        write_json_whole(root / "results.json", {"models": results, "blocks": len(journal.blocks), "looks": looks})
        for name in (write_report.PICTURE, write_report.MARKDOWN, write_report.HTML):
            write_report._write(root / name, str(results))


def _scored(workshop: Workshop, name: str) -> dict[str, Any]:
    run, part = workshop.run, workshop.dataset.part("test")
    candidates = candidates_of(name, workshop.artifact_of(name), workshop.bundles(name, 1), "python")
    count_look(run.root, part, [workshop.key_of(name)], "tool")
    inputs = workshop.served_key(name, [c.form for c in candidates])
    if not run.is_done(f"bench/scores-{name}", inputs):
        with run.write(f"bench/scores-{name}", inputs) as folder:
            score_candidates(candidates, part, folder)
    answers = read_scored(run.place(f"bench/scores-{name}"), candidates).probabilities
    sizes = [footprint(candidate.path).bytes for candidate in candidates]
    return {"key": workshop.key_of(name), "sum": float(answers.sum()), "bytes": sizes}
