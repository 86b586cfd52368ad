"""Texts that stand in a data set more than once, exactly or nearly, in linear time.

Two texts are exact duplicates when their folded words are the same, and near duplicates when the Jaccard similarity of
their sets of three successive words (all words of a shorter text) is at least 0.7. Symbols don't count; each Chinese,
Japanese and Korean character is a word. Candidates come from MinHash with
locality-sensitive hashing (Broder 1997; Indyk and Motwani 1998) and are verified; the hashing misses a pair at 0.7 less
than once in 10,000.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

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
_BLOCK = 4_096

Hashes = NDArray[np.uint64]


def duplicate_groups(texts: Sequence[str], *, near: bool) -> NDArray[np.intp]:
    """Number of each text's group; (n_texts,). Texts with the same number are duplicates, directly or by way of others.

    Empty texts are duplicates of nothing.
    """
    words = [_words(text) for text in texts]
    parents = np.arange(len(texts))
    first: dict[str, int] = {}
    for row, own in enumerate(words):
        if own:
            parents[row] = first.setdefault(" ".join(own), row)
    if near:
        for a, b in _near_pairs({row: _shingles(words[row]) for row in first.values()}):
            parents[max(_root(parents, a), _root(parents, b))] = min(_root(parents, a), _root(parents, b))
    return np.array([_root(parents, row) for row in range(len(texts))], np.intp)


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


def _shingles(words: Sequence[str]) -> Hashes:
    """Sorted distinct 64-bit hashes of the word n-grams."""
    grams = {" ".join(words[i : i + WORDS]) for i in range(max(1, len(words) - WORDS + 1))}
    # Python's own hash() differs from process to process.
    digests = b"".join(hashlib.blake2b(gram.encode("utf-8", "surrogatepass"), digest_size=8).digest() for gram in grams)
    return np.unique(np.frombuffer(digests, "<u8").astype(np.uint64))


def _near_pairs(shingles: dict[int, Hashes]) -> Iterator[tuple[int, int]]:
    """Verified pairs of row numbers."""
    buckets: dict[bytes, list[int]] = {}
    odd = np.random.default_rng(0).integers(0, 2**63, (2, _BANDS * _ROWS), np.uint64) * np.uint64(2) + np.uint64(1)
    for row, own in shingles.items():
        candidates: set[int] = set()
        for key in _band_keys(own, odd):
            bucket = buckets.setdefault(key, [])
            candidates.update(bucket)
            bucket.append(row)
            del bucket[:-_NEIGHBOURS]
        yield from ((other, row) for other in candidates if similarity(shingles[other], own) >= SIMILARITY)


def _band_keys(hashes: Hashes, odd: Hashes) -> Iterable[bytes]:
    # The least of (h ^ (h >> 32)) * a + b modulo 2^64 for each (a, b): one MinHash each.
    folded = hashes ^ (hashes >> np.uint64(32))
    minima = np.full(_BANDS * _ROWS, np.iinfo(np.uint64).max, np.uint64)
    for start in range(0, len(folded), _BLOCK):  # a book as one text must not fill the memory
        mixed = folded[start : start + _BLOCK, None] * odd[0] + odd[1]  # (shingles, bands · rows)
        minima = np.minimum(minima, mixed.min(axis=0))
    bands = minima.reshape(_BANDS, _ROWS)
    return (band.to_bytes(1, "little") + bands[band].tobytes() for band in range(_BANDS))


def similarity(a: Hashes, b: Hashes) -> float:
    """|a ∩ b| / |a ∪ b| of two sorted sets of hashes, in [0, 1]."""
    common = len(np.intersect1d(a, b, assume_unique=True))
    return common / (len(a) + len(b) - common)
