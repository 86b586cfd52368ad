"""The process that holds one candidate and times it: `python -m bench.measure.worker RUNTIME`, obeying one JSON line
at a time.

One fresh process a candidate, alive for the whole measurement. Fresh, because a process that has held other models
has another heap, other thread pools and other imports; one each, because placement in memory alone changes speed by a
few per cent, and only with the anchor in two processes of its own does its A/A ratio show that too; alive, because
starting torch anew for each of ten rounds would cost more than the measurement. They never work at once: the parent
waits for each answer.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

import numpy as np

from baselines.errors import UserError
from baselines.task import decide
from bench.candidate import Candidate, Server, import_runtime, open_candidate
from bench.measure.process import leave, pin
from bench.measure.timing import Clock, SystemClock, check_answers, time_block

Request = Mapping[str, Any]


class Session:
    """A candidate in this process, and the texts and scored answers it is timed with."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock: Clock = clock or SystemClock()
        self.server: Server | None = None
        self.name = ""
        self.texts: Sequence[str] = ()
        self.expected: np.ndarray[Any, Any] | None = None

    def open(self, request: Request) -> dict[str, Any]:
        """Load the candidate."""
        candidate = Candidate.from_json(request["candidate"])
        self.name, self.texts = candidate.name, request["texts"]
        self.expected = unpack(request["expected"]) if request.get("expected") else None
        pin(request.get("cores"))
        self.server = open_candidate(candidate)
        if candidate.threads > 1:
            _raise_threads(candidate.threads)
        return {"opened": candidate.name}

    def block(self, request: Request) -> dict[str, Any]:
        """Time calls on `request["items"]`, batches of row numbers; compare the first pass with the scored answers."""
        assert self.server is not None
        batches = [[self.texts[row] for row in rows] for rows in request["items"]]
        call: Callable[[Any], Any] = self.server.predict_proba
        inputs: Sequence[Any] = batches
        stage = request.get("stage", "all")
        if stage == "model":
            if not hasattr(self.server, "run") or not hasattr(self.server, "encode"):
                return {"skipped": "the runtime has no separate tokenising stage"}
            call, encode = self.server.run, self.server.encode
            inputs = [encode(batch) for batch in batches]
        block, answers = time_block(
            call,
            inputs,
            self.clock,
            at_least_s=request["at_least_s"],
            warmup_calls=request["warmup_calls"],
            warmup_s=request["warmup_s"],
            warmup_most_s=request.get("warmup_most_s"),
            gc_on=request.get("gc_on", False),
        )
        if stage == "all":
            self.check(answers, [row for rows in request["items"] for row in rows])
        return {
            "samples": pack(block.samples),
            "wall_s": block.wall_s,
            "cpu_s": block.cpu_s,
            "items": block.items,
        }

    def check(self, answers: Sequence[Any], rows: Sequence[int]) -> None:
        """Raise MeasurementError unless the timed answers are the scored ones."""
        if self.expected is None:
            return
        timed = np.concatenate([np.asarray(answer) for answer in answers])
        if self.expected.dtype == np.bool_:
            server: Any = self.server
            # A bundle's predictor, or a classifier.
            is_bundle = hasattr(server, "thresholds")
            thresholds = server.thresholds if is_bundle else server.thresholds_
            timed = decide(timed, thresholds, server.task if is_bundle else server.task_)
        check_answers(self.name, timed, self.expected[list(rows)], rows)


def pack(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    """An array as JSON: dtype, shape, and its bytes in base64."""
    data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
    return {"dtype": array.dtype.str, "shape": list(array.shape), "data": data}


def unpack(content: Mapping[str, Any]) -> np.ndarray[Any, Any]:
    """The array that `pack` wrote."""
    raw = np.frombuffer(base64.b64decode(content["data"]), np.dtype(content["dtype"]))
    return raw.reshape(content["shape"])


def _raise_threads(threads: int) -> None:
    """Workers start with one thread in every pool, so that a library loaded late cannot take more; this raises them."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return
    threadpool_limits(threads)


def obey(commands: IO[str], answers: IO[str], session: Session | None = None) -> None:
    """Answer each line until the input ends. A user's mistake is answered, anything else ends the process."""
    session = session or Session()
    actions: dict[str, Callable[[Request], dict[str, Any]]] = {"open": session.open, "block": session.block}
    for line in commands:
        request = json.loads(line)
        try:
            answer = actions[request["do"]](request)
        except UserError as error:
            answer = {"error": str(error), "kind": type(error).__name__}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def main() -> int:
    """Keep standard output for answers: whatever a library prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    runtime: Any = sys.argv[1]
    import_runtime(runtime)
    obey(sys.stdin, answers)
    return 0


if __name__ == "__main__":
    leave(main())
