"""One measurement for the study and the pytest suite: every candidate in its own fresh process, in interleaved rounds.

A round gives each candidate one block of calls on the same texts, in random order, only one process working at a
time. A candidate's speed is the median over rounds of its time divided by the anchor's in that round, so whatever
slows the whole machine cancels; the interval is a bootstrap over rounds. The anchor is entered twice: its ratio to
itself (A/A) is the noise floor below which no speed is claimed. Every block's answers are compared with the scored
ones.

An interrupted measurement keeps its finished blocks and goes on where it stopped; the blocks of the unfinished round
are taken again, because a ratio needs both its blocks from the same minute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import Progress, ignore_progress
from baselines.cores import usable_core_count
from baselines.errors import MeasurementError, MissingExtra, UserError
from baselines.storage.artifact import MANIFEST, file_sha256
from baselines.storage.run_folder import code_version, fingerprint
from bench.candidate import Candidate, check_exists
from bench.measure.cold_start import ColdStart, start_cold
from bench.measure.environment import describe_environment, load_average
from bench.measure.journal import BlockKey, Journal
from bench.measure.measurements import AGAIN, Measurements, PhaseKey
from bench.measure.plan import WARMUP_SHARE, Items, Plan, offline_items, single_items
from bench.measure.pool import Host, WorkerProcess

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


def measure(
    candidates: Sequence[Candidate],
    texts: Sequence[str],
    plan: Plan,
    *,
    expected: Mapping[str, NDArray[Any]] | None = None,
    anchor: str | None = None,
    folder: Path | None = None,
    progress: Progress = ignore_progress,
    open_host: OpenHost | None = None,
    start: StartCold | None = None,
) -> Measurements:
    """Single stream, offline and cold start of every candidate.

    Args:
        candidates: with unique names; their files must exist.
        texts: real texts, usually the test part.
        plan: how much; `bench.measure.plan.PLANS`.
        expected: per candidate the scored probabilities (float32) or decisions (bool), (len(texts), C); what is timed
            must answer the same. A candidate without an entry is timed unchecked, and its row says so.
        anchor: name of the candidate that ratios refer to; the first by default.
        folder: keeps finished blocks, so that the same call continues after an interruption.
        progress: called after each block and cold start.
        open_host: makes the process that holds a candidate; tests simulate it.
        start: one cold start; tests simulate it.

    Raises:
        MeasurementError: no candidates or texts, an artifact that isn't there (names the command that makes it), or a
            anchor that can't be timed.
    """
    entries = _entries(candidates, texts, anchor)
    scored = dict(expected or {})
    environment = describe_environment()
    phases = plan_phases(texts, plan)
    run = _Run(entries, texts, scored, plan, _journal(entries, texts, plan, environment, folder), progress)
    run.total = sum(len(phase.rounds) for phase in phases) * len(entries) + plan.cold_starts * len(candidates)
    make_host = open_host or (lambda candidate: WorkerProcess(candidate, pinned=plan.pin))
    run.warm(phases, make_host)
    cold = run.cold(start or start_cold)
    return Measurements(
        candidates=tuple(candidates),
        anchor=entries[0].name,
        plan=plan,
        lengths=tuple(len(text) for text in texts),
        blocks=run.journal.blocks,
        items={(phase.key, r): items for phase in phases for r, items in enumerate(phase.rounds)},
        cold_starts=cold,
        failures=run.journal.failures,
        unchecked=tuple(c.name for c in candidates if c.name not in scored),
        environment={**environment, "load_after": load_average()},
    )


def plan_phases(texts: Sequence[str], plan: Plan) -> list[Phase]:
    """What is measured, in order; those with all usable cores last, since they open the candidates again."""
    lengths = [len(text) for text in texts]
    single = tuple(single_items(lengths, plan))
    phases = [Phase(PhaseKey("single", 1, 1), single, plan.block_s)]
    if plan.gc_on_s > 0:
        phases.append(Phase(PhaseKey("single-gc", 1, 1), single[:1], plan.gc_on_s, gc_on=True))
    if plan.model_only_s > 0:
        phases.append(Phase(PhaseKey("model", 1, 1), single[:1], plan.model_only_s, stage="model"))
    cores = usable_core_count()
    offline = [(1, size) for size in plan.batch_sizes]
    if cores > 1:
        offline += [(cores, size) for size in plan.all_threads_batch_sizes]
    for threads, size in offline:
        rounds = tuple(offline_items(lengths, size, plan))
        phases.append(Phase(PhaseKey("offline", threads, size), rounds, plan.offline_block_s))
    return phases


class _Run:
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
        self.entries, self.texts, self.expected, self.plan = entries, texts, expected, plan
        self.journal, self.progress = journal, progress
        self.rng = np.random.default_rng([plan.seed, 3])
        self.done = self.total = 0

    def warm(self, phases: Sequence[Phase], make_host: OpenHost) -> None:
        """All blocks of all phases, with every candidate alive from its first to its last."""
        with ExitStack() as stack:
            hosts: dict[str, Host] = {}
            for threads, of_threads in _by_threads(phases):
                if all(self._is_done(phase, r) for phase in of_threads for r in range(len(phase.rounds))):
                    self._count(sum(len(phase.rounds) for phase in of_threads) * len(self.entries))
                    continue
                for entry in [entry for entry in self._alive() if entry.name not in hosts]:
                    hosts[entry.name] = make_host(entry)
                    stack.callback(hosts[entry.name].close)
                for entry in self._alive():
                    self._open(entry, hosts[entry.name], threads)
                for phase in of_threads:
                    for number in range(len(phase.rounds)):
                        self._round(phase, number, hosts)
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

    def _round(self, phase: Phase, number: int, hosts: Mapping[str, Host]) -> None:
        if not self._is_done(phase, number):
            for entry in self._shuffled(self._alive()):
                self._guarded(entry, partial(self._block, phase, number, entry, hosts[entry.name]))
            self.journal.sync()
        self._count(len(self.entries))

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

    def _alive(self) -> list[Candidate]:
        return [entry for entry in self.entries if entry.name not in self.journal.failures]

    def _shuffled(self, entries: Sequence[Candidate]) -> Iterator[Candidate]:
        return (entries[i] for i in self.rng.permutation(len(entries)))

    def _is_done(self, phase: Phase, number: int) -> bool:
        return all(self.journal.has(_block_key(phase.key, number, entry)) for entry in self._alive())

    def _count(self, steps: int) -> None:
        self.done += steps
        self.progress(self.done, self.total)


def _entries(candidates: Sequence[Candidate], texts: Sequence[str], anchor: str | None) -> list[Candidate]:
    """The anchor, its second entry, and the others."""
    names = [candidate.name for candidate in candidates]
    if not candidates or not texts:
        raise MeasurementError(f"measure: at least one candidate and one text, got {len(names)} and {len(texts)}")
    if len(set(names)) != len(names):
        raise MeasurementError(f"measure: names of candidates must be unique, got {', '.join(names)}")
    if anchor is not None and anchor not in names:
        raise MeasurementError(f"measure: no candidate {anchor!r} to compare with; there are: {', '.join(names)}")
    for candidate in candidates:
        check_exists(candidate)
    first = candidates[names.index(anchor) if anchor is not None else 0]
    others = [candidate for candidate in candidates if candidate is not first]
    return [first, replace(first, name=first.name + AGAIN), *others]


def _journal(
    entries: Sequence[Candidate], texts: Sequence[str], plan: Plan, environment: Mapping[str, Any], folder: Path | None
) -> Journal:
    """The journal of exactly this measurement: same files, texts, plan, code and machine."""
    inputs = {
        "candidates": [{**e.to_json(), "sha256": file_sha256(e.path / MANIFEST)} for e in entries],
        "texts": list(texts),
        "plan": plan.to_json(),
        "code": code_version("bench"),
        "machine": {key: environment[key] for key in ("cpu", "cores_usable", "versions")},
    }
    return Journal(folder, fingerprint(inputs))


def _by_threads(phases: Sequence[Phase]) -> list[tuple[int, list[Phase]]]:
    groups: dict[int, list[Phase]] = {}
    for phase in phases:
        groups.setdefault(phase.key.threads, []).append(phase)
    return list(groups.items())


def _block_key(phase: PhaseKey, number: int, entry: Candidate) -> BlockKey:
    return BlockKey(phase.scenario, phase.threads, phase.batch_size, number, entry.name)


def _is_copy(entry: Candidate) -> bool:
    return entry.name.endswith(AGAIN)
