"""Watches over the process that tries mutants: its time, its memory, and that it lives."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from baselines.errors import MeasurementError
from exports.fuzzing.trial import FINDING, Outcome

MOST_SECONDS = 10.0
MOST_BYTES = 1 << 30
# Packages are loaded before the first trial.
_START_SECONDS = 120.0
# A process is replaced after so many trials, so that what one leaves behind doesn't add up.
_TRIALS = 1000


@dataclass
class Watch:
    """Tries folders in a process of its own; use it with `with`.

    Attributes:
        artifact: whether artifacts are tried, not bundles.
        worker: module that is run.
        seconds: that a trial may take.
    """

    artifact: bool = False
    worker: str = "exports.fuzzing.worker"
    seconds: float = MOST_SECONDS
    _process: subprocess.Popen[bytes] | None = None
    _trials: int = 0
    _errors: IO[bytes] = field(default_factory=tempfile.TemporaryFile)

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        self._errors.close()

    def tried(self, folder: Path) -> Outcome:
        """What came of loading a folder; a process that hangs, crashes or takes too much is a finding."""
        process = self._running()
        request = json.dumps({"folder": str(folder)}).encode() + b"\n"
        try:
            _pipe(process.stdin).write(request)
            _pipe(process.stdin).flush()
        except BrokenPipeError:
            return self._ended(process)
        line = self._line(process, self.seconds)
        if line is None:
            self._stop()
            return Outcome(FINDING, f"no answer within {self.seconds:g} s")
        if not line:
            return self._ended(process)
        found: dict[str, Any] = json.loads(line)
        if found["seconds"] > self.seconds:
            return Outcome(FINDING, f"took {found['seconds']:.1f} s, more than {self.seconds:g}")
        if found["peak_bytes"] > MOST_BYTES:
            return Outcome(FINDING, f"took {found['peak_bytes']:,} bytes, more than {MOST_BYTES:,}\n{found['said']}")
        return Outcome(found["kind"], found["said"])

    def _running(self) -> subprocess.Popen[bytes]:
        self._trials += 1
        if self._process is None or self._trials % _TRIALS == 0:
            self._stop()
            # One thread a library: address space for more would count as the mutant's.
            threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
            self._process = subprocess.Popen(
                [sys.executable, "-m", self.worker],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env={**os.environ, **threads, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
            _pipe(self._process.stdin).write(json.dumps({"artifact": self.artifact}).encode() + b"\n")
            _pipe(self._process.stdin).flush()
            if not self._line(self._process, _START_SECONDS):
                raise MeasurementError(f"{self.worker}: doesn't start; {self._ended(self._process).said.strip()}")
        return self._process

    @staticmethod
    def _line(process: subprocess.Popen[bytes], seconds: float) -> bytes | None:
        """The next line; `b""` where the process ended, None where the time did."""
        stream, until, line = _pipe(process.stdout), time.monotonic() + seconds, bytearray()
        while not line.endswith(b"\n"):
            left = until - time.monotonic()
            if left <= 0 or not select.select([stream], [], [], left)[0]:
                return None
            part = os.read(stream.fileno(), 1 << 16)
            if not part:
                return b""
            line += part
        return bytes(line)

    def _ended(self, process: subprocess.Popen[bytes]) -> Outcome:
        code = process.wait()
        self._errors.seek(0)
        last = self._errors.read()[-2000:].decode("utf-8", "replace")
        self._stop()
        return Outcome(FINDING, f"the process ended with code {code} (negative: a signal)\n{last}")

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    stream.close()
            self._process.wait()
            self._process = None


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise ValueError("the process was started without pipes")
    return stream
