"""The HTTP example as a process: under load no answer is wrong or lost, memory stays level, and it ends in order."""

from __future__ import annotations

import http.client
import json
import re
import runpy
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import tagpress
from exports.bundles.write_bundle import write_bundle
from tests.cases.http_case import ROOT, SERVER, command_of, end, served
from tests.cases.table_case import int_classifier, lineage

pytest.importorskip("waitress", reason="waitress isn't installed (it comes with the dev extra)")
LINUX = Path("/proc/self/status").is_file()
ONE = json.dumps({"texts": ["Graph neural networks"]}).encode()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(int_classifier(), lineage(), tmp_path_factory.mktemp("load") / "b", "table")


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "examples" / "load_http.py"), run_name="load_http")


@pytest.fixture
def server(bundle: Path) -> Iterator[tuple[Any, int]]:
    with served(command_of(bundle)) as running:
        yield running


def test_every_answer_to_many_clients_is_the_bundles_own(
    server: tuple[Any, int], bundle: Path, names: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    process, port = server
    pid = ["--pid", str(process.pid)] if LINUX else []
    assert names["main"]([str(bundle), str(port), "--clients", "12", "--requests", "2400", *pid]) == 0
    first, second, last = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"2,400 answers to 12 clients in [\d.]+ s: [\d,]+ a second", first)
    assert re.fullmatch(r"latency: p50 [\d.]+ ms, p99 [\d.]+ ms", second)
    assert last.startswith("wrong: 0; lost: 0; not asked: 0; memory grew by ")
    assert end(process) == (0, ""), "nothing was logged"


def test_the_load_sees_wrong_answers(
    server: tuple[Any, int], tmp_path: Path, names: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_bundle(int_classifier(seed=1), lineage(), tmp_path / "other", "table")
    assert names["main"]([str(other), str(server[1]), "--clients", "2", "--requests", "80"]) == 1
    assert int(re.findall(r"wrong: (\d+); lost: 0", capsys.readouterr().out)[0]) > 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_is_asked_before_the_end_is_answered(
    server: tuple[Any, int], bundle: Path, names: dict[str, Any], number: int
) -> None:
    process, port = server
    requests = names["requests_of"](tagpress.load(bundle))
    clients = [names["Client"](port, requests, 100_000) for _ in range(8)]
    for client in clients:
        client.start()
    time.sleep(0.5)
    assert end(process, number) == (0, "")
    for client in clients:
        client.join(timeout=10)
        assert not client.is_alive()
    assert [(client.wrong, client.lost) for client in clients] == [(0, 0)] * 8
    assert all(len(client.seconds) > 10 for client in clients)


def test_a_request_half_sent_at_the_end_is_answered_and_idle_ones_are_closed(server: tuple[Any, int]) -> None:
    process, port = server
    idle = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    idle.request("GET", "/health")
    assert idle.getresponse().read()
    slow = socket.create_connection(("127.0.0.1", port), timeout=10)
    with closing(idle), slow:
        slow.sendall(b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(ONE) + ONE[:9])
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        slow.sendall(ONE[9:])
        answered = b"".join(iter(lambda: slow.recv(4096), b""))
        assert answered.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\nConnection: close\r\n" in answered
        assert b'"answers"' in answered
        start = time.monotonic()
        assert process.wait(timeout=10) == 0
        assert time.monotonic() - start < 5, "the idle connection isn't waited for"


def test_a_request_that_never_ends_does_not_keep_it(bundle: Path) -> None:
    # As it stands, but for a shorter time to wait.
    short = f"import runpy, sys; names = runpy.run_path({str(SERVER)!r}, run_name='short'); main = names['main']"
    command = [sys.executable, "-c", f"{short}; main.__globals__['GRACE_S'] = 2; sys.exit(main())", str(bundle), "0"]
    with served(command) as (process, port), socket.create_connection(("127.0.0.1", port), timeout=20) as slow:
        slow.sendall(b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        time.sleep(0.2)
        start = time.monotonic()
        assert end(process, within_s=20) == (0, "")
        assert 1.5 < time.monotonic() - start < 10
        assert slow.recv(100) == b""
