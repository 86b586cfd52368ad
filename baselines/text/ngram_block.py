"""One block of n-grams: which rows it has, and the values of texts in them, one text or many at once. NumPy only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.text.hashing import Hashing, murmur3_windows
from baselines.text.ngram_settings import LONG_RUN, NgramSettings
from baselines.text.readings import Reading
from baselines.text.symbols import WINDOWED, NgramIndex, characters_of, index_of, tallied, words_of

# Column numbers, ascending in each block, and their values.
Row = tuple[NDArray[np.intp], NDArray[Any]]


@dataclass(frozen=True)
class BlockRows:
    """The rows of a chunk of texts in one block, without a norm.

    Attributes:
        text_of: int64 (n,), ascending.
        columns: int64 (n,), ascending in each text.
        values: `tf · idf`, (n,).
        text_without, without: texts and values of what has no row and counts in the norm.
    """

    text_of: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: NDArray[Any]
    text_without: NDArray[np.int64]
    without: NDArray[Any]


@dataclass(frozen=True)
class NgramBlock:
    """What rows a block of n-grams has.

    Attributes:
        settings: which n-grams.
        vocabulary: the terms, sorted; of a hashed block empty.
        idf: of each row; float32, or float64 where a model made elsewhere computes in it.
        hashing: how terms find their bucket; None where they are found in the vocabulary.
        buckets: int64, ascending, the buckets that have a row; hashed blocks only.
        reading: how this block reads texts, where it is not as its vectorizer does.
    """

    settings: NgramSettings
    vocabulary: tuple[str, ...]
    idf: NDArray[Any]
    hashing: Hashing | None = None
    buckets: NDArray[np.int64] | None = None
    reading: Reading | None = None

    def __len__(self) -> int:
        """Rows."""
        return len(self.idf)

    @property
    def names(self) -> tuple[str, ...]:
        """The term of each row, or the bucket's number."""
        return self.vocabulary if self.hashing is None else tuple(f"#{bucket}" for bucket in self._buckets.tolist())

    @cached_property
    def _column(self) -> dict[str, int]:
        return {term: column for column, term in enumerate(self.vocabulary)}

    @property
    def _buckets(self) -> NDArray[np.int64]:
        return np.zeros(0, np.int64) if self.buckets is None else self.buckets

    def encode(self, clean: str, words: Sequence[str]) -> tuple[Row, NDArray[Any]]:
        """The rows of a text with `tf · idf`, without a norm; and the values of what has no row and counts in the norm.

        Rows whose terms cancel each other stay, with a value of 0.
        """
        if self.hashing is not None:
            return self._encode_hashed(self.hashing, clean, words)
        find = self._column.get
        if len(clean) < LONG_RUN:
            found = [column for term in self.settings.terms(clean, words) if (column := find(term)) is not None]
        else:
            groups = self.settings.groups(clean, words)
            found = [column for group in groups for term in group if (column := find(term)) is not None]
        columns, counts = np.unique(np.array(found, np.intp), return_counts=True)
        return (columns, self._tf(counts) * self.idf[columns]), np.zeros(0, self.idf.dtype)

    def _encode_hashed(self, hashing: Hashing, clean: str, words: Sequence[str]) -> tuple[Row, NDArray[Any]]:
        counts: Counter[int] = Counter()
        for group in self.settings.groups(clean, words):
            for term in group:
                bucket, sign = hashing.place(term)
                counts[bucket] += sign
        hit = np.array(sorted(counts), np.int64)
        tf = self._tf(np.array([counts[bucket] for bucket in hit.tolist()], np.int64))
        place, has_row = self._rows_of(hit)
        columns = place[has_row].astype(np.intp)
        without = tf[~has_row] if hashing.counted else tf[:0]
        return (columns, tf[has_row] * self.idf[columns]), without

    def _tf(self, counts: NDArray[Any]) -> NDArray[Any]:
        tf: NDArray[Any] = counts.astype(self.idf.dtype)
        if self.settings.binary:
            return np.asarray(tf != 0, self.idf.dtype)
        return np.asarray(1 + np.log(tf), self.idf.dtype) if self.settings.sublinear else tf

    @property
    def windowed(self) -> bool:
        """Whether `encode_many` reads it; other blocks are read text by text."""
        known = self.hashing is None or (self.hashing.name == "murmur3" and not self.hashing.signed)
        return known and self.reading is None and self.settings.analyzer in WINDOWED

    @cached_property
    def _index(self) -> tuple[NgramIndex, Mapping[str, int]]:
        return index_of(self.vocabulary, self.settings.analyzer == "word")

    def encode_many(self, cleans: Sequence[str], words: Sequence[Sequence[str]]) -> BlockRows:
        """`encode` for all texts of a chunk, value for value the same bits."""
        of_words = self.settings.analyzer == "word"
        if self.hashing is not None:
            texts, places = buckets_of(self.settings, self.hashing.buckets, cleans, words)
        else:
            index, number = self._index
            symbols = (
                words_of(words, self.settings, number.get)[0] if of_words else characters_of(cleans, self.settings)[0]
            )
            texts, places = index.find(symbols, self.settings)
        keys, counts = tallied((texts << 32) | places)
        texts, places, tf = keys >> 32, keys & 0xFFFFFFFF, self._tf(counts)
        if self.hashing is None:
            return BlockRows(texts, places, tf * self.idf[places], texts[:0], tf[:0])
        columns, has_row = self._rows_of(places)
        lacks = ~has_row if self.hashing.counted else np.zeros(len(tf), np.bool_)
        columns = columns[has_row]
        return BlockRows(texts[has_row], columns, tf[has_row] * self.idf[columns], texts[lacks], tf[lacks])

    def _rows_of(self, hit: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Column of each bucket, and whether it has one."""
        if len(self._buckets) == self.hashing.buckets if self.hashing else False:
            return hit, np.ones(len(hit), np.bool_)
        place = np.searchsorted(self._buckets, hit)
        has_row = place < len(self._buckets)
        has_row[has_row] = self._buckets[place[has_row]] == hit[has_row]
        return place.astype(np.int64), has_row


def buckets_of(
    settings: NgramSettings, buckets: int, cleans: Sequence[str], words: Sequence[Sequence[str]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Text and bucket (murmur3, unsigned) of every n-gram of some cleaned texts, repeated as often as it occurs."""
    if settings.analyzer == "word":
        symbols, flat = words_of(words, settings, lambda word: 0)
        content = " ".join(flat).encode("utf-8", "surrogatepass")
        sizes = np.fromiter((len(word.encode("utf-8", "surrogatepass")) for word in flat), np.int64, len(flat))
        starts = np.cumsum(sizes + 1) - sizes - 1
    else:
        symbols, joined = characters_of(cleans, settings)
        content = joined.encode("utf-8", "surrogatepass")
        points = symbols.numbers
        sizes = 1 + (points >= 1 << 7).astype(np.int64) + (points >= 1 << 11) + (points >= 1 << 16)
        starts = np.cumsum(sizes) - sizes
    data, texts, found = np.frombuffer(content, np.uint8), [], []
    for n in range(1, settings.high + 1):
        first = np.flatnonzero(symbols.windows(settings, n))
        last = first + (n - 1)
        hashed = murmur3_windows(data, starts[first], starts[last] + sizes[last] - starts[first])
        texts.append(symbols.text_of[first])
        # As `Hashing.place` has it: the smallest number has no magnitude of its own size.
        found.append(np.where(hashed == -2147483648, 2147483647 - (buckets - 1), np.abs(hashed)) % buckets)
    return np.concatenate(texts), np.concatenate(found)
