"""The work of `python -m baselines.train`: train, tune or cross-validate baselines, and show how they do."""

from __future__ import annotations

import dataclasses
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from baselines.console import path_given, whole_number
from baselines.data.options import add_data_options, dataset_from
from baselines.dataset import Dataset
from baselines.errors import MissingExtra, UserError
from baselines.fitting.cleaning_choice import made_choice
from baselines.fitting.cross_validation import (
    FoldPlan,
    add_fold_options,
    cleaning_by_fold,
    evaluate_folds,
    fold_plan_from,
)
from baselines.fitting.fit import baseline_named, read_facts
from baselines.fitting.fit import train_baseline as train_baseline
from baselines.fitting.options import add_run_options, device_from, run_from
from baselines.fitting.streamed import DEFAULT, streamed
from baselines.fitting.together import follow, leading, letting_go, refuse_for_several
from baselines.fitting.tuning import tune
from baselines.inputs.json_files import read_json_file
from baselines.models.registry import BASELINES, ladder
from baselines.networks.processes import Team, joined_team
from baselines.scores.fold_scores import render_folds
from baselines.scores.judging import METRICS
from baselines.storage.artifact import write_json
from baselines.storage.run_folder import RunFolder
from baselines.task import Task
from baselines.watching.expected import training_s
from baselines.watching.watch import Watch

FOLDS = "folds.json"
# What is shown of a task's thresholds, and under which heading.
_COLUMNS: Mapping[Task, Mapping[str, str]] = {
    "multilabel": {"half": "at 0.5", "global": "one threshold", "per_class": "one a class"},
    "binary": {"half": "at 0.5", "global": "threshold of validation"},
    "multiclass": {"half": "largest probability"},
}


def parser(prog: str = "python -m baselines.train") -> ArgumentParser:
    """The command's options."""
    parser = ArgumentParser(
        prog=prog,
        usage="%(prog)s [options]   (--help lists them)",
        description="Train baselines into a run folder.",
    )
    parser.add_argument(
        "--baseline",
        nargs="+",
        metavar="NAME",
        help=f"which (default: the task's ladder, without what needs an extra); known: {', '.join(BASELINES)}",
    )
    parser.add_argument(
        "--config", type=path_given, metavar="FILE", help="JSON object of config fields to replace; with one --baseline"
    )
    parser.add_argument(
        "--tune",
        type=whole_number(1, 100_000),
        metavar="N",
        help="search each baseline's config on validation until N trials are done, then train the best",
    )
    parser.add_argument(
        "--stream",
        nargs="+",
        type=path_given,
        metavar="FILE",
        help="train one baseline (default: linear, whose n-grams are hashed then) from files of any size: .csv, .tsv, "
        ".jsonl or .parquet with the same columns; a hash of each text says in which part it is",
    )
    add_run_options(parser)
    add_fold_options(parser)
    add_data_options(parser)
    return parser


def run(args: Namespace, command: str) -> int:
    """Train, and print the table; under `torchrun` the first process does, and the others train along."""
    with joined_team(device_from(args)) as team, letting_go(team):
        if team is not None and team.rank:
            follow(team, lambda: dataset_from(args))
            return 0
        if team is not None:
            refuse_for_several({"--folds": args.folds > 1, "--tune": args.tune, "--stream": args.stream})
        Console().print(_trained(args, Console(stderr=True, soft_wrap=True), team))
    return 0


def _trained(args: Namespace, console: Console, team: Team | None = None) -> Table:
    """Everything the options ask for; returns the table to print."""
    asked = args.baseline or ()
    for name in asked:
        baseline_named(name)
    changes = {asked[0]: read_config(args.config, asked)} if args.config and asked else {}
    if args.config and not asked:
        raise UserError(f"--config {args.config}: belongs to one baseline; name it with --baseline")
    device = device_from(args)
    if args.stream:
        name = (*asked, DEFAULT)[0]
        watch = Watch(console, [(name, training_s(name, 1_000_000))], "all trainings")
        with watch.showing():
            return streamed(args, device, changes.get(name, {}), watch)
    reference = "cnn" if "cnn" in asked or not asked else asked[0]
    plan = fold_plan_from(args, device=device, threads=args.threads, reference=reference, delta=0.01)
    dataset = dataset_from(args)
    args.baseline = list(asked or ladder(dataset.task, extras=False))
    watch = Watch(console, _steps(args, plan, len(dataset.split.train)), "all trainings")
    with run_from(args, dataset) as run, watch.showing(), leading(team, dataset):
        if args.tune:
            changes = _tuned(args, run, dataset, device, watch)
        if plan:
            return _over_folds(args, run, dataset, plan, changes, watch)
        return _on_one_split(args, run, dataset, device, changes, watch)


