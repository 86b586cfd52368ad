"""A fastText model as n-grams of ours: which columns there are, and which row of its input each of them has.

fastText averages the rows of a text's words, of the characters inside its words and of neighbouring words, each as
often as it occurs: values of 1, divided by their sum. Characters and neighbouring words find their rows by hashes, and
share them; here each of both has columns of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from baselines.errors import NotCompressible
from baselines.text.fasttext_reading import LABEL, FastTextReading
from baselines.text.hashing import Hashing, HashName
from baselines.text.ngram_settings import MAX_TERMS, NgramSettings
from baselines.text.ngrams import NgramBlock, NgramTfidf
from compress.foreign.fasttext.dictionary import Dictionary, Settings

_WORDS = NgramSettings("word", norm="l1")


@dataclass(frozen=True)
class Columns:
    """Which n-grams are read, and where their rows lie.

    Attributes:
        vectorizer: text to columns and values.
        rows: of the file's input, for each column.
        unreadable: words that are no UTF-8, which no text holds; they have no column.
        left_out: buckets without a column, since none of the texts has them.
    """

    vectorizer: NgramTfidf
    rows: NDArray[np.int64]
    unreadable: int
    left_out: int


def columns_of(settings: Settings, dictionary: Dictionary, texts: Sequence[str] | None) -> Columns:
    """Columns for all words, and for all buckets or those that occur in some texts.

    Args:
        texts: those of training, where most buckets of the file were never trained and are noise; None for all
            buckets. A bucket without a column still counts among a text's n-grams.

    Raises:
        NotCompressible: more columns than a model of ours may have; says what to do.
    """
    words, unreadable = _readable(dictionary.words)
    reading = FastTextReading(turned=_turned(words, _readable(dictionary.labels)[0]))
    inside = FastTextReading(end=False, turned=reading.turned)
    place = {word: row for row, word in words.items()}
    names = tuple(sorted(place))
    blocks = [NgramBlock(_WORDS, names, _ones(len(names)))]
    rows = [np.array([place[name] for name in names], np.int64)]
    left_out = 0
    for own, hashed, read in _hashed_blocks(settings, reading, inside):
        if dictionary.kept is not None and not dictionary.kept:
            continue
        hashing = Hashing(hashed, settings.buckets, counted=dictionary.kept is None)
        there = _buckets(settings, dictionary)
        found = there if texts is None else np.intersect1d(there, _occurring(own, hashing, read, texts))
        left_out += len(there) - len(found)
        blocks.append(NgramBlock(own, (), _ones(len(found)), hashing, found, None if read is reading else read))
        rows.append(len(dictionary.words) + _behind(found, dictionary.kept))
    total = sum(map(len, rows))
    if total > MAX_TERMS:
        raise NotCompressible(
            f"{total:,} words and buckets of n-grams, at most {MAX_TERMS:,} are allowed; pass the training texts, and "
            "those buckets alone are taken that occur in them: adopt_fasttext(path, texts=…)"
        )
    return Columns(NgramTfidf(reading, tuple(blocks)), np.concatenate(rows), unreadable, left_out)


def _readable(entries: Sequence[bytes]) -> tuple[dict[int, str], int]:
    """Those that are UTF-8, by their place, and how many aren't."""
    found = {}
    for place, entry in enumerate(entries):
        try:
            found[place] = entry.decode("utf-8")
        except UnicodeDecodeError:
            continue
    return found, len(entries) - len(found)


def _turned(words: Mapping[int, str], labels: Mapping[int, str]) -> tuple[str, ...]:
    """The prefix of labels isn't in the file: what contradicts the usual one is listed."""
    odd_words = [word for word in words.values() if word.startswith(LABEL)]
    return tuple(sorted(odd_words + [label for label in labels.values() if not label.startswith(LABEL)]))


def _hashed_blocks(
    settings: Settings, reading: FastTextReading, inside: FastTextReading
) -> list[tuple[NgramSettings, HashName, FastTextReading]]:
    found: list[tuple[NgramSettings, HashName, FastTextReading]] = []
    if settings.subwords is not None:
        low, high = settings.subwords
        found.append((NgramSettings("subword", low, high, norm="l1", joined=True), "fnv1a", inside))
    if settings.word_ngrams > 1:
        found.append((NgramSettings("word", 2, settings.word_ngrams, norm="l1", joined=True), "fnv1a_words", reading))
    return found


def _buckets(settings: Settings, dictionary: Dictionary) -> NDArray[np.int64]:
    if dictionary.kept is None:
        return np.arange(settings.buckets, dtype=np.int64)
    return np.array(sorted(dictionary.kept), np.int64)


def _behind(buckets: NDArray[np.int64], kept: Mapping[int, int] | None) -> NDArray[np.int64]:
    """Rows of buckets, counted from the words' end."""
    return buckets if kept is None else np.array([kept[bucket] for bucket in buckets.tolist()], np.int64)


def _occurring(
    settings: NgramSettings, hashing: Hashing, reading: FastTextReading, texts: Sequence[str]
) -> NDArray[np.int64]:
    """The buckets of some texts, ascending. Each term is hashed once, however many texts hold it."""
    terms: set[str] = set()
    if settings.analyzer == "subword":
        # Characters are read word by word, and words come again and again.
        words = {word for text in texts for word in reading.words(reading(text))}
        for group in settings.groups("", sorted(words)):
            terms.update(group)
    else:
        for text in texts:
            clean = reading(text)
            terms.update(settings.terms(clean, reading.words(clean)))
    return np.array(sorted({hashing.place(term)[0] for term in terms}), np.int64)


def _ones(n: int) -> NDArray[np.float64]:
    return np.ones(n)
