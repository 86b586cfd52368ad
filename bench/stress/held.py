"""What this process holds of the system at the moment: memory, descriptors, threads; and work in a forked process."""

from __future__ import annotations

import gc
import json
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baselines.errors import MeasurementError

_PROC = Path("/proc/self")
_PAUSE_S = 0.005


@dataclass(frozen=True)
class Held:
    """Resident memory in bytes, open descriptors, threads."""

    resident_bytes: int
    descriptors: int
    threads: int


def held_now() -> Held:
    """What is held once the collector ran."""
    gc.collect()
    # The folder that is listed is a descriptor itself.
    descriptors = len(list((_PROC / "fd").iterdir())) - 1
    return Held(status_bytes("VmRSS"), descriptors, len(list((_PROC / "task").iterdir())))


def status_bytes(name: str) -> int:
    """A figure of `/proc/self/status`: `VmRSS`, resident memory, or `VmHWM`, the most it ever was."""
    for line in (_PROC / "status").read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise MeasurementError(f"{_PROC / 'status'}: no {name}; this command reads Linux's figures")


def require_linux() -> None:
    """Raise MeasurementError where the system can't fork, or doesn't say what a process holds."""
    if not hasattr(os, "fork") or not (_PROC / "status").exists():
        raise MeasurementError("bench.endurance: forks processes and reads /proc/self/status, so it needs Linux")


def in_fork(work: Callable[[], Mapping[str, Any]], most_seconds: float, most_bytes: int | None = None) -> Any:
    """What `work` gives in a forked process, by way of JSON.

    Args:
        work: done in the child.
        most_seconds: the child is killed when it takes longer.
        most_bytes: of address space it may take beyond what it inherits; None for no limit.

    Returns:
        what `work` gave, or `{"failed": why}`.
    """
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        _answer_and_leave(work, write, most_bytes)
    os.close(write)
    until = time.monotonic() + most_seconds
    while not (done := os.waitpid(child, os.WNOHANG))[0]:
        if time.monotonic() > until:
            os.kill(child, signal.SIGKILL)
            done = os.waitpid(child, 0)
            break
        time.sleep(_PAUSE_S)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read()
    if said:
        return json.loads(said)
    code = os.waitstatus_to_exitcode(done[1])
    hung = code == -signal.SIGKILL and time.monotonic() > until
    return {"failed": f"no answer within {most_seconds:.0f} s" if hung else f"the process ended with code {code}"}


def _answer_and_leave(work: Callable[[], Mapping[str, Any]], pipe: int, most_bytes: int | None) -> None:
    """The child's whole life. What is said fits into a pipe, so that nobody need read it before the end."""
    try:
        if most_bytes is not None:
            import resource

            limit = status_bytes("VmSize") + most_bytes
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        try:
            said: Mapping[str, Any] = work()
        except Exception as error:  # whatever it is, the parent has to hear of it
            said = {"failed": f"{type(error).__name__}: {error}"[:500]}
        os.write(pipe, json.dumps(said).encode())
    finally:
        os._exit(0)
