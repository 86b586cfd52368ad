"""What a study makes of its wishes on these data: small trainings are timed, and the rest follows from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from baselines.dataset import Dataset
from baselines.storage.run_folder import RunFolder
from bench.making.variants import LINEAR, Variant
from bench.making.workshop import Workshop
from bench.measure.plan import Plan
from bench.planning.choice import ENSEMBLE, choose
from bench.planning.costs import Costs, Sizes
from bench.planning.deadline import Deadline
from bench.planning.limits import MOST_SECONDS, TIMED_FROM, too_slow
from bench.planning.plan import Planned, Wanted, plan_within
from bench.planning.timings import now, timings_of

# Of the time given, what small trainings may take; without a time a study on large data takes so many seconds for them.
_TIMING_SHARE, _TIMING_S = 0.05, 20.0
# Less than this would be spent on starting the process.
_LEAST_TIMING_S = 6.0


@dataclass(frozen=True)
class Prepared:
    """What is made, and what it will take.

    Attributes:
        variants: those with a row, and those that are made for others.
        left_out: models with a row that aren't made, with the reason.
        measuring: how much is measured.
        costs: seconds of the steps.
        sentences: what a user should know before it begins.
        deadline: the end, where there is one.
    """

    variants: tuple[Variant, ...]
    left_out: Mapping[str, str]
    measuring: Plan
    costs: Costs
    sentences: tuple[str, ...] = ()
    deadline: Deadline | None = None


def prepare(
    workshop: Workshop,
    wanted: Wanted,
    measuring: Plan,
    *,
    given_s: float | None,
    begun_at: float,
    doctor_s: float,
    say: Callable[[str], None],
) -> Prepared:
    """Time small trainings where the data are large, and choose what is made.

    Args:
        workshop: of the run.
        wanted: everything that could be made.
        measuring: how much is to be measured.
        given_s: seconds for the whole command; None for no limit.
        begun_at: when it began, by `bench.planning.timings.now`.
        doctor_s: expected of looking at the data.
        say: shows a line.

    Raises:
        DataError: not even one model fits into the time.
    """
    there = frozenset(name for name in _names(wanted) if workshop.is_there(name))
    wanted = replace(wanted, there=there)
    costs = _costs(workshop.run, workshop.dataset, wanted, workshop.changes, doctor_s, given_s, begun_at, say)
    if given_s is None:
        slow = _slow(wanted, costs)
        choice = choose(wanted.baselines, wanted.variants, left_out={**slow, **wanted.left_out}, members=wanted.members)
        return Prepared(choice.variants, choice.left_out, measuring, costs)
    planned = plan_within(wanted, costs, measuring, given_s=given_s, spent_s=now() - begun_at)
    deadline = _deadline(workshop, wanted, planned, costs, given_s, begun_at + given_s)
    return Prepared(planned.variants, planned.left_out, planned.measuring, costs, (planned.sentence,), deadline)


def _costs(
    run: RunFolder,
    dataset: Dataset,
    wanted: Wanted,
    changes: Mapping[str, Mapping[str, Any]],
    doctor_s: float,
    given_s: float | None,
    begun_at: float,
    say: Callable[[str], None],
) -> Costs:
    n, split = len(dataset.split.train), dataset.split
    sizes = Sizes(n, len(split.validation), len(split.test), len(dataset.classes))
    names = [name for name in wanted.baselines if name not in wanted.left_out and name not in wanted.there]
    most = _TIMING_S if given_s is None else _TIMING_SHARE * (given_s - (now() - begun_at))
    if n <= TIMED_FROM or not names or most < _LEAST_TIMING_S:
        return Costs(sizes, (), doctor_s)
    say(f"small trainings are timed, for at most {most:.0f} s, to know what {n:,} texts take")
    return Costs(sizes, timings_of(run, dataset, names, changes, most), doctor_s)


def _slow(wanted: Wanted, costs: Costs) -> dict[str, str]:
    """Rungs that take too long unasked, where they were timed."""
    if costs.sizes.train <= TIMED_FROM:
        return {}
    making, sizes = costs.making(wanted.baselines, ()), costs.sizes
    found = {
        name: too_slow(name, seconds, sizes.train, sizes.classes)
        for name, seconds in making.items()
        if seconds > MOST_SECONDS and name not in wanted.asked and name not in wanted.there
    }
    if ENSEMBLE in wanted.asked:
        return {name: why for name, why in found.items() if name not in wanted.members}
    return found


def _deadline(
    workshop: Workshop, wanted: Wanted, planned: Planned, costs: Costs, given_s: float, ends_at: float
) -> Deadline:
    variants = {variant.name: variant for variant in planned.variants}
    made = {*wanted.baselines, *variants} - set(planned.left_out)
    order = [name for name in planned.order if name in made]
    making = costs.making(wanted.baselines, planned.variants)
    trained = [name for name in order if name in wanted.baselines and not name.startswith("chance")]
    parents: dict[str, list[str]] = {ENSEMBLE: list(wanted.members)}
    for variant in planned.variants:
        teacher = [variant.teacher] if isinstance(variant.teacher, str) and variant.teacher else []
        parents[variant.name] = [variant.parent, *teacher]
    return Deadline(
        given_s,
        ends_at,
        costs,
        {name: seconds for name, seconds in making.items() if name in order},
        order,
        frozenset(name for name in order if name not in variants or variants[name].has_row),
        parents,
        LINEAR if LINEAR in trained else trained[0],
        lambda name: float(workshop.facts_of(name).get("seconds", 0.0)) if workshop.is_there(name) else None,
        wanted.processes,
        planned.measuring,
    )


def _names(wanted: Wanted) -> list[str]:
    return [*wanted.baselines, *(variant.name for variant in wanted.variants)]
