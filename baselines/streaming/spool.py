"""Texts with the numbers of their labels on disk, in an order that a seed decides: what a second pass reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

# Files that the texts are dealt to by chance; one of them is in memory at a time.
BUCKETS = 64
Labelled = tuple[str, Sequence[int]]


class Spool:
    """A folder of files that texts are dealt to.

    Args:
        folder: empty; the caller removes it.
        seed: of the order.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder, self._seed = folder, seed
        self._waiting: list[list[str]] = [[] for _ in range(BUCKETS)]
        self._n_waiting = 0

    def add(self, number: int, text: str, labels: Sequence[int]) -> None:
        """Keep a text; `number` (any) says in which file."""
        self._waiting[number % BUCKETS].append(json.dumps([text, list(labels)]) + "\n")
        self._n_waiting += 1
        if self._n_waiting >= 50_000:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        for number, lines in enumerate(self._waiting):
            if lines:
                with self._place(number).open("a", encoding="ascii") as file:
                    file.writelines(lines)
                lines.clear()
        self._n_waiting = 0

    def read(self, epoch: int) -> Iterator[Labelled]:
        """Every text once, in the order of an epoch."""
        for number in np.random.default_rng([self._seed, epoch]).permutation(BUCKETS).tolist():
            if not self._place(number).is_file():
                continue
            with self._place(number).open(encoding="ascii") as file:
                lines = file.readlines()
            for place in np.random.default_rng([self._seed, epoch, number]).permutation(len(lines)).tolist():
                text, labels = json.loads(lines[place])
                yield text, labels

    def _place(self, number: int) -> Path:
        return self._folder / f"{number:02d}.jsonl"
