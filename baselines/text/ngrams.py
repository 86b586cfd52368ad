"""TF-IDF over words and character n-grams as explicit data: vocabularies, idf, and nothing hidden. NumPy only.

The same arithmetic as scikit-learn's `TfidfVectorizer` (smooth idf, L2 norm; a union of several keeps a norm of its own
each), in one implementation for training, inference and export. With tf the count of a term in a text, n the number of
texts and df the number of texts that hold the term: `tf · idf` with `idf = ln((1 + n) / (1 + df)) + 1`, where sublinear
tf is `1 + ln(tf)`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError, DataError
from baselines.text.cleaning import Cleaning

Analyzer = Literal["word", "char_wb", "char"]
# Column numbers, ascending, and their values.
Row = tuple[NDArray[np.intp], NDArray[np.float32]]
# A cleaned text and its words.
CleanText = tuple[str, Sequence[str]]


@dataclass(frozen=True)
class NgramSettings:
    """Which n-grams one block reads.

    Attributes:
        analyzer: `word` joins neighbouring words; `char_wb` takes characters inside a run without blanks, padded with
            one space on either side; `char` takes them across the whole text, padded in the same way. What is shorter
            than the n-gram counts once, as a whole.
        low, high: smallest and largest n.
        min_texts: terms that fewer training texts hold are left out.
        sublinear: 1 + ln(tf) in place of tf.
        shortest_word: shorter words are not read (`word` only); scikit-learn's default is 2.
    """

    analyzer: Analyzer
    low: int = 1
    high: int = 1
    min_texts: int = 1
    sublinear: bool = False
    shortest_word: int = 1

    def terms(self, clean: str, words: Sequence[str]) -> list[str]:
        """The n-grams of a text, repeated as often as they occur.

        Args:
            clean: the cleaned text.
            words: what the cleaning finds in it.
        """
        if self.analyzer == "char":
            return _inside(f" {clean} ", self.low, self.high) if clean else []
        if self.analyzer == "char_wb":
            return [term for run in clean.split() for term in _inside(f" {run} ", self.low, self.high)]
        kept = [word for word in words if len(word) >= self.shortest_word]
        return [
            " ".join(kept[start : start + n])
            for n in range(self.low, self.high + 1)
            for start in range(len(kept) - n + 1)
        ]


@dataclass(frozen=True)
class NgramBlock:
    """A learned vocabulary.

    Attributes:
        settings: which n-grams.
        vocabulary: the terms, sorted.
        idf: float32 (n_terms,).
    """

    settings: NgramSettings
    vocabulary: tuple[str, ...]
    idf: NDArray[np.float32]

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

    @cached_property
    def _column(self) -> dict[str, int]:
        return {term: column for column, term in enumerate(self.vocabulary)}

    def encode(self, clean: str, words: Sequence[str]) -> Row:
        """The known terms of a text, L2-normalised; empty where none is known."""
        find = self._column.get
        found = [column for term in self.settings.terms(clean, words) if (column := find(term)) is not None]
        columns, counts = np.unique(np.array(found, np.intp), return_counts=True)
        tf = counts.astype(np.float32)
        values = (1 + np.log(tf) if self.settings.sublinear else tf) * self.idf[columns]
        return columns, values / max(float(np.sqrt(values @ values)), 1e-12)


@dataclass(frozen=True)
class NgramTfidf:
    """Text to a sparse row: the columns of all blocks side by side.

    Attributes:
        cleaning: of a text before its words are read.
        blocks: in the order of the columns.
    """

    cleaning: Cleaning
    blocks: tuple[NgramBlock, ...]

    @classmethod
    def learn(cls, texts: Sequence[str], cleaning: Cleaning, settings: Sequence[NgramSettings]) -> NgramTfidf:
        """Learn one block for each of `settings`; raises DataError when the texts hold not one term."""
        clean = [cleaning(text) for text in texts]
        read = [(text, cleaning.words(text)) for text in clean]
        tfidf = cls(cleaning, tuple(NgramBlock.learn(each, read) for each in settings))
        if not tfidf.n_features:
            raise DataError(f"{len(texts)} training texts: no words are left after cleaning; check the text column")
        return tfidf

    @property
    def n_features(self) -> int:
        """Columns of all blocks."""
        return sum(len(block.vocabulary) for block in self.blocks)

    @property
    def names(self) -> tuple[str, ...]:
        """The term of each column."""
        return tuple(term for block in self.blocks for term in block.vocabulary)

    @cached_property
    def _offsets(self) -> NDArray[np.intp]:
        return np.cumsum([0, *(len(block.vocabulary) for block in self.blocks)])[:-1].astype(np.intp)

    def encode(self, text: str) -> Row:
        """One text's columns and values; a text without known terms has none."""
        clean = self.cleaning(text)
        words = self.cleaning.words(clean)
        rows = [block.encode(clean, words) for block in self.blocks]
        columns = [offset + row[0] for offset, row in zip(self._offsets, rows, strict=True)]
        return np.concatenate(columns), np.concatenate([row[1] for row in rows])

    def encode_batch(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.intp], NDArray[np.float32]]:
        """All texts as one CSR matrix: row starts (n_texts + 1,), columns, values."""
        rows = [self.encode(text) for text in texts]
        starts = np.cumsum([0, *(len(columns) for columns, _ in rows)]).astype(np.int64)
        if not rows:
            return starts, np.zeros(0, np.intp), np.zeros(0, np.float32)
        return starts, np.concatenate([row[0] for row in rows]), np.concatenate([row[1] for row in rows])

    def to_json(self) -> dict[str, Any]:
        """Everything but the idf values, as JSON types."""
        blocks = [{**vars(block.settings), "vocabulary": list(block.vocabulary)} for block in self.blocks]
        return {**self.cleaning.to_json(), "blocks": blocks}

    def idf(self) -> NDArray[np.float32]:
        """idf of every column; float32 (n_features,)."""
        return np.concatenate([block.idf for block in self.blocks])

    @classmethod
    def from_json(cls, content: Mapping[str, Any], idf: NDArray[np.float32]) -> NgramTfidf:
        """Undo `to_json` and `idf`; raises ArtifactError when a field is missing or the lengths don't fit."""
        try:
            cleaning = Cleaning.from_json(content)
            vocabularies = [tuple(block["vocabulary"]) for block in content["blocks"]]
            settings = [
                NgramSettings(**{k: v for k, v in block.items() if k != "vocabulary"}) for block in content["blocks"]
            ]
        except (KeyError, TypeError, AttributeError) as error:
            raise ArtifactError(f"vocabulary: a field is missing or of another type ({error})") from None
        ends = np.cumsum([0, *map(len, vocabularies)])
        if idf.shape != (ends[-1],):
            raise ArtifactError(f"vocabulary: {ends[-1]} terms need as many idf values, got {idf.shape}")
        parts = [idf[start:end] for start, end in pairwise(ends)]
        return cls(cleaning, tuple(map(NgramBlock, settings, vocabularies, parts)))


def _inside(padded: str, low: int, high: int) -> list[str]:
    size = len(padded)
    whole = [padded] if size <= high else []
    top = min(high, size - 1)
    terms = [padded[start : start + n] for n in range(low, top + 1) for start in range(size - n + 1)]
    return terms + (whole if size >= low else [padded])
