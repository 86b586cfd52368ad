"""How large and how fast a bundle is, for the card of one that no study has measured."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from exports import runtime
from exports.runtime.bundle_format import bundle_bytes

# Enough for a median; a study measures with warm-up, rounds and an interval.
_SECONDS, _CALLS, _TEXTS = 0.2, 400, 20


def size_said(folder: Path) -> str:
    """Bytes to predict, as they lie and deflated."""
    raw, deflated = bundle_bytes(folder)
    return f"{raw / 1000:,.1f} kB to predict ({deflated / 1000:,.1f} kB deflated)"


def speed_said(folder: Path, texts: Sequence[str]) -> str:
    """The median time of one text, measured for a fifth of a second on this machine, which is named.

    Args:
        folder: a bundle.
        texts: one of them a call; any number from 1 on.
    """
    predictor = runtime.load(folder, threads=1)
    few = [[text] for text in texts[:_TEXTS]]
    times: list[float] = []
    for text in few:
        predictor.predict_proba(text)
    end = time.perf_counter() + _SECONDS
    while len(times) < len(few) or (len(times) < _CALLS and time.perf_counter() < end):
        begun = time.perf_counter()
        predictor.predict_proba(few[len(times) % len(few)])
        times.append(time.perf_counter() - begun)
    return (
        f"median {statistics.median(times) * 1e6:,.0f} µs a text on {_cpu()}, one thread, text in and probabilities "
        f"out, when it was exported: {len(times)} calls, texts of {_mean_length(few)} characters on average"
    )


def _mean_length(texts: Sequence[Sequence[str]]) -> int:
    return round(statistics.mean(len(text) for batch in texts for text in batch))


def _cpu() -> str:
    """The processor's name, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return (named or [platform.processor() or platform.machine() or "an unnamed processor"])[0]
