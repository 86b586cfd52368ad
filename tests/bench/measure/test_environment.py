"""The machine as files describe it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from baselines.cores import usable_cores
from bench.measure import environment
from bench.measure.environment import cpu_flags, cpu_model, describe_environment, git_state
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
