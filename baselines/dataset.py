"""What every stage reads: texts, a 0/1 matrix of labels, the names of the classes, and who is in which part.

The readers of files are in `baselines.data.sources`, the splitting in `baselines.data.splits`, the summary in
`baselines.data.card`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from baselines.errors import DataError

LabelMatrix = NDArray[np.bool_]
PartName = Literal["train", "validation", "test"]
PARTS: tuple[PartName, ...] = ("train", "validation", "test")


@dataclass(frozen=True)
class TaxonomyEntry:
    """What a person knows of a class: other names for it, and the broader classes it implies."""

    tag: str
    aliases: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """Some labelled texts of one data set: what a classifier is fitted to or judged on.

    Attributes:
        texts: raw texts, title and description already joined.
        labels: bool (n_texts, n_classes); column `j` belongs to `classes[j]`.
        classes: names of the classes, sorted.
        taxonomy: aliases and parents, empty where the data has none; only the rules read it.
    """

    texts: tuple[str, ...]
    labels: LabelMatrix
    classes: tuple[str, ...]
    taxonomy: tuple[TaxonomyEntry, ...] = ()

    def __post_init__(self) -> None:
        if self.labels.shape != (len(self.texts), len(self.classes)):
            raise DataError(
                f"labels: expected shape ({len(self.texts)}, {len(self.classes)}) for {len(self.texts)} texts and "
                f"{len(self.classes)} classes, got {self.labels.shape}"
            )

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: Sequence[int] | NDArray[np.intp]) -> Part:
        """The given rows, in the given order."""
        rows = np.asarray(rows, np.intp)
        return Part(tuple(self.texts[i] for i in rows), self.labels[rows], self.classes, self.taxonomy)


@dataclass(frozen=True)
class Split:
    """Row numbers of the three parts; disjoint, ascending."""

    train: NDArray[np.intp]
    validation: NDArray[np.intp]
    test: NDArray[np.intp]

    def __post_init__(self) -> None:
        rows = np.concatenate([self.train, self.validation, self.test])
        if len(np.unique(rows)) != len(rows):
            raise DataError("split: train, validation and test must not share a row")


@dataclass(frozen=True)
class Dataset:
    """A whole data set with its split.

    Attributes:
        name: `sample`, `madewithml`, or the file's name.
        everything: all texts and labels, in file order.
        split: which rows are for training, validation and test.
        licence: of the texts; goes into every bundle.
        source: where the texts came from, for the data card.
        notes: what the reader had to do (dropped classes, empty texts), as sentences.
    """

    name: str
    everything: Part
    split: Split
    licence: str = "unknown"
    source: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def classes(self) -> tuple[str, ...]:
        return self.everything.classes

    def part(self, name: PartName) -> Part:
        """One of the three parts."""
        return self.everything.take(getattr(self.split, name))

    @cached_property
    def sha256(self) -> str:
        """Hash of everything a result depends on: texts, labels, classes, taxonomy and split."""
        digest = hashlib.sha256()
        names = [self.classes, [(t.tag, t.aliases, t.parents) for t in self.everything.taxonomy]]
        digest.update(json.dumps([self.everything.texts, names], ensure_ascii=True).encode())
        digest.update(np.packbits(self.everything.labels).tobytes())
        for part in PARTS:
            digest.update(getattr(self.split, part).astype("<i8").tobytes() + b"|")
        return digest.hexdigest()
