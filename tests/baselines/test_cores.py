"""The one count of usable cores: affinity, and the quota of a control group."""

from __future__ import annotations

from pathlib import Path

import pytest

from baselines import cores
from baselines.cores import cgroup_cpus, cgroup_memory_bytes, usable_core_count


def quota(group: str, quota_us: str) -> dict[str, str]:
    """The files of a group of version 1, with the usual period."""
    return {f"{group}/cpu.cfs_quota_us": quota_us, f"{group}/cpu.cfs_period_us": "100000"}


def made(system: Path, groups: str, mounts: str, files: dict[str, str]) -> Path:
    """A small file system with `/proc/self` and the files of control groups."""
    texts = {"proc/self/cgroup": groups, "proc/self/mountinfo": mounts, **files}
    for name, text in texts.items():
        (system / name).parent.mkdir(parents=True, exist_ok=True)
        (system / name).write_text(text + "\n")
    return system


V2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
V1 = (
    "31 23 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "32 23 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
)
# A container of version 1 that sees its own part of the tree as the root.
V1_PART = "31 23 0:27 /docker/4f2a /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"


@pytest.mark.parametrize(
    ("groups", "files", "cpus", "memory"),
    [
        ("0::/", {"cpu.max": "150000 100000", "memory.max": "2147483648"}, 1.5, 2**31),
        ("0::/", {"cpu.max": "50000 100000"}, 0.5, None),
        ("0::/", {"cpu.max": "max 100000", "memory.max": "max"}, None, None),
        ("0::/", {"cpu.max": "max"}, None, None),
        ("0::/", {"cpu.max": "200000"}, 2.0, None),
        ("0::/", {"cpu.max": "a b", "memory.max": "-3"}, None, None),
        ("0::/a/b", {"a/b/cpu.max": "max 100000", "a/cpu.max": "250000 100000", "a/memory.max": "5000"}, 2.5, 5000),
        ("0::/a/b", {"a/b/cpu.max": "100000 100000", "a/cpu.max": "250000 100000"}, 1.0, None),
        ("0::/a/b", {"a/b/cpu.max": "400000 100000", "cpu.max": "300000 100000"}, 3.0, None),
        ("0::/a", {"b/cpu.max": "100000 100000"}, None, None),
        ("0::/../other", {"cpu.max": "200000 100000", "other/cpu.max": "100000 100000"}, 2.0, None),
        ("0::/gone/from/here", {"cpu.max": "200000 100000"}, 2.0, None),
        ("", {"cpu.max": "200000 100000"}, 2.0, None),
        ("", {}, None, None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("mounts", [V2, ""], ids=["mounted", "mounts unknown"])
def test_limits_of_version_2(
    tmp_path: Path, mounts: str, groups: str, files: dict[str, str], cpus: float | None, memory: int | None
) -> None:
    system = made(tmp_path, groups, mounts, {f"sys/fs/cgroup/{name}": text for name, text in files.items()})
    assert (cgroup_cpus(system), cgroup_memory_bytes(system)) == (cpus, memory)


@pytest.mark.parametrize(
    ("groups", "mounts", "files", "cpus", "memory"),
    [
        ("1:cpu:/", "", quota("cpu", "400000") | {"memory/memory.limit_in_bytes": "1000"}, 4.0, 1000),
        ("1:cpu:/", "", quota("cpu", "-1") | {"memory/memory.limit_in_bytes": str(2**63 - 4096)}, None, None),
        ("3:cpuacct,cpu:/a/b", V1, quota("cpu,cpuacct/a", "150000") | quota("cpu,cpuacct/a/b", "-1"), 1.5, None),
        (
            "3:cpu:/x\n4:memory:/a",
            V1,
            {"memory/a/memory.limit_in_bytes": "77", **quota("cpu,cpuacct/a", "1")},
            None,
            77,
        ),
        ("3:cpu:/docker/4f2a", V1_PART, quota("cpu", "50000"), 0.5, None),
        ("3:cpu:/docker/4f2a/in", V1_PART, quota("cpu", "-1") | quota("cpu/in", "70000"), 0.7, None),
        ("0::/\n1:cpu:/", V2 + V1, {"cpu.max": "300000 100000", **quota("cpu,cpuacct", "200000")}, 2.0, None),
    ],
)
def test_limits_of_version_1_and_of_both(
    tmp_path: Path, groups: str, mounts: str, files: dict[str, str], cpus: float | None, memory: int | None
) -> None:
    system = made(tmp_path, groups, mounts, {f"sys/fs/cgroup/{name}": text for name, text in files.items()})
    assert (cgroup_cpus(system), cgroup_memory_bytes(system)) == (cpus, memory)


def test_this_system_is_read_without_an_error() -> None:
    assert usable_core_count() >= 1
    limit = cgroup_cpus()
    assert limit is None or limit > 0


def test_usable_cores_are_the_smaller_of_affinity_and_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "usable_cores", lambda: [0, 1, 2, 3])
    for quota, expected in ((None, 4), (2.5, 2), (0.5, 1), (8.0, 4)):
        monkeypatch.setattr(cores, "cgroup_cpus", lambda quota=quota: quota)
        assert usable_core_count() == expected
