"""What a process can say about itself and ask of the system: peak memory, and which cores it runs on."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn


def peak_rss_bytes() -> int | None:
    """Largest resident memory of this process so far; None where the system doesn't say.

    On Linux from /proc, since `ru_maxrss` starts at what the parent had when it made this process.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        return None
    try:
        import resource
    except ImportError:
        return None
    scale = 1 if sys.platform == "darwin" else 1024
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * scale


def pin(cores: Sequence[int] | None) -> None:
    """Bind this process to the given cores; nothing where the system can't or none are given."""
    if cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)


def leave(code: int) -> NoReturn:
    """End this process without taking its libraries apart, which keeps whoever waits for it up to a second."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
