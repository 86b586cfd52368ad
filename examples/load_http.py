"""Load on a running `serve_http.py`: many clients at once, every answer compared with the bundle's own.

    python examples/serve_http.py bundle 8080 &
    python examples/load_http.py bundle 8080 --clients 16 --requests 20000 --pid $!

A tenth of the requests are bad ones, whose refusal is checked as well. Exit code 1: an answer was wrong or is missing,
or the server's memory (Linux, --pid) grew by more than 8 MiB after the first tenth.
"""

import contextlib
import http.client
import json
import sys
import threading
import time
from argparse import ArgumentParser
from pathlib import Path

import tagpress

TEXTS = ["Segmenting satellite images", "Graph neural networks with PyTorch", "", "café au lait 中文", "x" * 2_000]
BAD = [("POST", b"{", 400), ("POST", b'{"texts": "one"}', 400), ("POST", b'{"texts": [1]}', 400), ("GET", b"", 405)]
MOST_GROWTH = 8 << 20


def options():
    parser = ArgumentParser(description="Load on a running serve_http.py.")
    parser.add_argument("bundle")
    parser.add_argument("port", type=int)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--requests", type=int, default=20_000, help="of all clients together")
    parser.add_argument("--pid", type=int, help="of the server, to watch its memory")
    return parser


def requests_of(predictor):
    """(method, body, status, answer) by turns: batches of one to five texts, and one bad request in ten."""
    good = [[text] for text in TEXTS] + [TEXTS[:n] for n in range(2, 6)]
    asked = [("POST", json.dumps({"texts": batch}).encode(), 200, said(predictor, batch)) for batch in good]
    return [request for method, body, status in BAD for request in (*asked, (method, body, status, None))]


def said(predictor, batch):
    return {"answers": [answer.to_json() for answer in predictor.answers(batch)]}


class Client(threading.Thread):
    """Asks so many times over one connection, which is opened again where the server closes it."""

    def __init__(self, port, requests, n):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.requests, self.n, self.seconds, self.wrong, self.lost = requests, n, [], 0, 0

    def run(self):
        with contextlib.closing(self.connection):
            self.ask()

    def ask(self):
        for number in range(self.n):
            method, body, status, answer = self.requests[number % len(self.requests)]
            start = time.perf_counter()
            try:
                self.connection.request(method, "/classify", body)
                response = self.connection.getresponse()
                content = json.loads(response.read())
            except ConnectionRefusedError:  # the server has ended, and took nothing of this request
                return
            except (OSError, ValueError, http.client.HTTPException):
                self.lost += 1
                self.connection.close()
                continue
            self.seconds.append(time.perf_counter() - start)
            self.wrong += response.status != status or (answer is not None and content != answer)


def resident_bytes(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def load(port, requests, n_clients, n):
    """Run the clients; gives them, and the seconds that all took."""
    clients = [Client(port, requests, -(-n // n_clients)) for _ in range(n_clients)]
    start = time.perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return clients, time.perf_counter() - start


def main(argv=None):
    asked = options().parse_args(argv)
    requests = requests_of(tagpress.load(asked.bundle))
    load(asked.port, requests, asked.clients, asked.requests // 10)
    before = resident_bytes(asked.pid) if asked.pid else 0
    clients, took = load(asked.port, requests, asked.clients, asked.requests)
    seconds = sorted(second for client in clients for second in client.seconds)
    wrong, lost = (sum(getattr(client, name) for client in clients) for name in ("wrong", "lost"))
    missing = sum(client.n for client in clients) - len(seconds)
    print(f"{len(seconds):,} answers to {asked.clients} clients in {took:.1f} s: {len(seconds) / took:,.0f} a second")
    if seconds:
        middle, late = (1000 * seconds[int(share * len(seconds))] for share in (0.5, 0.99))
        print(f"latency: p50 {middle:.1f} ms, p99 {late:.1f} ms")
    grown = resident_bytes(asked.pid) - before if asked.pid else 0
    print(f"wrong: {wrong}; lost: {lost}; not asked: {missing - lost}; memory grew by {grown / 1024:,.0f} kiB")
    return int(bool(wrong or missing or grown > MOST_GROWTH))


if __name__ == "__main__":
    sys.exit(main())
