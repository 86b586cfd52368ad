"""Yes and no coded in as few bytes as a mixture of counts foretells: the ground of every part of a coded file.

Each decision has several contexts. A context counts how often it saw a no and a yes; the logarithm of their ratio is
its guess, and a weighted sum of the guesses is the probability (logistic mixing, Mahoney 2005: counts and weights learn
on both sides alike, so no table is stored). What is coded is packed by interleaved rANS (Duda 2013).

All is integer arithmetic, and decisions of one piece don't see each other: so NumPy does a piece at once, and the
kernel in C gives the same bits. Logits are in 256ths, weights in 65536ths, probabilities in 16384ths.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError

Whole = NDArray[np.int64]
Bits = Whole
Slots = Whole

LANES = 32
FEWEST = 16
_PRECISION = 14
_ONE = 1 << _PRECISION
_LEAST = 1 << 16  # of a lane's state
_SURE = 4  # no probability is nearer to 0 or 1, in 16384ths
# A context halves its counts beyond this, so that it follows what changes.
MOST_SEEN = 1023
_MOST_AT_ONCE = 512
_FIRST_WEIGHT = 24_000
_FIRST_CURVATURE = 1 << 21
# So that what contexts say, weighed, fits into 32 binary digits.
_MOST_WEIGHT = 1 << 17
RATE = 13

LOGARITHM = np.array([round(256 * math.log(n + 0.4)) for n in range(MOST_SEEN + _MOST_AT_ONCE + 1)], np.int16)
LOGISTIC = np.array(
    [min(max(round(_ONE / (1 + math.exp(-d / 256))), _SURE), _ONE - _SURE) for d in range(-2048, 2048)], np.int16
)


class Model:
    """What the contexts of one sort of decision have learned.

    Attributes:
        slots: uint32 (slots,): how often each saw a no, and 65536 times how often it saw a yes.
        weights, curvature: int64 (sets, contexts): of the mixture, and what its steps are divided by.
        seen: int64 (1,): decisions until now.
        most: decisions that don't learn from each other: few while a model has seen little, so many in the end. More
            are quicker in NumPy, and learn later.
        growth: how soon they become so many: a piece is 2^-growth of those seen.
        rate: binary digits by which a weight's step is larger.
    """

    def __init__(
        self, slots: int, contexts: int, sets: int = 1, *, most: int = 64, growth: int = 7, rate: int = RATE
    ) -> None:
        self.slots = np.zeros(slots, np.uint32)
        self.weights = np.full((sets, contexts), _FIRST_WEIGHT, np.int64)
        self.curvature = np.full((sets, contexts), _FIRST_CURVATURE, np.int64)
        self.seen = np.zeros(1, np.int64)
        self.most, self.growth, self.rate = most, growth, rate

    def piece(self) -> int:
        """How many decisions come next that don't learn from each other."""
        return min(max(int(self.seen[0]) >> self.growth, FEWEST), self.most)

    def foretell(self, slots: Slots, which: int) -> tuple[Whole, Whole]:
        """Guesses (contexts, n) and the probability of a yes (n,)."""
        seen = self.slots[slots]
        guesses = LOGARITHM[seen >> 16].astype(np.int64) - LOGARITHM[seen & 0xFFFF]
        total = (self.weights[which] @ guesses) >> 16
        return guesses, LOGISTIC[np.clip(total, -2048, 2047) + 2048].astype(np.int64)

    def learn(self, slots: Slots, which: int, guesses: Any, chance: Any, bits: Bits) -> None:
        """Count what came, and turn the weights towards the contexts that foretold it."""
        self.seen[0] += len(bits)
        # In so few digits that the sums of a piece have 32.
        error = (bits << (_PRECISION - 3)) - (chance >> 3)
        spread = (chance * (_ONE - chance)) >> (_PRECISION + 4)
        gradient = guesses @ error
        curvature = self.curvature[which]
        curvature += (guesses * guesses >> 8) @ spread
        step = (np.abs(gradient) << self.rate) // curvature
        weights = self.weights[which] + np.where(gradient < 0, -step, step)
        self.weights[which] = np.clip(weights, -_MOST_WEIGHT, _MOST_WEIGHT)
        touched = slots.ravel()
        np.add.at(self.slots, touched, np.tile(np.where(bits, 1 << 16, 1).astype(np.uint32), len(slots)))
        while len(touched := touched[_total(self.slots[touched]) > MOST_SEEN]):
            self.slots[touched] = self.slots[touched] >> 1 & 0x7FFF7FFF


