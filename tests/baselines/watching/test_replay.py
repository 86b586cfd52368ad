"""The events of a real study, replayed: quantize on the embedded sample, two cores shared with much other work."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from baselines.watching.time_left import TimeLeft

# As expected before the study, in seconds of a machine that was six times as fast.
EXPECTED = [
    *[("linear", 8.0), ("cnn", 35.0), ("cnn-dynamic", 2.0), ("cnn-static", 2.0), ("cnn-int8", 2.0), ("cnn-int4", 2.0)],
    *[("linear-int4", 2.0), ("exports", 7.0), ("scores", 0.7), ("latency", 26.6), ("report", 17.0)],
]
AFTER = {
    "linear": (),
    **dict.fromkeys(("cnn", "linear-int4"), ("linear",)),
    **dict.fromkeys(("cnn-dynamic", "cnn-static", "cnn-int8", "cnn-int4"), ("cnn",)),
}
# What happened, to what, at which second, and the share that was reported.
EVENTS: list[Any] = json.loads("""[
    ["begin", "linear", 0.1],
    ["inside", "linear", 59.6, 0.06],
    ["inside", "linear", 62.7, 0.22],
    ["inside", "linear", 65.7, 0.5],
    ["inside", "linear", 68.8, 0.72],
    ["inside", "linear", 71.8, 1.0],
    ["end", "linear", 72.4],
    ["begin", "cnn", 72.4],
    ["begin", "linear-int4", 72.4],
    ["end", "linear-int4", 89.6],
    ["inside", "cnn", 97.2, 0.03],
    ["inside", "cnn", 109.3, 0.07],
    ["inside", "cnn", 121.5, 0.12],
    ["inside", "cnn", 133.7, 0.2],
    ["inside", "cnn", 145.7, 0.28],
    ["inside", "cnn", 157.8, 0.38],
    ["inside", "cnn", 170.0, 0.5],
    ["inside", "cnn", 182.1, 0.57],
    ["inside", "cnn", 194.3, 0.62],
    ["inside", "cnn", 206.4, 0.68],
    ["inside", "cnn", 218.6, 0.72],
    ["inside", "cnn", 230.8, 0.78],
    ["inside", "cnn", 243.0, 0.82],
    ["inside", "cnn", 255.2, 0.88],
    ["inside", "cnn", 267.4, 0.93],
    ["inside", "cnn", 279.6, 0.97],
    ["inside", "cnn", 281.1, 1.0],
    ["end", "cnn", 281.5],
    ["begin", "cnn-dynamic", 281.5],
    ["begin", "cnn-static", 281.5],
    ["end", "cnn-static", 307.7],
    ["begin", "cnn-int8", 307.7],
    ["end", "cnn-int8", 322.8],
    ["begin", "cnn-int4", 322.8],
    ["end", "cnn-int4", 336.3],
    ["end", "cnn-dynamic", 362.0],
    ["begin", "exports", 362.2],
    ["inside", "exports", 372.5, 0.14],
    ["inside", "exports", 413.0, 0.29],
    ["inside", "exports", 446.9, 0.71],
    ["inside", "exports", 458.7, 1.0],
    ["end", "exports", 458.7],
    ["begin", "scores", 458.7],
    ["inside", "scores", 461.3, 0.14],
    ["inside", "scores", 474.4, 0.57],
    ["inside", "scores", 476.7, 1.0],
    ["end", "scores", 476.7],
    ["begin", "latency", 476.7],
    ["inside", "latency", 504.9, 0.05],
    ["inside", "latency", 519.7, 0.21],
    ["inside", "latency", 534.8, 0.37],
    ["inside", "latency", 546.9, 0.59],
    ["inside", "latency", 561.9, 0.75],
    ["inside", "latency", 576.7, 0.86],
    ["inside", "latency", 588.3, 1.0],
    ["end", "latency", 588.3],
    ["begin", "report", 588.3],
    ["end", "report", 697.9]
]""")
LAST = EVENTS[-1][2]


def replayed(until: float) -> TimeLeft:
    """The time left as it stood at a second of the study."""
    left, looks = TimeLeft(EXPECTED), itertools.count(5, 5)
    look = next(looks)
    began: dict[str, float] = {}
    left.side_by_side(AFTER, 2)
    for kind, name, at, *share in [*EVENTS, ("until", "", LAST + 1)]:
        while look <= min(at, until):
            left.look(look)
            look = next(looks)
        if at > until:
            break
        if name == "exports" and kind == "begin":
            left.one_by_one(at)
        if kind == "begin":
            left.begin(name, at)
            began[name] = at
        elif kind == "inside":
            left.inside(name, share[0], at)
        else:
            left.end(name, at - began[name], at)
    return left


def test_the_time_left_of_a_real_study_moves_and_comes_to_the_truth() -> None:
    shown = {second: replayed(second).seconds(second) for second in range(0, int(LAST) + 1, 5)}
    # Before anything has ended the machine is thought to be a usual one.
    assert shown[0] == pytest.approx(90, abs=15)
    for second in (110, 150, 200, 250, 300, 350, 400, 450, 500):
        truth = LAST - second
        assert truth / 2 <= shown[second] <= truth * 2, second
    # It never stands still: in no half minute of the study is it shown the same.
    for before, later in itertools.pairwise(list(shown.values())[::6]):
        assert abs(later - before) > 1
    # While the long training is under way it moves with every look.
    training = [shown[second] for second in range(75, 281, 5)]
    assert all(a != b for a, b in itertools.pairwise(training))
    assert replayed(LAST).seconds(LAST) == 0


def test_the_same_study_continued_is_not_absurd() -> None:
    left, now = TimeLeft(EXPECTED), 0.0
    for name, _ in EXPECTED[:7]:
        left.begin(name, now)
        now += 0.03
        left.end(name, 0.03, now)
    rest = sum(seconds for _, seconds in EXPECTED[7:])
    assert rest <= left.seconds(now) <= 1.6 * rest
    assert left.pace == 1
