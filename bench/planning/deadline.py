"""The end of a study that has one: what may still be begun, and what is left out since other steps took longer.

All that is known comes from a clock and from the files of finished steps, so that a process that makes steps ahead
knows as much as the one that plans:

    pace = (T + Σ seconds of what is made) / (T + Σ seconds that were expected of it)

A training begins only where it can end: its seconds, those of more useful models that are still to come, and all that
follows the making must fit into what is left.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from baselines.classifier import Progress
from bench.measure.plan import PLANS, Plan
from bench.planning.costs import Costs
from bench.planning.timings import now

# What was expected counts as if so many seconds of it had been seen to be right.
_TRUST_S = 10.0
_PACES = (0.3, 20.0)
# A training under way is ended where what follows would need more than the rest; the exact second is nobody's.
_SLACK_S = 1.0


# Gives the progress of a step with this description.
Reports = Callable[[str], Progress]


class OutOfTime(Exception):
    """A training was ended, since what follows needs the time that is left."""


@dataclass
class Deadline:
    """The end of a study, and the steps before it.

    Attributes:
        given_s: as the user said.
        ends_at: by the clock.
        costs: expected seconds.
        making: expected seconds of each model.
        order: models by worth, most useful first.
        rows: of them those that get a row.
        parents: of each model what it is made of.
        first: the model that is made in any case: without one there is no verdict.
        seconds_of: seconds that a model took; None where it isn't there.
        processes: trainings at once.
        measuring: how much is measured.
        dropped: models that are left out on the way, with the reason.
        clock: seconds from any zero, the same in all processes.
    """

    given_s: float
    ends_at: float
    costs: Costs
    making: Mapping[str, float]
    order: Sequence[str]
    rows: frozenset[str]
    parents: Mapping[str, Sequence[str]]
    first: str
    seconds_of: Callable[[str], float | None]
    processes: int = 1
    measuring: Plan = PLANS["study"]
    dropped: dict[str, str] = field(default_factory=dict)
    clock: Callable[[], float] = now
    _known: dict[str, float] = field(default_factory=dict)

    def left_s(self) -> float:
        """Seconds to the end; below 0 past it."""
        return self.ends_at - self.clock()

    def refuses(self, name: str) -> str:
        """Why a model isn't begun; "" where it may be, and where it is there."""
        if name in self.dropped or name not in self.making:
            return self.dropped.get(name, "")
        taken = self._taken()
        if name in taken or name == self.first:
            return ""
        for parent in self.parents.get(name, ()):
            if parent in self.dropped:
                self.dropped[name] = f"{parent}, which it is made of, is left out: {self.dropped[parent]}"
                return self.dropped[name]
        pace = self._pace(taken)
        before = self.order[: self.order.index(name)]
        worthier = sum(self.making[one] for one in before if one not in taken and one not in self.dropped)
        own, follows = pace * self.making[name], pace * self._after([*taken, name])
        if own + pace * worthier / self.processes + follows > self.left_s():
            self.dropped[name] = self._too_long(own, pace)
        return self.dropped.get(name, "")

    def guarded(self, name: str, make: Callable[[], bool]) -> Callable[[], bool]:
        """The making of a step in a process of its own: refused where it can't end, and ended at the last moment.

        Whatever else is under way then has no time left either, so ending the process loses nothing.
        """

        def within() -> bool:
            if self.refuses(name):
                return False
            timer = threading.Timer(max(0.0, self._training_left_s()), os._exit, (1,))
            timer.daemon = True
            if name != self.first:
                timer.start()
            try:
                return make()
            finally:
                timer.cancel()

        return within

    def stopping(self, inside: Reports, under_way: Callable[[], str | None]) -> Reports:
        """Progress of steps in this process, which ends a training that takes the time of what follows.

        Args:
            inside: gives the progress to report to.
            under_way: name of the step under way.
        """

        def watched(description: str) -> Progress:
            report = inside(description)

            def advance(done: int, total: int) -> None:
                report(done, total)
                name = under_way()
                if name in self.making and name != self.first and self._training_left_s() < -_SLACK_S:
                    raise OutOfTime(name)

            return advance

        return watched

    def drop(self, name: str) -> str:
        """Leave out a model that was ended on its way."""
        self.dropped[name] = (
            f"its training was ended: what is made needs the rest of the {self.given_s / 60:.3g} minutes of --time"
        )
        return self.dropped[name]

    def trimmed(self, made: Sequence[str]) -> dict[str, str]:
        """Models that are made, but not measured, with the reason: the least useful, until the rest fits.

        Measuring is done the quick way before any model is left out.
        """
        kept = [name for name in self.order if name in made and name in self.rows]
        pace = self._pace(self._taken())
        found: dict[str, str] = {}
        if pace * self._after(kept) > self.left_s() and self.measuring.name != "quick":
            self.measuring = PLANS["quick"]
        while len(kept) > 1 and pace * self._after(kept) > self.left_s():
            name = kept.pop()
            if name == self.first:
                break
            found[name] = (
                f"it is made, but no time is left to measure it in the {self.given_s / 60:.3g} minutes of --time; the "
                "same command continues with it"
            )
        self.dropped.update(found)
        return found

    def has_time_for(self, step_s: float, made: Sequence[str]) -> bool:
        """Whether something that could be left out fits beside what follows."""
        return step_s + self._pace(self._taken()) * self._after(made) <= self.left_s()

    def searching_s(self) -> float:
        """Seconds that a search may take: what the planned models and what follows them leave."""
        taken = self._taken()
        pace, open_s = self._pace(taken), sum(s for name, s in self.making.items() if name not in taken)
        return self.left_s() - pace * (open_s / self.processes + self._after([*self.making]))

    def _taken(self) -> dict[str, float]:
        # A step that is there stays there, and looking reads all its files.
        for name in self.order:
            if name not in self._known and (seconds := self.seconds_of(name)) is not None:
                self._known[name] = seconds
        return {name: seconds for name, seconds in self._known.items() if name not in self.dropped}

    def _pace(self, taken: Mapping[str, float]) -> float:
        expected = sum(self.making.get(name, 0.0) for name in taken)
        return min(max((_TRUST_S + sum(taken.values())) / (_TRUST_S + expected), _PACES[0]), _PACES[1])

    def _after(self, names: Sequence[str]) -> float:
        return sum(self.costs.after([name for name in names if name in self.rows], self.measuring).values())

    def _training_left_s(self) -> float:
        """Seconds until what is made needs the rest."""
        taken = self._taken()
        return self.left_s() - self._pace(taken) * self._after([*taken])

    def _too_long(self, seconds: float, pace: float) -> str:
        slower = f", as steps take {pace:.1f} times what was planned" if pace > 1.25 else ""
        takes = f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} minutes"
        return (
            f"it takes about {takes}, and more useful models need what is left of the {self.given_s / 60:.3g} minutes "
            f"of --time{slower}; a longer --time, --only or --skip make room for it"
        )


def trials_within(deadline: Deadline, most: int) -> int:
    """Students that a search within a budget may train, at least one."""
    return max(1, min(most, int(deadline.searching_s() / deadline.costs.trial_s)))
