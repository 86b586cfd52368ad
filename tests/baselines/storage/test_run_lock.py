"""One command at a time in a run folder: who comes later waits; nobody waits for the dead."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from baselines.storage import run_lock as module
from baselines.storage.run_folder import RunFolder
from baselines.storage.run_lock import LOCK_FILE, is_held, run_lock

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.skipif(module.fcntl is None, reason="the system has no such locks")
# Holds the folder, with a part of a step, until a line comes; forks a child that outlives it where asked to.
HOLDER = """
import os, sys, time
from pathlib import Path
from baselines.storage.run_lock import run_lock
root = Path(sys.argv[1])
with run_lock(root):
    (root / f".step.part-{os.getpid()}").touch()
    parent = os.getpid()
    if sys.argv[2:] == ["fork"] and not os.fork():
        os.closerange(0, 3)  # else who reads the parent's words waits for the child
        while os.getppid() == parent:
            time.sleep(0.02)
        time.sleep(0.5)
        os._exit(0)
    print(os.getpid(), flush=True)
    sys.stdin.readline()
"""


def holder(root: Path, *words: str) -> subprocess.Popen[str]:
    started = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(root), *words],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    assert started.stdout.readline().strip() == str(started.pid)
    return started


def test_who_comes_later_waits_and_says_for_whom(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = holder(tmp_path / "r")
    part = tmp_path / "r" / f".step.part-{first.pid}"
    seen: list[bool] = []

    def end() -> None:
        time.sleep(0.5)
        seen.append(part.exists())
        first.communicate("\n")

    ending = threading.Thread(target=end)
    ending.start()
    with run_lock(tmp_path / "r"):
        assert first.wait() == 0, "only now is it our turn"
    ending.join()
    assert seen == [True], "what the first one was making is left alone"
    said = capsys.readouterr().err
    assert f"in use by process {first.pid} on " in said
    assert " since 20" in said
    assert "; waiting for its end" in said
    assert said.count("\n") == 1
    assert not (tmp_path / "r" / LOCK_FILE).exists()


@pytest.mark.parametrize("words", [(), ("fork",)], ids=["alone", "with a forked child"])
def test_nobody_waits_for_the_killed(tmp_path: Path, words: tuple[str, ...]) -> None:
    first = holder(tmp_path, *words)
    first.kill()
    first.wait()
    begun = time.monotonic()
    with RunFolder.working(tmp_path, dataset_sha256="a"):
        assert time.monotonic() - begun < 10
        assert not list(tmp_path.glob(".step.part-*")), "what was half made is removed"
    first.communicate()


def test_a_waiting_command_can_be_stopped(tmp_path: Path) -> None:
    first = holder(tmp_path)
    # Where the tests run in the background of a shell, Ctrl-C is ignored by them and by what they start.
    heeding = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n{HOLDER}"
    second = subprocess.Popen(
        [sys.executable, "-c", heeding, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert second.stderr is not None
    assert "waiting for its end" in second.stderr.readline()
    second.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in second.communicate(timeout=60)[1]
    assert second.returncode != 0
    assert (tmp_path / f".step.part-{first.pid}").exists()
    first.communicate("\n")


def test_one_process_holds_a_folder_as_often_as_it_likes(tmp_path: Path) -> None:
    with run_lock(tmp_path), run_lock(tmp_path), run_lock(tmp_path / "study-folds" / "fold-1"):
        assert not (tmp_path / "study-folds").exists(), "what lies in a held folder is held with it"
        assert is_held(tmp_path / "study-folds")
    assert not is_held(tmp_path)


def test_a_file_system_without_locks_hinders_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(handle: int, how: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(module.fcntl, "flock", refused)
    with run_lock(tmp_path):
        pass


def test_half_a_sentence_about_the_holder_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).write_text('{"pid": 1')
    assert module.said_holder(tmp_path / LOCK_FILE) == "another process"
    with run_lock(tmp_path):
        pass
