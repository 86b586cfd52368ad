"""A bundle over HTTP: POST {"texts": [...]} to /classify; the answer is {"answers": [...]}, one a text.

Each answer is {"labels": [{"class": ..., "probability": ...}], "known": true}, as `tagpress predict` prints it.
/predict is the same place, and GET /health says that the model is open. Every error is {"error": ...}.

    pip install waitress
    python examples/serve_http.py bundle 8080

It listens on this machine alone; what the world reaches is a proxy before it. In a container, add 0.0.0.0.
At SIGTERM or Ctrl-C it takes no new connections, answers what was asked, and ends with exit code 0.
"""

import json
import logging
import signal
import sys
import time

from waitress import create_server
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask, WSGITask

import tagpress

MOST_TEXTS, MOST_CHARACTERS = 1_000, 100_000
LIMITS = {"threads": 4, "connection_limit": 500, "channel_timeout": 30, "cleanup_interval": 5}
LIMITS |= {"max_request_body_size": 1 << 20, "max_request_header_size": 1 << 14, "asyncore_use_poll": True}
# Seconds that open requests have at the end, and a connection that is kept open but asks nothing.
GRACE_S, IDLE_S = 8, 1
METHODS = {"/classify": ("POST",), "/predict": ("POST",), "/health": ("GET", "HEAD")}


def texts_of(content):
    texts = content["texts"] if isinstance(content, dict) and set(content) == {"texts"} else None
    if not isinstance(texts, list) or len(texts) > MOST_TEXTS or any(len(str(t)) > MOST_CHARACTERS for t in texts):
        raise ValueError(f"that alone, at most {MOST_TEXTS:,} texts of at most {MOST_CHARACTERS:,} characters")
    return texts


def application(folder, threads=1):
    predictor = tagpress.load(folder, threads=threads)

    def answer(method, path, stream):
        if method not in METHODS.get(path, ()):
            return "405 Method Not Allowed" if path in METHODS else "404 Not Found", {"error": f"allowed: {METHODS}"}
        if path == "/health":
            return "200 OK", {"task": predictor.task, "classes": len(predictor.classes)}
        try:
            return "200 OK", {"answers": [a.to_json() for a in predictor.answers(texts_of(json.loads(stream.read())))]}
        except (ValueError, TypeError, RecursionError) as error:
            return "400 Bad Request", {"error": f'expected {{"texts": ["...", ...]}}: {error}'}

    def app(environ, start_response):
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        status, content = answer(method, path, environ["wsgi.input"])
        body, allow = json.dumps(content).encode(), [("Allow", ", ".join(METHODS[path]))] if path in METHODS else []
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body))), *allow])
        return [] if method == "HEAD" else [body]

    return app


class Answer(WSGITask):
    def execute(self):
        if not self.channel.server.accepting:  # the last one on this connection
            self.set_close_on_finish()
        super().execute()


class Refusal(ErrorTask):
    """What waitress refuses by itself, a body that is too large among it, as JSON too."""

    def execute(self):
        refused = self.request.error
        body = json.dumps({"error": f"{refused.reason}: {refused.body}"}).encode()
        self.status, self.content_length = f"{refused.code} {refused.reason}", len(body)
        self.response_headers.append(("Content-Type", "application/json"))
        self.set_close_on_finish()
        self.write(body)


class Channel(HTTPChannel):
    task_class, error_task_class = Answer, Refusal

    def is_idle(self):
        return not (self.requests or self.request or self.total_outbufs_len)


def turn(server, timeout=1.0):
    server.asyncore.loop(timeout=timeout, use_poll=True, map=server._map, count=1)


def drain(server):
    """Answer what was asked, for at most GRACE_S, and close."""
    waiting = -1
    while waiting < len(server.active_channels):  # whoever has connected already
        waiting = len(server.active_channels)
        turn(server, 0)
    server.accepting = False
    server.del_channel()
    server.socket.close()
    start = time.monotonic()
    while server.active_channels and time.monotonic() < start + GRACE_S:
        for channel in list(server.active_channels.values()):
            channel.will_close |= channel.is_idle() and time.monotonic() > start + IDLE_S
        turn(server, 0.1)
    server.task_dispatcher.shutdown(timeout=1)
    server.asyncore.close_all(server._map)


def main(argv=None):
    folder, port, host = [*(sys.argv[1:] if argv is None else argv), "127.0.0.1"][:3]
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # requests that wait for a thread are no news
    server = create_server(application(folder), host=host, port=port, **LIMITS)
    server.channel_class, asked = Channel, []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: (asked.append(number), server.pull_trigger()))
    print(f"listening on http://{host}:{server.effective_port}", flush=True)
    while not asked:
        turn(server)
    drain(server)
    return 0


if __name__ == "__main__":
    sys.exit(main())
