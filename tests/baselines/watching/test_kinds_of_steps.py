"""Steps that go beside others, and steps that are as long as they are meant to be, say less of those that go alone."""

from __future__ import annotations

import pytest

from baselines.watching.time_left import TimeLeft


def test_a_step_that_is_planned_takes_as_long_on_any_machine() -> None:
    left = TimeLeft([("fit", 100.0), ("measure", 60.0)], planned=("measure",))
    left.begin("fit", 0.0)
    left.end("fit", 300.0, 300.0)
    left.begin("measure", 300.0)
    assert left.estimate(300.0) == pytest.approx(60)
    left.end("measure", 20.0, 320.0)
    assert left.pace == pytest.approx(305 / 105)


def test_steps_that_went_side_by_side_say_less_of_those_that_go_alone() -> None:
    both = [("a", 20.0), ("b", 20.0), ("then", 100.0)]
    together, alone = TimeLeft(both), TimeLeft(both)
    together.side_by_side({"a": [], "b": []}, 2)
    for left in (together, alone):
        for name in "ab":
            left.begin(name, 0.0)
            left.end(name, 40.0, 40.0)
        left.one_by_one(40.0)
    assert together.estimate(40.0) < 0.8 * alone.estimate(40.0)
