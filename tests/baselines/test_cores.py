"""The one count of usable cores: affinity, and the quota of a control group."""

from __future__ import annotations

from pathlib import Path

import pytest

from baselines import cores
from baselines.cores import cgroup_cpus, cgroup_memory_bytes, usable_core_count


@pytest.mark.parametrize(
    ("files", "cpus", "memory"),
    [
        ({"cpu.max": "150000 100000", "memory.max": "2147483648"}, 1.5, 2**31),
        ({"cpu.max": "max 100000", "memory.max": "max"}, None, None),
        (
            {
                "cpu/cpu.cfs_quota_us": "400000",
                "cpu/cpu.cfs_period_us": "100000",
                "memory/memory.limit_in_bytes": "1000",
            },
            4.0,
            1000,
        ),
        (
            {
                "cpu/cpu.cfs_quota_us": "-1",
                "cpu/cpu.cfs_period_us": "100000",
                "memory/memory.limit_in_bytes": str(2**63 - 4096),
            },
            None,
            None,
        ),
        ({}, None, None),
    ],
    ids=["v2", "v2 unlimited", "v1", "v1 unlimited", "none"],
)
def test_limits_of_the_control_group(
    tmp_path: Path, files: dict[str, str], cpus: float | None, memory: int | None
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text + "\n")
    assert cgroup_cpus(tmp_path) == cpus
    assert cgroup_memory_bytes(tmp_path) == memory


def test_usable_cores_are_the_smaller_of_affinity_and_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "usable_cores", lambda: [0, 1, 2, 3])
    for quota, expected in ((None, 4), (2.5, 2), (0.5, 1), (8.0, 4)):
        monkeypatch.setattr(cores, "cgroup_cpus", lambda quota=quota: quota)
        assert usable_core_count() == expected
