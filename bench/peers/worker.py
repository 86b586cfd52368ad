"""The process that holds one contestant and times it, `python -m bench.peers.worker`: as `bench.measure.worker`, but
what is timed is the call that its users write, from a text to a decision.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bench.candidate import Candidate
from bench.measure.process import leave, pin
from bench.measure.timing import check_answers
from bench.measure.worker import Session, obey, unpack
from bench.peers.served import opened


class PeerSession(Session):
    """A contestant in this process; decisions are compared, in whatever form they come."""

    def open(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Load the contestant."""
        candidate = Candidate.from_json(request["candidate"])
        self.name, self.texts = candidate.name, request["texts"]
        self.expected = unpack(request["expected"]) if request.get("expected") else None
        pin(request.get("cores"))
        self.server = opened(candidate.path)
        return {"opened": candidate.name}

    def check(self, answers: Sequence[Any], rows: Sequence[int]) -> None:
        """Raise MeasurementError unless the timed decisions are the scored ones."""
        server: Any = self.server
        if self.expected is not None:
            decided = np.concatenate([server.decided(answer) for answer in answers])
            check_answers(self.name, decided, self.expected[list(rows)], rows)


def main() -> int:
    """Keep standard output for answers."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    obey(sys.stdin, answers, PeerSession())
    return 0


if __name__ == "__main__":
    leave(main())
