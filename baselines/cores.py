"""How many cores this process may use: the one count that every default, pool and proof takes.

Affinity says which cores the system lets a process run on; a control group's quota says how much of their time it
gets. A container with half a CPU sees all cores of its machine, and two threads there only wait for each other.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")


def usable_cores() -> list[int]:
    """Numbers of the cores this process may run on, ascending."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def usable_core_count() -> int:
    """Cores worth a thread, at least 1: affinity, and the control group's share of CPU time where that is less."""
    limit = cgroup_cpus()
    cores = len(usable_cores())
    return cores if limit is None else max(1, min(cores, math.floor(limit + 1e-9)))


def cgroup_cpus(root: Path = _CGROUP) -> float | None:
    """CPUs' worth of time the control group may use, version 2 or 1; None for no limit."""
    if text := read_text(root / "cpu.max"):
        quota, _, period = text.partition(" ")
        return None if quota == "max" else int(quota) / int(period or 100_000)
    quota_us, period_us = read_text(root / "cpu/cpu.cfs_quota_us"), read_text(root / "cpu/cpu.cfs_period_us")
    if quota_us and period_us and int(quota_us) > 0:
        return int(quota_us) / int(period_us)
    return None


def cgroup_memory_bytes(root: Path = _CGROUP) -> int | None:
    """Memory limit of the control group; None for no limit."""
    text = read_text(root / "memory.max") or read_text(root / "memory/memory.limit_in_bytes")
    # Version 1 writes "no limit" as a number near 2^63.
    return int(text) if text and text.isdigit() and int(text) < 1 << 60 else None


def read_text(path: Path) -> str | None:
    """A small file of the system, stripped; None where there is none, or it can't be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None
