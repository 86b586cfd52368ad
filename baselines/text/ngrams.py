"""TF-IDF over words and character n-grams as explicit data: vocabularies, idf, and nothing hidden. NumPy only.

The same arithmetic as scikit-learn's `TfidfVectorizer` (smooth idf, L2 norm; a union of several keeps a norm of its own
each), in one implementation for training, inference and export. With tf the count of a term in a text, n the number of
texts and df the number of texts that hold the term: `tf · idf` with `idf = ln((1 + n) / (1 + df)) + 1`, where sublinear
tf is `1 + ln(tf)`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from baselines.checked_reading import is_count, shown
from baselines.errors import ArtifactError, DataError
from baselines.text.cleaning import Cleaning

Analyzer = Literal["word", "char_wb", "char"]
# Column numbers, ascending, and their values.
Row = tuple[NDArray[np.intp], NDArray[np.float32]]
# A cleaned text and its words.
CleanText = tuple[str, Sequence[str]]
# What a vocabulary may ask for. n-grams of every n are looked up for every text, so n bounds what a text takes.
MAX_N = 64
MAX_BLOCKS = 16
MAX_TERMS = 1 << 21
MAX_TEXTS = 1 << 53
# An idf is at most 1 + ln(number of texts); squares of a million times as much still fit float32.
MAX_IDF = 1e6
# Longer runs are read n by n, so that few of their n-grams are in memory at a time.
LONG_RUN = 4096
_SETTINGS = {"low", "high", "min_texts", "sublinear", "shortest_word"}


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
        if self.analyzer == "char_wb" and len(clean) < LONG_RUN:  # nearly every text, and half of a prediction's time
            return [term for run in clean.split() for term in _inside(f" {run} ", self.low, self.high)]
        return [term for group in self.groups(clean, words) for term in group]

    def groups(self, clean: str, words: Sequence[str]) -> Iterator[list[str]]:
        """The same in groups, each of about the length of the text at most, however many n-grams it has."""
        if self.analyzer == "word":
            kept = [word for word in words if len(word) >= self.shortest_word]
            for n in range(self.low, min(self.high, len(kept)) + 1):
                yield [" ".join(kept[start : start + n]) for start in range(len(kept) - n + 1)]
            return
        runs = clean.split() if self.analyzer == "char_wb" else [clean] if clean else []
        if len(clean) < LONG_RUN:
            yield [term for run in runs for term in _inside(f" {run} ", self.low, self.high)]
            return
        for run in runs:
            sizes = [(n, n) for n in range(self.low, self.high + 1)] if len(run) > LONG_RUN else [(self.low, self.high)]
            for low, high in sizes:
                yield _inside(f" {run} ", low, high)


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
        if len(clean) < LONG_RUN:
            found = [column for term in self.settings.terms(clean, words) if (column := find(term)) is not None]
        else:
            groups = self.settings.groups(clean, words)
            found = [column for group in groups for term in group if (column := find(term)) is not None]
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
        """Undo `to_json` and `idf`; raises ArtifactError naming the field that doesn't fit."""
        n_terms = count_terms(content)
        if idf.dtype != np.float32 or idf.shape != (n_terms,):
            raise ArtifactError(f"vocabulary: {n_terms} terms need as many idf values, got {idf.dtype} {idf.shape}")
        if not bool((np.abs(idf) <= MAX_IDF).all()):
            raise ArtifactError(f"idf: every value must be finite and at most {MAX_IDF:g}")
        if unknown := sorted(set(content) - {"cleaning", "stem", "blocks"}):
            raise ArtifactError(f"vocabulary: cleaning, stem and blocks are allowed, got {shown(unknown[0])}")
        cleaning = Cleaning.from_json(content)
        blocks, start = [], 0
        for place, block in enumerate(content["blocks"]):
            settings, vocabulary = _settings_of(block, place), tuple(block["vocabulary"])
            blocks.append(NgramBlock(settings, vocabulary, idf[start : start + len(vocabulary)]))
            start += len(vocabulary)
        return cls(cleaning, tuple(blocks))


def count_terms(content: Any) -> int:
    """Terms of all blocks of what `NgramTfidf.to_json` wrote; raises ArtifactError unless they are lists of strings.

    Lists alone are looked at, so that a size can be judged before anything is made from it.
    """
    blocks = content.get("blocks") if isinstance(content, dict) else None
    if not isinstance(blocks, list) or not 1 <= len(blocks) <= MAX_BLOCKS:
        raise ArtifactError(f"vocabulary: 'blocks', a list of 1 to {MAX_BLOCKS}, is needed, got {shown(blocks)}")
    total = 0
    for place, block in enumerate(blocks):
        terms = block.get("vocabulary") if isinstance(block, dict) else None
        if not isinstance(terms, list) or not all(isinstance(term, str) and term for term in terms):
            raise ArtifactError(
                f"vocabulary: block {place}: a list of strings under 'vocabulary' is needed, none empty"
            )
        if len(set(terms)) != len(terms):
            raise ArtifactError(f"vocabulary: block {place}: each term may stand there once")
        total += len(terms)
    if not 1 <= total <= MAX_TERMS:
        raise ArtifactError(f"vocabulary: 1 to {MAX_TERMS} terms are allowed, got {total}")
    return total


def _settings_of(block: Mapping[str, Any], place: int) -> NgramSettings:
    given = {name: value for name, value in block.items() if name != "vocabulary"}
    analyzer = given.pop("analyzer", None)
    if analyzer not in get_args(Analyzer):
        allowed = ", ".join(get_args(Analyzer))
        raise ArtifactError(f"vocabulary: block {place}: analyzer: {allowed} are allowed, got {shown(analyzer)}")
    if unknown := sorted(set(given) - _SETTINGS):
        raise ArtifactError(
            f"vocabulary: block {place}: {', '.join(sorted(_SETTINGS))} are allowed, got {shown(unknown[0])}"
        )
    settings = NgramSettings(analyzer, **given)
    limits = {"low": (1, MAX_N), "high": (1, MAX_N), "min_texts": (0, MAX_TEXTS), "shortest_word": (0, MAX_N)}
    for name, (low, high) in limits.items():
        if not is_count(getattr(settings, name), low, high):
            value = shown(getattr(settings, name))
            raise ArtifactError(f"vocabulary: block {place}: {name}: {low} to {high} is allowed, got {value}")
    if settings.low > settings.high or type(settings.sublinear) is not bool:
        raise ArtifactError(
            f"vocabulary: block {place}: low may not exceed high, and sublinear is true or false, got {settings.low}, "
            f"{settings.high} and {shown(settings.sublinear)}"
        )
    return settings


def _inside(padded: str, low: int, high: int) -> list[str]:
    size = len(padded)
    whole = [padded] if size <= high else []
    top = min(high, size - 1)
    terms = [padded[start : start + n] for n in range(low, top + 1) for start in range(size - n + 1)]
    return terms + (whole if size >= low else [padded])
