"""A study's steps spread over a cluster for as long as nothing is timed, and given back before anything is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from baselines.cluster.connect import connected
from baselines.cluster.engines import Engine
from baselines.watching.watch import Watch
from bench.engine.jobs import Job, that_can_travel
from bench.engine.on_ray import RayEngine
from bench.making.told import make_told, shared_by_all
from bench.making.workshop import Workshop

Spread = Callable[[Sequence[Job]], None]
# Where what is timed is timed, for results.json.
TIMED = "on the machine that ran the command, after all workers had ended"


@dataclass
class Spreading:
    """A cluster's work on a study.

    Attributes:
        facts: for results.json: engine, workers by machine, steps they made, how often one was made again, and where
            times were taken; empty without a cluster.
    """

    facts: dict[str, Any]
    _engine: RayEngine | None = None
    _watch: Watch | None = None
    _has_store: bool = False

    @property
    def is_on(self) -> bool:
        """Whether there is a cluster."""
        return self._engine is not None

    def make(self, jobs: Sequence[Job]) -> None:
        """Let the workers make what they can be told of; the study makes the rest, and finds the others done."""
        if self._engine is None or self._watch is None:
            return
        # The doctor's list of issues lies beside the steps, so whoever makes it has to see the run folder itself.
        kept = [job for job in jobs if not (self._has_store and (job.told or {}).get("kind") == "doctor")]
        travelling = that_can_travel(kept)
        if not travelling:
            return
        lanes, offered = self._engine.open(len(travelling)), self._engine.offered
        if offered > len(travelling):
            self._watch.say(f"{offered} processors for {len(travelling)} steps: so many workers are enough")
        with self._watch.side_by_side({job.name: job.after for job in travelling if self._knows(job.name)}, lanes):
            self._engine.run(travelling)
        spread = self._engine.spread
        self.facts |= {"workers": dict(spread.hosts), "steps": spread.made, "made_again": spread.again}

    def _knows(self, name: str) -> bool:
        return self._watch is not None and name in dict(self._watch.expected)


@contextmanager
def spreading(
    workshop: Workshop, controls: Mapping[str, str], engine: Engine, store: str, watch: Watch
) -> Iterator[Spreading]:
    """A cluster for the block, where the engine is one.

    Args:
        workshop: of the study.
        controls: of each student that has one.
        engine: `local` spreads nothing here: see `bench.engine.on_processes`.
        store: address of the run in a store; "" for a run folder that all machines see.
        watch: of the study.

    Raises:
        MissingExtra, ClusterError: see `baselines.cluster.connect`.
    """
    if engine.kind == "local":
        yield Spreading({})
        return
    with connected(engine) as ray, shared_by_all(workshop, controls, store) as shared:
        on_ray = RayEngine(ray, make_told, shared, _Known(watch))
        try:
            yield Spreading({"kind": str(engine), "timed": TIMED}, on_ray, watch, bool(store))
        finally:
            on_ray.close()


class _Known:
    """A watch that isn't told of steps it has no line for."""

    def __init__(self, watch: Watch) -> None:
        self._watch, self._names = watch, {name for name, _ in watch.expected}

    def begun(self, name: str) -> None:
        if name in self._names:
            self._watch.begun(name)

    def reached(self, name: str, share: float) -> None:
        if name in self._names:
            self._watch.reached(name, share)

    def ended(self, name: str, taken: float) -> None:
        if name in self._names:
            self._watch.ended(name, taken)