def _total(seen: NDArray[np.uint32]) -> NDArray[np.uint32]:
    return (seen >> 16) + (seen & 0xFFFF)


class Kernel(Protocol):
    """The same in C: numbers, sets and levels at once."""

    def numbers(self, model: Model, contexts: Slots, which: int, known: NDArray[Any] | None) -> Whole:
        """As `compress.coding.numbers.code_numbers`."""

    def sets(
        self,
        model: Model,
        table_digits: int,
        contexts: NDArray[np.uint64],
        digits: int,
        known: tuple[Whole, Whole] | None,
    ) -> tuple[Whole, Whole]:
        """As `compress.coding.sets.code_sets`."""

    def levels(
        self, kin: Any, numbers: Whole, tables: Whole, n_classes: int, known: NDArray[np.int8] | None
    ) -> NDArray[np.int8]:
        """As `compress.coding.levels.code_levels`; `tables` are its thresholds of ratios."""

    def strings(self, table_digits: int, n: int, alphabet: Whole) -> list[str]:
        """As the tree of `compress.coding.strings`, where strings aren't known; a context's table takes so much."""

    def grams(
        self, model: Model, table_digits: int, letters: Whole, sizes: Whole, numbers: Whole, lengths: tuple[int, int]
    ) -> tuple[Whole, Whole, Whole]:
        """Where terms begin among the letters, their lengths and numbers, as `compress.coding.grams` where they
        aren't known; `model` is of numbers."""

    def kin(self, blocks: Any) -> Whole:
        """As `compress.coding.kinship.kin_of`."""


class Coder(Protocol):
    """One direction: what is known is coded, or what was coded becomes known.

    Attributes:
        kernel: codes numbers and sets in its own way, with the same bits; None where NumPy does all.
    """

    kernel: Kernel | None

    def bits(self, model: Model, slots: Slots, which: int = 0, known: NDArray[Any] | None = None) -> Bits:
        """Decisions (n,) with their contexts.

        Args:
            model: of this sort of decision.
            slots: (contexts, n), of the model's.
            which: set of weights.
            known: (n,), 0 or 1; None where they are decoded.
        """

    def take(self, n: int) -> None:
        """Before memory is taken for n characters, nodes or weights; raises ArtifactError where the file can't."""


# Characters, nodes and weights that a file may hold for each of its bytes, and the smallest file.
MOST_A_BYTE = 256
MOST_AT_LEAST = 1 << 16


