"""Which n-grams an n-gram begins and ends with, and in what order rows are coded so that those come first.

An n-gram of characters has the one without its last and the one without its first character as its kin; a word has the
longest n-grams of characters at its beginning and end; neighbouring words have the first and the last of them. All are
found by a hash of their characters. Two n-grams with one hash would only be foretold a little worse: both sides find
the same kin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from compress.coding.bits import Kernel, Whole
from compress.coding.strings import code_points

# Sorts of rows: n-grams of 1 and 2, 3, 4, 5 and more characters; words; several words; rows without a name.
TYPES = 7
_WORD, _WORDS, _NAMELESS = 4, 5, 6
_CHUNK = 1024
_FIRST_CHUNK = 32
_BASE = np.uint64(0x9E3779B97F4A7C15)
_INVERSE = np.uint64(pow(0x9E3779B97F4A7C15, -1, 1 << 64))


@dataclass(frozen=True)
class Terms:
    """The terms of one block.

    Attributes:
        points: code points of all terms, one after the other.
        starts: (n + 1,) where each begins.
        wordy: whether blanks join words.
        marks: what stands before and after a word in n-grams of characters.
    """

    points: Whole
    starts: Whole
    wordy: bool
    marks: tuple[int, int] = (32, 32)

    def __len__(self) -> int:
        return len(self.starts) - 1


@dataclass(frozen=True)
class Kinship:
    """Rows in the order in which they are coded.

    Attributes:
        order: column of each row.
        prefix, suffix: row of the kin, an earlier chunk's; -1 where there is none.
        chunks: first row, row after the last, and sort, of rows that are coded together.
    """

    order: Whole
    prefix: Whole
    suffix: Whole
    chunks: tuple[tuple[int, int, int], ...]

    @property
    def n(self) -> int:
        return len(self.order)


class _Hashed:
    """Hashes of all stretches of a text."""

    def __init__(self, points: Whole) -> None:
        n = len(points)
        self._powers = np.cumprod(np.r_[np.uint64(1), np.full(n, _BASE, np.uint64)])
        self._inverse = np.cumprod(np.r_[np.uint64(1), np.full(n, _INVERSE, np.uint64)])
        self._sums = np.r_[np.uint64(0), np.cumsum((points + 1).astype(np.uint64) * self._powers[:-1])]

    def of(self, first: Whole, last: Whole) -> NDArray[np.uint64]:
        """Of characters first to last, without the last."""
        hashes: NDArray[np.uint64] = (self._sums[last] - self._sums[first]) * self._inverse[first]
        return hashes


class _Found:
    """Rows by the hash of their terms."""

    def __init__(self, hashes: NDArray[np.uint64], columns: Whole) -> None:
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._columns = hashes[order], columns[order]

    def __call__(self, wanted: NDArray[np.uint64]) -> Whole:
        """Column, or -1."""
        if not len(self._hashes):
            return np.full(len(wanted), -1)
        place = np.minimum(np.searchsorted(self._hashes, wanted), len(self._hashes) - 1)
        return np.where(self._hashes[place] == wanted, self._columns[place], -1)


def kinship(blocks: Sequence[Terms | int], kernel: Kernel | None = None) -> Kinship:
    """Of all blocks: their terms, or how many rows a block without names has; `kernel` finds them quicker."""
    sort, rank, prefix, suffix = kin_of(blocks) if kernel is None else kernel.kin(blocks)
    n = len(sort)
    order = np.argsort(rank, kind="stable")
    row = np.empty(n, np.int64)
    row[order] = np.arange(n)
    chunks = _chunks(rank[order], sort[order])
    chunk_of = np.repeat(np.arange(len(chunks)), [last - first for first, last, _ in chunks])
    kin = []
    for column in (prefix[order], suffix[order]):
        at = np.where(column >= 0, row[column], -1)
        kin.append(np.where((at >= 0) & (chunk_of[at] < chunk_of), at, -1) if n else at)
    return Kinship(order, kin[0], kin[1], chunks)


def kin_of(blocks: Sequence[Terms | int]) -> Whole:
    """Of each column its sort, its rank in the order of rows, and the columns of its kin, or -1; (4, n)."""
    starts = np.cumsum([0, *(block if isinstance(block, int) else len(block) for block in blocks)])
    n = int(starts[-1])
    sort, rank = np.full(n, _NAMELESS), np.full(n, 1 << 40)
    prefix, suffix = np.full(n, -1), np.full(n, -1)
    characters: tuple[_Found, Terms, int] | None = None
    for wordy in (False, True):
        for block, start in zip(blocks, starts[:-1], strict=True):
            if isinstance(block, int) or block.wordy != wordy or not len(block):
                continue
            columns = slice(int(start), int(start) + len(block))
            if wordy:
                sort[columns], rank[columns], prefix[columns], suffix[columns] = _of_words(
                    block, int(start), characters
                )
            else:
                sort[columns], rank[columns], prefix[columns], suffix[columns], found = _of_characters(
                    block, int(start)
                )
                longest = int(np.diff(block.starts).max())
                characters = characters or (found, block, min(longest, 8))
    return np.stack([sort, rank, prefix, suffix])


def _chunks(rank: Whole, sort: Whole) -> tuple[tuple[int, int, int], ...]:
    cuts = [0, *(np.flatnonzero(np.diff(rank)) + 1).tolist(), len(rank)]
    chunks, seen = [], [0] * TYPES
    for first, last in pairwise(cuts):
        kind = int(sort[first]) if first < last else 0
        while first < last:
            size = min(max(_FIRST_CHUNK, seen[kind]), _CHUNK, last - first)
            chunks.append((first, first + size, kind))
            seen[kind] += size
            first += size
    return tuple(chunks)


def _of_characters(block: Terms, start: int) -> tuple[Whole, Whole, Whole, Whole, _Found]:
    hashed = _Hashed(block.points)
    first, last = block.starts[:-1], block.starts[1:]
    length = last - first
    found = _Found(hashed.of(first, last), start + np.arange(len(block)))
    prefix, suffix = np.full(len(block), -1), np.full(len(block), -1)
    for cut in (1, 2):
        at = np.flatnonzero((prefix < 0) & (length > cut))
        prefix[at] = found(hashed.of(first[at], last[at] - cut))
        at = np.flatnonzero((suffix < 0) & (length > cut))
        suffix[at] = found(hashed.of(first[at] + cut, last[at]))
    return np.clip(length - 2, 0, 3), length, prefix, suffix, found


def _of_words(
    block: Terms, start: int, characters: tuple[_Found, Terms, int] | None
) -> tuple[Whole, Whole, Whole, Whole]:
    hashed = _Hashed(block.points)
    first, last = block.starts[:-1], block.starts[1:]
    found = _Found(hashed.of(first, last), start + np.arange(len(block)))
    blanks = np.flatnonzero(block.points == 32)
    n_before = np.searchsorted(blanks, first)
    n_blanks = np.searchsorted(blanks, last) - n_before
    prefix, suffix = np.full(len(block), -1), np.full(len(block), -1)
    at = np.flatnonzero(n_blanks)
    last_blank, first_blank = blanks[n_before[at] + n_blanks[at] - 1], blanks[n_before[at]]
    prefix[at] = found(hashed.of(first[at], last_blank))
    suffix[at] = found(hashed.of(first_blank + 1, last[at]))
    for own, begin, end in ((prefix, first[at], first_blank), (suffix, last_blank + 1, last[at])):
        missing = own[at] < 0
        own[at[missing]] = found(hashed.of(begin[missing], end[missing]))
    if characters is not None:
        _ends_of_words(block, np.flatnonzero(n_blanks == 0), prefix, suffix, *characters)
    return np.where(n_blanks > 0, _WORDS, _WORD), (1 << 20) + n_blanks, prefix, suffix


def _ends_of_words(
    block: Terms, at: Whole, prefix: Whole, suffix: Whole, found: _Found, grams: Terms, longest: int
) -> None:
    """The longest n-grams of characters at both ends of each word, with its marks."""
    first, length = block.starts[at], np.diff(block.starts)[at]
    # Each word between its marks, one after the other.
    starts = np.cumsum(np.r_[0, length + 2])
    marked = np.empty(int(starts[-1]), np.int64)
    marked[starts[:-1]], marked[starts[1:] - 1] = grams.marks
    inside = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
    marked[np.repeat(starts[:-1] + 1, length) + inside] = block.points[np.repeat(first, length) + inside]
    hashed = _Hashed(marked)
    begin, end = starts[:-1], starts[1:]
    for n in range(longest, 2, -1):
        for own, low in ((prefix, begin), (suffix, end - n)):
            open_ = np.flatnonzero((own[at] < 0) & (length + 2 >= n))
            own[at[open_]] = found(hashed.of(low[open_], low[open_] + n))


def terms_of(terms: Sequence[str], wordy: bool, marks: tuple[int, int] = (32, 32)) -> Terms:
    """Terms as code points."""
    points = code_points("".join(terms))
    return Terms(points, np.cumsum([0, *map(len, terms)]), wordy, marks)


def marked_words(words: Sequence[str], marks: tuple[int, int]) -> tuple[Whole, Whole]:
    """Words between their marks, one after the other, and where each begins (n + 1,)."""
    before, after = map(chr, marks)
    text = "".join([f"{before}{word}{after}" for word in words])
    points = code_points(text)
    return points, np.cumsum([0, *(len(word) + 2 for word in words)])
