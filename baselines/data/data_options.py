"""Which data a user wants and how to read it, as one frozen value; the command line for it is in `options`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from baselines.labels.asked import Labels
from baselines.splits.rules import SplitWishes
from baselines.tables.reading import Reading
from baselines.task import TASKS, Task

AskedTask = Literal["auto"] | Task
MissingTexts = Literal["drop", "stop"]
ASKED_TASKS: tuple[AskedTask, ...] = ("auto", *TASKS)


@dataclass(frozen=True)
class DataOptions:
    """Which data, and how to read it.

    Attributes:
        dataset: `sample`, `madewithml`, or the path of a file or dataset folder.
        data_dir: folder with projects.json and tags.json of Made With ML, instead of a download.
        text_columns: joined by a space; empty: `text`, or `title` and `description`.
        labels: where the labels of a file stand.
        taxonomy: file of aliases and parents for a file's classes.
        min_texts_per_class: classes with fewer texts are dropped; None: 30 for Made With ML as in the course, else 3.
        seed: of the split.
        task: `multilabel`, `multiclass` or `binary`; `auto`: as the data are.
        positive: the positive class of a binary task; "": chosen by name or frequency, and said.
        metric: what choices are made by; "": the task's own. See `baselines.scores.judging`.
        test: a file with a test part of its own, with the columns of the data set; None: cut from the data set.
        validation: likewise.
        reading: what the user says of the form of text files.
        splitting: columns that say who stands where, and what happens to copies across parts.
        id_column: the user's own names for texts, carried through to outputs.
        missing_texts: what happens to records without a text: `drop`, or `stop` with an error.
        accept: names of doubts (`baselines.labels.doubts.DOUBTS`) that the data are used with all the same, or `all`.
        fixes: file of accepted changes to the data, as the doctor proposes them.
    """

    dataset: str = "sample"
    data_dir: Path | None = None
    text_columns: tuple[str, ...] = ()
    labels: Labels = field(default_factory=Labels)
    taxonomy: Path | None = None
    min_texts_per_class: int | None = None
    seed: int = 0
    task: AskedTask = "auto"
    positive: str = ""
    metric: str = ""
    test: Path | None = None
    validation: Path | None = None
    reading: Reading = field(default_factory=Reading)
    splitting: SplitWishes = field(default_factory=SplitWishes)
    id_column: str = ""
    missing_texts: MissingTexts = "drop"
    accept: tuple[str, ...] = ()
    fixes: Path | None = None