class Encoder:
    """Keeps decisions and their probabilities; `packed` is what they take."""

    kernel: Kernel | None = None

    def __init__(self) -> None:
        self._taken = 0
        self._chances: list[Whole] = []
        self._bits: list[Bits] = []

    def bits(self, model: Model, slots: Slots, which: int = 0, known: NDArray[Any] | None = None) -> Bits:
        assert known is not None
        all_bits = known.astype(np.int64)
        start = 0
        while start < len(all_bits):
            piece = slice(start, start + model.piece())
            part, bits = slots[:, piece], all_bits[piece]
            start = piece.stop
            guesses, chance = model.foretell(part, which)
            model.learn(part, which, guesses, chance, bits)
            self._chances.append(chance)
            self._bits.append(bits)
        return all_bits

    def take(self, n: int) -> None:
        self._taken += n

    @property
    def least(self) -> int:
        """Bytes that a file must have at least to hold so much."""
        return max(0, -(-(self._taken - MOST_AT_LEAST) // MOST_A_BYTE))

    def cost(self) -> float:
        """Bytes of the decisions until now, without the lanes' last states."""
        return cost_of(*self.decisions())

    def decisions(self) -> tuple[Whole, Bits]:
        """Probability of a yes, and what came; piece after piece, each (n,)."""
        none = [np.zeros(0, np.int64)]
        return np.concatenate(none + self._chances), np.concatenate(none + self._bits)

    def pieces(self) -> Whole:
        """Sizes of the pieces."""
        return np.array([len(bits) for bits in self._bits], np.int64)

    def packed(self) -> bytes:
        """States of the lanes, then words, all of them little-endian."""
        return with_padding(pack(*self.decisions(), self.pieces()), self.least)


def cost_of(chances: Whole, bits: Bits) -> float:
    """Bytes of decisions, without the lanes' last states."""
    return float(-np.log2(np.where(bits, chances, _ONE - chances) / _ONE).sum() / 8)


def pack(chances: Whole, bits: Bits, pieces: Whole) -> bytes:
    """Decisions by rANS: each piece starts at the first lane, and the last one is packed first."""
    state = np.full(LANES, _LEAST, np.int64)
    words: list[Whole] = []
    sizes, starts = np.where(bits, chances, _ONE - chances), np.where(bits, 0, chances)
    ends = np.cumsum(pieces)
    for begin, end in zip((ends - pieces)[::-1].tolist(), ends[::-1].tolist(), strict=True):
        for first in range(begin + (end - begin - 1) // LANES * LANES, begin - 1, -LANES):
            size, start = sizes[first : min(first + LANES, end)], starts[first : min(first + LANES, end)]
            lane = state[: len(size)]
            full = lane >= size << 18
            if full.any():
                words.append(lane[full] & 0xFFFF)
                lane = np.where(full, lane >> 16, lane)
            quotient, rest = np.divmod(lane, size)
            state[: len(size)] = (quotient << _PRECISION) + rest + start
    content = state.astype("<u4").tobytes()
    return content + (np.concatenate(words[::-1]).astype("<u2").tobytes() if words else b"")


def with_padding(content: bytes, least: int) -> bytes:
    """Zeros behind where a file must be larger to hold so much."""
    return content + bytes(max(0, least - len(content) + 1) // 2 * 2)


class Decoder:
    """Undoes `Encoder.packed`; raises ArtifactError where the bytes end early or were not written by it."""

    kernel: Kernel | None = None

    def __init__(self, content: bytes) -> None:
        if len(content) < 4 * LANES or len(content) % 2:
            raise ArtifactError("coded bytes end early; make it again")
        self.state = np.frombuffer(content[: 4 * LANES], "<u4").astype(np.int64)
        self.words = np.frombuffer(content[4 * LANES :], "<u2").astype(np.uint16)
        self.place = 0
        self._left = MOST_AT_LEAST + MOST_A_BYTE * len(content)
        if bool((self.state < _LEAST).any()):
            raise ArtifactError("coded bytes are damaged; make it again")

    def bits(self, model: Model, slots: Slots, which: int = 0, known: NDArray[Any] | None = None) -> Bits:
        n = slots.shape[1]
        found = np.empty(n, np.int64)
        start = 0
        while start < n:
            piece = slice(start, start + model.piece())
            part, bits = slots[:, piece], found[piece]
            start = piece.stop
            guesses, chance = model.foretell(part, which)
            for first in range(0, len(bits), LANES):
                bits[first : first + LANES] = self._step(chance[first : first + LANES])
            model.learn(part, which, guesses, chance, bits)
        return found

    def take(self, n: int) -> None:
        self._left -= n
        if self._left < 0:
            raise ArtifactError("coded bytes promise more than so few can hold; make it again")

    def _step(self, chance: Whole) -> Whole:
        lane = self.state[: len(chance)]
        low = lane & (_ONE - 1)
        yes = low < chance
        lane = np.where(yes, chance * (lane >> _PRECISION) + low, (_ONE - chance) * (lane >> _PRECISION) + low - chance)
        short = lane < _LEAST
        if short.any():
            n = int(np.count_nonzero(short))
            if self.place + n > len(self.words):
                raise ArtifactError("coded bytes end early; make it again")
            lane[short] = lane[short] << 16 | self.words[self.place : self.place + n]
            self.place += n
        self.state[: len(chance)] = lane
        return yes.astype(np.int64)

    def finish(self) -> None:
        """Raise ArtifactError unless all is read and every lane is back where it began."""
        if bool(self.words[self.place :].any()) or bool((self.state != _LEAST).any()):
            raise ArtifactError("coded bytes are damaged; make it again")
