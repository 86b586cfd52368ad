"""Small whole numbers as a Huffman stream that C reads from its beginning to its end.

As many digits of base 2m + 1 share a symbol as give the fewest bytes; codes are canonical, so that their lengths say
all of them. Source: Huffman (1952); Schwartz and Kallick (1964) for the canonical order.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# A code must fit what is shifted in 32 bits.
_MOST_BITS = 30


@dataclass(frozen=True)
class Stream:
    """Numbers as bytes.

    Attributes:
        content: the codes, highest bit first.
        counts: uint8, of symbols with a code of 1, 2, … bits.
        symbols: uint8, those that occur, by the length of their code.
        base, digits: a symbol holds so many digits, the lowest first, each half of `base` too large.
    """

    content: bytes
    counts: NDArray[np.uint8]
    symbols: NDArray[np.uint8]
    base: int
    digits: int

    @property
    def n_bytes(self) -> int:
        return len(self.content) + len(self.counts) + len(self.symbols)


def coded(values: NDArray[np.int8]) -> Stream:
    """Numbers from -127 to 127, at least one of them."""
    limit = max(1, int(np.abs(values.astype(np.int16)).max()))
    base, digits = 2 * limit + 1, 1
    streams = []
    while base**digits <= 256:
        streams.append(_coded(values.ravel().astype(np.int64) + limit, base, digits))
        digits += 1
    return min(streams, key=lambda stream: stream.n_bytes)


def _coded(digits: NDArray[np.int64], base: int, together: int) -> Stream:
    filled = np.pad(digits, (0, -len(digits) % together), constant_values=base // 2)
    shared = filled.reshape(-1, together) @ base ** np.arange(together)
    counts = np.bincount(shared, minlength=256)
    lengths = _lengths(counts)
    order = sorted(np.flatnonzero(counts).tolist(), key=lambda symbol: (lengths[symbol], symbol))
    by_length = np.bincount([lengths[symbol] for symbol in order], minlength=2)[1:]
    bits = _bits(shared, _codes(order, lengths), lengths)
    return Stream(bits, by_length.astype(np.uint8), np.array(order, np.uint8), base, together)


def _lengths(counts: NDArray[np.int64]) -> dict[int, int]:
    """Length of each symbol's code."""
    weights = {int(symbol): int(counts[symbol]) for symbol in np.flatnonzero(counts)}
    while True:
        lengths = _unbounded(weights)
        if max(lengths.values()) <= _MOST_BITS:
            return lengths
        weights = {symbol: weight // 2 + 1 for symbol, weight in weights.items()}


def _unbounded(weights: dict[int, int]) -> dict[int, int]:
    if len(weights) == 1:
        return dict.fromkeys(weights, 1)
    heap = [(weight, symbol, [symbol]) for symbol, weight in weights.items()]
    heapq.heapify(heap)
    lengths = dict.fromkeys(weights, 0)
    while len(heap) > 1:
        one, other = heapq.heappop(heap), heapq.heappop(heap)
        for symbol in one[2] + other[2]:
            lengths[symbol] += 1
        heapq.heappush(heap, (one[0] + other[0], min(one[1], other[1]), one[2] + other[2]))
    return lengths


def _codes(order: list[int], lengths: dict[int, int]) -> dict[int, int]:
    codes, code, length = {}, 0, 0
    for symbol in order:
        code <<= lengths[symbol] - length
        length = lengths[symbol]
        codes[symbol] = code
        code += 1
    return codes


def _bits(shared: NDArray[np.int64], codes: dict[int, int], lengths: dict[int, int]) -> bytes:
    written = {symbol: f"{code:0{lengths[symbol]}b}" for symbol, code in codes.items()}
    text = "".join(map(written.__getitem__, shared.tolist()))
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")
