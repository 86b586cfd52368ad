"""A server in a process of its own, on a port of this machine alone that the system chooses."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVER = ROOT / "examples" / "serve_http.py"


def command_of(bundle: Path) -> list[str]:
    """What a user would type, with a port that is free."""
    return [sys.executable, str(SERVER), str(bundle), "0"]


@contextmanager
def served(command: Sequence[str], cwd: Path | None = None) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The process and its port; ended when the block is left, however it is."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(
        command, env=env, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )  # fmt: skip
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        port = re.fullmatch(r"listening on http://127\.0\.0\.1:(\d+)\n", line)
        assert port, line + process.stdout.read()
        yield process, int(port[1])
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def end(process: subprocess.Popen[str], number: int = signal.SIGTERM, within_s: float = 20) -> tuple[int, str]:
    """Send a signal; gives the exit code and all that was said since the first line."""
    process.send_signal(number)
    said, _ = process.communicate(timeout=within_s)
    return process.returncode, said
