"""Many texts as one array of numbers, of characters or words, in which n-grams are windows: NumPy in place of strings.

A chunk of texts is laid out as one row of symbols, cut into segments that no n-gram leaves: a run of characters with a
blank on either side, a whole text, or the words of a text. `NgramSettings.terms` says which n-grams there are; the
windows here are the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.text.ngram_settings import NgramSettings

# Characters of the texts of a chunk; what is made of them takes about a hundred times as many bytes.
CHUNK_CHARACTERS = 1 << 18
# Analyzers whose n-grams are windows.
WINDOWED = ("word", "char_wb", "char", "char_bare")


@dataclass(frozen=True)
class Symbols:
    """The symbols of some texts, one text after the other.

    Attributes:
        numbers: int64 (n,); code points, or numbers of words.
        text_of: int64 (n,); number of the text that each stands in.
        room: int64 (n,); symbols from here to the end of its segment, this one included.
        begins: bool (n,); whether a segment begins here.
    """

    numbers: NDArray[np.int64]
    text_of: NDArray[np.int64]
    room: NDArray[np.int64]
    begins: NDArray[np.bool_]

    def windows(self, settings: NgramSettings, n: int) -> NDArray[np.bool_]:
        """Whether an n-gram of n symbols that counts begins at each symbol; bool (n,)."""
        if settings.low <= n <= settings.high:
            return self.room >= n
        # What is shorter than the n-gram counts once, as a whole.
        whole = n < settings.low and settings.analyzer in ("char_wb", "char")
        return self.begins & (self.room == n) if whole else np.zeros(len(self.room), np.bool_)


def chunks_of(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """First text and the one behind the last of each chunk: as many as have CHUNK_CHARACTERS together, at least one."""
    start = characters = 0
    for place, text in enumerate(texts):
        if characters and characters + len(text) > CHUNK_CHARACTERS:
            yield start, place
            start, characters = place, 0
        characters += len(text) + 1
    if start < len(texts):
        yield start, len(texts)


def characters_of(cleans: Sequence[str], settings: NgramSettings) -> tuple[Symbols, str]:
    """The code points of cleaned texts, padded as the analyzer does it; and all of them as one string."""
    inside = settings.analyzer == "char_wb"
    if inside:
        padded = [f" {'  '.join(runs)} " if (runs := clean.split()) else "" for clean in cleans]
    else:
        padded = list(cleans) if settings.analyzer == "char_bare" else [clean and f" {clean} " for clean in cleans]
    joined = "".join(padded)
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.int64)
    lengths = np.fromiter(map(len, padded), np.int64, len(padded))
    text_of = np.repeat(np.arange(len(padded)), lengths)
    if inside:
        blanks = np.flatnonzero(points == 32)
        lengths = blanks[1::2] - blanks[0::2] + 1
    return _laid_out(points, text_of, lengths), joined


def words_of(
    words: Sequence[Sequence[str]], settings: NgramSettings, number: Callable[[str], int | None]
) -> tuple[Symbols, list[str]]:
    """The numbers of the words of texts, -1 for a word without one; and the words that are read, in a row."""
    least = settings.shortest_word
    kept = [[word for word in own if len(word) >= least] for own in words] if least > 1 else words
    flat = [word for own in kept for word in own]
    numbers = np.array([-1 if (found := number(word)) is None else found for word in flat], np.int64)
    lengths = np.fromiter(map(len, kept), np.int64, len(kept))
    return _laid_out(numbers, np.repeat(np.arange(len(kept)), lengths), lengths), flat


def _laid_out(numbers: NDArray[np.int64], text_of: NDArray[np.int64], lengths: NDArray[np.int64]) -> Symbols:
    lengths = lengths[lengths > 0]
    ends = np.cumsum(lengths)
    room = np.repeat(ends, lengths) - np.arange(len(numbers))
    begins = np.zeros(len(numbers), np.bool_)
    begins[ends - lengths] = True
    return Symbols(numbers, text_of, room, begins)


def tallied(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The different keys, ascending, and how often each occurs."""
    ordered = np.sort(keys)
    first = np.flatnonzero(np.concatenate([ordered[:1] == ordered[:1], ordered[1:] != ordered[:-1]]))
    return ordered[first], np.diff(np.append(first, len(ordered)))


