"""What an engine says of a chunk of texts, as it is sent from and to other processes, and how two answers are compared.

To an engine, for each text: its bytes as uint32, then its UTF-8, lone surrogates as three bytes. From it, for each
text: int32 status, and where that is 0: float32 logits, float32 probabilities, uint8 decided (one a class), uint8
known. All little-endian.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from baselines.errors import MeasurementError

OK, NOT_UTF8, TOO_LONG = 0, -1, -2
REFUSALS = {NOT_UTF8: "not UTF-8", TOO_LONG: "too long"}
# What is compared, in this order: what differs first is what is said to differ.
FIELDS = ("logits", "probabilities", "decided", "known")


class Broken(MeasurementError):
    """An engine that died, took too long, or said something that is no answer."""


@dataclass(frozen=True)
class Answers:
    """Of n texts; rows of refused texts hold zeros.

    Attributes:
        status: int32 (n,): 0, or why the text was refused.
        logits: float32 (n, n_logits).
        probabilities: float32 (n, n_classes).
        decided: bool (n, n_classes).
        known: bool (n,): whether the model knows anything in the text.
    """

    status: NDArray[np.int32]
    logits: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    decided: NDArray[np.bool_]
    known: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.status)

    def first(self, n: int) -> Answers:
        """Of the first n texts."""
        return Answers(self.status[:n], *(getattr(self, field)[:n] for field in FIELDS))

    def refusing(self, status: NDArray[np.int32]) -> Answers:
        """The same answers, as an engine gives them that refuses texts with these statuses."""
        return replace(self, status=status)

    def differing(self, other: Answers) -> NDArray[np.bool_]:
        """Of which texts anything differs, bit by bit; bool (n,)."""
        differ: NDArray[np.bool_] = np.not_equal(self.status, other.status)
        answered = (self.status == OK) & (other.status == OK)
        for field in FIELDS:
            differ |= answered & _other_bits(getattr(self, field), getattr(other, field))
        return differ

    def field_of(self, other: Answers, row: int) -> str:
        """What differs first in one text: `status`, or one of `FIELDS`."""
        if self.status[row] != other.status[row]:
            return "status"
        one = slice(row, row + 1)
        return next(f for f in FIELDS if _other_bits(getattr(self, f)[one], getattr(other, f)[one]).any())

    def to_bytes(self) -> bytes:
        """As an engine sends it."""
        parts = []
        for row, status in enumerate(self.status):
            parts.append(int(status).to_bytes(4, "little", signed=True))
            if status == OK:
                parts += [self.logits[row].astype("<f4").tobytes(), self.probabilities[row].astype("<f4").tobytes()]
                parts += [self.decided[row].astype(np.uint8).tobytes(), bytes((bool(self.known[row]),))]
        return b"".join(parts)

    @classmethod
    def of_bytes(cls, content: bytes, n: int, n_logits: int, n_classes: int) -> Answers:
        """Read what an engine sent of n texts.

        Raises:
            Broken: fewer or more answers, or bytes that are none.
        """
        size = 4 * n_logits + 5 * n_classes + 1
        status, starts, at = np.zeros(n, np.int32), np.zeros(n, np.int64), 0
        for row in range(n):
            if len(content) - at < 4:
                raise Broken(f"answered {row:,} of {n:,} texts")
            status[row] = int.from_bytes(content[at : at + 4], "little", signed=True)
            at += 4
            starts[row] = at
            at += size if status[row] == OK else 0
        if at != len(content):
            raise Broken(f"sent {len(content):,} bytes for {n:,} texts, which take {at:,}")
        given = np.flatnonzero(status == OK)
        rows = np.zeros((n, size), np.uint8)
        rows[given] = np.frombuffer(content, np.uint8)[starts[given, None] + np.arange(size)] if len(given) else 0
        ends = np.cumsum([4 * n_logits, 4 * n_classes, n_classes, 1])
        logits, probabilities, decided, known = np.split(rows, ends[:-1], axis=1)
        if (rows[:, ends[1] :] > 1).any():
            raise Broken("what is decided or known must be 0 or 1")
        return cls(status, _floats(logits), _floats(probabilities), decided.astype(bool), known[:, 0].astype(bool))


def records(texts: Sequence[str]) -> bytes:
    """Texts as they are sent to an engine."""
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    return b"".join(len(each).to_bytes(4, "little") + each for each in encoded)


def _floats(content: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.ascontiguousarray(content).view("<f4").astype(np.float32)


def _other_bits(mine: NDArray[np.generic], others: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Which rows differ; of floats as bits, so that -0 isn't 0 and a NaN is itself."""
    if mine.dtype == np.float32:
        mine, others = np.ascontiguousarray(mine).view(np.uint32), np.ascontiguousarray(others).view(np.uint32)
    differ = np.not_equal(mine, others).reshape(len(mine), -1)
    any_differs: NDArray[np.bool_] = differ.any(axis=1)
    return any_differs
