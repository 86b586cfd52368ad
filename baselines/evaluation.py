"""Baselines over K stratified folds and S training seeds: what one split can't tell.

Each training is a step of the run folder, so that a killed evaluation continues where it stopped. What a step stores
are raw answers (probabilities on test, thresholds from validation); every score is computed from them afterwards.
"""

from __future__ import annotations

import dataclasses
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from baselines.artifact import read_json, write_json
from baselines.classifier import Probabilities, Progress, ignore_progress
from baselines.dataset import Dataset, Split
from baselines.errors import MissingExtra, UserError
from baselines.fold_scores import FoldAnswers, compare_folds
from baselines.notes import collected_notes
from baselines.registry import BASELINES
from baselines.runfolder import RunFolder
from baselines.splits import folds, missing_classes
from baselines.thresholds import ThresholdChoices, fit_thresholds

_PROBABILITIES = "probabilities.npy"
_ANSWERS = "answers.json"

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
        delta: margin of non-inferiority in weighted F1.
    """

    k: int
    n_seeds: int = 1
    seed: int = 0
    device: str = "cpu"
    threads: int = 1
    reference: str = "cnn"
    delta: float = 0.01


@dataclass
class _Job:
    """One training: a baseline with one config on one fold."""

    name: str
    fold: int
    seed: int
    config: Any
    inputs: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.inputs = {"baseline": self.name, "fold": self.fold, "config": dataclasses.asdict(self.config)}

    def step(self, k: int) -> str:
        return f"baselines/fold-{self.fold + 1}-of-{k}-{self.name}-seed-{self.seed}"


def add_fold_options(parser: ArgumentParser) -> None:
    """Add `--folds` and `--seeds`."""
    group = parser.add_argument_group("evaluation")
    group.add_argument(
        "--folds",
        type=int,
        default=1,
        metavar="K",
        help="judge over K stratified folds instead of one split (default: 1, the split)",
    )
    group.add_argument("--seeds", type=int, default=1, metavar="S", help="trainings a fold, each of another seed")


def fold_plan_from(args: Namespace, *, device: str, threads: int, reference: str, delta: float) -> FoldPlan | None:
    """The plan the options ask for; None for one split. Raises UserError for impossible numbers."""
    if args.folds < 1 or args.seeds < 1:
        raise UserError(f"--folds and --seeds: at least 1 is allowed, got {args.folds} and {args.seeds}")
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
        names: of baselines.registry.BASELINES.
        run: keeps each training's answers; a training that is there already is not repeated.
        plan: folds, seeds, reference and margin.
        changes: fields of configs to replace, by baseline.
        progress: called with (trainings done, trainings in all).

    Returns:
        What stands under "folds" in results.json; see `fold_scores.compare_folds`, with the plan and `notes` added.

    Raises:
        UserError: an unknown name; DataError: too few texts for k folds.
    """
    if unknown := sorted(set(names) - set(BASELINES)):
        raise UserError(f"baselines: unknown {', '.join(unknown)}; allowed: {', '.join(BASELINES)}")
    everything = dataset.everything
    splits = folds(everything.labels, plan.k, plan.seed)
    jobs = {name: _jobs(name, plan, (changes or {}).get(name, {})) for name in names}
    skipped: dict[str, str] = {}
    done, total = 0, sum(len(own) for own in jobs.values())
    for name, own in jobs.items():
        for job in own:
            try:
                if name not in skipped:
                    _train(dataset, job, splits[job.fold], run, plan.k)
            except MissingExtra as error:
                skipped[name] = str(error)
            done += 1
            progress(done, total)
    answers = {
        name: [_read(run.place(job.step(plan.k)), job, dataset, splits) for job in own]
        for name, own in jobs.items()
        if name not in skipped
    }
    return {
        **compare_folds(answers, plan.k, plan.reference, plan.delta),
        "skipped": skipped,
        "notes": _notes(dataset, splits),
        "plan": dataclasses.asdict(plan),
    }


def _jobs(name: str, plan: FoldPlan, changes: Mapping[str, Any]) -> list[_Job]:
    """Every training of one baseline; seeds that change nothing in the config are left out."""
    configs: list[tuple[int, Any]] = []
    for seed in range(plan.seed, plan.seed + plan.n_seeds):
        config = BASELINES[name].make(seed, plan.device, plan.threads, changes).config
        if config not in [known for _, known in configs]:
            configs.append((seed, config))
    return [_Job(name, fold, seed, config) for fold in range(plan.k) for seed, config in configs]


def _train(dataset: Dataset, job: _Job, split: Split, run: RunFolder, k: int) -> None:
    inputs = {**job.inputs, "k": k, "dataset": dataset.sha256}
    if run.is_done(job.step(k), inputs):
        return
    train, validation, test = (dataset.everything.take(rows) for rows in (split.train, split.validation, split.test))
    baseline = BASELINES[job.name]
    with run.write(job.step(k), inputs) as folder, collected_notes() as sentences:
        start = time.perf_counter()
        classifier = baseline.kind(job.config).fit(train, validation)
        seconds = time.perf_counter() - start
        choices = _choices(classifier.predict_proba(validation.texts), validation.labels, baseline.fits_thresholds)
        np.save(folder / _PROBABILITIES, classifier.predict_proba(test.texts), allow_pickle=False)
        write_json(
            folder / _ANSWERS,
            {
                "fit_s": seconds,
                "n_train": len(train),
                "thresholds": {kind: choices.of(kind).tolist() for kind in ("half", "global", "per_class")},
                "validation_f1_weighted": choices.f1_weighted,
                "notes": sentences,
            },
        )


def _choices(probabilities: Probabilities, truth: np.ndarray, fits: bool) -> ThresholdChoices:
    if fits:
        return fit_thresholds(truth, probabilities)
    half = np.full(truth.shape[1], 0.5, np.float32)
    return ThresholdChoices(0.5, half, {})


def _read(folder: Path, job: _Job, dataset: Dataset, splits: Sequence[Split]) -> FoldAnswers:
    stored = read_json(folder / _ANSWERS)
    return FoldAnswers(
        fold=job.fold,
        seed=job.seed,
        truth=dataset.everything.labels[splits[job.fold].test],
        probabilities=np.load(folder / _PROBABILITIES, allow_pickle=False),
        thresholds={kind: np.asarray(values, np.float32) for kind, values in stored["thresholds"].items()},
        n_train=stored["n_train"],
        fit_s=stored["fit_s"],
    )


def _notes(dataset: Dataset, splits: Sequence[Split]) -> list[str]:
    """Classes without positives somewhere: their F1 there is 0 by definition, and says nothing about a model."""
    notes = []
    for number, split in enumerate(splits, 1):
        for part, absent in missing_classes(dataset.everything.labels, dataset.classes, split).items():
            notes.append(f"fold {number}: {part} has no text of {', '.join(absent)}")
    return notes
