"""Numbers to few characters: a range coder with counts for probabilities, read by thirty lines of JavaScript.

Source: Martin, Range encoding (1979); the estimator of Krichevsky and Trofimov (1981), blended from the context that
tells least to the one that tells most. A number is a path of bits; the probability of each is counted where its
contexts met it before: with `p = 1/2` to start, `p = (zeros + p) / (zeros + ones + 1)`, one context after the other.
The steps are those of float64 on both sides (`runtime/coding.js`), so that the reader counts as the writer did.

Base64 around it costs nothing once a server compresses the file: each of its characters takes six bits again.
"""

from __future__ import annotations

import base64
import math

import numpy as np
from numpy.typing import NDArray

_WORD = (1 << 32) - 1
_TOP = 1 << 24


class Code:
    """A growing text of numbers.

    Attributes:
        size_bits: the counts lie in a table of `2 ** size_bits` places; contexts that share one count together.
    """

    def __init__(self, size_bits: int) -> None:
        self.size_bits = size_bits
        self._counts: dict[int, list[int]] = {}
        self._low, self._range = 0, 1 << 32
        self._bytes = bytearray()

    def symbol(self, value: int, width: int, *contexts: int) -> None:
        """A number of `width` bits; `contexts` from the least telling to the most, at most three."""
        node, table, shift = 1, self._counts, 32 - self.size_bits
        hashes = [context * 0x9E3779B1 for context in contexts]
        for place in range(width - 1, -1, -1):
            bit = value >> place & 1
            slots = [((hashed ^ node * 0x85EBCA6B) & _WORD) >> shift for hashed in hashes]
            counts = [table.get(slot) or table.setdefault(slot, [0, 0]) for slot in slots]
            p = 0.5
            for zeros, ones in counts:
                p = (zeros + p) / (zeros + ones + 1)
            self._bit(bit, math.floor((self._range - 2) * p) + 1)
            for count in counts:
                count[bit] += 1
            node = 2 * node + bit

    def number(self, value: int, context: int) -> None:
        """A number from 0 to 2^53 - 2."""
        width = (value + 1).bit_length()
        self.symbol(width, 6, context * 64)
        for i in range(1, width):
            self.symbol(value + 1 >> width - 1 - i & 1, 1, (context * 64 + width) * 64 + i)

    def levels(self, values: NDArray[np.int8], most: int, context: int) -> None:
        """Values from -most to most, in C order."""
        width = (2 * most).bit_length()
        for value in values.ravel().tolist():
            self.symbol(value + most, width, context)

    def text(self) -> str:
        """All of it, in base64."""
        # Enough of the last range that zeros behind it decode alike.
        low, content = self._low + self._range - 1 >> 24 << 24, bytearray(self._bytes)
        if low < self._low:
            low = self._low
        _carry(content, low)
        tail = (low & _WORD).to_bytes(4, "big")
        return base64.b64encode((bytes(content) + tail).rstrip(b"\0")).decode("ascii")

    def _bit(self, bit: int, bound: int) -> None:
        if bit:
            self._low += bound
            self._range -= bound
        else:
            self._range = bound
        while self._range < _TOP:
            _carry(self._bytes, self._low)
            self._bytes.append(self._low >> 24 & 0xFF)
            self._low = self._low << 8 & _WORD
            self._range <<= 8


def _carry(content: bytearray, low: int) -> None:
    """A carry out of 32 bits goes to the bytes that were written."""
    place = len(content) - 1
    while low > _WORD:
        if content[place] < 0xFF:
            content[place] += 1
            return
        content[place] = 0
        place -= 1
