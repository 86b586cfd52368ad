"""Rounds of blocks in live processes, generation by generation: what `bench.measure.rounds.measure` runs.

A generation is a set of new processes, one a candidate; it takes its share of the single-stream rounds. All other
phases are taken by the first. Which rounds belong to which generation follows from the plan, so the journal needn't
say; where a generation was interrupted its other rounds are taken by one more process a candidate, which makes its
mean steadier than the interval believes, never less.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import Progress
from baselines.errors import MeasurementError, MissingExtra, UserError
from bench.candidate import Candidate
from bench.measure.cold_start import ColdStart
from bench.measure.journal import BlockKey, Journal
from bench.measure.measurements import AGAIN, MAIN, PhaseKey
from bench.measure.plan import WARMUP_SHARE, Items, Plan
from bench.measure.pool import Host
from bench.numbers.ratios import LEAST_ROUNDS

OpenHost = Callable[[Candidate], Host]
StartCold = Callable[[Candidate, Sequence[str]], ColdStart]


@dataclass(frozen=True)
class Phase:
    """Rounds of one scenario: `rounds[r]` are the items of round r, the same for every candidate."""

    key: PhaseKey
    rounds: tuple[Items, ...]
    at_least_s: float
    gc_on: bool = False
    stage: str = "all"


@dataclass(frozen=True)
class _Share:
    """The rounds of one phase that one generation takes, and with how many threads."""

    phase: Phase
    numbers: tuple[int, ...]

    @property
    def threads(self) -> int:
        return self.phase.key.threads


class Interleaved:
    """The state of one measurement while it goes on."""

    def __init__(
        self,
        entries: Sequence[Candidate],
        texts: Sequence[str],
        expected: Mapping[str, NDArray[Any]],
        plan: Plan,
        journal: Journal,
        progress: Progress,
    ) -> None:
        """Args as of `bench.measure.rounds.measure`; `entries` hold the second entries too, the anchor first."""
        self.entries, self.texts, self.expected, self.plan = entries, texts, expected, plan
        self.journal, self.progress = journal, progress
        self.rng = np.random.default_rng([plan.seed, 3])
        self.done = self.total = 0

    def warm(self, phases: Sequence[Phase], make_host: OpenHost) -> None:
        """All blocks of all phases; a candidate is alive from a generation's first block to its last."""
        self.total = sum(len(self._entered(phase)) * len(phase.rounds) for phase in phases)
        self.total += self.plan.cold_starts * len([entry for entry in self.entries if not _is_copy(entry)])
        for generation in range(self.plan.processes):
            with ExitStack() as stack:
                self._generation(_shares(phases, self.plan, generation), make_host, stack)
        self._drop_failed()

    def cold(self, start: StartCold) -> dict[str, list[ColdStart]]:
        """Cold starts in rounds, random order, until each candidate had its number or used up its time."""
        found = self.journal.cold_starts
        for number in range(self.plan.cold_starts):
            for entry in self._shuffled([entry for entry in self._alive() if not _is_copy(entry)]):
                done = found.get(entry.name, [])
                if len(done) <= number and sum(cold.total_s for cold in done) < self.plan.cold_start_budget_s:
                    self._guarded(entry, partial(self._start_cold, entry, start))
                self._count(1)
            self.journal.sync()
        return {name: starts for name, starts in found.items() if name not in self.journal.failures}

    def _generation(self, shares: Sequence[_Share], make_host: OpenHost, stack: ExitStack) -> None:
        hosts: dict[str, Host] = {}
        for threads in dict.fromkeys(share.threads for share in shares):
            steps = [(s.phase, number) for s in shares if s.threads == threads for number in s.numbers]
            if all(self._is_done(phase, number) for phase, number in steps):
                self._count(sum(len(self._entered(phase)) for phase, _ in steps))
                continue
            entered = {entry.name: entry for phase, _ in steps for entry in self._alive(phase)}
            for entry in [entry for name, entry in entered.items() if name not in hosts]:
                hosts[entry.name] = make_host(entry)
                stack.callback(hosts[entry.name].close)
            for entry in entered.values():
                self._open(entry, hosts[entry.name], threads)
            for phase, number in steps:
                self._round(phase, number, hosts)

    def _round(self, phase: Phase, number: int, hosts: Mapping[str, Host]) -> None:
        if not self._is_done(phase, number):
            for entry in self._shuffled(self._alive(phase)):
                self._guarded(entry, partial(self._block, phase, number, entry, hosts[entry.name]))
            self.journal.sync()
        self._count(len(self._entered(phase)))

    def _block(self, phase: Phase, number: int, entry: Candidate, host: Host) -> None:
        block = host.block(
            phase.rounds[number],
            at_least_s=phase.at_least_s,
            warmup_calls=self._warmup_calls(phase, number, entry),
            warmup_s=0.0,
            warmup_most_s=WARMUP_SHARE * phase.at_least_s,
            gc_on=phase.gc_on,
            stage=phase.stage,
        )
        self.journal.add(_block_key(phase.key, number, entry), block)

    def _warmup_calls(self, phase: Phase, number: int, entry: Candidate) -> int:
        before = self.journal.blocks.get(_block_key(phase.key, number - 1, entry))
        if before is not None and float(np.median(before.samples)) >= phase.at_least_s:
            return 0
        return min(self.plan.warmup_calls, len(phase.rounds[number]))

    def _start_cold(self, entry: Candidate, start: StartCold) -> None:
        self.journal.add_cold_start(entry.name, start(entry, self.texts))

    def _open(self, entry: Candidate, host: Host, threads: int) -> None:
        def load() -> None:
            opened = replace(entry, threads=max(threads, entry.threads))
            host.open(opened, self.texts, self.expected.get(entry.name.removesuffix(AGAIN)))
            every: Items = tuple((row,) for row in range(min(len(self.texts), self.plan.window)))
            # The whole warm-up is one block that is thrown away, so that its answers are compared too.
            more = max(0, self.plan.warmup_calls - len(every))
            host.block(every, at_least_s=self.plan.warmup_s, warmup_calls=more, warmup_s=0.0)

        self._guarded(entry, load)

    def _guarded(self, entry: Candidate, action: Callable[[], None]) -> None:
        """A candidate that fails becomes a row with a reason; an anchor that fails ends the measurement."""
        try:
            action()
        except UserError as error:
            if entry.name.removesuffix(AGAIN) == self.entries[0].name:
                raise MeasurementError(f"anchor {self.entries[0].name!r}: {error}") from None
            status = "skipped" if isinstance(error, MissingExtra) else "failed"
            self.journal.add_failure(entry.name, status, str(error))

    def _drop_failed(self) -> None:
        for key in [key for key in self.journal.blocks if key.name in self.journal.failures]:
            del self.journal.blocks[key]

    def _entered(self, phase: Phase) -> list[Candidate]:
        """Who takes part: a second entry where its ratio to the first is looked at, with an interval."""
        if phase.key == MAIN:
            return list(self.entries)
        compared = phase.key.scenario == "offline" and len(phase.rounds) >= LEAST_ROUNDS
        anchor = self.entries[0].name + AGAIN
        return [entry for entry in self.entries if not _is_copy(entry) or (compared and entry.name == anchor)]

    def _alive(self, phase: Phase | None = None) -> list[Candidate]:
        entries = self.entries if phase is None else self._entered(phase)
        return [entry for entry in entries if entry.name not in self.journal.failures]

    def _shuffled(self, entries: Sequence[Candidate]) -> Iterator[Candidate]:
        return (entries[i] for i in self.rng.permutation(len(entries)))

    def _is_done(self, phase: Phase, number: int) -> bool:
        return all(self.journal.has(_block_key(phase.key, number, entry)) for entry in self._alive(phase))

    def _count(self, steps: int) -> None:
        self.done += steps
        self.progress(self.done, self.total)


def _shares(phases: Sequence[Phase], plan: Plan, generation: int) -> list[_Share]:
    """What a generation takes: its single-stream rounds, and the first one all other phases after them."""
    found = []
    for phase in phases:
        if phase.key == MAIN:
            numbers = tuple(n for n in range(len(phase.rounds)) if plan.process_of(n) == generation)
            found.append(_Share(phase, numbers))
        elif generation == 0:
            found.append(_Share(phase, tuple(range(len(phase.rounds)))))
    return found


def _block_key(phase: PhaseKey, number: int, entry: Candidate) -> BlockKey:
    return BlockKey(phase.scenario, phase.threads, phase.batch_size, number, entry.name)


def _is_copy(entry: Candidate) -> bool:
    return entry.name.endswith(AGAIN)
