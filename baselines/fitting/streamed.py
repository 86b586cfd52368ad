"""`--stream`: a baseline trained from files that need not fit into memory, into a step of a run folder."""

from __future__ import annotations

import dataclasses
import time
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

from baselines.classifier import Classifier
from baselines.data.options import options_from
from baselines.errors import UserError
from baselines.fitting.fit import (
    ARTIFACT,
    CHOSEN,
    FACTS,
    Setting,
    baseline_named,
    choose_thresholds,
    facts_of,
    read_facts,
    write_validation,
)
from baselines.fitting.options import RUNS
from baselines.models.registry import BASELINES
from baselines.notes import collected_notes
from baselines.scores.judging import score, title_of
from baselines.storage.artifact import Lineage, save, write_json
from baselines.storage.run_folder import RunFolder
from baselines.streaming.file_source import FileSource
from baselines.watching.watch import Watch

DEFAULT = "linear"
_NOT_STREAMED = (
    "--tune",
    "--dataset",
    "--validation",
    "--test",
    "--split-column",
    "--group-column",
    "--time-column",
    "--taxonomy",
)


def streamed(args: Namespace, device: str, changes: Mapping[str, Any], watch: Watch) -> Table:
    """Train what `--stream` asks for; returns the table to print.

    Raises:
        UserError: several baselines, one that needs all texts in memory, or options that go with a data set in memory.
    """
    name = _name(args)
    setting = Setting(args.seed, device, args.threads, changes)
    with FileSource([Path(path) for path in args.stream], options_from(args)) as source:
        for sentence in source.notes:
            watch.say(sentence)
        if not len(source.validation) or not len(source.test):
            raise UserError(f"--stream: {source.n_texts:,} texts leave none to validate or test; train with --dataset")
        with RunFolder.working(RUNS / args.run, dataset_sha256=source.sha256) as run, watch.step(name):
            return _trained(run, source, name, setting, [str(path) for path in args.stream], watch)


def _name(args: Namespace) -> str:
    asked = args.baseline or [DEFAULT]
    if len(asked) != 1:
        raise UserError(f"--stream: one --baseline at a time, got {', '.join(asked)}")
    baseline_named(asked[0])
    if args.folds > 1:
        raise UserError(f"--stream takes no --folds {args.folds}: the test part is one; leave it out")
    for option in _NOT_STREAMED:
        if getattr(args, option.removeprefix("--").replace("-", "_"), None):
            raise UserError(f"--stream takes no {option}: who is in which part follows from the texts; leave it out")
    if not BASELINES[asked[0]].make(args.seed, "cpu", 1).can_stream:
        raise UserError(f"--stream: {asked[0]} needs all texts in memory; train {DEFAULT}, or name a --dataset")
    return str(asked[0])


def _trained(run: RunFolder, source: FileSource, name: str, setting: Setting, files: list[str], watch: Watch) -> Table:
    space = source.space
    classifier = BASELINES[name].make(setting.seed, setting.device, setting.threads, setting.changes, space.task)
    config = dataclasses.asdict(classifier.config)
    inputs = {"config": config, "seed": setting.seed, "dataset_sha256": source.sha256, "streamed": True}
    step = f"baselines/{name}"
    if not run.is_done(step, inputs):
        with run.write(step, inputs) as folder:
            _train(folder, source, name, classifier, setting, files, watch)
    return _table(run.place(step), name, source)


def _train(
    folder: Path,
    source: FileSource,
    name: str,
    classifier: Classifier,
    setting: Setting,
    files: list[str],
    watch: Watch,
) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    with collected_notes() as notes:
        classifier.fit_chunks(source, source.validation, progress=watch.inside())
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    probabilities, choices = choose_thresholds(name, classifier, source.validation)
    write_validation(folder, probabilities)
    recipe = {"method": "train", "baseline": name, "streamed": True, **dataclasses.asdict(classifier.config)}
    data = {"name": Path(files[0]).name, "sha256": source.sha256, "licence": "unknown", "files": files}
    save(classifier, folder / ARTIFACT, Lineage(name, "baseline", recipe=(recipe,), seed=setting.seed, dataset=data))
    facts = facts_of(name, classifier, choices, setting, source.validation)
    metric = source.validation.judged_by
    answers = classifier.predict_proba(source.test.texts)
    reached = score(metric, source.test.labels, answers, classifier.thresholds_, source.space.task)
    for sentence in notes:
        watch.warn(f"{name}: {sentence}")
    counts = {"train": source.n_texts, "validation": len(source.validation), "test": len(source.test)}
    more = {"seconds": wall, "cpu_seconds": cpu, "notes": [*source.notes, *notes], "texts": counts}
    write_json(folder / FACTS, {**facts, **more, "test": {metric: reached}})


def _table(step: Path, name: str, source: FileSource) -> Table:
    facts = read_facts(step)
    title = title_of(facts["metric"], source.space)
    table = Table("baseline", "on validation", "on test", "trained in", title=f"{title[0].upper()}{title[1:]}")
    test = f"{facts['test'][facts['metric']]:.3f}"
    table.add_row(BASELINES[name].title, f"{facts['validation'][CHOSEN]:.3f}", test, f"{facts['seconds']:.1f} s")
    return table
