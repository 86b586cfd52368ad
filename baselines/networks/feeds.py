"""What a training reads, round by round: all of few texts, or a piece of many, from memory or from chunks.

A round is what stands between two looks at validation. Of up to `ROUND_TEXTS` texts it is all of them, which is an
epoch; of more, an epoch is cut into equal rounds, so that many texts are judged as often as few.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from itertools import count, pairwise
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from baselines.classifier import ChunkSource
from baselines.dataset import Part
from baselines.networks.batches import WordDropout
from baselines.networks.encoded import EncodedTexts, joined
from baselines.networks.pieces import Encoder, Pieces, pieces_of
from baselines.task import LabelMatrix

# Texts of a round. 5,000 labelled texts with as many mixtures as there may be are 25,000: they stay in one.
ROUND_TEXTS = 30_000


class Round:
    """Texts and labels of one round.

    Attributes:
        encoded: the texts.
        rows: number of each in the whole training, (n_texts,).
    """

    def __init__(self, encoded: EncodedTexts, rows: NDArray[np.intp], labels: LabelMatrix, pieces: Pieces) -> None:
        """
        Args:
            encoded, rows: as the attributes.
            labels: of the rows from 0 on, bool (n_labelled, C); later rows have none.
            pieces: of the tokenizer.
        """
        self.encoded, self.rows = encoded, rows
        self._labels, self._pieces = labels, pieces

    @cached_property
    def dropout(self) -> WordDropout:
        """Leaves words out of the texts."""
        return WordDropout(self.encoded, self._pieces)

    def labels_of(self, batch: NDArray[np.intp]) -> Tensor:
        """Of texts of this round, float32 (B, C) of 0 and 1; NaN where there are none."""
        rows = self.rows[batch]
        known = rows < len(self._labels)
        out = np.full((len(rows), self._labels.shape[1]), np.nan, np.float32)
        out[known] = self._labels[rows[known]]
        return torch.from_numpy(out)


class Feed(Protocol):
    """Where rounds come from.

    Attributes:
        n_texts: of an epoch.
        rounds_an_epoch: at least 1.
    """

    n_texts: int
    rounds_an_epoch: int

    def rounds(self, rng: np.random.Generator) -> Iterator[Round]:
        """Rounds without end, every text once an epoch."""


class MemoryFeed:
    """Encoded texts that are in memory."""

    def __init__(self, encoded: EncodedTexts, labels: LabelMatrix, pieces: Pieces) -> None:
        self.n_texts, self.rounds_an_epoch = len(encoded), _rounds(len(encoded))
        self._encoded, self._labels, self._pieces = encoded, labels, pieces

    def rounds(self, rng: np.random.Generator) -> Iterator[Round]:
        """Those of few texts are one and the same; of many, each is drawn anew."""
        if self.rounds_an_epoch == 1:
            whole = Round(self._encoded, np.arange(self.n_texts), self._labels, self._pieces)
            while True:
                yield whole
        while True:
            for rows in np.array_split(rng.permutation(self.n_texts), self.rounds_an_epoch):
                yield Round(self._encoded.take(rows), rows, self._labels, self._pieces)


class ChunkFeed:
    """Labelled texts that come in chunks: only those of a round are in memory, and they are encoded in each epoch.

    The rows of a round are numbered from 0: a loss that looks something up by row needs all texts in memory.
    """

    def __init__(self, source: ChunkSource, encoder: Encoder) -> None:
        self.n_texts, self.rounds_an_epoch = source.n_texts, _rounds(source.n_texts)
        self._source, self._encoder = source, encoder

    def rounds(self, rng: np.random.Generator) -> Iterator[Round]:
        """As many texts each, but for the last of an epoch; the source shuffles them."""
        wanted = -(-self.n_texts // self.rounds_an_epoch)
        pieces = pieces_of(self._encoder)
        for epoch in count():
            held: list[tuple[EncodedTexts, LabelMatrix]] = []
            n_held = 0
            for part in self._source.chunks(epoch):
                for some in _cut(part, wanted - n_held, wanted):
                    held.append((EncodedTexts.of(self._encoder, some.texts), np.asarray(some.labels)))
                    n_held += len(some)
                    if n_held == wanted:
                        yield _round_of(held, pieces)
                        held, n_held = [], 0
            if held:
                yield _round_of(held, pieces)


def first_texts(source: ChunkSource, most: int) -> Part:
    """The first texts of the first epoch, which the source has shuffled, as one part."""
    taken: list[Part] = []
    for part in source.chunks(0):
        left = most - sum(len(one) for one in taken)
        taken.append(part.take(range(min(left, len(part)))))
        if left <= len(part):
            break
    texts = tuple(text for part in taken for text in part.texts)
    return replace(taken[0], texts=texts, labels=np.concatenate([np.asarray(part.labels) for part in taken]))


def _rounds(n_texts: int) -> int:
    return max(1, -(-n_texts // ROUND_TEXTS))


def _cut(part: Part, first: int, size: int) -> Iterator[Part]:
    """A part in pieces: the first of `first` texts, those that follow of `size`, the last with what is left."""
    ends = [0, *range(first, len(part), size), len(part)]
    for start, end in pairwise(ends):
        yield part if end - start == len(part) else part.take(range(start, end))


def _round_of(held: list[tuple[EncodedTexts, LabelMatrix]], pieces: Pieces) -> Round:
    encoded = joined([texts for texts, _ in held])
    return Round(encoded, np.arange(len(encoded)), np.concatenate([labels for _, labels in held]), pieces)
