"""The new process of a cold start, `python -m bench.measure.cold_child`: it imports little besides what is measured."""

from __future__ import annotations

import json
import os
import sys
import time

from baselines.errors import UserError
from bench.candidate import Candidate, import_runtime, open_candidate
from bench.measure.process import leave, peak_rss_bytes, pin


def main() -> int:
    """Answer the request on standard input: one line when the first text is answered, a second with the parts."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    request = json.loads(sys.stdin.readline())
    candidate, texts = Candidate.from_json(request["candidate"]), request["texts"]
    pin(request["cores"])
    start = time.perf_counter()
    try:
        import_runtime(candidate.runtime)
        imported, imported_bytes = time.perf_counter(), peak_rss_bytes()
        server = open_candidate(candidate)
        loaded = time.perf_counter()
        server.predict_proba(texts[:1])
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    answered = time.perf_counter()
    out.write("answered\n")
    out.flush()
    for text in texts:
        server.predict_proba([text])
    server.predict_proba(texts)
    parts = {
        "import_s": imported - start,
        "load_s": loaded - imported,
        "first_answer_s": answered - loaded,
        "import_rss_bytes": imported_bytes,
        "peak_rss_bytes": peak_rss_bytes(),
    }
    out.write(json.dumps(parts) + "\n")
    out.flush()
    return 0


if __name__ == "__main__":
    leave(main())
