"""One measurement for the study and the pytest suite: every candidate in fresh processes, in interleaved rounds.

A round gives each candidate one block of calls on the same texts, in random order, only one process working at a
time. A candidate's speed is the median over rounds of its time divided by the anchor's in that round, so whatever
slows the whole machine cancels. The rounds are shared by several generations of processes, and intervals know both
spreads, over processes and over rounds (`bench.numbers.ratios`). The anchor, and the smallest candidate of each
runtime, are entered twice: a ratio to itself (A/A) is the noise floor of that runtime. Every block's answers are
compared with the scored ones.

An interrupted measurement keeps its finished blocks and goes on where it stopped; the blocks of the unfinished round
are taken again, because a ratio needs both its blocks from the same minute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from baselines.classifier import Progress, ignore_progress
from baselines.cores import usable_core_count
from baselines.errors import MeasurementError
from baselines.storage.artifact import MANIFEST, file_sha256
from baselines.storage.run_folder import code_version, fingerprint
from bench.candidate import BUNDLE_RUNTIMES, Candidate, check_exists
from bench.measure.cold_start import start_cold
from bench.measure.environment import describe_environment, load_average
from bench.measure.interleaved import Interleaved, OpenHost, Phase, StartCold
from bench.measure.journal import Journal
from bench.measure.measurements import AGAIN, Measurements, PhaseKey
from bench.measure.plan import Plan, offline_items, single_items
from bench.measure.pool import WorkerProcess
from bench.numbers.samples import sampled, sampled_rows


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
        texts: real texts, usually the test part; of more than `MOST_ASKED` so many are drawn, since every process of
            every candidate holds them.
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
    rows = sampled_rows(len(texts))
    scored = {name: said if len(rows) == len(said) else said[rows] for name, said in (expected or {}).items()}
    texts = sampled(texts)
    environment = describe_environment()
    phases = plan_phases(texts, plan)
    run = Interleaved(entries, texts, scored, plan, _journal(entries, texts, plan, environment, folder), progress)
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


def _entries(candidates: Sequence[Candidate], texts: Sequence[str], anchor: str | None) -> list[Candidate]:
    """The anchor, the second entries, and the others."""
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
    return [first, *(replace(twice, name=twice.name + AGAIN) for twice in _twice([first, *others])), *others]


def _twice(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The anchor, which comes first, and of each runtime that bundles run in the smallest candidate, which tends to be
    the fastest: what is noise to a slow model may be a difference to a fast one, and the other way round.

    What only runs in the training libraries is never recommended, and a second start of it costs seconds.
    """
    sizes = [_bytes_of(candidate) for candidate in candidates]
    found = [0]
    for runtime in dict.fromkeys(c.runtime for c in candidates if c.runtime in BUNDLE_RUNTIMES):
        found.append(min((i for i, c in enumerate(candidates) if c.runtime == runtime), key=lambda i: (sizes[i], i)))
    return [candidates[i] for i in dict.fromkeys(found)]


def _bytes_of(candidate: Candidate) -> int:
    return sum(path.stat().st_size for path in candidate.path.rglob("*") if path.is_file())


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
