"""The steps a study is going to need, as jobs that wait for each other: for processes here, or for other machines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from bench.engine.jobs import Job
from bench.engine.on_processes import share_of_job
from bench.making.adopted import ADOPTED
from bench.making.expected import fold_steps, model_steps
from bench.making.folds import made_fold
from bench.making.told import told_fold, told_variant
from bench.making.variants import Variant
from bench.making.workshop import Workshop
from compress.teachers import SavedTeacher

# Seconds to export one model, or to let it answer a part: about, and nothing waits for it.
EXPORT_S = 2.5


def jobs_of(
    workshop: Workshop, baselines: Iterable[str], variants: Sequence[Variant], expected: Mapping[str, float]
) -> list[Job]:
    """The steps that aren't there yet, or not as they were made, each with those it has to wait for.

    Args:
        workshop: of the study; the children have one of their own.
        baselines: names; an ensemble waits for all the others.
        variants: in an order in which each comes after what it is made from.
        expected: seconds of a step.
    """
    controls = {v.name: v.control for v in variants if v.control}
    apart = workshop.apart(controls, share_of_job)
    made = [name for name in baselines if not apart.is_there(name)]
    jobs = [_baseline_job(apart, name, made, expected) for name in made]
    missing = {*made, *(v.name for v in variants if not apart.is_there(v.name))}
    # Students of one teacher share its answers, which the first of them keeps.
    first: dict[str, str] = {}
    for variant in variants:
        reads = {variant.parent, controls.get(variant.parent, "")}
        if isinstance(variant.teacher, str):
            reads.add(variant.teacher)
        if getattr(variant.config, "is_taught", False):
            reads.add(first.setdefault(str(variant.teacher or variant.parent), variant.name))
        if variant.name in missing:
            after = frozenset(reads & missing - {variant.name})
            make = _making(apart, variant.name, partial(apart.variant, variant))
            told = None if isinstance(variant.teacher, SavedTeacher) else told_variant(variant)
            jobs.append(Job(variant.name, make, after, expected.get(variant.name, 0.0), told))
    return jobs


def _baseline_job(workshop: Workshop, name: str, made: Sequence[str], expected: Mapping[str, float]) -> Job:
    # The first chooses the cleaning, which all others read.
    after = {other for other in made if other != name} if name == "ensemble" else {*made[:1]} - {name}
    make = _making(workshop, name, partial(workshop.baseline, name))
    told = None if name == ADOPTED else {"kind": "baseline", "name": name}
    return Job(name, make, frozenset(after), expected.get(name, 0.0), told)


def _making(workshop: Workshop, name: str, work: Callable[[], None]) -> Callable[[], bool]:
    def make() -> bool:
        work()
        return workshop.is_there(name)

    return make


def fold_jobs(
    workshop: Workshop, folder: str, k: int, baselines: Sequence[str], variants: Sequence[Variant], store: str = ""
) -> list[Job]:
    """A job a fold, which makes every model there and lets it answer.

    Args:
        workshop: of the data that are dealt.
        folder: of the folds, from its run folder on.
        k: number of folds.
        baselines, variants: what is made.
        store: address of the folds in a store; "" for none.
    """
    tellable = ADOPTED not in baselines and not any(isinstance(v.teacher, SavedTeacher) for v in variants)
    models = model_steps(baselines, variants, len(workshop.dataset.split.train))
    root, where = workshop.run.root / folder, {"folder": folder, "store": store}
    jobs = []
    for number, (name, seconds) in enumerate(fold_steps(models, k)):
        make = partial(made_fold, workshop, root, number, k, baselines, variants, store)
        told = told_fold((number, k), baselines, variants, where) if tellable else None
        jobs.append(Job(name, make, frozenset(), seconds, told))
    return jobs


def export_jobs(jobs: Sequence[Job], names: Iterable[str]) -> list[Job]:
    """A job a model that writes it in all its forms and lets the first answer the validation texts; for other machines.

    Args:
        jobs: from `jobs_of`; those of models have to end first.
        names: of the models.
    """
    missing = {job.name for job in jobs}
    return [
        Job(exports_of(name), lambda: False, frozenset({name} & missing), EXPORT_S, {"kind": "exports", "name": name})
        for name in names
    ]


def score_jobs(names: Iterable[str]) -> list[Job]:
    """A job a model that lets all its forms answer the test part, after that look at it has been counted."""
    return [
        Job(f"scores of {name}", lambda: False, frozenset(), EXPORT_S, {"kind": "scores", "name": name})
        for name in names
    ]


def exports_of(name: str) -> str:
    """The job that exports a model."""
    return f"exports of {name}"
