"""A new process from nothing to its first answer, and what it takes in memory. The process is
`bench.measure.cold_child`.

Peak memory is the kernel's high-water mark of that process. The mark only rises, so its value once the runtime is
imported is what a process that only imports would show, and the difference is the model's own.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass

from baselines.cores import usable_cores
from baselines.errors import MeasurementError
from bench.candidate import Candidate
from bench.measure.pool import worker_environment

# Texts answered one by one, then as one batch, after the first answer: what memory is read after.
_TEXTS_FOR_MEMORY = 32


@dataclass(frozen=True)
class ColdStart:
    """One new process.

    Attributes:
        total_s: from before the process is made to its first answer, seen from outside.
        import_s, load_s, first_answer_s: parts of it, seen from inside; the rest is the interpreter's start.
        import_rss_bytes: peak memory with the runtime imported and nothing loaded; None where the system doesn't say.
        peak_rss_bytes: peak memory after answers, one by one and as a batch.
    """

    total_s: float
    import_s: float
    load_s: float
    first_answer_s: float
    import_rss_bytes: int | None
    peak_rss_bytes: int | None

    @property
    def model_rss_bytes(self) -> int | None:
        """Peak memory above the import-only process."""
        if self.peak_rss_bytes is None or self.import_rss_bytes is None:
            return None
        return self.peak_rss_bytes - self.import_rss_bytes


def start_cold(candidate: Candidate, texts: Sequence[str]) -> ColdStart:
    """Start one process, wait for its first answer, then for its memory. The files are in the page cache.

    Raises:
        MeasurementError: the process failed; with its own words.
    """
    request = {
        "candidate": candidate.to_json(),
        "texts": list(texts[:_TEXTS_FOR_MEMORY]),
        "cores": usable_cores()[-candidate.threads :],
    }
    start = time.perf_counter()
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "bench.measure.cold_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
            env=worker_environment(),
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.close()
        first = process.stdout.readline()
        total_s = time.perf_counter() - start
        rest = process.stdout.readline()
        process.wait()
        errors.seek(0)
        words = errors.read()
    if process.returncode or not first or not rest:
        last = words.strip().splitlines()
        raise MeasurementError(f"cold start of {candidate.name!r}: {last[-1] if last else 'no answer'}")
    return ColdStart(total_s=total_s, **json.loads(rest))
