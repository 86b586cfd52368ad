"""Synthetic labelled texts of any number: Zipf's law, a vocabulary that goes on growing, classes that share words.

Each chunk is made from the seed and its own number alone, so ten million texts need no file, and every process can make
the part it wants. Words are made of syllables. A word's rank is drawn from a power law with exponent 1 in its head
(Zipf 1949) and a steeper one in its tail, as large corpora have it (Ferrer i Cancho and Solé 2001), so that the number
of different words goes on growing with the number of texts (Heaps 1978). Each class prefers words of its own; which
ones, and how often classes stand together, follows from the seed. A share of the labels is wrong, as in real data.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from baselines.task import LabelMatrix

CHUNK = 10_000
SEPARATOR = "|"
_ONSETS = ("", "b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "st", "tr")
_VOWELS = ("a", "e", "i", "o", "u", "ai", "ea", "ou")
_CODAS = ("", "n", "r", "s")
_SYLLABLES = tuple(onset + vowel + coda for onset in _ONSETS for vowel in _VOWELS for coda in _CODAS)
# Ranks of the words that a class may prefer, and how many it has.
_TOPICAL, _OWN = (150, 30_000), 400
_HEAD, _MOST_RANK = 6_000, 1 << 40
_CACHED = 1 << 16


@dataclass(frozen=True)
class Growth:
    """What the texts are like.

    Attributes:
        n_classes: of the labels; their frequencies fall with the rank of the class.
        mean_words: a text; 13.5 of them are about 70 characters.
        task: `multilabel` with one to three labels a text, or `multiclass` with one.
        topical: share of the words that one of a text's classes prefers.
        noise: share of the texts whose labels are those of another text.
        tail: share of the other words that come from the tail of the law, and its exponent there, above 1.
        seed: of everything.
    """

    n_classes: int = 28
    mean_words: float = 13.5
    task: Literal["multilabel", "multiclass"] = "multilabel"
    topical: float = 0.2
    noise: float = 0.05
    tail: tuple[float, float] = (0.06, 1.6)
    seed: int = 0

    @property
    def classes(self) -> tuple[str, ...]:
        """Names, sorted."""
        return tuple(f"class-{number:03d}" for number in range(self.n_classes))

    def chunk(self, number: int, size: int = CHUNK) -> tuple[list[str], LabelMatrix]:
        """The texts of one chunk, and bool (size, n_classes)."""
        rng = np.random.default_rng([self.seed, 1, number])
        labels = self._labels(rng, size)
        lengths = np.clip(np.round(rng.lognormal(np.log(self.mean_words) - 0.18, 0.6, size)), 1, 200).astype(np.int64)
        text_of = np.repeat(np.arange(size), lengths)
        share, exponent = self.tail
        drawn = rng.random(len(text_of))
        rare = rng.random(len(text_of)) < share
        ranks = np.where(rare, _HEAD * (1 - drawn) ** (-1 / (exponent - 1)), _HEAD**drawn - 1)
        ranks = np.minimum(ranks, _MOST_RANK).astype(np.int64)
        topical = rng.random(len(text_of)) < self.topical
        # One of the text's classes for each topical word, all of them with the same chance.
        scores = np.where(labels[text_of[topical]], rng.random((int(topical.sum()), self.n_classes)), -1.0)
        place = np.floor(_OWN ** rng.random(len(scores))).astype(np.int64) - 1
        ranks[topical] = self._own_words()[scores.argmax(axis=1), place]
        wrong = np.flatnonzero(rng.random(size) < self.noise)
        labels[wrong] = labels[rng.permutation(wrong)]
        words = [_word(rank) for rank in ranks.tolist()]
        ends = np.cumsum(lengths).tolist()
        texts = [" ".join(words[end - length : end]) for end, length in zip(ends, lengths.tolist(), strict=True)]
        return texts, labels

    def chunks(self, n_texts: int) -> Iterator[tuple[list[str], LabelMatrix]]:
        """So many texts, chunk by chunk; the first ones are the same whatever `n_texts` is."""
        for number in range(-(-n_texts // CHUNK)):
            texts, labels = self.chunk(number)
            left = n_texts - number * CHUNK
            yield texts[:left], labels[:left]

    def write_csv(self, path: Path, n_texts: int) -> Path:
        """A file with columns `text` and `labels`, several labels joined by SEPARATOR."""
        names = np.array(self.classes)
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["text", "labels"])
            for texts, labels in self.chunks(n_texts):
                writer.writerows((text, SEPARATOR.join(names[row])) for text, row in zip(texts, labels, strict=True))
        return path

    def _labels(self, rng: np.random.Generator, size: int) -> LabelMatrix:
        shares = 1 / np.arange(1, self.n_classes + 1) ** 0.7
        # Which class stands beside which: each has a few neighbours of its own.
        beside = np.random.default_rng([self.seed, 2]).permuted(
            np.tile(np.arange(self.n_classes), (self.n_classes, 1)), axis=1
        )
        main = rng.choice(self.n_classes, size, p=shares / shares.sum())
        labels: NDArray[np.bool_] = np.zeros((size, self.n_classes), np.bool_)
        labels[np.arange(size), main] = True
        if self.task == "multilabel":
            for share in (0.25, 0.06):
                more = np.flatnonzero(rng.random(size) < share)
                labels[more, beside[main[more], rng.integers(0, min(3, self.n_classes), len(more))]] = True
        return labels

    def _own_words(self) -> NDArray[np.int64]:
        """Ranks of the words that each class prefers, (n_classes, _OWN); classes may share some."""
        rng = np.random.default_rng([self.seed, 3])
        low, high = np.log(_TOPICAL[0]), np.log(_TOPICAL[1])
        return np.exp(rng.uniform(low, high, (self.n_classes, _OWN))).astype(np.int64)


@lru_cache(_CACHED)
def _word(rank: int) -> str:
    """A word for each rank from 0 on, longer ones for rarer words; no two ranks share one."""
    parts: list[str] = []
    number = rank
    while True:
        number, digit = divmod(number, len(_SYLLABLES))
        # Neighbours in rank shouldn't look alike.
        parts.append(_SYLLABLES[(digit * 179 + 31 * len(parts)) % len(_SYLLABLES)])
        if not number:
            return "".join(parts)
        number -= 1
