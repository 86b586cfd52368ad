"""Which task a data set is, and which class of two is the positive one: found in the data, or said by the user.

Every text has exactly one label: multiclass, or with two classes binary. One 0/1 column: binary. All else: multilabel.
Nothing is guessed silently: each finding comes with the words that say why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from baselines.data.data_options import ASKED_TASKS, DataOptions
from baselines.errors import DataError
from baselines.labels.records import Records, label_name
from baselines.task import Task

# Usual names of a positive class, small letters. With none or both of two classes here, the rarer one is positive.
USUAL_POSITIVES = frozenset(["positive", "pos", "yes", "true", "1", "spam", "toxic", "hate", "fraud", "good"])
# With more unlabelled texts than this share, no label is an answer and not an oversight.
FEW_UNLABELLED = 0.05
_SHOWN = 20


@dataclass(frozen=True)
class TaskChoice:
    """What was found.

    Attributes:
        task: of the data set.
        why: how that is known, for people.
        positive: the positive class of a binary task, else "".
        negative: the other class; "" where the data don't name it.
        why_positive: how the positive class was found; "" for other tasks.
        notes: what a reader must know of the choice.
    """

    task: Task
    why: str
    positive: str = ""
    negative: str = ""
    why_positive: str = ""
    notes: tuple[str, ...] = ()


def one_label_each(groups: Sequence[Records]) -> bool:
    """Whether every text has exactly one label."""
    return all(len(names) == 1 for records in groups for names in records.labels)


def one_sided(groups: Sequence[Records], options: DataOptions) -> bool:
    """Whether a single class may be enough, because texts without it are the other side."""
    if options.task == "binary":
        return len({name for records in groups for names in records.labels for name in names}) == 1
    return options.task == "auto" and bool(groups[0].flag)


def check_labels(groups: Sequence[Records], options: DataOptions) -> None:
    """Refuse a task that the labels of the texts don't allow.

    Raises:
        DataError: naming the first text without exactly one label, where the task needs one.
    """
    if options.task not in ASKED_TASKS:
        raise DataError(f"task: one of {', '.join(ASKED_TASKS)} is allowed, got {options.task!r}")
    if options.task not in ("multiclass", "binary") or one_sided(groups, options) or one_label_each(groups):
        return
    counts = [len(names) for records in groups for names in records.labels]
    none, several = counts.count(0), sum(n > 1 for n in counts)
    place, first = next(
        (records.where(i), names) for records in groups for i, names in enumerate(records.labels) if len(names) != 1
    )
    raise DataError(
        f"{place}: with --task {options.task} every text needs exactly one label, got {_labels_said(first)} (in all "
        f"{none} texts have none, {several} several); mend them, leave them out, or use --task multilabel"
    )


def _labels_said(names: Sequence[str]) -> str:
    return f"{len(names)} ({listed(names, 3)})" if names else "none"


def choose_task(groups: Sequence[Records], counts: Mapping[str, int], options: DataOptions) -> TaskChoice:
    """The task of the records, whose labels passed `check_labels`.

    Args:
        groups: training records, then those of parts that were given; their rare classes are gone.
        counts: texts of each class in training; only classes that are kept.
        options: what the user asked for.

    Raises:
        DataError: a task that the number of classes doesn't allow, or a positive class that isn't one.
    """
    source, n = groups[0].source, len(counts)
    binary = one_sided(groups, options) or (one_label_each(groups) and n == 2 and options.task != "multiclass")
    if options.task == "binary" and not binary:
        raise DataError(
            f"{source}: --task binary takes two classes, or one 0/1 column, got {n} classes ({listed(tuple(counts))}); "
            "use --task multiclass"
        )
    if binary and options.task != "multilabel":
        return _binary(groups, counts, options)
    task = _of_several(groups, options)
    why = "asked for by --task" if options.task != "auto" else _why(groups, task, n)
    if options.positive:
        raise DataError(
            f"--positive {options.positive!r} goes with task binary, but {source} is {task} ({why}); leave it out"
        )
    notes = _unlabelled_note(groups) if options.task == "auto" and task == "multilabel" else ()
    return TaskChoice(task, why, notes=notes)


def _of_several(groups: Sequence[Records], options: DataOptions) -> Task:
    if options.task == "auto":
        return "multiclass" if one_label_each(groups) else "multilabel"
    return options.task


def _why(groups: Sequence[Records], task: Task, n_classes: int) -> str:
    if task == "multiclass":
        return f"every text has exactly one of {n_classes} classes"
    sizes = [len(names) for records in groups for names in records.labels]
    return f"texts have {min(sizes)} to {max(sizes)} of {n_classes} classes"


def _unlabelled_note(groups: Sequence[Records]) -> tuple[str, ...]:
    """Said where a few texts without a label are all that stands against one label a text."""
    sizes = [len(names) for records in groups for names in records.labels]
    without = sizes.count(0)
    if max(sizes) > 1 or not 0 < without <= FEW_UNLABELLED * len(sizes):
        return ()
    first = next(r.where(i) for r in groups for i, names in enumerate(r.labels) if not names)
    return (
        f"{without} of {len(sizes)} texts have no label (the first: {first}), so this is read as multilabel although "
        "all others have exactly one label; label them or drop them, and it is one label a text",
    )


def _binary(groups: Sequence[Records], counts: Mapping[str, int], options: DataOptions) -> TaskChoice:
    flag, classes = groups[0].flag, sorted(counts)
    if options.task == "binary":
        why = "asked for by --task"
    else:
        why = f"one 0/1 column, {flag}" if len(counts) == 1 else "every text has exactly one of 2 classes"
    asked = label_name(options.positive)
    if asked and asked not in classes:
        raise DataError(
            f"--positive {options.positive!r}: not a class of {groups[0].source}; its classes: {', '.join(classes)}"
        )
    positive, why_positive = (asked, "asked for by --positive") if asked else _positive(counts)
    negative = next((name for name in classes if name != positive), "")
    return TaskChoice("binary", why, positive, negative, why_positive)


def _positive(counts: Mapping[str, int]) -> tuple[str, str]:
    """The positive class of one or two, and why."""
    if len(counts) == 1:
        return next(iter(counts)), "the only class"
    usual = [name for name in counts if name.casefold() in USUAL_POSITIVES]
    if len(usual) == 1:
        return usual[0], "a usual name of the positive class"
    (fewer, a), (more, b) = sorted(counts.items(), key=lambda pair: (pair[1], pair[0]))
    return (more, "the later by name of two equally frequent ones") if a == b else (fewer, "the rarer of two classes")


def listed(names: Sequence[str], most: int = _SHOWN) -> str:
    """Some names for a sentence, and how many more there are."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
