"""One small data set a task, of invented texts: what the conformance suites run over.

Their labels hang on what the first version threw away: a "not", a question word, a symbol, an emoji, a script.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from baselines.dataset import Dataset, Part
from baselines.splits.split import split
from baselines.task import TASKS, Task

_THINGS = ("the river", "this lamp", "our garden", "a letter", "the old bridge", "my coat", "the soup", "that song")
_TIMES = ("today", "in spring", "at night", "again", "on Sunday", "since May")
# Text with {} for the thing and its classes, by task.
_PATTERNS: dict[Task, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "multilabel": (
        ("C++ code about {}", ("c++",)),
        ("C code about {}", ("c",)),
        ("C# and C++ code about {}", ("c#", "c++")),
        ("{} in हिन्दी 😀", ("hindi", "happy")),
        ("{} 😡", ("angry",)),
        ("nothing about {}", ()),
    ),
    "multiclass": (
        ("who found {}?", ("person",)),
        ("when was {} found?", ("time",)),
        ("where is {}?", ("place",)),
        ("深度学习 {}", ("place",)),
    ),
    "binary": (
        ("{} is good", ("good",)),
        ("{} is not good", ()),
        ("{} 😀", ("good",)),
        ("{} 😡", ()),
    ),
}


@cache
def task_data(task: Task) -> Dataset:
    """The data set of a task, split once."""
    rows = [
        (f"{pattern.format(thing)} {time}", names)
        for thing in _THINGS
        for time in _TIMES
        for pattern, names in _PATTERNS[task]
    ]
    classes = tuple(sorted({name for _, names in rows for name in names}))
    labels = np.array([[name in names for name in classes] for _, names in rows], bool)
    negative = "bad" if task == "binary" else ""
    everything = Part(tuple(text for text, _ in rows), labels, classes, task=task, negative=negative)
    return Dataset(f"invented {task}", everything, split(labels, 0))


# Pairs that differ in a single thing, by the task of whose patterns they are made; every model that was trained on them
# must be able to tell them apart.
PAIRS: dict[Task, tuple[tuple[str, str], ...]] = {
    "multilabel": (("C++ code about my coat", "C code about my coat"), ("my coat 😀", "my coat 😡")),
    "multiclass": (("who found my coat?", "when found my coat?"),),
    "binary": (("my coat is good", "my coat is not good"), ("my coat 😀", "my coat 😡")),
}
ALL_TASKS = TASKS
