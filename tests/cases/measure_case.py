"""A simulated clock and processes whose speed, noise and failures are set, and a measurement that uses them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bench.candidate import Candidate
from bench.measure.cold_start import ColdStart
from bench.measure.measurements import AGAIN
from bench.measure.plan import Plan
from bench.measure.rounds import measure
from bench.measure.timing import Block, time_block

RNG = np.random.default_rng(0)
TEXTS = ["word " * int(n) for n in RNG.integers(1, 60, 150)]
SHORT = Plan(
    "short",
    rounds=10,
    block_s=0.02,
    warmup_s=0.01,
    batch_sizes=(4,),
    all_threads_batch_sizes=(),
    gc_on_s=0.0,
    model_only_s=0.0,
)


class SimulatedClock:
    """A clock that moves only when it is told to."""

    def __init__(self) -> None:
        self.now = 0
        self.used = 0

    def wall(self) -> int:
        return self.now

    def cpu(self) -> int:
        return self.used

    def work(self, seconds: float) -> None:
        self.now += round(seconds * 1e9)
        self.used += round(seconds * 1e9)

    def wait(self, seconds: float) -> None:
        self.now += round(seconds * 1e9)


class SimulatedHost:
    """Takes 100 µs and 1 µs a character, more by its process, its own slowdown, the machine's drift, and noise."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.layout = machine.rng.lognormal(0, machine.process)

    def open(self, candidate: Candidate, texts: Sequence[str], expected: Any) -> None:
        self.name, self.texts, self.expected = candidate.name.removesuffix(AGAIN), texts, expected
        self.machine.opened.append((candidate.name, candidate.threads))
        if self.name in self.machine.broken:
            raise self.machine.broken[self.name]

    def block(self, items: Any, *, at_least_s: float, **how: Any) -> Block | None:
        if how.get("stage") == "model":
            return None
        machine = self.machine
        machine.blocks += 1
        if machine.blocks == machine.interrupt_at:
            raise KeyboardInterrupt
        drift = machine.rng.lognormal(0, machine.drift)
        sleep = machine.sleep.get(self.name, 0.0)

        def call(rows: tuple[int, ...]) -> None:
            work = sum(100e-6 + 1e-6 * len(self.texts[row]) for row in rows)
            machine.clock.work(self.layout * work * drift * machine.rng.lognormal(0, 0.02))
            machine.clock.wait(self.layout * work * drift * sleep)

        keep = {key: how[key] for key in ("warmup_calls", "warmup_s", "gc_on") if key in how}
        return time_block(call, items, machine.clock, at_least_s=at_least_s, **keep)[0]

    def close(self) -> None:
        self.machine.closed += 1


class Machine:
    """What all simulated processes share."""

    def __init__(self, seed: int = 0, *, drift: float = 0.01, process: float = 0.0, **sleep: float) -> None:
        self.clock, self.rng = SimulatedClock(), np.random.default_rng(seed)
        self.drift, self.process, self.sleep = drift, process, sleep
        self.broken: dict[str, Exception] = {}
        self.opened: list[tuple[str, int]] = []
        self.closed = self.blocks = 0
        self.interrupt_at: int | None = None

    def host(self, candidate: Candidate) -> SimulatedHost:
        return SimulatedHost(self)


def cold(candidate: Candidate, texts: Sequence[str]) -> ColdStart:
    return ColdStart(0.5, 0.2, 0.1, 0.01, 50_000_000, 60_000_000)


def never(candidate: Candidate, texts: Sequence[str]) -> ColdStart:
    raise AssertionError("this cold start was finished")


def simulate(machine: Machine, candidates: Sequence[Candidate], plan: Plan = SHORT, **more: Any) -> Any:
    more.setdefault("texts", TEXTS)
    return measure(candidates, plan=plan, open_host=machine.host, start=cold, **more)
