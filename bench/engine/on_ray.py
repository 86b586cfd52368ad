"""Steps made by a Ray cluster: a worker a processor, told one step at a time; what a lost one was at is made again.

Only small things travel: what a worker is told is JSON, what it says is a few numbers. The steps themselves go into the
run folder or the store, where the study then finds them done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from baselines.cluster.nodes import nodes_of
from baselines.errors import ClusterError
from bench.engine.jobs import Job, Queue, Watcher
from bench.engine.workers import BYTES_OF_ONE, MadeStep, Worker, is_for_memory

# A step whose worker was lost is made by another one so often; a third loss is hardly chance.
TRIES = 3
# A node that joins, or a process that imports the libraries on a busy one, takes its time.
_BEGIN_S = 180.0
_LOOK_EVERY_S = 0.5
# Makes a step of what it is told: (what all steps share, this one) -> whether it is there.
Maker = Callable[[Mapping[str, Any], Mapping[str, Any]], bool]


@dataclass
class _Lane:
    """A worker, where it is, and what it is at."""

    actor: Any
    place: dict[str, Any]
    job: Job | None = None
    answer: Any = None

    def __str__(self) -> str:
        return f"{self.place['host']} (process {self.place['pid']})"


@dataclass
class Spread:
    """What became of the jobs.

    Attributes:
        hosts: workers by the machine they were on.
        made, again: steps that were made, and how often one had to be made again as its worker was lost.
    """

    hosts: dict[str, int] = field(default_factory=dict)
    made: int = 0
    again: int = 0


class RayEngine:
    """Workers on the nodes of a connected cluster."""

    def __init__(self, ray: ModuleType, make: Maker, shared: Mapping[str, Any], watcher: Watcher) -> None:
        """Take what is needed; nothing begins yet.

        Args:
            ray: connected, see `baselines.cluster.connect`.
            make: a function at the top of a module, which the workers import.
            shared: what all steps share, of JSON's types.
            watcher: is told of what happens.
        """
        self.ray, self.make, self.shared, self.watcher = ray, make, dict(shared), watcher
        self.spread = Spread()
        self._lanes: list[_Lane] = []
        self._lost: dict[str, int] = {}

    @property
    def offered(self) -> int:
        """Processors of all nodes together."""
        return int(sum(node.cpus for node in nodes_of(self.ray)))

    def open(self, most: int) -> int:
        """Begin up to so many workers, one a processor, less those that are there; gives how many there are.

        Raises:
            ClusterError: no node takes a worker, or one doesn't see the run.
        """
        missing = min(self.offered, most) - len(self._lanes)
        for actor in [self._actor() for _ in range(missing)]:
            self._lanes.append(self._begun(actor))
        return len(self._lanes)

    def run(self, jobs: Sequence[Job]) -> Spread:
        """Make the steps of the jobs, each of which can be told; none waits for another in a circle.

        Raises:
            ClusterError: a step's worker was lost so often that it isn't tried again, or no node takes a worker. What
                was made until then stays made.
        """
        self.open(len(jobs))
        self._work_through(Queue(jobs))
        return self.spread

    def share(self, shared: Mapping[str, Any]) -> None:
        """Let the workers make steps of another run from now on; how often steps lost their workers is forgotten."""
        self.shared = dict(shared)
        self._lost.clear()

    def at_work(self) -> dict[int, str]:
        """The step that each worker is at, by the number of its process on its machine."""
        return {lane.place["pid"]: lane.job.name for lane in list(self._lanes) if lane.job is not None}

    def close(self) -> None:
        """End the workers, whatever they are at."""
        for lane in self._lanes:
            self.ray.kill(lane.actor)
        self._lanes.clear()

    def _work_through(self, queue: Queue) -> None:
        while True:
            free = [lane for lane in self._lanes if lane.job is None]
            for lane, job in zip(free, queue.take(len(free)), strict=False):
                lane.job, lane.answer = job, lane.actor.make.remote(self.make, self.shared, dict(job.told or {}))
                self.watcher.begun(job.name)
            busy = {lane.answer: lane for lane in self._lanes if lane.job is not None}
            if not busy:
                return
            ended, _ = self.ray.wait(list(busy), timeout=_LOOK_EVERY_S)
            for answer in ended:
                self._take(busy[answer], queue)

    def _take(self, lane: _Lane, queue: Queue) -> None:
        """What a worker says, or that it says nothing any more."""
        job, answer, lane.job, lane.answer = lane.job, lane.answer, None, None
        assert job is not None
        try:
            made: MadeStep = self.ray.get(answer)
        except self.ray.exceptions.RayTaskError:
            queue.ended(job)  # a mistake in the step itself: the study makes it, and says what is wrong
        except self.ray.exceptions.RayError as error:
            self._replace(lane, job, error, queue)
        else:
            queue.ended(job)
            if made["made"]:
                self.spread.made += 1
                self.watcher.ended(job.name, made["seconds"])

    def _replace(self, lane: _Lane, job: Job, error: Exception, queue: Queue) -> None:
        lost = self._lost[job.name] = self._lost.get(job.name, 0) + 1
        if lost >= TRIES:
            why = "was killed for its memory" if is_for_memory(error) else "was lost"
            most = max((node.memory_bytes for node in nodes_of(self.ray)), default=0.0)
            mend = (
                f"no node offers more than {most / 1e9:.0f} GB; add a larger one, or leave the step out"
                if is_for_memory(error)
                else "see that node's logs"
            )
            raise ClusterError(
                f"step {job.name}: its worker {why} {lost} times, the last on {lane}: {mend}. Finished steps are kept: "
                "the same command continues, with --engine local on this machine alone"
            )
        self.spread.again += 1
        self._lanes.remove(lane)
        self._lanes.append(self._begun(self._actor()))
        queue.again(job)

    def _actor(self) -> Any:
        # So much memory is set aside on a node for each worker, as far as any node has it.
        most = max((node.memory_bytes for node in nodes_of(self.ray)), default=0.0)
        actor = self.ray.remote(Worker)
        return actor.options(num_cpus=1, memory=int(min(BYTES_OF_ONE, most / 2)), max_restarts=0).remote()

    def _begun(self, actor: Any) -> _Lane:
        try:
            place = self.ray.get(actor.where.remote(self.shared), timeout=_BEGIN_S)
        except self.ray.exceptions.RayError as error:
            raise ClusterError(
                f"no node took a worker within {_BEGIN_S:.0f} s ({type(error).__name__}): too few processors, or too "
                "little memory, are free on the cluster; wait for others' work to end, or use --engine local"
            ) from None
        if not place["reaches"]:
            raise ClusterError(
                f"{place['host']} doesn't see the run folder {self.shared.get('root')}: say --store URL with a place "
                "that all machines reach, or put runs/ on a disk that they share"
            )
        self.spread.hosts[place["host"]] = self.spread.hosts.get(place["host"], 0) + 1
        return _Lane(actor, place)