class NgramIndex:
    """Where the n-grams of a vocabulary are found: a tree whose branches are symbols.

    Args:
        lengths: symbols of each n-gram, (n_terms,).
        numbers: of their symbols, one n-gram after the other.
    """

    def __init__(self, lengths: NDArray[np.int64], numbers: NDArray[np.int64]) -> None:
        starts = np.cumsum(lengths) - lengths
        node = np.zeros(len(lengths), np.int64)
        keys, n_nodes = [], 1
        for depth in range(int(lengths.max(initial=0))):
            longer = np.flatnonzero(lengths > depth)
            ways, inverse = np.unique(_key(node[longer], numbers[starts[longer] + depth]), return_inverse=True)
            node[longer] = n_nodes + inverse
            keys.append(ways)
            n_nodes += len(ways)
        self._column = np.full(n_nodes, -1, np.int64)
        self._column[node] = np.arange(len(lengths))
        self._table = _Table(np.concatenate(keys) if keys else np.zeros(0, np.int64))

    def find(self, symbols: Symbols, settings: NgramSettings) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Text and column of every n-gram that is in the vocabulary, repeated as often as it occurs."""
        here = np.flatnonzero(symbols.numbers >= 0)
        node = np.zeros(len(here), np.int64)
        texts, columns = [], []
        for n in range(1, settings.high + 1):
            key = _key(node, symbols.numbers[here + (n - 1)])
            node = self._table.find(key)
            on = node > 0
            here, node = here[on], node[on]
            column = np.where(symbols.windows(settings, n)[here], self._column[node], -1)
            found = column >= 0
            texts.append(symbols.text_of[here[found]])
            columns.append(column[found])
            more = symbols.room[here] > n
            here, node = here[more], node[more]
        return np.concatenate(texts), np.concatenate(columns)


def _key(node: NDArray[np.int64], number: NDArray[np.int64]) -> NDArray[np.int64]:
    return (node << 32) | (number & 0xFFFFFFFF)


class _Table:
    """The number of each of some different keys, counted from 1; 0 for any other. Open addressing, half of it empty."""

    def __init__(self, keys: NDArray[np.int64]) -> None:
        self._bits = max(4, int(len(keys) * 2).bit_length())
        self._mask = (1 << self._bits) - 1
        self._keys, self._numbers = np.full(1 << self._bits, -1, np.int64), np.zeros(1 << self._bits, np.int32)
        left, slots = np.arange(len(keys)), self._slots(keys)
        while len(left):
            free = self._keys[slots] == -1
            self._keys[slots[free]] = keys[left[free]]
            # Of several that want one place, the last one has it now.
            placed = self._keys[slots] == keys[left]
            self._numbers[slots[placed]] = left[placed] + 1
            left, slots = left[~placed], (slots[~placed] + 1) & self._mask

    def find(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """int64 (len(keys),)."""
        found = np.zeros(len(keys), np.int64)
        slots = self._slots(keys)
        there = self._keys[slots]
        hit = there == keys
        found[hit] = self._numbers[slots[hit]]
        left = np.flatnonzero(~hit & (there != -1))
        while len(left):
            slots[left] = (slots[left] + 1) & self._mask
            there, wanted = self._keys[slots[left]], keys[left]
            hit = there == wanted
            found[left[hit]] = self._numbers[slots[left[hit]]]
            left = left[~hit & (there != -1)]
        return found

    def _slots(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        # Fibonacci hashing: the upper bits of the product with 2^64 divided by the golden ratio.
        mixed = (keys ^ (keys >> 29)).view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        return (mixed >> np.uint64(64 - self._bits)).astype(np.int64)


def index_of(vocabulary: Sequence[str], of_words: bool) -> tuple[NgramIndex, Mapping[str, int]]:
    """The index of a vocabulary, and the number of each of its words; n-grams of characters have none."""
    if not of_words:
        numbers: NDArray[Any] = np.frombuffer("".join(vocabulary).encode("utf-32-le", "surrogatepass"), "<u4")
        return NgramIndex(np.fromiter(map(len, vocabulary), np.int64, len(vocabulary)), numbers.astype(np.int64)), {}
    known: dict[str, int] = {}
    split = [term.split(" ") for term in vocabulary]
    flat = np.array([known.setdefault(word, len(known)) for term in split for word in term], np.int64)
    return NgramIndex(np.fromiter(map(len, split), np.int64, len(split)), flat), known
