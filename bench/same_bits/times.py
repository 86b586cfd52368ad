"""How long one text takes in each engine, and a page until its first answer: medians, engines taking turns.

Every figure is of the same texts in the same rounds, so that their quotients outlast a noisy machine: in each round
each engine runs once, in a process of its own but for the kernel, which is asked as a user asks it, by `predict`.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from baselines.errors import MeasurementError
from bench.report.chromium import Browser, find_chromium
from bench.same_bits.answers import records
from bench.same_bits.compiled import NAME, compile_with, generated, require
from bench.same_bits.engine import Absent, Workshop
from bench.same_bits.javascript import module_of
from exports import kernel
from exports.runtime.load_bundle import load

ROUNDS = 5
N_TEXTS = 200
_PROGRAMS = Path(__file__).parent / "programs"
_LIMIT_S = 120.0
# -O2 is what most builds use, -O3 what the generated README advises.
_BUILDS = {"c-gcc-O2": ("gcc", "-O2"), "c-gcc-O3": ("gcc", "-O3"), "c-clang-O2": ("clang", "-O2")}
KERNEL, PAGE, EMPTY = "kernel", "page", "empty page"

# Nanoseconds of one text, the median over all texts of a round.
Timed = Callable[[], float]


@dataclass(frozen=True)
class Time:
    """What one engine takes.

    Attributes:
        engine: its name.
        ns: nanoseconds a text, the median of each round; empty where it is absent.
        reason: why it is absent; "" where it isn't.
    """

    engine: str
    ns: tuple[float, ...] = ()
    reason: str = ""

    @property
    def median_us(self) -> float:
        """Microseconds, the median over the rounds."""
        return statistics.median(self.ns) / 1000


def times_of(workshop: Workshop, texts: Sequence[str]) -> list[Time]:
    """Engines in turn, `ROUNDS` times; those that aren't there say why."""
    timed, absent = _timers(workshop, texts)
    rounds: dict[str, list[float]] = {name: [] for name in timed}
    for _ in range(ROUNDS):
        for name, time in timed.items():
            rounds[name].append(time())
    return [*(Time(name, tuple(found)) for name, found in rounds.items()), *absent]


def ratio(time: Time, to: Time) -> float:
    """How many times as long as another, the median of the rounds' own quotients."""
    return statistics.median(a / b for a, b in zip(time.ns, to.ns, strict=True))


def _timers(workshop: Workshop, texts: Sequence[str]) -> tuple[dict[str, Timed], list[Time]]:
    found: dict[str, Timed] = {}
    absent: list[Time] = []
    makers: dict[str, Callable[[], Timed]] = {KERNEL: lambda: _kernel(workshop, texts)}
    for name in _BUILDS:
        makers[name] = lambda name=name: _program(workshop, texts, name)  # type: ignore[misc]
    makers |= {
        "node": lambda: _node(workshop, texts),
        EMPTY: lambda: _page(workshop, ""),
        PAGE: lambda: _page(workshop, module_of(workshop).read_text(encoding="utf-8"), texts[0]),
    }
    for name, make in makers.items():
        try:
            found[name] = make()
        except Absent as error:
            absent.append(Time(name, reason=str(error)))
    return found, absent


def _kernel(workshop: Workshop, texts: Sequence[str]) -> Timed:
    if not kernel.AVAILABLE:
        raise Absent("the C extension was not built")
    predictor = load(workshop.reference.folder)

    def time() -> float:
        found = []
        for text in [*texts, *texts, *texts]:
            start = perf_counter_ns()
            predictor.predict([text])
            found.append(perf_counter_ns() - start)
        return statistics.median(found[len(texts) :])

    return time


def _program(workshop: Workshop, texts: Sequence[str], name: str) -> Timed:
    compiler, level = _BUILDS[name]
    require(compiler)
    sources, place = generated(workshop, workshop.longest, False), workshop.place(f"times-{name}")
    timer = place / "timer.c"
    content = (_PROGRAMS / "timer.c").read_text(encoding="utf-8").replace("tp_.h", f"{NAME}.h")
    timer.write_text(content, encoding="utf-8")
    program = place / "program"
    compile_with(compiler, ("-std=c99", level), [sources / f"{NAME}.c", timer], program)
    return _asked(workshop, [str(program)], place, records(texts))


def _node(workshop: Workshop, texts: Sequence[str]) -> Timed:
    require("node")
    place = workshop.place("times-node")
    command = ["node", str(_PROGRAMS / "timer.mjs"), module_of(workshop).resolve().as_uri()]
    return _asked(workshop, command, place, records(texts))


def _asked(workshop: Workshop, command: Sequence[str], place: Path, sent: bytes) -> Timed:
    def time() -> float:
        said = workshop.processes.run(command, place, sent, _LIMIT_S)
        return statistics.median(map(float, said.split()))

    return time


def _page(workshop: Workshop, code: str, text: str = "") -> Timed:
    """From the start of a page, module included, to its first answer; without code, until its script runs."""
    if find_chromium() is None:
        raise Absent("chromium: not installed")
    asked = f"classify({json.dumps(text)});" if code else ""
    script = f"{code.replace('export const ', 'const ')}{asked} window.first = performance.now();"
    page = workshop.place("times-page") / ("page.html" if code else "empty.html")
    content = f'<!doctype html><meta charset="utf-8"><script type="module">{script}</script>'
    page.write_text(content, encoding="utf-8")

    def time() -> float:
        with Browser() as browser:
            # A browser that has just started takes longer for its first page, whatever it is.
            browser.open("data:text/html,<!doctype html>")
            browser.open(page.resolve().as_uri())
            browser.wait_for("window.first !== undefined")
            return float(browser.evaluate("window.first")) * 1e6

    return time


def run_times(workshop: Workshop, texts: Sequence[str]) -> dict[str, Any]:
    """The figures of one bundle, for the file and the table.

    Raises:
        MeasurementError: no text of the data fits.
    """
    fitting = [text for text in texts if text and len(text.encode("utf-8", "replace")) <= workshop.longest][:N_TEXTS]
    if not fitting:
        raise MeasurementError(f"--times: no text of at most {workshop.longest} bytes; give others with --data")
    times = times_of(workshop, fitting)
    to = next((time for time in times if time.engine == KERNEL and time.ns), None)
    return {
        "texts": len(fitting),
        "characters": statistics.median(map(len, fitting)),
        "rounds": ROUNDS,
        "engines": [
            {
                "engine": time.engine,
                "microseconds": [round(ns / 1000, 3) for ns in time.ns],
                "times_the_kernel": round(ratio(time, to), 2)
                if to and time.ns and time.engine not in (PAGE, EMPTY)
                else None,
                "reason": time.reason,
            }
            for time in times
        ],
    }


def _beside(time: Time, to: Time | None) -> float | None:
    """How many times as long as the kernel; None where either is absent, and of pages, which do more than answer."""
    return round(ratio(time, to), 2) if to and time.ns and time.engine not in (PAGE, EMPTY) else None
