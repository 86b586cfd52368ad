"""TF-IDF over words and character n-grams as explicit data: vocabularies, idf, and nothing hidden. NumPy only.

The same arithmetic as scikit-learn's `TfidfVectorizer` (smooth idf, L2 norm; a union of several keeps a norm of its own
each), in one implementation for training, inference and export. With tf the count of a term in a text, n the number of
texts and df the number of texts that hold the term: `tf · idf` with `idf = ln((1 + n) / (1 + df)) + 1`, where sublinear
tf is `1 + ln(tf)`.

Rows are found by the term itself, or by its hash (`baselines.text.hashing`). The values of vocabularies learned here
are float32; those of models made elsewhere, whose idf is float64, are computed in float64.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError, DataError
from baselines.text.cleaning import Cleaning
from baselines.text.counting import blocks_of
from baselines.text.hashing import Hashing
from baselines.text.ngram_block import BlockRows
from baselines.text.ngram_block import NgramBlock as NgramBlock
from baselines.text.ngram_block import Row as Row
from baselines.text.ngram_settings import MAX_N, MAX_TERMS, NgramSettings, count_terms, settings_of
from baselines.text.readings import Reading, reading_of
from baselines.text.symbols import CHUNK_CHARACTERS, chunks_of

# A cleaned text and its words.
CleanText = tuple[str, Sequence[str]]
# From so many texts on working on all of them at once is quicker than one after the other.
FEW_TEXTS = 16
# An idf is at most 1 + ln(number of texts); squares of a million times as much still fit float32.
MAX_IDF = 1e6


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
        tfidf = cls(cleaning, blocks_of(texts, cleaning, settings))
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
        """All texts as one CSR matrix: row starts (n_texts + 1,), columns, values; each row as `encode` makes it."""
        starts, columns, values = np.zeros(1, np.int64), np.zeros(0, np.intp), np.zeros(0, np.float32)
        if texts:
            sizes, columns, values = joined(self.encode_chunks(texts), np.intp)
            starts = np.concatenate([starts, np.cumsum(sizes)])
        return starts, columns, values

    def encode_chunks(self, texts: Sequence[str]) -> Iterator[tuple[NDArray[np.int64], NDArray[Any], NDArray[Any]]]:
        """The rows of one chunk of texts after the other: how many columns each text has, columns, values."""
        quick = len({block.idf.dtype for block in self.blocks}) == 1 and isinstance(self.cleaning, Cleaning)
        quick = quick and all(block.windowed and not block.settings.joined for block in self.blocks)
        for start, stop in chunks_of(texts):
            own = texts[start:stop]
            if quick and max(map(len, own)) <= CHUNK_CHARACTERS:
                yield self._encode_chunk(own)
                continue
            rows = [self.encode(text) for text in own]
            sizes = np.array([len(columns) for columns, _ in rows], np.int64)
            yield sizes, np.concatenate([row[0] for row in rows]), np.concatenate([row[1] for row in rows])

    def _encode_chunk(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[Any]]:
        cleans = [self.cleaning(text) for text in texts]
        of_words = any(block.settings.analyzer == "word" for block in self.blocks)
        words = [self.cleaning.words(clean) for clean in cleans] if of_words else []
        found = [block.encode_many(cleans, words) for block in self.blocks]
        sizes = np.array([np.bincount(rows.text_of, minlength=len(texts)) for rows in found])  # (n_blocks, n_texts)
        before = np.cumsum(np.concatenate([[0], sizes.T.ravel()]))[:-1].reshape(len(texts), len(found))
        columns = np.empty(sizes.sum(), np.intp)
        values = np.empty(sizes.sum(), found[0].values.dtype)
        for place, rows in enumerate(found):
            own = np.cumsum(sizes[place]) - sizes[place]
            at = np.repeat(before[:, place] - own, sizes[place]) + np.arange(len(rows.columns))
            columns[at] = rows.columns + self._offsets[place]
            values[at] = _normed(rows, sizes[place], self.blocks[place].settings)
        return sizes.sum(axis=0), columns, values

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


def each_row(vectorizer: NgramTfidf, texts: Sequence[str]) -> Iterator[Row]:
    """The rows of many texts, one after the other."""
    if len(texts) < FEW_TEXTS:
        yield from map(vectorizer.encode, texts)
        return
    for sizes, columns, values in vectorizer.encode_chunks(texts):
        ends = np.cumsum(sizes).tolist()
        for start, end in zip([0, *ends], ends, strict=False):
            yield columns[start:end], values[start:end]


def joined(
    chunks: Iterator[tuple[NDArray[np.int64], NDArray[Any], NDArray[Any]]], column_type: type[np.signedinteger[Any]]
) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[Any]]:
    """Chunks of rows as three long arrays, which grow in place: at no time is all of it there twice."""
    sizes, columns, values = next(chunks)
    sizes, columns, values = sizes.copy(), columns.astype(column_type), values.copy()
    for more, own_columns, own_values in chunks:
        for array, own in ((sizes, more), (columns, own_columns), (values, own_values)):
            n = len(array)
            array.resize(n + len(own), refcheck=False)
            array[n:] = own
    return sizes, columns, values


def _normed(rows: BlockRows, sizes: NDArray[np.int64], settings: NgramSettings) -> NDArray[Any]:
    """The values of a chunk's texts, each divided by its text's norm."""
    if settings.norm == "none":
        return rows.values
    n_without = np.bincount(rows.text_without, minlength=len(sizes))
    norms = np.ones(len(sizes), rows.values.dtype)
    ends, ends_without = np.cumsum(sizes).tolist(), np.cumsum(n_without).tolist()
    start = start_without = 0
    for text, (end, end_without) in enumerate(zip(ends, ends_without, strict=True)):
        own = [rows.values[start:end]]
        if end_without > start_without:
            own.append(rows.without[start_without:end_without])
        norms[text] = _norm(own, settings)
        start, start_without = end, end_without
    return np.asarray(rows.values / np.repeat(norms, sizes))


def _norm(values: Sequence[NDArray[Any]], settings: NgramSettings) -> Any:
    """What the values of one text are divided by; 1 where they stay as they are."""
    if settings.norm == "none":
        return 1
    together = values[0] if len(values) == 1 else np.concatenate(values)
    if settings.norm == "l1":
        size = float(np.abs(together).sum())
        return size or 1
    return max(float(np.sqrt(together @ together)), 1e-12)
