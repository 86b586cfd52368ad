"""The server of examples/serve_http.py, which docs/serving.md shows, on a port of its own."""

from __future__ import annotations

import http.client
import json
import re
import runpy
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exports import runtime
from exports.bundles.write_bundle import write_bundle
from tests.cases.table_case import TEXTS, int_classifier, lineage

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "serve_http.py"
waitress = pytest.importorskip("waitress", reason="waitress isn't installed (it comes with the dev extra)")


def _example() -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLE), run_name="serve_http")


def test_the_document_shows_the_file() -> None:
    shown = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "serving.md").read_text(encoding="utf-8"), re.DOTALL)
    assert EXAMPLE.read_text(encoding="utf-8") in shown


def test_the_command_listens_on_this_machine_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_bundle(int_classifier(), lineage(), tmp_path / "b", "table")
    asked: list[dict[str, Any]] = []
    names = _example()
    monkeypatch.setitem(names["main"].__globals__, "serve", lambda app, **options: asked.append(options))
    names["main"]([str(folder), "8080"])
    assert asked == [{"listen": "127.0.0.1:8080", "threads": 4, "max_request_body_size": names["MAX_BYTES"]}]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, runtime.Predictor[Any]]]:
    folder = write_bundle(int_classifier(), lineage(), tmp_path_factory.mktemp("http") / "b", "table")
    names = _example()
    running = waitress.server.create_server(
        names["application"](folder), host="127.0.0.1", port=0, threads=2, max_request_body_size=names["MAX_BYTES"]
    )
    stop = threading.Event()
    thread = threading.Thread(target=_serve_until, args=(running, stop))
    thread.start()
    yield running.effective_port, runtime.load(folder)
    stop.set()
    thread.join(timeout=10)
    assert not thread.is_alive()
    # Only now: a socket closed while the loop still waits for it would end the loop's thread with an error.
    running.task_dispatcher.shutdown()
    running.asyncore.close_all(running._map)


def _serve_until(running: Any, stop: threading.Event) -> None:
    while not stop.is_set():
        running.asyncore.loop(timeout=0.05, map=running._map, count=1)


def _ask(port: int, method: str, path: str, body: bytes = b"") -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body)
        response = connection.getresponse()
        content = response.read()
        kind = response.getheader("Content-Type", "")
        return response.status, json.loads(content) if kind == "application/json" else content
    finally:
        connection.close()


def test_it_answers_as_the_runtime_does(server: tuple[int, runtime.Predictor[Any]]) -> None:
    port, predictor = server
    status, answer = _ask(port, "POST", "/predict", json.dumps({"texts": TEXTS}).encode())
    assert (status, answer) == (200, {"answers": [said.to_json() for said in predictor.answers(TEXTS)]})
    assert _ask(port, "GET", "/health") == (200, {"task": "multilabel", "classes": len(predictor.classes)})


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b'{"texts": "one string"}', b'{"texts": [1]}', b'{"texts": {"keras": 1}}', b"\xff"),
        b'{"texts": ["a"], "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_a_bad_request_is_told_what_is_expected(server: tuple[int, runtime.Predictor[Any]], body: bytes) -> None:
    status, answer = _ask(server[0], "POST", "/predict", body)
    assert status == 400
    assert "expected" in answer["error"]


def test_other_places_and_bodies_beyond_the_limit_are_refused(server: tuple[int, runtime.Predictor[Any]]) -> None:
    assert _ask(server[0], "GET", "/")[0] == 404
    connection = http.client.HTTPConnection("127.0.0.1", server[0], timeout=10)
    connection.putrequest("POST", "/predict")
    connection.putheader("Content-Length", str((1 << 20) + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
