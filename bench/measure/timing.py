"""One block of timed calls: the only place where a clock is read around a model."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from baselines.errors import MeasurementError

# Scored and timed answers come from the same runtime, but a batch and its single texts may be summed in another order.
TOLERANCE = 1e-5


class Clock(Protocol):
    """Two counters in nanoseconds; tests simulate them."""

    def wall(self) -> int:
        """Time that passed, monotone."""

    def cpu(self) -> int:
        """Time this process was given by the CPU, all threads."""


class SystemClock:
    """The process's own counters."""

    wall = staticmethod(time.perf_counter_ns)
    cpu = staticmethod(time.process_time_ns)


@dataclass(frozen=True)
class Block:
    """Calls timed back to back.

    Attributes:
        samples: float32 (n,) seconds of each call, in order; n is a multiple of the number of items.
        wall_s, cpu_s: of all of them together.
        items: calls a pass; sample i belongs to item i % items.
    """

    samples: NDArray[np.float32]
    wall_s: float
    cpu_s: float
    items: int

    @property
    def cpu_share(self) -> float:
        """CPU time over wall time; below 1 the process waited, above 1 several threads worked."""
        return self.cpu_s / self.wall_s if self.wall_s > 0 else 1.0


@contextmanager
def collector(*, on: bool) -> Iterator[None]:
    """Python's garbage collector left on, or collected, frozen and off for the duration.

    What is frozen stays so until a block with the collector on: freezing anew costs 0.1 s where torch is loaded.
    """
    if on:
        gc.unfreeze()
        yield
        return
    was_on = gc.isenabled()
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def time_block(
    call: Callable[[Any], Any],
    items: Sequence[Any],
    clock: Clock,
    *,
    at_least_s: float,
    warmup_calls: int = 0,
    warmup_s: float = 0.0,
    warmup_most_s: float | None = None,
    gc_on: bool = False,
    most_passes: int | None = None,
) -> tuple[Block, list[Any]]:
    """Call every item in turn, pass after pass, until the time is over; one clock reading a call.

    Args:
        call: what is timed, with one item.
        items: at least one.
        clock: read between calls, so a sample holds one reading (about 50 ns) besides the call.
        at_least_s: passes are started until this much time went by; one pass at least.
        warmup_calls, warmup_s: untimed calls before, both at least.
        warmup_most_s: no untimed call is begun after this, whatever the other two ask for.
        gc_on: leave the garbage collector on.
        most_passes: stop after so many, however short.

    Returns:
        The block, and the answers of its first pass: what was timed is what is compared with the scored answers.
    """
    if not items:
        raise MeasurementError("block: at least one item is needed")
    read = clock.wall
    with collector(on=gc_on):
        _warm_up(call, items, clock, warmup_calls, warmup_s, warmup_most_s)
        answers: list[Any] = []
        cpu_start, times = clock.cpu(), [read()]
        stop = times[0] + round(at_least_s * 1e9)
        for item in items:
            answers.append(call(item))
            times.append(read())
        passes = 1
        while times[-1] < stop and (most_passes is None or passes < most_passes):
            for item in items:
                call(item)
                times.append(read())
            passes += 1
        cpu_s = (clock.cpu() - cpu_start) / 1e9
    samples = (np.diff(np.asarray(times, np.int64)) / 1e9).astype(np.float32)
    return Block(samples, (times[-1] - times[0]) / 1e9, cpu_s, len(items)), answers


def _warm_up(
    call: Callable[[Any], Any], items: Sequence[Any], clock: Clock, calls: int, seconds: float, most_s: float | None
) -> None:
    start, done, spent_s = clock.wall(), 0, 0.0
    while (done < calls or spent_s < seconds) and (most_s is None or spent_s < most_s):
        call(items[done % len(items)])
        done += 1
        spent_s = (clock.wall() - start) / 1e9


def check_answers(
    name: str,
    answers: NDArray[np.float32],
    expected: NDArray[Any],
    rows: Sequence[int],
    *,
    tolerance: float = TOLERANCE,
) -> None:
    """Raise MeasurementError unless the timed answers are the scored ones.

    Args:
        name: of the candidate.
        answers: (n, C), timed.
        expected: of the same rows: probabilities (float), or decisions (bool) already compared with thresholds.
        rows: number of each text, for the message.
        tolerance: between probabilities.
    """
    if answers.shape != expected.shape:
        raise MeasurementError(f"{name}: timed answers have shape {answers.shape}, the scored ones {expected.shape}")
    if expected.dtype == np.bool_:
        wrong = np.flatnonzero((answers != expected).any(axis=1))
        what = "decisions"
    else:
        wrong = np.flatnonzero(~(np.abs(answers - expected) <= tolerance).all(axis=1))
        what = "probabilities"
    if len(wrong):
        raise MeasurementError(
            f"{name}: the timed {what} of text {rows[wrong[0]]} and {len(wrong) - 1} more differ from the scored ones "
            f"(allowed: {tolerance:g}); score and measure the same files in the same runtime"
        )
