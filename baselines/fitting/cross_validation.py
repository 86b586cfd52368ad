"""Baselines over K stratified folds and S training seeds: what one split can't tell.

Each fold and seed is a run folder of its own, `folds/1-of-5-split-0-seed-0/`, with the steps of `baselines.train` in
it, so that a killed evaluation continues where it stopped. What is kept of a model are raw answers (probabilities on
test, thresholds from validation); every score is computed from them afterwards.
"""

from __future__ import annotations

import dataclasses
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from baselines.classifier import Progress, ignore_progress
from baselines.console import MOST_FOLDS, whole_number
from baselines.dataset import Dataset
from baselines.errors import MissingExtra, UserError
from baselines.fitting.cleaning_choice import made_choice
from baselines.fitting.fit import CHOSEN, baseline_named, read_classifier, read_facts, train_baseline
from baselines.scores.fold_scores import FoldAnswers, compare_folds
from baselines.scores.thresholds import ThresholdKind
from baselines.splits.of_dataset import fold_splits
from baselines.splits.split import missing_classes
from baselines.storage.run_folder import RunFolder
from baselines.storage.weights import read_weights, write_weights
from baselines.task import Task

_ANSWERS = "answers.safetensors"

Changes = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class FoldPlan:
    """How an evaluation over folds is done.

    Attributes:
        k: number of folds, at least 2.
        n_seeds: trainings a fold, with seeds `seed`, `seed + 1`, …; baselines without chance in them are trained once.
        seed: of the folds and of the first training.
        device, threads: for the training.
        reference: the baseline the others are compared with.
        delta: margin of non-inferiority, in units of the data's metric.
    """

    k: int
    n_seeds: int = 1
    seed: int = 0
    device: str = "cpu"
    threads: int = 1
    reference: str = "cnn"
    delta: float = 0.01


def add_fold_options(parser: ArgumentParser) -> None:
    """Add `--folds` and `--seeds`."""
    group = parser.add_argument_group("evaluation")
    group.add_argument(
        "--folds",
        type=whole_number(1, MOST_FOLDS),
        default=1,
        metavar="K",
        help="judge over K stratified folds instead of one split (default: 1, the split)",
    )
    group.add_argument(
        "--seeds",
        type=whole_number(1, MOST_FOLDS),
        default=1,
        metavar="S",
        help="trainings a fold, each of another seed",
    )


def fold_plan_from(args: Namespace, *, device: str, threads: int, reference: str, delta: float) -> FoldPlan | None:
    """The plan the options ask for; None for one split. Raises UserError for impossible numbers."""
    if args.folds == 1:
        if args.seeds > 1:
            raise UserError(f"--seeds {args.seeds} goes with --folds; add --folds 5")
        return None
    return FoldPlan(args.folds, args.seeds, args.seed, device, threads, reference, delta)


def evaluate_folds(
    dataset: Dataset,
    names: Sequence[str],
    run: RunFolder,
    plan: FoldPlan,
    *,
    changes: Changes | None = None,
    progress: Progress = ignore_progress,
) -> dict[str, Any]:
    """Train and judge baselines over folds.

    Args:
        dataset: its own split is not used.
        names: of baselines.models.registry.BASELINES.
        run: keeps each training's answers; a training that is there already is not repeated.
        plan: folds, seeds, reference and margin.
        changes: fields of configs to replace, by baseline.
        progress: called with (trainings done, trainings in all).

    Returns:
        What stands under "folds" in results.json: what `fold_scores.compare_folds` gives, with `skipped` (reasons by
        baseline, for those whose extra is missing), `notes` and `plan`.

    Raises:
        UserError: an unknown name; DataError: too few texts for k folds.
    """
    changes = changes or {}
    fold_sets = fold_datasets(dataset, plan)
    jobs = [
        (name, seed, fold)
        for name in names
        for seed in _seeds(name, plan, changes.get(name, {}), dataset.task)
        for fold in range(plan.k)
    ]
    answers: dict[str, list[FoldAnswers]] = {}
    skipped: dict[str, str] = {}
    for done, (name, seed, fold) in enumerate(jobs, 1):
        if name not in skipped:
            try:
                place = fold_run(run, fold_sets[fold], plan, fold, seed)
                own = _answers(place, fold_sets[fold], name, plan, fold, seed, changes.get(name, {}))
                answers.setdefault(name, []).append(own)
            except MissingExtra as error:
                skipped[name] = str(error)
                answers.pop(name, None)
        progress(done, len(jobs))
    compared = compare_folds(answers, plan.k, plan.reference, plan.delta, CHOSEN)
    return {**compared, "skipped": skipped, "notes": _notes(fold_sets), "plan": dataclasses.asdict(plan)}


