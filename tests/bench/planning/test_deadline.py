"""A study under way that has an end: what is refused, ended, and left unmeasured."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from baselines.classifier import ignore_progress
from bench.measure.plan import PLANS
from bench.planning.costs import Costs, Sizes
from bench.planning.deadline import Deadline, OutOfTime, trials_within

MAKING = {"linear": 20.0, "linear-int4": 5.0, "cnn": 100.0, "cnn-int8": 3.0, "rnn": 60.0}


@dataclass
class Clock:
    at: float = 0.0
    took: dict[str, float] = field(default_factory=dict)

    def deadline(self, seconds: float) -> Deadline:
        parents = {"linear-int4": ["linear"], "cnn-int8": ["cnn"]}
        costs = Costs(Sizes(10_000, 1_000, 1_000, 10))
        return Deadline(
            seconds, seconds, costs, MAKING, list(MAKING), frozenset(MAKING), parents, "linear", self.took.get,
            measuring=PLANS["quick"], clock=lambda: self.at,
        )  # fmt: skip

    def make(self, name: str, seconds: float) -> None:
        self.took[name] = seconds
        self.at += seconds


def test_everything_is_begun_where_there_is_time() -> None:
    clock = Clock()
    deadline = clock.deadline(600)
    for name, seconds in MAKING.items():
        assert deadline.refuses(name) == ""
        clock.make(name, seconds)
    assert deadline.dropped == {}
    assert deadline.trimmed(list(MAKING)) == {}


def test_less_useful_models_leave_room_for_more_useful_ones() -> None:
    deadline = Clock().deadline(190)
    assert "more useful models need what is left of the 3.17 minutes of --time" in deadline.refuses("rnn")
    assert deadline.refuses("cnn") == "", "what the other would have taken is free for it"


def test_a_step_that_takes_longer_costs_later_ones_their_place() -> None:
    clock = Clock()
    deadline = clock.deadline(400)
    assert deadline.refuses("linear") == ""
    clock.make("linear", 120.0)
    reason = deadline.refuses("cnn")
    assert "as steps take 4.3 times what was planned" in reason
    assert "cnn, which it is made of, is left out" in deadline.refuses("cnn-int8")
    assert deadline.refuses("linear-int4") == ""
    assert deadline.refuses("linear") == "", "what is there is there"


def test_the_first_model_is_made_in_any_case() -> None:
    clock = Clock(at=500)
    deadline = clock.deadline(100)
    assert deadline.refuses("linear") == ""
    assert deadline.refuses("linear-int4") != ""


def test_a_training_under_way_is_ended_when_what_is_made_needs_the_rest() -> None:
    clock = Clock()
    deadline = clock.deadline(200)
    clock.make("linear", 20)
    progress = deadline.stopping(lambda step: ignore_progress, lambda: "cnn")("training cnn")
    progress(1, 10)
    clock.at = 190
    with pytest.raises(OutOfTime):
        progress(2, 10)
    assert "what is made needs the rest" in deadline.drop("cnn")
    assert deadline.refuses("cnn") == deadline.dropped["cnn"]
    first = deadline.stopping(lambda step: ignore_progress, lambda: "linear")("training linear")
    first(1, 2)


def test_at_the_end_the_least_useful_models_go_unmeasured_so_that_there_is_a_verdict() -> None:
    clock = Clock()
    deadline = clock.deadline(300)
    deadline.measuring = PLANS["study"]
    for name, seconds in MAKING.items():
        clock.make(name, seconds)
    clock.at = 270
    found = deadline.trimmed(list(MAKING))
    assert deadline.measuring.name == "quick"
    assert "linear" not in found
    assert next(iter(found)) == "rnn"
    assert all("the same command continues with it" in reason for reason in found.values())
    clock.at = 1_000
    assert "linear" not in deadline.trimmed(list(MAKING))


def test_a_step_in_another_process_is_refused_there() -> None:
    clock = Clock()
    deadline = clock.deadline(400)
    calls: list[str] = []
    make = deadline.guarded("cnn", lambda: bool(calls.append("cnn")) or True)
    assert make()
    clock.at = 399
    assert not deadline.guarded("rnn", lambda: bool(calls.append("rnn")) or True)()
    assert calls == ["cnn"]


def test_a_search_gets_what_the_others_leave() -> None:
    assert trials_within(Clock().deadline(10_000), 30) == 30
    assert trials_within(Clock().deadline(300), 30) == 1
    assert 1 < trials_within(Clock().deadline(1_500), 30) < 30
