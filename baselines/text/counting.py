"""Which n-grams many texts have, and how many texts hold each: counted in chunks, in memory that has a bound.

n-grams are numbers here: the symbols of one, a few bits each, in one word of 64. What is counted lies in sorted arrays,
12 bytes an n-gram. Where an alphabet or a length doesn't fit into 64 bits, they are strings in a dictionary. Up to
MOST_DISTINCT different n-grams all counts are exact; beyond, the rarest are forgotten (lossy counting, Manku and
Motwani 2002), so that a count may be too low by as much as was forgotten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from baselines.text.cleaning import Cleaning
from baselines.text.ngram_block import NgramBlock
from baselines.text.ngram_settings import NgramSettings
from baselines.text.readings import Reading
from baselines.text.symbols import (
    CHUNK_CHARACTERS,
    WINDOWED,
    Symbols,
    characters_of,
    chunks_of,
    tallied,
    words_of,
)

# Different n-grams of a block that are counted at a time, as numbers and as strings.
MOST_DISTINCT, MOST_STRINGS = 1 << 25, 1 << 22
# From so many texts on a vocabulary has so many rows at most; fewer texts keep all that `min_texts` leaves.
MANY_TEXTS, MOST_ROWS = 5_000, 1 << 19
# New numbers that are sorted in among the others at once, at least: half of what is there already keeps it linear.
MERGED_FROM = 1 << 20
_BITS = 63

Counts = tuple[tuple[str, ...], NDArray[np.int64]]


def blocks_of(texts: Sequence[str], cleaning: Reading, settings: Sequence[NgramSettings]) -> tuple[NgramBlock, ...]:
    """A block for each of `settings`; of many texts `min_texts` of a block may be more than was asked for."""
    counters = [TermCounter(each) for each in settings]
    for start, stop in chunks_of(texts):
        cleans = [cleaning(text) for text in texts[start:stop]]
        words = [cleaning.words(clean) for clean in cleans]
        for counter in counters:
            counter.count(cleans, words, quick=isinstance(cleaning, Cleaning))
    least = _least([counter.frequencies() for counter in counters], settings, len(texts))
    blocks = []
    for counter, each in zip(counters, settings, strict=True):
        own = replace(each, min_texts=max(each.min_texts, least))
        vocabulary, frequencies = counter.terms(own.min_texts)
        idf = np.log((1 + len(texts)) / (1 + frequencies.astype(np.float64))) + 1
        blocks.append(NgramBlock(own, vocabulary, idf.astype(np.float32)))
    return tuple(blocks)


def _least(frequencies: Sequence[NDArray[np.int64]], settings: Sequence[NgramSettings], n_texts: int) -> int:
    """Texts that an n-gram must be in so that MOST_ROWS are left; 0 where nothing more is asked than was."""
    if n_texts <= MANY_TEXTS:
        return 0
    # The same number for all blocks: an n-gram of two texts says as little in one as in another.
    kept = np.concatenate([own[own >= each.min_texts] for own, each in zip(frequencies, settings, strict=True)])
    if len(kept) <= MOST_ROWS:
        return 0
    return int(np.partition(kept, len(kept) - MOST_ROWS - 1)[len(kept) - MOST_ROWS - 1]) + 1


class TermCounter:
    """How many texts hold each n-gram of one block."""

    def __init__(self, settings: NgramSettings) -> None:
        self._settings = settings
        self._of_words = settings.analyzer == "word"
        self._bits = _BITS // settings.high
        # Symbols from 1 on: no n-gram begins with 0, so that lengths can't be mixed up.
        self._number: dict[str, int] = {}
        self._keys, self._counts = np.zeros(0, np.int64), np.zeros(0, np.int32)
        self._waiting: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        self._n_waiting = 0
        self._strings: Counter[str] | None = None if settings.analyzer in WINDOWED else Counter()

    def count(self, cleans: Sequence[str], words: Sequence[Sequence[str]], *, quick: bool = True) -> None:
        """Count the n-grams of cleaned texts, each with its words."""
        if self._strings is None and quick and max(map(len, cleans)) <= 2 * CHUNK_CHARACTERS:
            symbols = self._symbols(cleans, words)
            if len(self._number) < 1 << self._bits:
                self._count_numbers(symbols)
                return
        self._count_strings(cleans, words)

    def frequencies(self) -> NDArray[np.int64]:
        """Texts that hold each n-gram, in no order."""
        self._merge()
        if self._strings is not None:
            return np.fromiter(self._strings.values(), np.int64, len(self._strings))
        return self._counts.astype(np.int64)

    def terms(self, least: int) -> Counts:
        """The n-grams that so many texts hold, sorted, and how many hold each."""
        self._merge()
        counted: Mapping[str, int] = self._strings or {}
        if self._strings is None:
            own = self._counts >= least
            counted = dict(zip(self._written(self._keys[own]), self._counts[own].tolist(), strict=True))
        vocabulary = tuple(sorted(term for term, n in counted.items() if n >= least))
        return vocabulary, np.array([counted[term] for term in vocabulary], np.int64)

    def _symbols(self, cleans: Sequence[str], words: Sequence[Sequence[str]]) -> Symbols:
        number = self._number
        if self._of_words:
            return words_of(words, self._settings, lambda word: number.setdefault(word, len(number) + 1))[0]
        symbols, _ = characters_of(cleans, self._settings)
        points, places = np.unique(symbols.numbers, return_inverse=True)
        ours = [number.setdefault(chr(point), len(number) + 1) for point in points.tolist()]
        return replace(symbols, numbers=np.array(ours, np.int64)[places])

    def _count_numbers(self, symbols: Symbols) -> None:
        keys = np.zeros(len(symbols.numbers), np.int64)
        for n in range(1, self._settings.high + 1):
            inside = np.flatnonzero(symbols.room >= n)
            keys[inside] = keys[inside] << self._bits | symbols.numbers[inside + (n - 1)]
            own = np.flatnonzero(symbols.windows(self._settings, n))
            if not len(own):
                continue
            different, places = np.unique(keys[own], return_inverse=True)
            # Each text once.
            pairs, _ = tallied(places << 32 | symbols.text_of[own])
            self._waiting.append((different, np.bincount(pairs >> 32, minlength=len(different))))
            self._n_waiting += len(different)
        if self._n_waiting > max(MERGED_FROM, len(self._keys) // 2):
            self._merge()

    def _merge(self) -> None:
        """One sorted array of everything counted; the rarest go where it is too long."""
        if not self._waiting:
            return
        keys = np.concatenate([self._keys, *(own for own, _ in self._waiting)])
        counts = np.concatenate([self._counts, *(own.astype(np.int32) for _, own in self._waiting)])
        self._waiting, self._n_waiting = [], 0
        order = np.argsort(keys, kind="stable")
        keys, counts = keys[order], counts[order]
        del order
        first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
        self._keys, self._counts = keys[first], np.add.reduceat(counts, first)
        del keys, counts
        most = MOST_DISTINCT
        if len(self._keys) > most:
            rare = int(np.partition(self._counts, len(self._counts) - most // 2)[len(self._counts) - most // 2])
            left = self._counts > rare
            self._keys, self._counts = self._keys[left], self._counts[left]

    def _count_strings(self, cleans: Sequence[str], words: Sequence[Sequence[str]]) -> None:
        if self._strings is None:
            self._merge()
            self._strings = Counter(dict(zip(self._written(self._keys), self._counts.tolist(), strict=True)))
            self._keys, self._counts = np.zeros(0, np.int64), np.zeros(0, np.int32)
        for clean, own in zip(cleans, words, strict=True):
            self._strings.update(set(self._settings.terms(clean, own)))
            if len(self._strings) > MOST_STRINGS:
                rare = sorted(self._strings.values())[len(self._strings) // 2]
                self._strings = Counter({term: n for term, n in self._strings.items() if n > rare})

    def _written(self, keys: NDArray[np.int64]) -> list[str]:
        """The n-grams that numbers stand for."""
        names = ["", *self._number]
        between = " " if self._of_words else ""
        digits = [keys >> (self._bits * n) & ((1 << self._bits) - 1) for n in reversed(range(self._settings.high))]
        rows = np.stack(digits, axis=1).tolist() if len(keys) else []
        return [between.join([names[number] for number in row if number]) for row in rows]