def _tuned(args: Namespace, run: RunFolder, dataset: Dataset, device: str, watch: Watch) -> dict[str, Any]:
    changes = {}
    how = {"seed": args.seed, "threads": args.threads, "device": device}
    for name in args.baseline:
        if BASELINES[name].space or len(args.baseline) == 1:
            with watch.step(f"tuning {name}"):
                found = tune(run, dataset, name, args.tune, progress=watch.inside(), **how)
            watch.say(f"best of {found.trials} trials of {name}: {found.best}")
            changes[name] = dict(found.changes)
        else:
            watch.skip(f"tuning {name}")
    return changes


def _over_folds(
    args: Namespace, run: RunFolder, dataset: Dataset, plan: FoldPlan, changes: dict[str, Any], watch: Watch
) -> Table:
    with watch.step(_folds_step(plan)):
        result = evaluate_folds(dataset, args.baseline, run, plan, changes=changes, progress=watch.inside())
    if chosen := cleaning_by_fold(dataset, run, plan):
        watch.say("cleaning chosen on each fold's validation: " + ", ".join(chosen))
    inputs = {"baselines": list(args.baseline), "plan": dataclasses.asdict(plan), "changes": changes}
    with run.write("baselines/folds", inputs) as folder:
        write_json(folder / FOLDS, result)
    return render_folds(result, {name: entry.title for name, entry in BASELINES.items()})


def _on_one_split(
    args: Namespace, run: RunFolder, dataset: Dataset, device: str, changes: dict[str, Any], watch: Watch
) -> Table:
    columns, title = _COLUMNS[dataset.task], METRICS[dataset.everything.judged_by].title
    table = Table("baseline", *columns.values(), "trained in", title=f"{title[0].upper()}{title[1:]} on validation")
    how = {"seed": args.seed, "threads": args.threads, "device": device}
    for name in args.baseline:
        title = BASELINES[name].title
        try:
            with watch.step(name):
                step = train_baseline(run, dataset, name, progress=watch.inside(), changes=changes.get(name), **how)
        except MissingExtra as error:
            if len(args.baseline) == 1:
                raise
            watch.skip(name)
            table.add_row(title, f"skipped: {error}")
            continue
        facts = read_facts(step)
        for trial in facts["trials"]:
            changed = ", ".join(f"{field}={value}" for field, value in trial["changes"].items())
            watch.say(f"{name}: {changed}: {trial['score']:.4f} on validation")
        for note in facts["notes"]:
            watch.warn(f"{name}: {note}")
        reached = (f"{facts['validation'][kind]:.3f}" for kind in columns)
        table.add_row(title, *reached, f"{facts['seconds']:.1f} s")
    _say_cleaning(run, dataset, watch)
    return table


def _say_cleaning(run: RunFolder, dataset: Dataset, watch: Watch) -> None:
    """How texts are cleaned and why, where some baseline asked for the choice."""
    if (choice := made_choice(run, dataset)) is None:
        return
    scores = ", ".join(f"{name} {score:.4f}" for name, score in choice.scores.items())
    watch.say(f"cleaning {choice.chosen}: {choice.why} ({scores})")
    if choice.warning:
        watch.warn(choice.warning)


def _steps(args: Namespace, plan: FoldPlan | None, n_texts: int) -> list[tuple[str, float]]:
    """What is done, in order, with the seconds it is expected to take."""
    expected = {name: training_s(name, n_texts) for name in args.baseline}
    steps = [(f"tuning {name}", seconds * args.tune) for name, seconds in expected.items()] if args.tune else []
    if plan:
        return [*steps, (_folds_step(plan), plan.k * plan.n_seeds * sum(expected.values()))]
    return [*steps, *expected.items()]


def _folds_step(plan: FoldPlan) -> str:
    return f"{plan.k} folds"


def read_config(path: Path, names: Sequence[str]) -> dict[str, Any]:
    """Fields of a config from a JSON file; raises UserError unless it's an object, for exactly one baseline."""
    if len(names) != 1:
        raise UserError(f"--config {path}: belongs to one baseline, got {len(names)}; name it with --baseline")
    content = read_json_file(path, f"--config {path}", "expected an object of config fields", error=UserError)
    if not isinstance(content, dict):
        raise UserError(f"--config {path}: expected an object of config fields, got {type(content).__name__}")
    return content
