"""What a classifier that is fitted chunk by chunk reads: the same labelled texts, as often as it asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from baselines.dataset import Part
from baselines.task import LabelSpace

# Texts of a chunk: enough for work on whole arrays, few enough that a handful of chunks is no memory to speak of.
CHUNK_TEXTS = 10_000


class ChunkSource(Protocol):
    """Training texts that need not fit into memory."""

    @property
    def space(self) -> LabelSpace:
        """Classes, task, and the classes' shares in training."""

    @property
    def n_texts(self) -> int:
        """Training texts in all chunks together."""

    def chunks(self, epoch: int) -> Iterator[Part]:
        """Every training text once, at most CHUNK_TEXTS at a time; the same chunks in the same order for an epoch.

        Args:
            epoch: from 0; the order of chunks, and of the texts in them, is shuffled by it.
        """
