"""The same models made again on K folds: what one split of a few hundred texts can't tell, several can.

Each fold is a run folder of its own, so a killed study continues; differences are paired by fold, with intervals after
Nadeau and Bengio, which know that folds share their training texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from baselines.classifier import ignore_progress
from baselines.dataset import Dataset
from baselines.models.registry import BASELINES
from baselines.scores.fold_scores import FoldAnswers, compare_folds
from baselines.splits.of_dataset import fold_splits
from baselines.storage.run_folder import RunFolder
from baselines.storage.stored_run import open_run
from baselines.watching.watch import Watch
from bench.cost.footprint import footprint
from bench.making.expected import fold_name, model_steps
from bench.making.variants import Variant
from bench.making.workshop import Workshop
from bench.quality.scoring import Scored, candidates_of, read_scored, score_candidates
from compress.teachers import SavedTeacher, check_over_folds

Json = dict[str, Any]


@dataclass(frozen=True)
class FoldRuns:
    """What every model said on the test part of every fold.

    Attributes:
        k: number of folds.
        answers: by model, one entry a fold and training seed.
        bytes: by model, mean over folds of the files needed to predict.
        titles: by model.
    """

    k: int
    answers: Mapping[str, Sequence[FoldAnswers]]
    bytes: Mapping[str, float]
    titles: Mapping[str, str]

    def against(self, reference: str, delta: float) -> Json:
        """What `baselines.scores.fold_scores.compare_folds` gives, with `bytes` and `title` for each model."""
        found = compare_folds(self.answers, self.k, reference, delta)
        for name, model in found["models"].items():
            model |= {"bytes": self.bytes[name], "title": self.titles[name]}
        return found


def of_folds(variants: Sequence[Variant]) -> list[Variant]:
    """The variants that are made on folds.

    A plain student isn't: folds compare what could be shipped, and it would be trained K times to explain a gain.
    """
    return [variant for variant in variants if not variant.is_measure]


def run_folds(
    root: Path,
    dataset: Dataset,
    baselines: Sequence[str],
    variants: Sequence[Variant],
    *,
    k: int,
    seed: int,
    threads: int,
    device: str,
    watch: Watch,
    unlabelled: Sequence[str] = (),
    changes: Mapping[str, Mapping[str, Any]] | None = None,
    store: str = "",
) -> FoldRuns:
    """Make every model on every fold, and let it answer there in the form that would be shipped.

    Args:
        root: folder of the folds' run folders.
        dataset: dealt anew; its own split plays no part.
        baselines, variants: what is made, variants in an order in which parents come first.
        k, seed: number of folds, and the seed they are dealt and everything is trained with.
        threads, device: of the training.
        watch: each fold is a step of it, those of `bench.making.expected.fold_steps`.
        unlabelled: further texts for students.
        changes: fields of the baselines' configs to replace.
        store: address below which the folds' steps are kept too; "" for none.

    Raises:
        NotCompressible: a saved teacher that can't be fitted; before anything is trained.
    """
    for teacher in _saved_teachers(variants):
        check_over_folds(teacher)
    answers: dict[str, list[FoldAnswers]] = {}
    sizes: dict[str, list[int]] = {}
    told: set[str] = set()
    for number, split in enumerate(fold_splits(dataset, k, seed)):
        run = open_fold(root, number, k, replace(dataset, split=split), store)
        run.clean_leftovers()
        workshop = Workshop(
            run,
            replace(dataset, split=split),
            seed,
            threads,
            device,
            lambda description: ignore_progress,
            unlabelled=tuple(unlabelled),
            changes=changes or {},
        )
        step = fold_name(number, k)
        with watch.step(step):
            found = make_fold(workshop, baselines, variants, partial(watch.reached, step))
        for name, (scored, size) in found.items():
            offset = next((v.seed_offset for v in variants if v.name == name), 0)
            family = name.removesuffix(f"-seed{offset}") if offset else name
            answers.setdefault(family, []).append(_fold_answers(workshop, name, scored, number, seed + offset))
            sizes.setdefault(family, []).append(size)
        for name, (_, reason) in workshop.skipped.items():
            if name not in told:
                watch.say(f"{name}: {reason}")
                told.add(name)
    titles = {**{n: b.title for n, b in BASELINES.items()}, **{v.name: v.title for v in variants}}
    return FoldRuns(k, answers, {name: float(np.mean(own)) for name, own in sizes.items()}, titles)


def open_fold(root: Path, number: int, k: int, fold: Dataset, store: str = "") -> RunFolder:
    """The run folder of one fold, counted from 0, below a folder and, where there is one, below a store's address."""
    name = f"fold-{number + 1}-of-{k}"
    return open_run(root / name, dataset_sha256=fold.sha256, store=f"{store}/{name}" if store else "")


