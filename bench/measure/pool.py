"""The parent's end of the worker processes: start them, ask one for a block, end them."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from baselines.cores import usable_cores
from baselines.errors import MeasurementError, MissingExtra
from bench.candidate import Candidate
from bench.measure.plan import Items
from bench.measure.timing import Block
from bench.measure.worker import pack, unpack

ROOT = Path(__file__).resolve().parents[2]
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class Host(Protocol):
    """Holds one candidate and times blocks of it; a process, or in tests a simulation."""

    def open(self, candidate: Candidate, texts: Sequence[str], expected: NDArray[Any] | None) -> None:
        """Load the candidate, with the threads it states. Raises MeasurementError."""

    def block(self, items: Items, **how: Any) -> Block | None:
        """Time one block; None where the runtime has no such stage. Raises MeasurementError."""

    def close(self) -> None:
        """End it."""


class WorkerProcess:
    """A `bench.measure.worker` process, or another module's. Use as a context manager, or call `close`."""

    def __init__(self, candidate: Candidate, *, pinned: bool = True, module: str = "bench.measure.worker") -> None:
        """Start the process; it imports what the candidate's runtime needs while others start."""
        self.pinned = pinned
        # Lives as long as the process, so no context manager.
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, candidate.runtime],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
            env=worker_environment(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self, candidate: Candidate, texts: Sequence[str], expected: NDArray[Any] | None) -> None:
        """See `Host`."""
        # The last cores: the first ones tend to serve interrupts.
        cores = usable_cores()[-candidate.threads :] if self.pinned else None
        self.ask(
            do="open",
            candidate=candidate.to_json(),
            texts=list(texts),
            expected=None if expected is None else pack(expected),
            cores=cores,
        )

    def block(self, items: Items, **how: Any) -> Block | None:
        """See `Host`."""
        answer = self.ask(do="block", items=items, **how)
        if "skipped" in answer:
            return None
        samples = unpack(answer["samples"]).astype(np.float32)
        return Block(samples, answer["wall_s"], answer["cpu_s"], answer["items"])

    def ask(self, **request: Any) -> Mapping[str, Any]:
        """Send one request and wait for its answer; raises MeasurementError with the worker's own words."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise MeasurementError(self._last_words()) from None
        line = self._process.stdout.readline()
        if not line:
            raise MeasurementError(self._last_words())
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise (MissingExtra if answer["kind"] == "MissingExtra" else MeasurementError)(str(answer["error"]))
        return answer

    def close(self) -> None:
        """See `Host`."""
        if self._process.stdin is not None:
            # A worker that died can't take what is still in the buffer.
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._errors.close()

    def _last_words(self) -> str:
        self._process.wait()
        self._errors.seek(0)
        words = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return f"the worker ended with code {self._process.returncode}: {words[-1] if words else 'no message'}"


def worker_environment() -> dict[str, str]:
    """One thread in every pool from the start, this checkout importable, no parallel tokenisers."""
    path = os.pathsep.join(part for part in (str(ROOT), os.environ.get("PYTHONPATH", "")) if part)
    return {
        **os.environ,
        **dict.fromkeys(_ONE_THREAD, "1"),
        "PYTHONPATH": path,
        "PYTHONIOENCODING": "utf-8",
        "TOKENIZERS_PARALLELISM": "false",
    }
