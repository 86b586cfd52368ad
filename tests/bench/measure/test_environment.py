"""The machine as files describe it, and the refusal to compare unlike ones."""

from __future__ import annotations

import copy
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from baselines.cores import cgroup_cpus, cgroup_memory_bytes, usable_core_count, usable_cores
from baselines.errors import MeasurementError
from bench.measure import environment
from bench.measure.environment import comparable, cpu_flags, cpu_model, describe_environment, git_state, refuse_unlike
from bench.measure.process import peak_rss_bytes, pin

CPUINFO = "processor\t: 0\nmodel name\t: Some CPU @ 3 GHz\nflags\t\t: fpu sse4_2 avx avx2 avx512_vnni\n"


def test_the_description_is_json_and_names_what_decides_speed() -> None:
    found = describe_environment({"data": "abc"})
    assert json.loads(json.dumps(found)) == found
    assert found["cores_usable"] >= 1
    assert {"python", "numpy", "onnxruntime"} <= set(found["versions"])
    assert found["hashes"] == {"data": "abc"}
    assert found["cpu"]


def test_cpu_and_flags_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cpuinfo").write_text(CPUINFO)
    assert cpu_model(tmp_path / "cpuinfo") == "Some CPU @ 3 GHz"
    assert {"avx2", "avx512_vnni"} <= cpu_flags(tmp_path / "cpuinfo")
    assert cpu_flags(tmp_path / "gone") == frozenset()
    monkeypatch.setattr(environment, "cpu_flags", lambda: frozenset({"avx2", "avx512_vnni"}))
    found = describe_environment()
    assert (found["simd"], found["vnni"]) == (["avx2"], True)


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
    monkeypatch.setattr(environment, "usable_cores", lambda: [0, 1, 2, 3])
    for quota, expected in ((None, 4), (2.5, 2), (0.5, 1), (8.0, 4)):
        monkeypatch.setattr(environment, "cgroup_cpus", lambda quota=quota: quota)
        assert usable_core_count() == expected


def like(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "cpu": "A", "machine": "x86_64", "system": "Linux", "simd": ["avx2"], "vnni": False, "cores_usable": 2,
        "governor": None, "versions": {"python": "3.11.1", "numpy": "2.1.0", "tagpress": "0.1.0"}, "load_before": 0.1,
    }  # fmt: skip
    return {**copy.deepcopy(found), **changes}


def test_like_machines_may_be_compared() -> None:
    assert comparable(like(), like(load_before=3.0)) == []
    assert comparable(like(), like(versions={**like()["versions"], "tagpress": "0.2.0"})) == []


def test_unlike_machines_are_refused_with_every_reason() -> None:
    other = like(cpu="B", vnni=True, versions={**like()["versions"], "numpy": "2.2.0"})
    reasons = comparable(like(), other)
    assert reasons == ["CPU model: A and B", "VNNI: False and True", "numpy: 2.1.0 and 2.2.0"]
    with pytest.raises(MeasurementError, match=r"unlike machines.*A and B.*--force"):
        refuse_unlike(like(), other)
    assert refuse_unlike(like(), other, force=True) == reasons


def test_git_state_tells_a_changed_checkout(tmp_path: Path) -> None:
    assert git_state(tmp_path) is None
    author = {
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@b",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@b",
    }

    def git(*arguments: str) -> None:
        subprocess.run(
            ["git", "-C", str(tmp_path), *arguments], check=True, capture_output=True, env={**os.environ, **author}
        )

    git("init", "-q")
    (tmp_path / "file").write_text("1")
    git("add", "file")
    git("commit", "-qm", "one")
    clean = git_state(tmp_path)
    assert clean is not None
    assert (len(clean["commit"]), clean["dirty"]) == (40, False)
    (tmp_path / "file").write_text("2")
    changed = git_state(tmp_path)
    assert changed is not None
    assert changed["dirty"] is True


def test_the_process_knows_its_memory_and_its_cores() -> None:
    before = peak_rss_bytes()
    if before is None:
        pytest.skip("this system does not tell peak memory")
    block = bytearray(64 << 20)
    block[::4096] = b"x" * len(block[::4096])
    after = peak_rss_bytes()
    assert after is not None
    assert after - before > 32 << 20 or after > 64 << 20
    cores = usable_cores()
    pin(cores)
    pin(None)
    assert usable_cores() == cores
