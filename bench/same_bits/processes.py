"""Child processes that answer one chunk of texts each: through files, within a time limit, ended when we are."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.same_bits.answers import Broken

_SAID = 500


class Processes:
    """Every child process of a comparison; use it in a `with` block, at whose end none of them is left."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def run(self, command: Sequence[str], folder: Path, sent: bytes, limit_s: float) -> bytes:
        """What a process writes to stdout for `sent`.

        Args:
            command: program and arguments.
            folder: where it runs; its input and output lie there meanwhile.
            sent: its stdin.
            limit_s: it is killed when it takes longer.

        Raises:
            Broken: it took too long, or ended with a code.
        """
        came, went, said = folder / "texts.bin", folder / "answers.bin", folder / "said.txt"
        came.write_bytes(sent)
        with came.open("rb") as stdin, went.open("wb") as stdout, said.open("wb") as stderr:
            process = self._start(command, folder, stdin.fileno(), stdout.fileno(), stderr.fileno())
            try:
                code = process.wait(limit_s)
            except subprocess.TimeoutExpired:
                raise Broken(f"no answer within {limit_s:.0f} s") from None
            finally:
                _end(process)
                with self._lock:
                    self._running.discard(process)
        if code:
            words = said.read_bytes()[-_SAID:].decode("utf-8", "replace").strip()
            raise Broken(f"ended with code {code}" + (f": {words}" if words else ""))
        return went.read_bytes()

    def close(self) -> None:
        """End every process, and start none any more."""
        with self._lock:
            self._closed = True
            running = list(self._running)
        for process in running:
            _end(process)

    def _start(
        self, command: Sequence[str], folder: Path, stdin: int, stdout: int, stderr: int
    ) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed:
                raise Broken("stopped")
            # A group of its own, so that what it starts itself ends with it.
            process = subprocess.Popen(
                command, cwd=folder, stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True
            )
            self._running.add(process)
            return process


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
