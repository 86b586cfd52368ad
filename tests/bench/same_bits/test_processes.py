"""Processes that answer: through files, ended in time, and with everything that they started."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

from bench.same_bits.answers import Broken
from bench.same_bits.processes import Processes

ECHO = [sys.executable, "-c", "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])"]


def gone(pid: int) -> bool:
    """Whether a process is gone, or only waits to be forgotten."""
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


def test_bytes_go_in_and_come_out(tmp_path: Path) -> None:
    with Processes() as processes:
        assert processes.run(ECHO, tmp_path, bytes(range(256)) * 1000, 60) == bytes(range(256))[::-1] * 1000
        assert processes.run(ECHO, tmp_path, b"", 60) == b""


def test_a_code_is_said_with_the_last_words(tmp_path: Path) -> None:
    dies = [sys.executable, "-c", "import sys; print('x' * 9999, 'no model', file=sys.stderr); sys.exit(3)"]
    with Processes() as processes, pytest.raises(Broken, match=r"ended with code 3: x+ no model$"):
        processes.run(dies, tmp_path, b"", 60)
    killed = [sys.executable, "-c", "import os; os.abort()"]
    with Processes() as processes, pytest.raises(Broken, match="ended with code -6"):
        processes.run(killed, tmp_path, b"", 60)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    hangs = (
        "import os, subprocess, sys, time; c = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    )
    hangs += "; open('pids', 'w').write(f'{os.getpid()} {c.pid}'); time.sleep(60)"
    begin = time.monotonic()
    with Processes() as processes, pytest.raises(Broken, match="no answer within 2 s"):
        processes.run([sys.executable, "-c", hangs], tmp_path, b"", 2)
    assert time.monotonic() - begin < 20
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    end = time.monotonic() + 10
    while not all(map(gone, pids)) and time.monotonic() < end:
        time.sleep(0.02)
    assert all(map(gone, pids))


def test_those_of_other_threads_end_when_they_are_closed(tmp_path: Path) -> None:
    processes, said = Processes(), []

    def wait() -> None:
        try:
            processes.run([sys.executable, "-c", "open('on', 'w'); import time; time.sleep(60)"], tmp_path, b"", 60)
        except Broken as error:
            said.append(str(error))

    thread = threading.Thread(target=wait)
    thread.start()
    end = time.monotonic() + 20
    while not (tmp_path / "on").exists() and time.monotonic() < end:
        time.sleep(0.01)
    processes.close()
    thread.join(20)
    assert said == [f"ended with code {-9}"]
    with pytest.raises(Broken, match="stopped"):
        processes.run(ECHO, tmp_path, b"", 60)
