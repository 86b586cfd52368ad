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

MAX_BYTES = 1 << 20


def application(folder, threads=1):
    predictor = tagpress.load(folder, threads=threads)

    def answer(environ):
        if environ["PATH_INFO"] == "/health":
            return "200 OK", {"task": predictor.task, "classes": len(predictor.classes)}
        if environ["PATH_INFO"] != "/predict" or environ["REQUEST_METHOD"] != "POST":
            return "404 Not Found", {"error": "POST /predict or GET /health"}
        try:
            texts = json.loads(environ["wsgi.input"].read())["texts"]
            if not isinstance(texts, list):
                raise TypeError(f"texts: a list is needed, got {type(texts).__name__}")
            return "200 OK", {"answers": [said.to_json() for said in predictor.answers(texts)]}
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            return "400 Bad Request", {"error": f'expected {{"texts": ["...", ...]}}: {error}'}

    def app(environ, start_response):
        status, content = answer(environ)
        body = json.dumps(content).encode()
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return app


def main(argv=None):
    folder, port = sys.argv[1:] if argv is None else argv
    serve(application(folder), listen=f"127.0.0.1:{port}", threads=4, max_request_body_size=MAX_BYTES)


if __name__ == "__main__":
    main()
