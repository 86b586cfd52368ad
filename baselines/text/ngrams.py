"""TF-IDF over words and character n-grams as explicit data: vocabularies, idf, and nothing hidden. NumPy only.

The same arithmetic as scikit-learn's `TfidfVectorizer` (smooth idf, L2 norm; a union of several keeps a norm of its own
each), in one implementation for training, inference and export. With tf the count of a term in a text, n the number of
texts and df the number of texts that hold the term: `tf · idf` with `idf = ln((1 + n) / (1 + df)) + 1`, where sublinear
tf is `1 + ln(tf)`.

Rows are found by the term itself, or by its hash (`baselines.text.hashing`). The values of vocabularies learned here
are float32; those of models made elsewhere, whose idf is float64, are computed in float64.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError, DataError
from baselines.text.hashing import Hashing
from baselines.text.ngram_settings import LONG_RUN, MAX_N, MAX_TERMS, NgramSettings, count_terms, settings_of
from baselines.text.readings import Reading, reading_of

# Column numbers, ascending in each block, and their values.
Row = tuple[NDArray[np.intp], NDArray[Any]]
# A cleaned text and its words.
CleanText = tuple[str, Sequence[str]]
# An idf is at most 1 + ln(number of texts); squares of a million times as much still fit float32.
MAX_IDF = 1e6


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

    @classmethod
    def learn(cls, settings: NgramSettings, texts: Iterable[CleanText]) -> NgramBlock:
        """Count the terms of cleaned texts, each with its words."""
        n_texts = 0
        counts: Counter[str] = Counter()
        for clean, words in texts:
            n_texts += 1
            counts.update(set(settings.terms(clean, words)))
        vocabulary = tuple(sorted(term for term, n in counts.items() if n >= settings.min_texts))
        df = np.array([counts[term] for term in vocabulary], np.float64)
        return cls(settings, vocabulary, (np.log((1 + n_texts) / (1 + df)) + 1).astype(np.float32))

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
        place = np.searchsorted(self._buckets, hit)
        has_row = place < len(self._buckets)
        has_row[has_row] = self._buckets[place[has_row]] == hit[has_row]
        columns = place[has_row].astype(np.intp)
        without = tf[~has_row] if hashing.counted else tf[:0]
        return (columns, tf[has_row] * self.idf[columns]), without

    def _tf(self, counts: NDArray[Any]) -> NDArray[Any]:
        tf: NDArray[Any] = counts.astype(self.idf.dtype)
        if self.settings.binary:
            return np.asarray(tf != 0, self.idf.dtype)
        return np.asarray(1 + np.log(tf), self.idf.dtype) if self.settings.sublinear else tf


@dataclass(frozen=True)
class NgramTfidf:
    """Text to a sparse row: the columns of all blocks side by side.

    Attributes:
        cleaning: how texts are read, one of ours or another one; blocks may read in a way of their own.
        blocks: in the order of the columns.
    """

    cleaning: Reading
    blocks: tuple[NgramBlock, ...]

    @classmethod
    def learn(cls, texts: Sequence[str], cleaning: Reading, settings: Sequence[NgramSettings]) -> NgramTfidf:
        """Learn one block for each of `settings`.

        Raises:
            DataError: the texts hold not one term, or more than a vocabulary may; n-grams longer than MAX_N.
        """
        if longest := max((each.high for each in settings if each.high > MAX_N), default=0):
            raise DataError(f"n-grams: n up to {MAX_N} is allowed, got {longest}; choose a smaller one")
        clean = [cleaning(text) for text in texts]
        read = [(text, cleaning.words(text)) for text in clean]
        tfidf = cls(cleaning, tuple(NgramBlock.learn(each, read) for each in settings))
        if not tfidf.n_features:
            raise DataError(f"{len(texts)} training texts: no words are left after cleaning; check the text column")
        if tfidf.n_features > MAX_TERMS:
            raise DataError(
                f"{len(texts)} training texts: at most {MAX_TERMS} n-grams are allowed, got {tfidf.n_features}; choose "
                "a smaller n, or more texts that must hold an n-gram"
            )
        return tfidf

    @property
    def n_features(self) -> int:
        """Columns of all blocks."""
        return sum(len(block) for block in self.blocks)

    @property
    def names(self) -> tuple[str, ...]:
        """The term of each column."""
        return tuple(term for block in self.blocks for term in block.names)

    @cached_property
    def _offsets(self) -> list[int]:
        return [0, *np.cumsum([len(block) for block in self.blocks]).tolist()][:-1]

    @cached_property
    def _groups(self) -> list[list[int]]:
        """Numbers of the blocks that share a norm."""
        groups: list[list[int]] = []
        for place, block in enumerate(self.blocks):
            if block.settings.joined:
                groups[-1].append(place)
            else:
                groups.append([place])
        return groups

    def encode(self, text: str) -> Row:
        """One text's columns and values; a text without known terms has none."""
        read: dict[int, CleanText] = {}
        columns: list[NDArray[np.intp]] = []
        values: list[NDArray[Any]] = []
        for group in self._groups:
            found = [self._encode_block(place, text, read) for place in group]
            columns += [self._offsets[place] + row[0] for place, (row, _) in zip(group, found, strict=True)]
            own = [row[1] for row, _ in found]
            size = _norm([*own, *(without for _, without in found if len(without))], self.blocks[group[0]].settings)
            values += [each / size for each in own] if size != 1 else own
        return np.concatenate(columns), np.concatenate(values)

    def _encode_block(self, place: int, text: str, read: dict[int, CleanText]) -> tuple[Row, NDArray[Any]]:
        block = self.blocks[place]
        reading = block.reading or self.cleaning
        if id(reading) not in read:
            clean = reading(text)
            read[id(reading)] = clean, reading.words(clean)
        return block.encode(*read[id(reading)])

    def encode_batch(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.intp], NDArray[Any]]:
        """All texts as one CSR matrix: row starts (n_texts + 1,), columns, values."""
        rows = [self.encode(text) for text in texts]
        starts = np.cumsum([0, *(len(columns) for columns, _ in rows)]).astype(np.int64)
        if not rows:
            return starts, np.zeros(0, np.intp), np.zeros(0, np.float32)
        return starts, np.concatenate([row[0] for row in rows]), np.concatenate([row[1] for row in rows])

    def dense(self, row: Row) -> NDArray[np.float32]:
        """A row with its zeros; float32 (n_features,)."""
        out = np.zeros(self.n_features, np.float32)
        out[row[0]] = row[1]
        return out

    def to_json(self) -> dict[str, Any]:
        """Everything but the idf values, as JSON types."""
        blocks = []
        for block in self.blocks:
            content: dict[str, Any] = {**vars(block.settings), "vocabulary": list(block.vocabulary)}
            if block.hashing is not None:
                content["vocabulary"] = block._buckets.tolist()
                content["hashing"] = block.hashing.to_json()
            if block.reading is not None:
                content["reading"] = block.reading.to_json()
            blocks.append(content)
        return {**self.cleaning.to_json(), "blocks": blocks}

    def idf(self) -> NDArray[Any]:
        """idf of every column; (n_features,)."""
        return np.concatenate([block.idf for block in self.blocks])

    @classmethod
    def from_json(cls, content: Mapping[str, Any], idf: NDArray[Any]) -> NgramTfidf:
        """Undo `to_json` and `idf`; raises ArtifactError naming the field that doesn't fit."""
        n_terms = count_terms(content)
        if idf.dtype not in (np.float32, np.float64) or idf.shape != (n_terms,):
            raise ArtifactError(f"vocabulary: {n_terms} terms need as many idf values, got {idf.dtype} {idf.shape}")
        if not bool((np.abs(idf) <= MAX_IDF).all()):
            raise ArtifactError(f"idf: every value must be finite and at most {MAX_IDF:g}")
        cleaning = reading_of({name: value for name, value in content.items() if name != "blocks"})
        blocks, start = [], 0
        for place, block in enumerate(content["blocks"]):
            n_rows = len(block["vocabulary"])
            blocks.append(_block_of(block, place, idf[start : start + n_rows]))
            start += n_rows
        return cls(cleaning, tuple(blocks))


def _block_of(block: Mapping[str, Any], place: int, idf: NDArray[Any]) -> NgramBlock:
    settings = settings_of(block, place)
    reading = reading_of(block["reading"]) if "reading" in block else None
    if "hashing" not in block:
        return NgramBlock(settings, tuple(block["vocabulary"]), idf, reading=reading)
    hashing = Hashing.from_json(block["hashing"])
    buckets = np.array(block["vocabulary"], np.int64)
    if len(buckets) and buckets[-1] >= hashing.buckets:
        raise ArtifactError(
            f"vocabulary: block {place}: bucket numbers below {hashing.buckets} are allowed, got {buckets[-1]}"
        )
    return NgramBlock(settings, (), idf, hashing, buckets, reading)


def _norm(values: Sequence[NDArray[Any]], settings: NgramSettings) -> Any:
    """What the values of one text are divided by; 1 where they stay as they are."""
    if settings.norm == "none":
        return 1
    together = values[0] if len(values) == 1 else np.concatenate(values)
    if settings.norm == "l1":
        size = float(np.abs(together).sum())
        return size or 1
    return max(float(np.sqrt(together @ together)), 1e-12)
