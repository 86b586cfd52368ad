"""What every stage reads: texts, a 0/1 matrix of labels, the names of the classes, and who is in which part.

The readers of files are in `baselines.data.sources`, the splitting in `baselines.splits.split`, the summary in
`baselines.data.card`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from baselines.columns.texts import in_blocks, taken
from baselines.errors import DataError
from baselines.task import DEFAULT_METRIC, LabelMatrix, LabelSpace, Task, both_sides

PartName = Literal["train", "validation", "test"]
PARTS: tuple[PartName, ...] = ("train", "validation", "test")
# The parts that models are chosen and judged on.
NOT_TRAINING: tuple[PartName, ...] = ("validation", "test")


# Texts that are hashed at once.
_HASHED = 10_000


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
        texts: raw texts, title and description already joined; a tuple, or where they are many `Texts`, which acts like
            one in a fraction of the memory.
        labels: bool (n_texts, n_classes); column `j` belongs to `classes[j]`.
        classes: names of the classes, sorted; of a binary task the positive one alone.
        taxonomy: aliases and parents, empty where the data has none; only the rules read it.
        task: of the data set; multiclass rows have exactly one label.
        negative: name of what isn't the positive class, binary only.
        metric: what choices are made by, "" for the task's own; see `baselines.scores.judging`.
    """

    texts: Sequence[str]
    labels: LabelMatrix
    classes: tuple[str, ...]
    taxonomy: tuple[TaxonomyEntry, ...] = ()
    task: Task = "multilabel"
    negative: str = ""
    metric: str = ""

    def __post_init__(self) -> None:
        if self.labels.shape != (len(self.texts), len(self.classes)):
            raise DataError(
                f"labels: expected shape ({len(self.texts)}, {len(self.classes)}) for {len(self.texts)} texts and "
                f"{len(self.classes)} classes, got {self.labels.shape}"
            )

        if self.task == "multiclass" and (rows := np.flatnonzero(self.labels.sum(axis=1) != 1)).size:
            raise DataError(
                f"labels: of task multiclass every text needs exactly one label, but text {rows[0]} has "
                f"{int(self.labels[rows[0]].sum())}; use task multilabel, or mend the data"
            )
        LabelSpace(self.classes, self.task, self.negative)

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def space(self) -> LabelSpace:
        """What a classifier that learns from these texts can answer."""
        if self.task == "multilabel" or not len(self):
            return LabelSpace(self.classes, self.task, self.negative)
        # Four digits: they are shipped with every model.
        shares = tuple(round(float(share), 4) for share in self.labels.mean(axis=0))
        return LabelSpace(self.classes, self.task, self.negative, shares)

    @property
    def named_labels(self) -> LabelMatrix:
        """bool (n_texts, names): `labels` with a column for each of `space.names`, so of yes and no one each."""
        return both_sides(self.labels, self.task)

    @property
    def judged_by(self) -> str:
        """The metric that choices are made by."""
        return self.metric or DEFAULT_METRIC[self.task]

    def take(self, rows: Sequence[int] | NDArray[np.intp]) -> Part:
        """The given rows, in the given order."""
        rows = np.asarray(rows, np.intp)
        return replace(self, texts=taken(self.texts, rows), labels=self.labels[rows])


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
class Origins:
    """Where each text of a data set came from, so that what is found in it can be mended there.

    Attributes:
        files: name of each text's file or table; (n_texts,).
        rows: number of each record there, as an editor numbers it; (n_texts,).
        ids: the user's own name for each text; empty where the data has none.
    """

    files: Sequence[str]
    rows: Sequence[int]
    ids: Sequence[str] = ()

    def where(self, row: int) -> str:
        """Place of one text, for a message."""
        return f"{self.files[row]}: row {self.rows[row]}"


@dataclass(frozen=True)
class Removed:
    """Copies of texts that stood in two parts and were taken out of one, or stayed on request.

    Attributes:
        from_train: rows of `everything` that left training, as the same text stands in validation or test.
        from_validation: rows that left validation, as the same text stands in test.
        kept: rows of training and validation that would have left, had copies not been asked to stay.
    """

    from_train: tuple[int, ...] = ()
    from_validation: tuple[int, ...] = ()
    kept: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.from_train) + len(self.from_validation)

    def counts(self) -> dict[str, int]:
        """Rows by what happened to them, for results and cards."""
        return {
            "from_train": len(self.from_train),
            "from_validation": len(self.from_validation),
            "kept": len(self.kept),
        }


