"""How many cores this process may use: the one count that every default, pool and proof takes.

Affinity says which cores the system lets a process run on; a control group's quota says how much of their time it
gets. A container with half a CPU sees all cores of its machine, and two threads there only wait for each other.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

# What `torchrun` tells each process that it starts.
LAUNCH_VARIABLES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
_SYSTEM = Path("/")
# Where the two versions lie when the system doesn't say: version 1 has a tree for each of its controllers.
_USUAL = {"": "sys/fs/cgroup", "cpu": "sys/fs/cgroup/cpu", "memory": "sys/fs/cgroup/memory"}


def launched_processes() -> int:
    """How many processes `torchrun` started of this command; 1 where one of its variables is missing.

    What isn't a number counts as several: whoever joins them says what is wrong.
    """
    if not all(os.environ.get(name) for name in LAUNCH_VARIABLES):
        return 1
    size = os.environ["WORLD_SIZE"]
    return int(size) if size.isdecimal() else 2


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


def cgroup_cpus(system: Path = _SYSTEM) -> float | None:
    """CPUs' worth of time this process may use, None for no limit.

    The least of what its own control group and all groups above it allow, of version 2 or 1.

    Args:
        system: root of the file system that `/proc` and `/sys` are read from.
    """
    limits = [_quota(*text.split()[:2]) for text in _settings(system, "", "cpu.max")]
    for folder in _groups(system, "cpu"):
        quota, period = read_text(folder / "cpu.cfs_quota_us"), read_text(folder / "cpu.cfs_period_us")
        limits.append(_quota(quota or "", period or ""))
    return min((limit for limit in limits if limit is not None), default=None)


def cgroup_memory_bytes(system: Path = _SYSTEM) -> int | None:
    """Memory limit of this process's control group and of those above it, the least; None for no limit."""
    texts = [
        *_settings(system, "", "memory.max"),
        *_settings(system, "memory", "memory.limit_in_bytes"),
    ]
    # Version 1 writes "no limit" as a number near 2^63.
    return min((int(text) for text in texts if text.isdecimal() and int(text) < 1 << 60), default=None)


def _quota(quota: str, period: str = "") -> float | None:
    """CPUs of a quota and its period in microseconds; None for `max`, -1, and what isn't a number."""
    if not quota.isdecimal() or int(quota) == 0:
        return None
    return int(quota) / (int(period) if period.isdecimal() and int(period) else 100_000)


def _settings(system: Path, controller: str, name: str) -> Iterator[str]:
    """What a setting holds in this process's group and in those above it."""
    for folder in _groups(system, controller):
        if text := read_text(folder / name):
            yield text


def _groups(system: Path, controller: str) -> Iterator[Path]:
    """Folders of this process's control group and of all above it that can be seen from here.

    Args:
        system: see `cgroup_cpus`.
        controller: `cpu` or `memory` of version 1; empty for the one tree of version 2.
    """
    for root, top in _trees(system, controller):
        folder = top
        yield folder
        # A container may see a part of the tree only, and name its group by a path outside of that part.
        path = _group_of(system, controller)
        below = path.relative_to(root) if path.is_relative_to(root) else PurePosixPath()
        for part in below.parts:
            if part == "..":
                break
            folder = folder / part
            yield folder


def _trees(system: Path, controller: str) -> list[tuple[PurePosixPath, Path]]:
    """Which part of a tree of control groups is mounted, and where."""
    found = []
    for line in (read_text(system / "proc/self/mountinfo") or "").splitlines():
        fields, _, rest = line.partition(" - ")
        kind, options = [*rest.split(), "", "", ""][0], [*rest.split(), "", "", ""][2].split(",")
        if kind == ("cgroup" if controller else "cgroup2") and (not controller or controller in options):
            root, place = fields.split()[3:5]
            found.append((PurePosixPath(root), system / place.lstrip("/")))
    return found or [(PurePosixPath("/"), system / _USUAL[controller])]


def _group_of(system: Path, controller: str) -> PurePosixPath:
    """The path of this process's group within its tree."""
    for line in (read_text(system / "proc/self/cgroup") or "").splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controller in controllers.split(","):
            return PurePosixPath(path or "/")
    return PurePosixPath("/")


def read_text(path: Path) -> str | None:
    """A small file of the system, stripped; None where there is none, or it can't be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None
