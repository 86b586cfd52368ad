"""The trials: each puts a loaded bundle under one kind of load and says what was found, and what was broken."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np

from bench.stress.held import Held, held_now, in_fork, status_bytes
from exports import runtime
from exports.bundles.parity import AWKWARD

Predictor = runtime.Predictor[Any]

# Growth that allocators explain: they keep what they once got, in pieces of some megabytes a thread.
MOST_GROWTH_BYTES = 16 << 20
# For one text of a million characters.
MOST_LONG_BYTES = 1 << 30
_PATIENCE_S = 120.0
# Threads that keep predicting while the process is forked.
_BUSY = 4


@dataclass(frozen=True)
class Load:
    """How much of everything.

    Attributes:
        callers: threads that ask one predictor at once.
        forks: processes forked while other threads predict.
        predictions: of one text each, one after another.
        loads: a bundle opened, asked once, and let go.
        characters: of the long text.
    """

    callers: int = 16
    forks: int = 20
    predictions: int = 200_000
    loads: int = 2_000
    characters: int = 1_000_000


@dataclass
class Trial:
    """What one trial found.

    Attributes:
        name: what was done.
        facts: figures, with their units in the names.
        broken: what should not have been, a sentence each.
    """

    name: str
    facts: dict[str, Any]
    broken: list[str] = field(default_factory=list)


def trials_of(bundle: Path, load: Load) -> list[Trial]:
    """Every trial of one bundle, in order; the predictor has one thread of its own."""
    predictor = runtime.load(bundle)
    trials: Sequence[Callable[[], Trial]] = (
        lambda: by_many_callers(predictor, load.callers),
        lambda: forked_meanwhile(predictor, load.forks),
        lambda: many_answers(predictor, load.predictions),
        lambda: many_loads(bundle, load.loads),
        lambda: one_long_text(predictor, load.characters),
    )
    return [trial() for trial in trials]


def singles(predictor: Predictor) -> bytes:
    """The bits of what is said of every awkward text, each asked alone and all at once."""
    alone = [predictor.predict_proba([text]).tobytes() for text in AWKWARD]
    return b"".join([*alone, predictor.predict_proba(AWKWARD).tobytes()])


def by_many_callers(predictor: Predictor, callers: int, rounds: int = 20) -> Trial:
    """Many threads ask one predictor the same texts; every answer is that of one thread alone, to the bit."""
    want = singles(predictor)
    with ThreadPoolExecutor(callers) as pool:
        found = list(pool.map(lambda _: singles(predictor), range(callers * rounds)))
    wrong = sum(each != want for each in found)
    facts = {"callers": callers, "answers": len(found) * 2 * len(AWKWARD), "rounds_that_differ": wrong}
    broken = [f"{wrong} of {len(found)} rounds differ from what one thread gets"] if wrong else []
    return Trial("many callers", facts, broken)


def forked_meanwhile(predictor: Predictor, forks: int) -> Trial:
    """Processes are forked while threads predict; each answers, with the same bits."""
    want, stop = singles(predictor), False

    def keep_busy() -> None:
        while not stop:
            predictor.predict_proba(AWKWARD)

    def in_child() -> dict[str, Any]:
        return {"equal": singles(predictor) == want}

    failed: list[str] = []
    with ThreadPoolExecutor(_BUSY) as pool:
        busy = [pool.submit(keep_busy) for _ in range(_BUSY)]
        try:
            for number in range(forks):
                said = in_fork(in_child, _PATIENCE_S)
                if not said.get("equal"):
                    failed.append(f"fork {number + 1}: {said.get('failed', 'its answers differ')}")
        finally:
            stop = True
        failed += [f"a thread that predicted meanwhile: {one.exception()}" for one in busy if one.exception()]
    return Trial("forks while others predict", {"forks": forks, "failed": len(failed)}, failed)


def many_answers(predictor: Predictor, predictions: int) -> Trial:
    """One text after another: memory at the start, after a tenth, and at the end."""
    texts, begin = cycle([[text] for text in AWKWARD]), held_now()

    def ask(count: int) -> Held:
        for asked in islice(texts, count):
            predictor.predict(asked)
        return held_now()

    start = time.perf_counter()
    tenth = ask(predictions // 10)
    end = ask(predictions - predictions // 10)
    facts = {"predictions": predictions, "seconds": time.perf_counter() - start, **_held_facts(begin, tenth, end)}
    return Trial("many answers", facts, _grown(tenth, end, f"over {predictions:,} predictions"))


def many_loads(bundle: Path, loads: int) -> Trial:
    """The bundle opened, asked and let go, again and again: memory, descriptors and threads."""
    begin = held_now()

    def open_and_ask(count: int) -> Held:
        for _ in range(count):
            runtime.load(bundle).predict(AWKWARD[:1])
        return held_now()

    start = time.perf_counter()
    tenth = open_and_ask(loads // 10)
    end = open_and_ask(loads - loads // 10)
    facts = {"loads": loads, "seconds": time.perf_counter() - start, **_held_facts(begin, tenth, end)}
    broken = _grown(tenth, end, f"over {loads:,} loads")
    for what, before, after in (
        ("descriptors", begin.descriptors, end.descriptors),
        ("threads", begin.threads, end.threads),
    ):
        if after > before:
            broken.append(f"{before} {what} before {loads:,} loads, {after} after")
    return Trial("many loads", {**facts, "descriptors": end.descriptors, "threads": end.threads}, broken)


def one_long_text(predictor: Predictor, characters: int) -> Trial:
    """One enormous text, in a process of its own that may take `MOST_LONG_BYTES`."""
    text = ("graph neural networks and other words " * (characters // 38 + 1))[:characters]

    def in_child() -> dict[str, Any]:
        before, start = status_bytes("VmRSS"), time.perf_counter()
        probabilities = predictor.predict_proba([text])
        taken = {"seconds": time.perf_counter() - start, "peak_bytes": status_bytes("VmHWM") - before}
        return {**taken, "finite": bool(np.isfinite(probabilities).all())}

    said = in_fork(in_child, 5 * _PATIENCE_S, MOST_LONG_BYTES)
    facts = {"characters": characters, **{name: said[name] for name in ("seconds", "peak_bytes") if name in said}}
    if why := said.get("failed"):
        return Trial("one long text", facts, [f"{characters:,} characters within {MOST_LONG_BYTES >> 30} GiB: {why}"])
    return Trial("one long text", facts, [] if said["finite"] else ["its probabilities aren't finite"])


def _held_facts(begin: Held, tenth: Held, end: Held) -> dict[str, int]:
    return {
        "start_bytes": begin.resident_bytes,
        "after_a_tenth_bytes": tenth.resident_bytes,
        "end_bytes": end.resident_bytes,
        "growth_bytes": end.resident_bytes - tenth.resident_bytes,
    }


def _grown(tenth: Held, end: Held, over: str) -> list[str]:
    growth = end.resident_bytes - tenth.resident_bytes
    if growth <= MOST_GROWTH_BYTES:
        return []
    return [f"memory grew by {growth / 1e6:.1f} MB after the first tenth {over}; {MOST_GROWTH_BYTES / 1e6:.1f} allowed"]
