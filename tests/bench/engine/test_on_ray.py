"""Workers of a cluster, with a stand-in for Ray: what is asked of whom, and what happens when one is lost."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from baselines.errors import ClusterError
from bench.engine.jobs import Job, Queue, that_can_travel
from bench.engine.on_ray import TRIES, RayEngine


class RayError(Exception):
    """What Ray raises when a worker is lost."""


class RayTaskError(RayError):
    """What Ray raises when the work itself failed."""


class OutOfMemoryError(RayError):
    """What Ray raises for a worker that it ended."""


class StandIn:
    """Two nodes of one processor each; `plan` says what a step comes to, in the order of its tries."""

    def __init__(self, plan: Mapping[str, list[Any]], sees: bool = True) -> None:
        self.plan = {name: list(outcomes) for name, outcomes in plan.items()}
        self.sees, self.workers, self.killed, self.asked = sees, 0, 0, list[str]()
        self.exceptions = SimpleNamespace(RayError=RayError, RayTaskError=RayTaskError)

    def nodes(self) -> list[dict[str, Any]]:
        offered = {"CPU": 1.0, "memory": 4e9}
        return [
            {"Alive": alive, "NodeID": host, "NodeManagerHostname": host, "Resources": offered}
            for host, alive in (("left", True), ("right", True), ("gone", False))
        ]

    def remote(self, kind: type) -> Any:
        return SimpleNamespace(options=lambda **asked: SimpleNamespace(remote=self._worker))

    def _worker(self) -> Any:
        self.workers += 1
        place = {"host": "left" if self.workers % 2 else "right", "pid": self.workers, "reaches": self.sees}
        where = SimpleNamespace(remote=lambda shared: lambda: place)
        return SimpleNamespace(where=where, make=SimpleNamespace(remote=self._asked))

    def _asked(self, make: Any, shared: Any, told: Mapping[str, Any]) -> Any:
        self.asked.append(told["name"])

        def answer() -> Any:
            outcome = self.plan.get(told["name"], [True]).pop(0) if self.plan.get(told["name"]) else True
            if isinstance(outcome, Exception):
                raise outcome
            return {"made": outcome, "seconds": 1.0}

        return answer

    def wait(self, answers: list[Any], timeout: float) -> tuple[list[Any], list[Any]]:
        return answers[:1], answers[1:]

    def get(self, answer: Any, timeout: float = 0.0) -> Any:
        return answer()

    def kill(self, actor: Any) -> None:
        self.killed += 1


class Watching:
    def __init__(self) -> None:
        self.ended_ones: list[str] = []

    def begun(self, name: str) -> None: ...

    def reached(self, name: str, share: float) -> None: ...

    def ended(self, name: str, taken: float) -> None:
        self.ended_ones.append(name)


def job(name: str, after: str = "", seconds: float = 1.0) -> Job:
    return Job(name, lambda: False, frozenset(after), seconds, {"name": name})


def engine(ray: StandIn) -> tuple[RayEngine, Watching]:
    watching = Watching()
    return RayEngine(ray, lambda shared, told: True, {"root": "runs/a"}, watching), watching  # type: ignore[arg-type]


def test_each_waits_for_what_it_is_made_from() -> None:
    ray = StandIn({})
    made, watching = engine(ray)
    spread = made.run([job("d", "bc"), job("b", "a", 5), job("c", "a"), job("a")])
    assert ray.asked[0] == "a"
    assert ray.asked[-1] == "d"
    assert sorted(watching.ended_ones) == list("abcd")
    assert (spread.made, spread.again, spread.hosts) == (4, 0, {"left": 1, "right": 1})
    made.close()
    assert ray.killed == 2


def test_what_a_lost_worker_was_at_is_made_again_by_another() -> None:
    ray = StandIn({"a": [RayError("lost"), RayError("lost"), True]})
    made, _ = engine(ray)
    spread = made.run([job("a"), job("b", "a")])
    assert ray.asked == ["a", "a", "a", "b"]
    assert (spread.made, spread.again) == (2, 2)
    assert ray.workers == 2 + 2


@pytest.mark.parametrize(
    ("error", "said"), [(RayError("gone"), "was lost 3 times"), (OutOfMemoryError(), "killed for its memory 3 times")]
)
def test_a_step_that_loses_every_worker_is_named_with_the_last_one(error: Exception, said: str) -> None:
    made, _ = engine(StandIn({"a": [error] * TRIES}))
    with pytest.raises(
        ClusterError, match=rf"step a: its worker .*{said}, the last on (left|right) \(process \d\)"
    ) as e:
        made.run([job("a"), job("b", "a"), job("c")])
    assert "the same command continues" in str(e.value)
    assert ("no node offers more than 4 GB" in str(e.value)) == ("memory" in said)


def test_a_mistake_in_a_step_is_left_to_the_study() -> None:
    ray = StandIn({"a": [RayTaskError("a mistake")], "b": [False]})
    made, watching = engine(ray)
    spread = made.run([job("a"), job("b"), job("c", "a")])
    assert sorted(ray.asked) == ["a", "b", "c"]
    assert watching.ended_ones == ["c"]
    assert spread.again == 0


def test_a_node_that_does_not_see_the_run_is_named() -> None:
    made, _ = engine(StandIn({}, sees=False))
    with pytest.raises(ClusterError, match=r"left doesn't see the run folder runs/a: say --store"):
        made.run([job("a")])


def test_only_what_can_be_told_travels_and_what_waits_for_nothing_else() -> None:
    here = Job("here", lambda: True, frozenset(), 1)
    jobs = [
        job("a"),
        here,
        Job("b", lambda: True, frozenset({"here"}), 1, {}),
        Job("c", lambda: True, frozenset("b"), 1, {}),
    ]
    assert [each.name for each in that_can_travel(jobs)] == ["a"]


def test_what_most_time_hangs_on_goes_first() -> None:
    queue = Queue(
        [job("short", "", 2), job("root", "", 1), job("long", "r", 9), Job("r", lambda: True, frozenset(), 1)]
    )
    first = queue.take(2)
    assert [each.name for each in first] == ["r", "short"]
    assert queue.take(0) == []
    queue.ended(first[0])
    assert [each.name for each in queue.take(1)] == ["long"]
    queue.again(first[1])
    assert [each.name for each in queue.take(5)] == ["short", "root"]
