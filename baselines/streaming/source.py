"""What a classifier that is fitted chunk by chunk reads: the same labelled texts, as often as it asks for them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from baselines.classifier import ChunkSource as ChunkSource
from baselines.dataset import Part
from baselines.task import LabelSpace

# Texts of a chunk: enough for work on whole arrays, few enough that a handful of chunks is no memory to speak of.
CHUNK_TEXTS = 10_000


class InMemorySource:
    """A `ChunkSource` over texts that are in memory already.

    Args:
        part: the training texts.
        seed: of the order.
        chunk_texts: most texts of a chunk.
    """

    def __init__(self, part: Part, *, seed: int = 0, chunk_texts: int = CHUNK_TEXTS) -> None:
        self._part, self._seed, self._chunk_texts = part, seed, chunk_texts

    @property
    def space(self) -> LabelSpace:
        """Classes, task, and the classes' shares."""
        return self._part.space

    @property
    def n_texts(self) -> int:
        """Texts in all chunks together."""
        return len(self._part)

    def chunks(self, epoch: int) -> Iterator[Part]:
        """Every text once; seed and epoch say in which order."""
        order = np.random.default_rng([self._seed, epoch]).permutation(len(self._part))
        for start in range(0, len(order), self._chunk_texts):
            yield self._part.take(order[start : start + self._chunk_texts])
