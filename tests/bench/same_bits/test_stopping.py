"""The command stopped in the middle: no process and no folder is left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cases.import_case import ROOT
from tests.cases.same_case import bundle_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def those_in(folder: Path) -> list[int]:
    """Processes whose working folder lies below `folder`."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            place = str((each / "cwd").readlink())
        except OSError:
            continue
        if place.startswith(str(folder)):
            found.append(int(each.name))
    return found


def wait_for(what: str, holds: Callable[[], object], limit_s: float = 60) -> None:
    end = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def test_nothing_is_left(tmp_path: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip("node: not installed")
    bundle, work = bundle_of("rows", tmp_path), tmp_path / "work"
    work.mkdir()
    words = ["--engines", "node", "--texts", "1000000", "--out", str(tmp_path / "out")]
    command = [sys.executable, "-m", "bench.sameness", str(bundle), *words]
    env = {**os.environ, "TMPDIR": str(work)}
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            wait_for("an engine that answers", lambda: those_in(work))
            process.send_signal(signal.SIGTERM)
            said = process.communicate(timeout=60)[1].decode()
        finally:
            process.kill()
    assert process.returncode == 128 + signal.SIGTERM, said
    assert "SIGTERM" in said
    assert list(work.iterdir()) == []
    wait_for("the engine's end", lambda: not those_in(work), 10)
    assert not (tmp_path / "out" / "sameness.json").exists()