def fold_datasets(dataset: Dataset, plan: FoldPlan) -> list[Dataset]:
    """The same texts once a fold, with that fold's split."""
    splits = fold_splits(dataset, plan.k, plan.seed)
    return [dataclasses.replace(dataset, split=split) for split in splits]


def fold_run(run: RunFolder, fold_set: Dataset, plan: FoldPlan, fold: int, seed: int) -> RunFolder:
    """The run folder of one fold and training seed, inside the study's own."""
    name = f"{fold + 1}-of-{plan.k}-split-{plan.seed}-seed-{seed}"
    place = RunFolder.open(run.root / "folds" / name, dataset_sha256=fold_set.sha256)
    place.clean_leftovers()
    return place


def cleaning_by_fold(dataset: Dataset, run: RunFolder, plan: FoldPlan) -> list[str]:
    """The cleaning that was chosen in each fold, for the first seed; empty where no baseline asked for one."""
    places = [(fold_run(run, own, plan, fold, plan.seed), own) for fold, own in enumerate(fold_datasets(dataset, plan))]
    return [choice.chosen for place, own in places if (choice := made_choice(place, own)) is not None]


def _seeds(name: str, plan: FoldPlan, changes: Mapping[str, Any], task: Task) -> list[int]:
    """Training seeds; those that change nothing in the config would only repeat a training."""
    seeds: dict[str, int] = {}
    for seed in range(plan.seed, plan.seed + plan.n_seeds):
        config = baseline_named(name).make(seed, plan.device, plan.threads, changes, task).config
        seeds.setdefault(repr(config), seed)
    return list(seeds.values())


def _answers(
    run: RunFolder, fold_set: Dataset, name: str, plan: FoldPlan, fold: int, seed: int, changes: Mapping[str, Any]
) -> FoldAnswers:
    trained = train_baseline(run, fold_set, name, seed=seed, threads=plan.threads, device=plan.device, changes=changes)
    test, facts = fold_set.part("test"), read_facts(trained)
    step, inputs = f"baselines/{name}.test", {"trained": run.identity(f"baselines/{name}")}
    if not run.is_done(step, inputs):
        with run.write(step, inputs) as folder:
            write_weights(folder / _ANSWERS, {"probabilities": read_classifier(trained).predict_proba(test.texts)})
    return FoldAnswers(
        fold=fold,
        seed=seed,
        truth=test.labels,
        probabilities=read_weights(run.place(step) / _ANSWERS, ["probabilities"])["probabilities"],
        thresholds=_thresholds(facts["thresholds"], len(fold_set.classes)),
        n_train=len(fold_set.split.train),
        fit_s=facts["seconds"],
        task=fold_set.task,
        metric=fold_set.everything.judged_by,
    )


def _thresholds(stored: Mapping[str, Any], n_classes: int) -> dict[ThresholdKind, np.ndarray]:
    kinds: tuple[ThresholdKind, ...] = ("half", "global", "per_class")
    return {kind: np.broadcast_to(np.asarray(stored[kind], np.float32), (n_classes,)) for kind in kinds}


def _notes(fold_sets: Sequence[Dataset]) -> list[str]:
    """Classes without positives somewhere: their F1 there is 0 by definition, and says nothing about a model."""
    notes = []
    for number, fold_set in enumerate(fold_sets, 1):
        absent = missing_classes(fold_set.everything.labels, fold_set.classes, fold_set.split)
        notes += [f"fold {number}: {part} has no text of {', '.join(names)}" for part, names in absent.items()]
    return notes
