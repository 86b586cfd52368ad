"""Texts that stand in a data set more than once, exactly or nearly, in linear time.

Two texts are exact duplicates when their folded words are the same, and near duplicates when the Jaccard similarity of
their sets of three successive words (all words of a shorter text) is at least 0.7. Symbols don't count; each Chinese,
Japanese and Korean character is a word. Candidates come from MinHash with
locality-sensitive hashing (Broder 1997; Indyk and Motwani 1998) and are verified; the hashing misses a pair at 0.7 less
than once in 10,000.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from baselines.text.cleaning import Cleaning
from baselines.text.unicode import pieces

_CLEANING = Cleaning("letters")
SIMILARITY = 0.7
WORDS = 3
RULE = f"Jaccard similarity of word {WORDS}-grams at least {SIMILARITY}, after lower-casing and without punctuation"
_BANDS = 24
_ROWS = 3
# A bucket's texts are compared with this many before them: enough to link copies, and linear in the size of the bucket.
_NEIGHBOURS = 4
# Hashes that are mixed at once.
_BLOCK = 1 << 16
# Pairs that are remembered as verified.
_MOST_SEEN = 4_000_000
_MIX = np.uint64(0x9E3779B97F4A7C15)

Hashes = NDArray[np.uint64]


def duplicate_groups(texts: Sequence[str], *, near: bool) -> NDArray[np.intp]:
    """Number of each text's group; (n_texts,). Texts with the same number are duplicates, directly or by way of others.

    Empty texts are duplicates of nothing.
    """
    parents = _exact_groups(texts)
    if not near:
        return parents
    shingles = _shingles_of(texts, np.flatnonzero(parents == np.arange(len(texts))))
    for a, b in _near_pairs(shingles):
        root_a, root_b = _root(parents, a), _root(parents, b)
        parents[max(root_a, root_b)] = min(root_a, root_b)
    return np.array([_root(parents, row) for row in range(len(texts))], np.intp)


def _exact_groups(texts: Sequence[str]) -> NDArray[np.intp]:
    """The first row of the texts with each row's words; (n_texts,)."""
    rows = np.arange(len(texts))
    empty = np.zeros(len(texts), np.bool_)
    found = bytearray()  # sixteen bytes a text, where the words themselves would take a kilobyte
    for row, text in enumerate(texts):
        words = _words(text)
        empty[row] = not words
        found += _digest(" ".join(words), 16)
    digests = np.frombuffer(found, np.uint64).reshape(-1, 2)
    order = np.lexsort((rows, empty, digests[:, 0], digests[:, 1]))
    new = np.r_[True, (np.diff(digests[order].astype(np.int64), axis=0) != 0).any(axis=1)][: len(texts)] | empty[order]
    first = order[new][np.cumsum(new) - 1]
    parents = np.empty(len(texts), np.intp)
    parents[order] = first
    return parents


def repeated(groups: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Rows of each group of two or more, ascending; groups by their number, as `duplicate_groups` gives them."""
    order = np.argsort(groups, kind="stable")
    return [rows for rows in np.split(order, np.flatnonzero(np.diff(groups[order])) + 1) if len(rows) > 1]


def _words(text: str) -> list[str]:
    clean = _CLEANING(text)
    return clean.split() if clean.isascii() else pieces(clean)


def _root(parents: NDArray[np.intp], row: int) -> int:
    while parents[row] != row:
        parents[row] = parents[parents[row]]
        row = int(parents[row])
    return row


def _digest(text: str, size: int) -> bytes:
    # Python's own hash() differs from process to process.
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).digest()


@dataclass(frozen=True)
class _Shingles:
    """Hashes of the word n-grams of some texts.

    Attributes:
        rows: numbers of the texts, ascending; (n,).
        hashes: of all of them, sorted and distinct within each text.
        starts: where each text's begin, and the end of the last; (n + 1,).
    """

    rows: NDArray[np.intp]
    hashes: Hashes
    starts: NDArray[np.int64]

    def of(self, at: int) -> Hashes:
        """Those of one text."""
        return self.hashes[self.starts[at] : self.starts[at + 1]]


def _shingles_of(texts: Sequence[str], firsts: NDArray[np.intp]) -> _Shingles:
    """Of the texts that are the first of their group and not empty."""
    wanted = np.zeros(len(texts), np.bool_)
    wanted[firsts] = True
    found, rows = bytearray(), []
    lengths = [0]
    for row, text in enumerate(texts):
        if wanted[row] and (words := _words(text)):
            own = _shingles(words)
            found += own.tobytes()
            rows.append(row)
            lengths.append(len(own))
    return _Shingles(np.array(rows, np.intp), np.frombuffer(found, np.uint64), np.cumsum(lengths, dtype=np.int64))


def _shingles(words: Sequence[str]) -> Hashes:
    """Sorted distinct 64-bit hashes of the word n-grams."""
    grams = {" ".join(words[i : i + WORDS]) for i in range(max(1, len(words) - WORDS + 1))}
    digests = b"".join(_digest(gram, 8) for gram in grams)
    return np.sort(np.frombuffer(digests, "<u8").astype(np.uint64))


def _near_pairs(shingles: _Shingles) -> Iterator[tuple[int, int]]:
    """Verified pairs of row numbers; band by band, so that memory holds the keys of one."""
    if not len(shingles.rows):
        return
    odd = np.random.default_rng(0).integers(0, 2**63, (2, _BANDS * _ROWS), np.uint64) * np.uint64(2) + np.uint64(1)
    # The least of (h ^ (h >> 32)) * a + b modulo 2^64 for each (a, b): one MinHash each.
    seen: set[tuple[int, int]] = set()
    for band in range(_BANDS):
        key = _band_keys(shingles, odd[:, band * _ROWS : (band + 1) * _ROWS])
        order = np.argsort(key, kind="stable")
        if len(seen) > _MOST_SEEN:  # to verify a pair again takes time, but no memory
            seen.clear()
        for back in range(1, _NEIGHBOURS + 1):
            same = np.flatnonzero(key[order[back:]] == key[order[:-back]])
            for pair in zip(order[same].tolist(), order[same + back].tolist(), strict=True):
                if pair not in seen:
                    a, b = pair
                    seen.add(pair)
                    if similarity(shingles.of(a), shingles.of(b)) >= SIMILARITY:
                        yield int(shingles.rows[a]), int(shingles.rows[b])


def _band_keys(shingles: _Shingles, odd: Hashes) -> Hashes:
    """One number of each text's minima in a band, so that texts with other minima have about never the same; (n,)."""
    keys = np.zeros(len(shingles.rows), np.uint64)
    starts = shingles.starts
    first = 0
    while first < len(keys):
        # As many texts as have so many hashes together; a book as one text is as long as it is.
        last = max(first + 1, int(np.searchsorted(starts, starts[first] + _BLOCK, side="right")) - 1)
        hashes = shingles.hashes[starts[first] : starts[last]]
        folded = hashes ^ (hashes >> np.uint64(32))
        for factor, added in odd.T:
            least = np.minimum.reduceat(folded * factor + added, starts[first:last] - starts[first])
            keys[first:last] = (keys[first:last] ^ least) * _MIX
        first = last
    return keys


def similarity(a: Hashes, b: Hashes) -> float:
    """|a ∩ b| / |a ∪ b| of two sorted sets of hashes, in [0, 1]."""
    common = len(np.intersect1d(a, b, assume_unique=True))
    return common / (len(a) + len(b) - common)
