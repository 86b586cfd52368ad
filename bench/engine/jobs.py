"""Steps to make, each with those it has to wait for; and which of them go next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol


@dataclass(frozen=True)
class Job:
    """One step to make.

    Attributes:
        name: of the baseline or variant.
        make: makes the step in this process; whether it is there then, or can't be made here.
        after: names of the jobs whose steps it reads.
        seconds: expected; of those that can begin, the one does that most time hangs on.
        told: what another machine has to know to make it, of JSON's types; None for what only this process can make.
    """

    name: str
    make: Callable[[], bool]
    after: frozenset[str]
    seconds: float
    told: Mapping[str, Any] | None = field(default=None, compare=False)


class Watcher(Protocol):
    """Who wants to know how far the jobs are: what a `Watch` has for steps that others make."""

    def begun(self, name: str) -> None:
        """A job has begun."""

    def reached(self, name: str, share: float) -> None:
        """So much of it is done, in [0, 1]."""

    def ended(self, name: str, taken: float) -> None:
        """Its step is there, and took so many seconds."""


class Queue:
    """Jobs that wait, the one first that most time hangs on; none waits for another in a circle."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.waiting = sorted(jobs, key=path_seconds(jobs), reverse=True)
        self._under_way: set[str] = set()

    def take(self, most: int) -> list[Job]:
        """Up to so many jobs that can begin now; they are under way until `ended` says otherwise."""
        blocked = {job.name for job in self.waiting} | self._under_way
        ready = [job for job in self.waiting if not job.after & blocked][: max(0, most)]
        for job in ready:
            self.waiting.remove(job)
            self._under_way.add(job.name)
        return ready

    def ended(self, job: Job) -> None:
        """It is done, or will not be: whoever waited for it may begin."""
        self._under_way.discard(job.name)

    def again(self, job: Job) -> None:
        """It has to be made once more, before all others."""
        self._under_way.discard(job.name)
        self.waiting.insert(0, job)


def path_seconds(jobs: Sequence[Job]) -> Callable[[Job], float]:
    """Expected seconds from the begin of a job to the end of the last one that waits for it."""

    @cache
    def of(job: Job) -> float:
        return job.seconds + max((of(later) for later in jobs if job.name in later.after), default=0.0)

    return of


def that_can_travel(jobs: Sequence[Job]) -> list[Job]:
    """The jobs that another machine can make: those it can be told of, and that wait for no other ones."""
    kept = {job.name: job for job in jobs if job.told is not None}
    while True:
        names = {job.name for job in jobs} - kept.keys()
        blocked = [name for name, job in kept.items() if job.after & names]
        if not blocked:
            return list(kept.values())
        for name in blocked:
            del kept[name]
