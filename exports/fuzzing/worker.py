"""The process that tries mutants, one line of JSON in and one out; it may hang, crash or run out of memory."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from exports.fuzzing.trial import tried

# Address space beyond what the process starts with. What is resident is judged by the process that watches.
_ADDRESSES = 3 << 30


def main() -> int:
    """Be ready, then answer `{"folder"}` with `{"kind", "said", "peak_bytes", "seconds"}` until stdin ends.

    The first line, `{"artifact"}`, says what will be tried; it is answered with `{}`.
    """
    answers = sys.stdout
    sys.stdout = sys.stderr
    artifact = bool(json.loads(sys.stdin.readline())["artifact"])
    _load_packages(artifact)
    _limit()
    _answer(answers, {})
    for line in sys.stdin:
        folder = Path(json.loads(line)["folder"])
        before, start = _reset_peak(), time.perf_counter()
        outcome = tried(folder, artifact)
        found = {"kind": outcome.kind, "said": outcome.said, "seconds": time.perf_counter() - start}
        _answer(answers, {**found, "peak_bytes": max(0, _peak() - before)})
    return 0


def _answer(stream: TextIO, content: Mapping[str, Any]) -> None:
    stream.write(json.dumps(content) + "\n")
    stream.flush()


def _load_packages(artifact: bool) -> None:
    """What a first load would import counts neither as its memory nor as its time."""
    with suppress(ImportError):  # it stems words, where it is installed
        import nltk.stem  # noqa: F401
    from baselines.telemetry import import_onnxruntime
    from exports import runtime  # noqa: F401

    import_onnxruntime()

    if artifact:
        from compress.registry import KINDS  # noqa: F401


def _limit() -> None:
    status = Path("/proc/self/statm")
    start = int(status.read_text().split()[0]) * resource.getpagesize() if status.is_file() else 4 << 30
    resource.setrlimit(resource.RLIMIT_AS, (start + _ADDRESSES, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _reset_peak() -> int:
    """Resident bytes now; the peak counts from here on where the system can forget it."""
    forget = Path("/proc/self/clear_refs")
    try:
        forget.write_text("5")
    except OSError:
        return _peak()
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _peak() -> int:
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    sys.exit(main())
