"""A timed block is whole passes over its items with the collector off, and its answers are checked."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from baselines.errors import MeasurementError
from bench.measure.timing import check_answers, time_block
from tests.cases.measure_case import SimulatedClock


def test_a_block_is_whole_passes_and_verified_answers() -> None:
    clock = SimulatedClock()

    def call(item: int) -> int:
        clock.work(0.001 * item)
        return item * 2

    block, answers = time_block(call, [1, 2, 3], clock, at_least_s=0.01, warmup_calls=5)
    assert block.samples.tolist() == pytest.approx([0.001, 0.002, 0.003] * 2)
    assert answers == [2, 4, 6]
    assert block.cpu_share == 1.0
    assert len(time_block(call, [1], clock, at_least_s=9.0, most_passes=2)[0].samples) == 2
    with pytest.raises(MeasurementError, match="at least one item"):
        time_block(call, [], clock, at_least_s=1.0)


@pytest.mark.parametrize(("call_s", "most_s", "calls"), [(0.001, None, 10), (0.001, 0.004, 4), (0.5, 0.004, 1)])
def test_untimed_calls_stop_when_their_time_is_up(call_s: float, most_s: float | None, calls: int) -> None:
    clock, seen = SimulatedClock(), []

    def call(item: int) -> None:
        seen.append(item)
        clock.work(call_s)

    time_block(call, [0], clock, at_least_s=0.0, warmup_calls=10, warmup_most_s=most_s)
    assert len(seen) == calls + 1


def test_the_collector_is_off_while_timing_and_on_again_after() -> None:
    states = []
    time_block(lambda _: states.append(gc.isenabled()), [0], SimulatedClock(), at_least_s=0)
    time_block(lambda _: states.append(gc.isenabled()), [0], SimulatedClock(), at_least_s=0, gc_on=True)
    assert states == [False, True]
    assert gc.isenabled()


def test_answers_that_differ_from_the_scored_ones_are_refused() -> None:
    expected = np.array([[0.1, 0.9], [0.5, 0.5]], np.float32)
    check_answers("m", expected + 1e-6, expected, [4, 7])
    with pytest.raises(MeasurementError, match="probabilities of text 7 and 0 more"):
        check_answers("m", expected + np.array([[0], [0.01]], np.float32), expected, [4, 7])
    with pytest.raises(MeasurementError, match="decisions of text 4"):
        check_answers("m", expected > 0.05, expected > 0.2, [4, 7])
    with pytest.raises(MeasurementError, match="shape"):
        check_answers("m", expected[:1], expected, [4, 7])
    with pytest.raises(MeasurementError, match="probabilities"):
        check_answers("m", np.full_like(expected, np.nan), expected, [4, 7])
