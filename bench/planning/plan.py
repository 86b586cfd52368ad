"""A study within a time: what is made, in the order of its worth, until the time is used up.

    cost of a model = its making / processes at once + what its row adds to exports, answers, measuring and report

Models are taken one after the other while their cost fits; one whose parent was left out goes, too. A share of the time
stays free, since no forecast is exact; while the study runs, `bench.planning.deadline` corrects it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from baselines.errors import DataError
from baselines.task import Task
from bench.making.variants import Variant
from bench.measure.plan import PLANS, Plan
from bench.planning.choice import ENSEMBLE, choose
from bench.planning.costs import Costs
from bench.planning.worth import by_worth

# Of the time that is left after reading the data, what is planned for.
PLANNED_SHARE = 0.85
# Measuring may take this share of it; where it would take more, it is done the quick way.
_MEASURING_SHARE = 0.2
# What a study needs besides its models: checks, the data card, libraries that are loaded.
_BASE_S = 10.0


@dataclass(frozen=True)
class Wanted:
    """What a study would make if it had all the time.

    Attributes:
        baselines, variants: parents first.
        left_out: of them those that aren't made anyhow, with the reason.
        asked: names that were asked for.
        members: baselines that the ensemble averages.
        task: of the data.
        there: models that an earlier command has made already.
        processes: trainings at once.
    """

    baselines: Sequence[str]
    variants: Sequence[Variant]
    left_out: Mapping[str, str]
    asked: Collection[str]
    members: Sequence[str]
    task: Task
    there: Collection[str] = ()
    processes: int = 1


@dataclass(frozen=True)
class Planned:
    """What is made of it within the time.

    Attributes:
        variants: those with a row, and those that are made for others.
        left_out: models with a row that aren't made, with the reason.
        order: names of all models by their worth.
        measuring: how much is measured.
        seconds: that all of it is expected to take.
        sentence: what a user should know of the plan.
    """

    variants: tuple[Variant, ...]
    left_out: Mapping[str, str]
    order: Sequence[str]
    measuring: Plan
    seconds: float
    sentence: str


def plan_within(wanted: Wanted, costs: Costs, measuring: Plan, *, given_s: float, spent_s: float) -> Planned:
    """The most worthwhile models that fit.

    Args:
        wanted: everything.
        costs: seconds of each step.
        measuring: the plan of measuring; a quicker one where it would take too much.
        given_s: for the whole command.
        spent_s: of it so far.

    Raises:
        DataError: not even the first model fits; says how much is needed.
    """
    order = by_worth(wanted.baselines, wanted.variants, wanted.task, asked=wanted.asked, members=wanted.members)
    making = costs.making(wanted.baselines, wanted.variants)
    room = PLANNED_SHARE * (given_s - spent_s)
    measuring = _measuring(wanted, costs, measuring, room)
    fill = _Filling(wanted, costs, making, measuring, room)
    for name in order:
        if name not in wanted.left_out:
            fill.take(name)
    _check_enough(fill, given_s, spent_s)
    reasons = {name: _reason(seconds, given_s) for name, seconds in fill.refused.items()}
    choice = choose(wanted.baselines, wanted.variants, left_out={**reasons, **wanted.left_out}, members=wanted.members)
    left = [name for name in choice.left_out if name not in wanted.left_out]
    sentence = f"--time: about {_words(fill.seconds + spent_s)} of the {_words(given_s)} are planned"
    if left:
        sentence += f"; left out: {', '.join(left)}; --only, --skip or a longer --time choose otherwise"
    return Planned(choice.variants, choice.left_out, order, measuring, fill.seconds, sentence)


class _Filling:
    """Models taken so far, and what they cost."""

    def __init__(self, wanted: Wanted, costs: Costs, making: Mapping[str, float], measuring: Plan, room: float) -> None:
        self.wanted, self.costs, self.making, self.measuring, self.room = wanted, costs, making, measuring, room
        self.rowless = {v.name for v in wanted.variants if not v.has_row}
        self.parents = {v.name: v.parent for v in wanted.variants}
        self.needs = {name: [name_of] for name, name_of in self.parents.items()}
        for variant in wanted.variants:
            if isinstance(variant.teacher, str):
                self.needs[variant.name].append(variant.teacher)
        self.needs[ENSEMBLE] = list(wanted.members)
        self.taken: list[str] = []
        self.gone: set[str] = set()
        self.refused: dict[str, float] = {}
        self.seconds = _BASE_S + self._after()

    def take(self, name: str) -> None:
        """Take a model if it fits; one without a row stays, since what is made of it decides."""
        parent = self.parents.get(name)
        if any(need in self.refused or need in self.gone for need in self.needs.get(name, ())):
            self.gone.add(name)
            return
        step = self.making_s(name)
        if parent in self.rowless and parent not in self.taken:
            step += self.making_s(str(parent))
        before = self._after()
        rows = [*self.taken, name]
        total = self.seconds - before + step + self._after(rows)
        if name in self.rowless and self._is_needed(name):
            return
        if total > self.room:
            self.refused[name] = step + self._after(rows) - before
            return
        if parent in self.rowless and parent not in self.taken:
            self.taken.append(str(parent))
        self.taken.append(name)
        self.seconds = total

    def making_s(self, name: str) -> float:
        """Seconds of the whole command that a training takes; nothing where it is there already."""
        return 0.0 if name in self.wanted.there else self.making.get(name, 0.0) / self.wanted.processes

    def _is_needed(self, name: str) -> bool:
        """Whether it is made for others alone."""
        return name in self.parents.values()

    def _after(self, names: Sequence[str] | None = None) -> float:
        rows = [name for name in (self.taken if names is None else names) if name not in self.rowless]
        return sum(self.costs.after(rows, self.measuring).values())


def _measuring(wanted: Wanted, costs: Costs, plan: Plan, room: float) -> Plan:
    rows = [*wanted.baselines, *(v.name for v in wanted.variants if v.has_row)]
    most = costs.after([name for name in rows if name not in wanted.left_out], plan)["latency"]
    return plan if most <= _MEASURING_SHARE * room or plan.name == "quick" else PLANS["quick"]


def _check_enough(fill: _Filling, given_s: float, spent_s: float) -> None:
    if any(name in fill.wanted.baselines and not name.startswith("chance") for name in fill.taken):
        return
    smallest = min((fill.refused[n] for n in fill.wanted.baselines if n in fill.refused), default=0.0)
    least = spent_s + (fill.seconds + smallest) / PLANNED_SHARE
    raise DataError(
        f"--time {_words(given_s)}: too little for any model on {fill.costs.sizes.train:,} training texts; the least "
        f"is about {_words(least)}, of which {_words(spent_s)} went into reading the data and looking at it"
    )


def _reason(seconds: float, given_s: float) -> str:
    return (
        f"about {_words(seconds)} of the {_words(given_s)} that --time gives, which more useful models need; --only, "
        "--skip or a longer --time make room for it"
    )


def _words(seconds: float) -> str:
    """`45 s`, `12 minutes`, `1.5 hours`."""
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
