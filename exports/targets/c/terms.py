"""Where a term's row is found in C, by the length of its bytes and by halves or a hash; and how many a text has."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from baselines.text.cleaning import Cleaning
from baselines.text.ngram_settings import NgramSettings
from baselines.text.ngrams import NgramBlock

_NONE, _NO_SLOTS = np.zeros(0, np.uint32), np.zeros(0, np.uint16)


@dataclass(frozen=True)
class Terms:
    """One block's rows, ordered by the length of their terms' UTF-8, then by its bytes; buckets as they are.

    Attributes:
        order: which row of the block stands at each place.
        content: all terms behind one another.
        first, start: uint32 (longest + 2,), by length: the first row of it, and where its bytes start.
        slots: row + 1 of each term by open addressing, 0 where none is; empty for a search by halves.
        buckets: uint32, of hashed blocks.
    """

    order: NDArray[np.intp]
    content: bytes
    first: NDArray[np.uint32]
    start: NDArray[np.uint32]
    slots: NDArray[np.uint16] | NDArray[np.uint32]
    buckets: NDArray[np.uint32]

    @property
    def longest(self) -> int:
        """Bytes of the longest term."""
        return max(len(self.first) - 2, 0)


def terms_of(block: NgramBlock, small: bool) -> Terms:
    """What one block is found by; `small` leaves the hash out."""
    if block.buckets is not None and block.hashing is not None:
        buckets = block.buckets.astype(np.uint32)
        return Terms(np.arange(len(block)), b"", _NONE, _NONE, _NO_SLOTS, buckets)
    contents = [term.encode("utf-8", "surrogatepass") for term in block.vocabulary]
    order = sorted(range(len(contents)), key=lambda row: (len(contents[row]), contents[row]))
    arranged = [contents[row] for row in order]
    lengths = np.array(list(map(len, arranged)), np.int64)
    by_length = np.bincount(lengths, minlength=1)
    first = np.concatenate([[0], np.cumsum(by_length)]).astype(np.uint32)
    start = np.concatenate([[0], np.cumsum(by_length * np.arange(len(by_length)))]).astype(np.uint32)
    slots = _NO_SLOTS if small else _slots(arranged)
    return Terms(np.array(order, np.intp), b"".join(arranged), first, start, slots, _NONE)


def _slots(terms: list[bytes]) -> NDArray[np.uint16] | NDArray[np.uint32]:
    size = 1 << max(1, (2 * len(terms) - 1).bit_length())
    taken = [0] * size
    for row, hashed in enumerate(_hashes(terms).tolist()):
        slot = (hashed ^ hashed >> 15) & (size - 1)
        while taken[slot]:
            slot = (slot + 1) & (size - 1)
        taken[slot] = row + 1
    found = np.array(taken, np.uint32)
    return found.astype(np.uint16) if len(terms) < 65535 else found


def _hashes(terms: list[bytes]) -> NDArray[np.uint32]:
    """FNV-1a of each, with unsigned bytes; those of one length, which stand together, at once."""
    found = [np.zeros(0, np.uint32)]
    for size, alike in groupby(terms, len):
        columns = np.frombuffer(b"".join(alike), np.uint8).reshape(-1, size).astype(np.uint32)
        hashed = np.full(len(columns), 2166136261, np.uint32)
        for column in columns.T:
            hashed = (hashed ^ column) * np.uint32(16777619)
        found.append(hashed)
    return np.concatenate(found)


def most_found(own: NgramSettings, reading: Cleaning, points: int) -> int:
    """n-grams of all n in a cleaned text of at most so many code points, one more than there can be."""
    sizes = own.high - own.low + 1
    # With `words` and `raw` each character may be a word; else a blank stands between two.
    words = points if reading.name in ("words", "raw") else points // 2 + 1
    if own.analyzer == "word":
        return sizes * words + 1
    if own.analyzer == "subword":
        # A word of c characters has at most c + 1 of each n from 2 on, and c of them alone.
        return sizes * (points + words) + 1
    if own.analyzer == "char_wb":
        # A run of c characters, with its blanks c + 2, has c + 1 of each n from 2 on; runs and blanks share the text.
        return sizes * (points + 1) + (points // 2 + 1 if own.low == 1 else 0) + 1
    return sizes * (points + 2) + 1


def most_of_one(block: NgramBlock, reading: Cleaning, points: int) -> int:
    """How often one n-gram, or one bucket, can occur in such a text."""
    own = block.settings
    if block.hashing is not None:
        return most_found(own, reading, points)
    # All of one length.
    return 2 * points + 2
