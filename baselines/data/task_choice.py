"""Which task a data set is, and which class of two is the positive one: found in the data, or said by the user.

Every text has exactly one label: multiclass, or with two classes binary. One 0/1 column: binary. All else: multilabel.
Nothing is guessed silently: each finding comes with the words that say why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from baselines.data.data_options import ASKED_TASKS, DataOptions
from baselines.errors import DataError
from baselines.labels.records import Records
from baselines.labels.spellings import label_name
from baselines.notes import counted
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
        DataError: naming the first text with several labels, where the task needs one.
    """
    if options.task not in ASKED_TASKS:
        raise DataError(f"task: one of {', '.join(ASKED_TASKS)} is allowed, got {options.task!r}")
    if options.task not in ("multiclass", "binary") or one_sided(groups, options):
        return
    if groups[0].flag and options.task == "multiclass":
        raise DataError(
            f"{groups[0].source}: --task multiclass needs several classes, got one yes/no column, {groups[0].flag}; "
            "leave --task out, or use --task binary"
        )
    several = [(own.where(i), names) for own in groups for i, names in enumerate(own.labels) if len(names) > 1]
    if several:
        place, first = several[0]
        raise DataError(
            f"{place}: with --task {options.task} every text needs exactly one label, got {_labels_said(first)} (in "
            f"all {counted(len(several), 'text')} of this kind); mend them, leave them out, or use --task multilabel"
        )


def without_unlabelled(groups: Sequence[Records], options: DataOptions) -> tuple[list[Records], list[str]]:
    """The records without those that lack a label, where each needs one; and a note that counts them.

    Texts without a label go where `--task` asks for one label a text, and where a few of them (at most 5 %) are all
    that stands against it, unless zeros or an empty list say that there is none.

    Raises:
        DataError: a group without any label.
    """
    sizes = [len(names) for own in groups for names in own.labels]
    for own in groups:
        if not own.stated and len(own) and not any(own.labels):
            raise DataError(f"{own.source}: no text has a label; check --labels-column or --label-columns")
    if 0 not in sizes or max(sizes) > 1 or one_sided(groups, options) or not _needs_one(groups, sizes, options):
        return list(groups), []
    kept = [own.take([i for i, names in enumerate(own.labels) if names]) for own in groups]
    for own, left in zip(groups, kept, strict=True):
        if not len(left):
            raise DataError(f"{own.source}: no text has a label, but every text needs one; use --task multilabel")
    are = "is" if sizes.count(0) == 1 else "are"
    said = f"{_unlabelled(groups)} and {are} left out, as all others have exactly one; --task multilabel keeps them"
    return kept, [said]


def _needs_one(groups: Sequence[Records], sizes: Sequence[int], options: DataOptions) -> bool:
    if options.task != "auto":
        return options.task != "multilabel"
    return not any(own.stated for own in groups) and sizes.count(0) <= FEW_UNLABELLED * len(sizes)


def _unlabelled(groups: Sequence[Records]) -> str:
    """How many texts have no label, and where the first one stands."""
    places = [own.where(i) for own in groups for i, names in enumerate(own.labels) if not names]
    have = "has" if len(places) == 1 else "have"
    return f"{len(places)} of {sum(map(len, groups))} texts {have} no label (the first: {places[0]})"


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
    notes = _unlabelled_note(groups, options) if task == "multilabel" else ()
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


def _unlabelled_note(groups: Sequence[Records], options: DataOptions) -> tuple[str, ...]:
    """Said of a multilabel task; with a word more where these texts are all that stands against one label a text."""
    sizes = [len(names) for own in groups for names in own.labels]
    if 0 not in sizes:
        return ()
    said = f"{_unlabelled(groups)}: kept as texts of no class"
    if options.task == "auto" and max(sizes) == 1:
        said += ", and so this is multilabel although all others have exactly one label; --task multiclass leaves "
        said += "them out"
    return (said,)


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