def made_fold(
    workshop: Workshop,
    root: Path,
    number: int,
    k: int,
    baselines: Sequence[str],
    variants: Sequence[Variant],
    store: str = "",
) -> bool:
    """Make one fold in a process of its own; `run_folds` finds it done. True, as of a job that has ended.

    Args:
        workshop: of the data that are dealt, with the settings of all folds.
        root: folder of the folds' run folders; `store` is its address in a store.
        number, k: which of how many, counted from 0.
        baselines, variants: what is made.
    """
    split = list(fold_splits(workshop.dataset, k, workshop.seed))[number]
    fold = replace(workshop.dataset, split=split)
    run = open_fold(root.resolve(), number, k, fold, store)
    own = replace(workshop.apart({}, lambda description: ignore_progress), run=run, dataset=fold, counter=None)
    make_fold(own, baselines, variants, lambda share: None)
    return True


def make_fold(
    workshop: Workshop, baselines: Sequence[str], variants: Sequence[Variant], reached: Callable[[float], None]
) -> dict[str, tuple[Scored, int]]:
    """Everything that is compared on one fold: what each model says there as it would be shipped, and its bytes."""
    _make_models(workshop, baselines, variants, reached)
    names = [*baselines, *(variant.name for variant in variants)]
    return {name: _answer(workshop, name) for name in names if name not in workshop.skipped}


def _saved_teachers(variants: Sequence[Variant]) -> set[SavedTeacher]:
    return {variant.teacher for variant in variants if isinstance(variant.teacher, SavedTeacher)}


def _make_models(
    workshop: Workshop, baselines: Sequence[str], variants: Sequence[Variant], reached: Callable[[float], None]
) -> None:
    steps = model_steps(baselines, variants, len(workshop.dataset.split.train))
    total, done = sum(seconds for _, seconds in steps), 0.0
    makers: list[Callable[[], None]] = [partial(workshop.baseline, name) for name in baselines]
    makers += [partial(workshop.variant, variant) for variant in _with_fresh_teachers(workshop, variants)]
    for (_, seconds), make in zip(steps, makers, strict=True):
        make()
        done += seconds
        reached(done / total)


def _with_fresh_teachers(workshop: Workshop, variants: Sequence[Variant]) -> list[Variant]:
    """The variants with teachers that know this fold's training part only: a saved one has seen texts of its test."""
    fresh = {teacher: workshop.fresh_teacher(teacher) for teacher in _saved_teachers(variants)}
    return [
        replace(variant, teacher=fresh.get(variant.teacher, variant.teacher))
        if isinstance(variant.teacher, SavedTeacher)
        else variant
        for variant in variants
    ]


def _answer(workshop: Workshop, name: str) -> tuple[Scored, int]:
    """What the model says in the form that would be shipped, and the size of that form."""
    candidates = candidates_of(name, workshop.artifact_of(name), workshop.bundles(name), "python")[:1]
    step, inputs = f"bench/scores-{name}", workshop.served_key(name, [candidates[0].form])
    if not workshop.run.is_done(step, inputs):
        with workshop.run.write(step, inputs) as folder:
            score_candidates(candidates, workshop.dataset.part("test"), folder)
    return read_scored(workshop.run.place(step), candidates), footprint(candidates[0].path).bytes


def _fold_answers(workshop: Workshop, name: str, scored: Scored, fold: int, seed: int) -> FoldAnswers:
    facts, n_classes = workshop.facts_of(name), len(workshop.dataset.classes)
    thresholds: Mapping[str, Any] = facts["thresholds"]
    own = np.full(n_classes, thresholds.get("half", 0.5), np.float32)
    fitted = name not in BASELINES or BASELINES[name].fits_thresholds
    return FoldAnswers(
        fold,
        seed,
        workshop.dataset.part("test").labels,
        scored.probabilities,
        {
            "half": own,
            "global": scored.thresholds if fitted else own,
            "per_class": np.asarray(thresholds["per_class"], np.float32) if fitted else own,
        },
        len(workshop.dataset.split.train),
        float(facts["seconds"]),
        scored.space.task,
        workshop.dataset.everything.judged_by,
    )