@dataclass(frozen=True)
class Mended:
    """Changes to a data set that a person accepted, made after the split was dealt.

    Attributes:
        labels: bool (n_texts, n_classes), as they were, with the classes that are left.
        split: as it was, with the rows that left.
        changed: rows whose labels are others now.
        dropped: rows that left their part.
        n_merged: classes that became part of another.
    """

    labels: LabelMatrix
    split: Split
    changed: tuple[int, ...] = ()
    dropped: tuple[int, ...] = ()
    n_merged: int = 0

    def said(self) -> str:
        """How many changes of which kind."""
        found = [
            (len(self.changed), "text has", "texts have", "other labels"),
            (len(self.dropped), "copy is", "copies are", "left out"),
            (self.n_merged, "class is", "classes are", "merged into another"),
        ]
        said = [f"{n} {one if n == 1 else many} {what}" for n, one, many, what in found if n]
        return ", ".join(said) or "nothing is changed"


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
        course_cleaning: whether published figures on these data were made with the course's cleaning, so that the
            course's rungs keep it; everybody else's texts are cleaned as validation says.
        task_found: how the task was found, as the end of a sentence: "every text has exactly one of 6 classes".
        positive_found: how the positive class was found, binary only: "the rarer of two classes".
        origins: where the texts came from; None for texts without a file.
        groups: number of each text's group, whose texts never stand in two parts; empty: no groups.
        times: moment of each text, where training is on the past; empty: time plays no part.
        removed: copies that are in no part of the split, as the same text stands in another.
        keeps_copies: whether copies stay where they are, also in folds.
        mended: accepted changes that the data hold already; None: none.
    """

    name: str
    everything: Part
    split: Split
    licence: str = "unknown"
    source: str = ""
    notes: tuple[str, ...] = field(default=())
    course_cleaning: bool = False
    task_found: str = ""
    positive_found: str = ""
    origins: Origins | None = None
    groups: tuple[int, ...] = ()
    times: tuple[float, ...] = ()
    removed: Removed = Removed()
    keeps_copies: bool = False
    mended: Mended | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        return self.everything.classes

    @property
    def task(self) -> Task:
        return self.everything.task

    def part(self, name: PartName) -> Part:
        """One of the three parts."""
        return self.everything.take(getattr(self.split, name))

    def groups_of(self, name: PartName) -> tuple[int, ...]:
        """Number of the group of each text of a part; empty where the data have no groups."""
        return tuple(self.groups[row] for row in getattr(self.split, name)) if self.groups else ()

    @cached_property
    def sha256(self) -> str:
        """Hash of the data that a result depends on: texts, labels, classes, task, taxonomy, split, groups and times.

        Not of the metric, which is a choice of the user's: the same data judged by another metric are the same data.
        """
        digest = hashlib.sha256()
        everything = self.everything
        names = [self.classes, [(t.tag, t.aliases, t.parents) for t in everything.taxonomy]]
        names.append([everything.task, everything.negative])
        # Piece by piece what `json.dumps([texts, names])` would make of it.
        digest.update(b"[[")
        for number, block in enumerate(in_blocks(everything.texts, _HASHED)):
            digest.update(b", " * bool(number) + json.dumps(block)[1:-1].encode())
        digest.update(b"], " + json.dumps(names).encode() + b"]")
        digest.update(np.packbits(everything.labels).tobytes())
        for part in PARTS:
            digest.update(getattr(self.split, part).astype("<i8").tobytes() + b"|")
        # Folds depend on them; data without have the hash they always had.
        for name, values, kind in (("groups", self.groups, "<i8"), ("times", self.times, "<f8")):
            if values:
                digest.update(name.encode() + np.asarray(values).astype(kind).tobytes())
        if self.keeps_copies:
            digest.update(b"copies")
        return digest.hexdigest()
