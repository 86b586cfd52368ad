"""The command behind a pipe: an answer for each line as it comes, and a quiet end when nobody reads on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import pytest

from baselines.console import STOPPED
from exports.bundles.write_bundle import write_bundle
from tests.cases.import_case import ROOT
from tests.cases.table_case import lineage, task_classifier

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes and signals of POSIX")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(task_classifier("multiclass"), lineage(), tmp_path_factory.mktemp("p") / "b", "table")


@contextmanager
def started(bundle: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "exports.predict", str(bundle), *words]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def sent(process: subprocess.Popen[bytes], line: bytes) -> None:
    stdin: IO[bytes] = process.stdin  # type: ignore[assignment]
    stdin.write(line)
    stdin.flush()


def answer(process: subprocess.Popen[bytes]) -> dict[str, object]:
    stdout: IO[bytes] = process.stdout  # type: ignore[assignment]
    content: dict[str, object] = json.loads(stdout.readline())
    return content


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["--stdin"], [b'{"text": "graphs"}\n', b"{bad\n", b"\n", b'"a text"\n']),
        (["--data", "-", "--lines"], [b"graphs\n", b"\xff\n", b"\n", b"{a text\n"]),
        (["--data", "-", "--input", "csv"], [b"text,id\nGraphs,1\n", b"a,b,c\n", b"\n", b"a text,2\n"]),
    ],
)
def test_each_line_is_answered_before_the_next_is_written(bundle: Path, words: list[str], lines: list[bytes]) -> None:
    first = 2 if "csv" in words else 1
    with started(bundle, *words) as process:
        for number, line in enumerate(lines, first):
            sent(process, line)
            content = answer(process)
            assert content["row"] == number
            assert ("error" in content) == (number == first + 1)
            assert content.get("known") is {0: True, 1: None, 2: False, 3: True}[number - first]
        _, said = process.communicate(timeout=30)
    assert process.returncode == 2
    one, last = said.decode().splitlines()[-2:]
    assert f"stdin: row {first + 1}: " in one
    assert "stdin: 4 rows: 3 answered, 1 can't be read" in last


def test_nobody_reads_on(bundle: Path) -> None:
    with started(bundle, "--stdin") as process:
        sent(process, b'"one"\n')
        assert answer(process)["row"] == 1
        process.stdout.close()  # type: ignore[union-attr]
        process.stdout = None
        for _ in range(200):
            try:
                sent(process, b'"another"\n' * 100)
            except BrokenPipeError:
                break
            time.sleep(0.01)
            if process.poll() is not None:
                break
        with suppress(BrokenPipeError):  # what it hasn't read any more
            process.stdin.close()  # type: ignore[union-attr]
        assert process.wait(30) == 0
        assert process.stderr.read() == b""  # type: ignore[union-attr]


def test_the_keyboard_stops_it_in_one_line(bundle: Path) -> None:
    with started(bundle, "--stdin") as process:
        sent(process, b'"one"\n')
        answer(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == STOPPED
        assert process.stderr.read() == b"error: stopped\n"  # type: ignore[union-attr]


def test_memory_does_not_grow_with_the_file(bundle: Path, tmp_path: Path) -> None:
    code = (
        "import resource, sys; from exports.predict import main\n"
        "main(sys.argv[1:]); print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    peaks = []
    for n in (2_000, 20_000):
        path = tmp_path / f"{n}.csv"
        path.write_text("text,id\n" + "".join(f"graph {'nets ' * 40}{i},{i}\n" for i in range(n)), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-c", code, str(bundle), "--data", str(path), "--out", str(tmp_path / f"{n}.jsonl")],
            cwd=ROOT, capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
        peaks.append(int(done.stderr))
        assert len((tmp_path / f"{n}.jsonl").read_bytes().splitlines()) == n
    # The first block of a mebibyte is the most that is held of either; ten times the file is 4 MB more.
    assert peaks[1] - peaks[0] < 12_000
