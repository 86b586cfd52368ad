"""Coded files read and written in C: the same bytes as `compress.coding.bits` in NumPy, many times as fast."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from compress.coding.bits import (
    LOGARITHM,
    LOGISTIC,
    MOST_A_BYTE,
    MOST_AT_LEAST,
    Bits,
    Decoder,
    Encoder,
    Kernel,
    Model,
    Slots,
    cost_of,
    pack,
    with_padding,
)
from compress.coding.kinship import Kinship, Terms

try:
    from exports.kernel import _kernel as _extension  # type: ignore[attr-defined, unused-ignore]
except ImportError:
    _extension = None
# A kernel that was built before it could do this can't.
_C: Any = _extension if hasattr(_extension, "coding_open") else None

AVAILABLE = _C is not None

Whole = NDArray[np.int64]
Levels = NDArray[np.int8]
_NONE = np.zeros(0, np.int64)


class _Coder:
    """What both directions share: they hold the same structure in C."""

    kernel: Kernel | None

    def __init__(self, content: bytes | None, left: int) -> None:
        self.kernel = self
        self._coding = _called("coding_open", LOGARITHM, LOGISTIC, content, left)

    def bits(self, model: Model, slots: Slots, which: int = 0, known: NDArray[Any] | None = None) -> Bits:
        """As `Coder.bits`."""
        found = np.zeros(slots.shape[1], np.int64) if known is None else known.astype(np.int64)
        _called("coding_bits", self._coding, *_parts(model), which, np.ascontiguousarray(slots, np.int64), found)
        return found

    def numbers(self, model: Model, contexts: Slots, which: int, known: NDArray[Any] | None) -> Whole:
        """As `code_numbers`."""
        found = np.zeros(contexts.shape[1], np.int64) if known is None else known.astype(np.int64)
        _called("coding_numbers", self._coding, *_parts(model), which, np.ascontiguousarray(contexts, np.int64), found)
        return found

    def sets(
        self,
        model: Model,
        table_digits: int,
        contexts: NDArray[np.uint64],
        digits: int,
        known: tuple[Whole, Whole] | None,
    ) -> tuple[Whole, Whole]:
        """As `code_sets`."""
        node, symbol = (_NONE, _NONE) if known is None else (np.ascontiguousarray(each, np.int64) for each in known)
        hashes = np.ascontiguousarray(contexts)
        nodes, symbols = _called(
            "coding_sets", self._coding, *_parts(model), table_digits, hashes, digits, node, symbol
        )
        return np.frombuffer(nodes, np.int64), np.frombuffer(symbols, np.int64)

    def levels(self, kin: Kinship, numbers: Whole, tables: Whole, n_classes: int, known: Levels | None) -> Levels:
        """As `code_levels`."""
        rows = np.zeros((kin.n + 1, n_classes), np.int8)
        if known is not None:
            rows[:-1] = known
        chunks = np.array(kin.chunks, np.int64)
        facts = map(np.ascontiguousarray, (kin.prefix, kin.suffix, numbers, chunks, tables))
        _called("coding_levels", self._coding, *facts, rows)
        return rows[:-1]

    def strings(self, table_digits: int, n: int, alphabet: Whole) -> list[str]:
        """As `code_strings`, of strings that aren't known and none of them long."""
        points, lengths = _called("coding_strings", self._coding, table_digits, n, np.ascontiguousarray(alphabet))
        text = points.decode("utf-32-le" if sys.byteorder == "little" else "utf-32-be", "surrogatepass")
        ends = np.cumsum(np.frombuffer(lengths, np.int64)).tolist()
        return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    def grams(
        self, model: Model, table_digits: int, letters: Whole, sizes: Whole, numbers: Whole, lengths: tuple[int, int]
    ) -> tuple[Whole, Whole, Whole]:
        """As `code_grams`, of what words imply and what isn't known."""
        facts = map(np.ascontiguousarray, (letters, sizes, numbers))
        found = _called("coding_grams", self._coding, *_parts(model), table_digits, *facts, *lengths)
        first, length, number = (np.frombuffer(each, np.int64) for each in found)
        return first, length, number

    def kin(self, blocks: Sequence[Terms | int]) -> Whole:
        """As `kin_of`."""
        named = [block for block in blocks if not isinstance(block, int)]
        facts, at = [], 0
        for block in blocks:
            if isinstance(block, int):
                facts.append((block, 2, 0, 0, 0))
            else:
                facts.append((len(block), int(block.wordy), *block.marks, at))
                at += len(block.points)
        points = np.concatenate([_NONE, *(block.points for block in named)])
        starts = np.concatenate([_NONE, *(block.starts for block in named)])
        found = np.empty((sum(fact[0] for fact in facts), 4), np.int64)
        _called("coding_kinship", points, starts, np.array(facts, np.int64), found)
        return found.T


class KernelDecoder(_Coder):
    """As `Decoder`."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content, MOST_AT_LEAST + MOST_A_BYTE * len(content))

    def take(self, n: int) -> None:
        """As `Decoder.take`."""
        if _C.coding_left(self._coding, n) < 0:
            raise ArtifactError("coded bytes promise more than so few can hold; make it again")

    def finish(self) -> None:
        """As `Decoder.finish`."""
        if not _C.coding_finished(self._coding):
            raise ArtifactError("coded bytes are damaged; make it again")


class KernelEncoder(_Coder):
    """As `Encoder`."""

    def __init__(self) -> None:
        super().__init__(None, MOST_AT_LEAST)

    def take(self, n: int) -> None:
        """As `Encoder.take`."""
        _C.coding_left(self._coding, n)

    @property
    def least(self) -> int:
        """As `Encoder.least`."""
        return max(0, -int(_C.coding_left(self._coding, 0)) // MOST_A_BYTE)

    def cost(self) -> float:
        """As `Encoder.cost`."""
        chances, bits, _ = self._decisions()
        return cost_of(chances, bits)

    def packed(self) -> bytes:
        """As `Encoder.packed`."""
        return with_padding(pack(*self._decisions()), self.least)

    def _decisions(self) -> tuple[Whole, Bits, Whole]:
        """Probabilities, what came, and sizes of the pieces."""
        found = np.frombuffer(_C.coding_chances(self._coding), np.int16).astype(np.int64)
        begins = np.flatnonzero(found & 0x4000)
        return found & 0x3FFF, (found < 0).astype(np.int64), np.diff(np.r_[begins, len(found)])


def _parts(model: Model) -> tuple[Any, ...]:
    return (
        model.slots,
        model.weights,
        model.curvature,
        model.seen,
        model.most,
        model.growth,
        model.rate,
        model.weights.shape[1],
    )


def _called(name: str, *arguments: Any) -> Any:
    try:
        return getattr(_C, name)(*arguments)
    except ValueError as error:
        raise ArtifactError(str(error)) from None


def encoder() -> Encoder | KernelEncoder:
    """The quickest there is."""
    return KernelEncoder() if AVAILABLE else Encoder()


def decoder(content: bytes) -> Decoder | KernelDecoder:
    """The quickest there is; raises ArtifactError as `Decoder`."""
    return KernelDecoder(content) if AVAILABLE else Decoder(content)
