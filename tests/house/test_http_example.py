"""The server of examples/serve_http.py, which docs/serving.md describes, on a port of its own."""

from __future__ import annotations

import contextlib
import http.client
import json
import runpy
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exports import runtime
from exports.bundles.write_bundle import write_bundle
from tests.cases.table_case import TEXTS, int_classifier, lineage

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "serve_http.py"
Server = tuple[int, runtime.Predictor[Any]]
waitress = pytest.importorskip("waitress", reason="waitress isn't installed (it comes with the dev extra)")


def _example() -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLE), run_name="serve_http")


@pytest.mark.parametrize(("words", "host"), [([], "127.0.0.1"), (["0.0.0.0"], "0.0.0.0")])
def test_the_command_listens_on_this_machine_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], host: str
) -> None:
    folder = write_bundle(int_classifier(), lineage(), tmp_path / "b", "table")
    asked: list[dict[str, Any]] = []
    names = _example()

    def refuse(app: Any, **options: Any) -> None:
        asked.append(options)
        raise SystemExit

    monkeypatch.setitem(names["main"].__globals__, "create_server", refuse)
    with pytest.raises(SystemExit):
        names["main"]([str(folder), "8080", *words])
    assert asked == [{"host": host, "port": "8080", **names["LIMITS"]}]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = write_bundle(int_classifier(), lineage(), tmp_path_factory.mktemp("http") / "b", "table")
    names = _example()
    running = waitress.server.create_server(names["application"](folder), host="127.0.0.1", port=0, **names["LIMITS"])
    running.channel_class = names["Channel"]
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
        return response.status, json.loads(content) if content and kind == "application/json" else content or None
    finally:
        connection.close()


def test_it_answers_as_the_runtime_does(server: Server) -> None:
    port, predictor = server
    for place in ("/classify", "/predict"):
        status, answer = _ask(port, "POST", place, json.dumps({"texts": TEXTS}).encode())
        assert (status, answer) == (200, {"answers": [said.to_json() for said in predictor.answers(TEXTS)]})
    assert _ask(port, "GET", "/health") == (200, {"task": "multilabel", "classes": len(predictor.classes)})


DEEP = [b'{"texts": ["a"], "x": ' + b"[" * depth + b"]" * depth + b"}" for depth in (100, 990, 100_000)]
DEEP_TEXTS = [b'{"texts": [' + b"[" * depth + b"]" * depth + b"]}" for depth in (1, 990, 100_000)]


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"null", b"NaN", b'"texts"', b"3", b"{}", b"\xff", b'{"texts": ["\xff"]}'),
        *(
            b'{"texts": "one string"}',
            b'{"texts": {"keras": 1}}',
            b'{"texts": null}',
            b'{"texts": 3}',
            b'{"texts": NaN}',
        ),
        *(b'{"texts": [1]}', b'{"texts": ["a", null]}', b'{"texts": [NaN]}', b'{"texts": [-Infinity]}'),
        *(b'{"texts": [["a"]]}', b'{"texts": [{"text": "a"}]}', b'{"texts": [true]}'),
        *(b'{"texts": ["a"], "top": 3}', b'{"texts": ["a"], "x": NaN}', b'{"texts": [' + b"9" * 5000 + b"]}"),
        json.dumps({"texts": ["a"] * 1001}).encode(),
        json.dumps({"texts": ["a" * 100_001]}).encode(),
        *DEEP,
        *DEEP_TEXTS,
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)
def test_a_bad_request_is_told_what_is_expected(server: Server, body: bytes) -> None:
    status, answer = _ask(server[0], "POST", "/predict", body)
    assert status == 400
    assert answer["error"].startswith('expected {"texts": ["...", ...]}: ')


def test_no_depth_is_an_error_of_the_server(server: Server) -> None:
    for depth in range(900, 1010):
        body = b'{"texts": ["a"], "x": ' + b"[" * depth + b"]" * depth + b"}"
        assert _ask(server[0], "POST", "/predict", body)[0] == 400, depth


def test_as_much_as_is_allowed_is_answered(server: Server) -> None:
    port, predictor = server
    for texts in (["a text"] * 1000, ["a " * 50_000], ["\ud800", "\0", ""], []):
        status, answer = _ask(port, "POST", "/predict", json.dumps({"texts": texts}).encode())
        assert (status, answer) == (200, {"answers": [said.to_json() for said in predictor.answers(texts)]})


def test_other_places_and_methods_are_refused(server: Server) -> None:
    port = server[0]
    for path in ("/", "/predict/", "/%00", "/PREDICT"):
        assert _ask(port, "GET", path)[0] == 404
    for method, path, allowed in (
        ("GET", "/predict", "POST"),
        ("DELETE", "/classify", "POST"),
        ("POST", "/health", "GET, HEAD"),
        ("PUT", "/predict", "POST"),
    ):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request(method, path)
        response = connection.getresponse()
        assert (response.status, response.getheader("Allow")) == (405, allowed)
        connection.close()
    assert _ask(port, "HEAD", "/health") == (200, None)


def test_bodies_and_headers_beyond_the_limit_are_refused(server: Server) -> None:
    for name, value, status in (("Content-Length", str((1 << 20) + 1), 413), ("X-Long", "x" * 20_000, 431)):
        connection = http.client.HTTPConnection("127.0.0.1", server[0], timeout=10)
        connection.putrequest("POST", "/predict")
        connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        assert (response.status, response.getheader("Content-Type")) == (status, "application/json")
        assert set(json.loads(response.read())) == {"error"}
        connection.close()


def test_what_is_no_http_is_refused_as_json_too(server: Server) -> None:
    for sent in (b"nonsense\r\n\r\n", b"POST /classify HTTP/1.1\r\nContent-Length: -1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", server[0]), timeout=10) as connection:
            connection.sendall(sent)
            head, _, body = b"".join(iter(lambda: connection.recv(4096), b"")).partition(b"\r\n\r\n")
        assert head.split()[1] == b"400"
        assert set(json.loads(body)) == {"error"}


def test_slow_connections_keep_nobody_waiting(server: Server) -> None:
    """150 clients, each with a request that is begun and goes on a byte at a time."""
    port, _ = server
    begun = [
        b"POST /predict HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{",
        b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n",
    ]
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10)) for _ in range(150)]
        for number, connection in enumerate(slow):
            connection.sendall(begun[number % len(begun)])
        for _ in range(3):
            for connection in slow:
                connection.sendall(b"x")
            start = time.monotonic()
            assert _ask(port, "GET", "/health")[0] == 200
            assert _ask(port, "POST", "/predict", b'{"texts": ["a text"]}')[0] == 200
            assert time.monotonic() - start < 2


def test_the_document_states_the_limits() -> None:
    names, page = _example(), (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
    limits = names["LIMITS"]
    rows = [
        f"| texts a request, characters a text | {names['MOST_TEXTS']:,}, {names['MOST_CHARACTERS']:,} |",
        f"| {limits['max_request_body_size'] >> 20} MiB, {limits['max_request_header_size'] >> 10} KiB |",
        f"| connections at once | {limits['connection_limit']} |",
        f"| a connection without a byte | {limits['channel_timeout']} s |",
        f"| {limits['threads']} threads |",
        f"| open requests at the end | {names['GRACE_S']} s |",
    ]
    assert not [row for row in rows if row not in page]
