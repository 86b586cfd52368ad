"""The comparison: a stream of texts in chunks, answered by the reference and by every engine at once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError, MeasurementError
from bench.same_bits.answers import FIELDS, OK, REFUSALS, Answers
from bench.same_bits.engine import Absent, Chunk, Engine, Workshop
from bench.same_bits.shrink import shortest
from bench.same_bits.texts import Material, Sample, samples

Make = Callable[[Workshop], Engine]
CHUNK = 5_000
# Differing texts that are kept of each engine, and how much of one.
MOST_KEPT, _MOST_COLUMNS = 5, 4
# Of each engine, for it takes as long as many texts.
_MOST_SHORTENED = 2
EQUAL, DIFFERS, BROKEN, ABSENT = "equal", "differs", "broken", "absent"


@dataclass
class Row:
    """What was found of one engine.

    Attributes:
        engine: name.
        state: `equal`; `differs`; `broken`, where it died, hung or didn't compile; `absent`, where it can't be had.
        reason: of broken and absent.
        texts: that it answered or rightly refused, and those that differ.
        refused: texts by why they were refused, all of them rightly.
        differing: texts of which anything differs.
        seconds: that its answers took, with whatever else the machine did meanwhile.
        facts: sizes and the like.
        differences: the first texts that differ: number in the stream, flavour, the text escaped, what differs first,
            what was expected and what came; of the very first ones also the shortest text that was found to differ.
    """

    engine: str
    state: str = EQUAL
    reason: str = ""
    texts: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    differing: int = 0
    seconds: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)
    differences: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Found:
    """Of one bundle: a row an engine, and how many texts each flavour had."""

    rows: list[Row]
    flavours: dict[str, int]


def compare(
    workshop: Workshop,
    engines: Mapping[str, Make],
    material: Material,
    *,
    n_texts: int,
    seed: int = 0,
    shares: Mapping[str, int] | None = None,
    threads: int = 2,
    chunk: int = CHUNK,
    progress: Callable[[int], None] = lambda done: None,
) -> Found:
    """Compare engines with the reference over a stream of texts.

    Args:
        workshop: of the bundle.
        engines: by name.
        material: of the texts.
        n_texts: all in all.
        seed: of the texts.
        shares: engines that take fewer texts: so many, spread over the stream.
        threads: engines that answer at once, besides the reference.
        chunk: texts that are in memory at once.
        progress: takes how many texts are done.

    Returns:
        a row for every engine, in order.
    """
    rows = {name: Row(name) for name in engines}
    stream, flavours = samples(seed, material), Counter[str]()
    with ThreadPoolExecutor(threads) as pool:
        made = dict(
            zip(engines, pool.map(lambda name: _made(engines[name], workshop, rows[name]), engines), strict=True)
        )
        running = {name: engine for name, engine in made.items() if engine is not None}
        try:
            for start in range(0, n_texts, chunk):
                if not running:
                    break
                part = list(islice(stream, min(chunk, n_texts - start)))
                flavours.update(sample.flavour for sample in part)
                takes = {name: _share((shares or {}).get(name), start, len(part), n_texts) for name in running}
                _one_chunk(workshop, running, rows, part, takes, start, pool)
                progress(start + len(part))
        except BaseException:
            # Whoever waits for a process in another thread goes on when it is ended.
            workshop.processes.close()
            raise
        finally:
            for name, engine in made.items():
                if engine is not None:
                    engine.close()
                    rows[name].facts = dict(engine.facts)
    return Found(list(rows.values()), dict(flavours))


def _made(make: Make, workshop: Workshop, row: Row) -> Engine | None:
    try:
        return make(workshop)
    except (Absent, ArtifactError) as error:  # the latter is what a generator refuses
        row.state, row.reason = ABSENT, str(error)
    except MeasurementError as error:
        row.state, row.reason = BROKEN, str(error)
    return None


def _share(share: int | None, start: int, size: int, n_texts: int) -> int:
    """How many of a chunk an engine takes, so that it has its share after all of them."""
    if share is None or share >= n_texts:
        return size
    return -(-share * (start + size) // n_texts) - -(-share * start // n_texts)


def _one_chunk(
    workshop: Workshop,
    running: dict[str, Engine],
    rows: Mapping[str, Row],
    part: Sequence[Sample],
    takes: Mapping[str, int],
    start: int,
    pool: ThreadPoolExecutor,
) -> None:
    """Every engine that still runs answers its texts of one chunk; one that breaks runs no longer."""
    whole = Chunk([sample.text for sample in part])
    asked: dict[str, Future[tuple[Answers, float]]] = {
        name: pool.submit(_timed, engine, whole.first(takes[name])) for name, engine in running.items() if takes[name]
    }
    expected = workshop.reference.answer(whole.texts[: max(takes.values())])
    statuses: dict[tuple[int, int], NDArray[np.int32]] = {}
    for name, future in asked.items():
        limits, n = running[name].limits, takes[name]
        # Engines with the same limits share them: whether a text fits takes as long as to clean it.
        key = id(limits), n
        try:
            answers, seconds = future.result()
            if len(answers) != n:
                raise MeasurementError(f"answered {len(answers):,} of {n:,} texts")
        except MeasurementError as error:
            rows[name].state, rows[name].reason = BROKEN, f"texts {start:,} to {start + n - 1:,}: {error}"
            del running[name]
            continue
        if key not in statuses:
            statuses[key] = limits.statuses(whole.texts[:n])
        wanted = expected.first(n).refusing(statuses[key])
        rows[name].seconds += seconds
        _judge(rows[name], workshop, wanted, answers, part, start)
        _shorten(rows[name], workshop, running[name], part, start)


def _timed(engine: Engine, chunk: Chunk) -> tuple[Answers, float]:
    begin = time.perf_counter()
    return engine.answer(chunk), time.perf_counter() - begin


def _judge(row: Row, workshop: Workshop, wanted: Answers, answers: Answers, part: Sequence[Sample], start: int) -> None:
    """Count what is equal, rightly refused, and different."""
    differing = wanted.differing(answers)
    row.texts += len(wanted)
    row.differing += int(differing.sum())
    for status, why in REFUSALS.items():
        if n := int(((wanted.status == status) & ~differing).sum()):
            row.refused[why] = row.refused.get(why, 0) + n
    for place in np.flatnonzero(differing)[: MOST_KEPT - len(row.differences)].tolist():
        what = wanted.field_of(answers, place)
        row.differences.append(
            {
                "text": start + place,
                "flavour": part[place].flavour,
                "escaped": ascii(part[place].text),
                "field": what,
                "expected": _shown(workshop, wanted, answers, what, place),
                "came": _shown(workshop, answers, wanted, what, place),
            }
        )
    if row.differing:
        row.state = DIFFERS


def _shorten(row: Row, workshop: Workshop, engine: Engine, part: Sequence[Sample], start: int) -> None:
    """Cut the first texts that differ down to what still does."""
    for one in row.differences[:_MOST_SHORTENED]:
        if "shortest" not in one:
            one["shortest"] = ascii(shortest(workshop.reference, engine, part[one["text"] - start].text))


def _shown(workshop: Workshop, mine: Answers, others: Answers, what: str, place: int) -> str:
    """One side of a difference in words: floats with their bits, of the first columns that differ."""
    status = int(mine.status[place])
    if what == "status":
        return "answered" if status == OK else REFUSALS.get(status, f"status {status}")
    if what not in FIELDS[:2]:
        value = getattr(mine, what)[place]
        return ", ".join(workshop.reference.names(value)) or "none" if what == "decided" else str(bool(value))
    own, other = getattr(mine, what)[place], getattr(others, what)[place]
    bits = own.view(np.uint32)
    columns = np.flatnonzero(bits != other.view(np.uint32))
    said = [f"[{column}] {own[column]:.9g} (0x{bits[column]:08x})" for column in columns[:_MOST_COLUMNS].tolist()]
    more = len(columns) - len(said)
    return "; ".join(said) + (f"; {more} more" if more > 0 else "")
