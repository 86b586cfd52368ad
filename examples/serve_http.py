"""A bundle over HTTP: POST {"texts": [...]} to /predict; the answer is {"answers": [...]}, one a text.

Each answer is {"labels": [{"class": ..., "probability": ...}], "known": true}, as `tagpress predict` prints it.

    pip install waitress
    python examples/serve_http.py bundle 8080

It listens on this machine alone; what the world reaches is a proxy before it.
"""

import json
import sys

from waitress import serve

import tagpress

MOST_TEXTS, MOST_CHARACTERS = 1_000, 100_000
LIMITS = {"threads": 4, "connection_limit": 500, "channel_timeout": 30, "cleanup_interval": 5}
LIMITS |= {"max_request_body_size": 1 << 20, "max_request_header_size": 1 << 14, "asyncore_use_poll": True}
METHODS = {"/predict": ("POST",), "/health": ("GET", "HEAD")}


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


def main(argv=None):
    folder, port = sys.argv[1:] if argv is None else argv
    serve(application(folder), listen=f"127.0.0.1:{port}", **LIMITS)


if __name__ == "__main__":
    main()
