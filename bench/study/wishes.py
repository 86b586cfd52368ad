"""What a user wishes of a study, by whatever door it came in: the command line or Python.

Wishes that would have no effect, or that exclude each other, are refused before anything is trained.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from baselines.errors import DataError
from bench.numbers.ratios import SPEED_MARGIN
from bench.verdict.gates import Gate
from bench.verdict.judge import Priority
from compress.search.budget import Budget

_OF_PRUNING = ("--method prune", "--method all", "--recipe")
_OF_STUDENTS = ("--method distill", "--method all", "--recipe", "a budget")
# What each option has an effect with.
_USES: dict[str, tuple[str, ...]] = {
    "bits": ("--method quantize", "--recipe"),
    "sparsity": _OF_PRUNING,
    "auto": _OF_PRUNING,
    "unstructured": _OF_PRUNING,
    "criterion": _OF_PRUNING,
    "student": _OF_STUDENTS[:2],
    "teacher": _OF_STUDENTS,
    "unlabelled": _OF_STUDENTS,
}


@dataclass(frozen=True)
class Wishes:
    """The options of a study, one field each, as `python -m compress.run --help` describes them.

    Attributes:
        method, recipe: what to make; without either, and without a budget, the whole study.
        teacher: a baseline's name, or the folder of a saved artifact.
        student: presets of `compress.methods.distill.student.PRESETS`.
        unlabelled: file of further texts for students.
        bits, sparsity, auto, unstructured, criterion: settings of the methods; None and False take their own.
        config: settings by baseline or method, or a JSON file with them.
        baseline: names of baselines besides those that are needed anyhow.
        only, skip: names of baselines and variants: those that are made, with what they need, and those that aren't.
        time: seconds in which the whole command has to end, with a verdict; None for no limit.
        max_bytes, max_drop, max_p95_us: the budget to search a model for; bytes, units of the metric, microseconds.
        trials: students trained at most in that search.
        folds: K > 1 judges by K folds; 0 by the one split.
        plan: name in `bench.measure.plan.PLANS`; None takes the one that fits.
        delta: margin of non-inferiority, in units of the metric (which is an option of the data).
        speed_margin: how far from 1 a ratio of latencies must be to matter, as a share in [0, 1).
        priority: which of the models that are good enough to recommend.
        reference: a baseline's name, or `auto`.
        price_per_hour: of the machine, in any currency.
        carbon_per_kwh: grams of CO2 equivalent a kilowatt hour of its electricity.
        gates: what has to hold.
        parent: file of a scikit-learn pipeline or a fastText model, or folder of the artifact made of one: what others
            are compared with.
        trust: whether that file may be a pickle, which runs code.
        run: name of the folder below `runs/`.
        seed, threads, device: of everything that is trained.
        engine: `local`, `ray` or `ray://HOST:PORT`: where steps are made.
        store: address at which the run's steps are kept too; None for none.
    """

    method: str | None = None
    recipe: str | None = None
    teacher: str | None = None
    student: tuple[str, ...] = ()
    unlabelled: Path | None = None
    bits: int | None = None
    sparsity: float | None = None
    auto: bool = False
    unstructured: bool = False
    criterion: str | None = None
    config: Path | Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    baseline: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    time: float | None = None
    max_bytes: int | None = None
    max_drop: float | None = None
    max_p95_us: float | None = None
    trials: int = 30
    folds: int = 0
    plan: str | None = None
    delta: float = 0.01
    speed_margin: float = SPEED_MARGIN
    priority: Priority = "smallest"
    reference: str = "auto"
    price_per_hour: float | None = None
    carbon_per_kwh: float | None = None
    gates: tuple[Gate, ...] = ()
    parent: Path | None = None
    trust: bool = False
    run: str = "study"
    seed: int = 0
    threads: int = 1
    device: str = "cpu"
    engine: str = "local"
    store: str | None = None

    @property
    def budget(self) -> Budget | None:
        """The limits that were given; None for none."""
        seconds = None if self.max_p95_us is None else self.max_p95_us * 1e-6
        budget = Budget(self.max_bytes, self.max_drop, seconds)
        return None if budget == Budget() else budget

    @property
    def is_whole(self) -> bool:
        """Whether the whole study is asked for: by name, or by asking for nothing in particular."""
        return self.method == "all" or (self.method is None and not self.recipe and self.budget is None)


def wishes_of(given: Mapping[str, Any]) -> Wishes:
    """Wishes by name; lists become tuples, and the names of files paths. Raises DataError naming what isn't known."""
    known = [entry.name for entry in fields(Wishes)]
    if unknown := sorted(set(given) - set(known)):
        raise DataError(f"a study has no {', '.join(unknown)}; allowed: {', '.join(known)}")
    typed: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    for name in ("unlabelled", "config", "parent"):
        if isinstance(typed.get(name), str):
            typed[name] = Path(typed[name])
    return Wishes(**typed)


def refuse_unused(wishes: Wishes) -> None:
    """Raise DataError for options that would have no effect, or that exclude each other."""
    if wishes.recipe and wishes.method:
        raise DataError("--method and --recipe each say what to make; give one of them")
    what = "--recipe" if wishes.recipe else f"--method {wishes.method or 'all'}"
    made = {"a budget"} if wishes.budget is not None else set()
    if wishes.method or wishes.recipe or not made:
        made.add(what)
    for option, uses in _USES.items():
        if getattr(wishes, option) and not made & set(uses):
            raise DataError(
                f"--{option} has no effect with {' and '.join(sorted(made))}; leave it out, or use it with one of: "
                f"{', '.join(uses)}"
            )
    _refuse_contrary_pruning(wishes)
    if wishes.trust and wishes.parent is None:
        raise DataError("--trust has no effect without --parent; leave it out")
    if wishes.time is not None and wishes.folds:
        raise DataError(
            f"--folds makes every model {wishes.folds} times more, which --time doesn't plan; leave out one of them"
        )
    if wishes.parent is not None and wishes.folds:
        raise DataError("--parent is fitted already, so it can't be fitted anew on each fold; leave out --folds")


def _refuse_contrary_pruning(wishes: Wishes) -> None:
    if wishes.auto and (wishes.sparsity is not None or wishes.unstructured):
        other = "--unstructured" if wishes.unstructured else "--sparsity"
        raise DataError(f"--auto chooses how many filters of each width go; leave out {other}, or --auto")
    if wishes.unstructured and wishes.criterion:
        raise DataError("--criterion ranks filters, --unstructured takes single weights by magnitude; leave one out")
