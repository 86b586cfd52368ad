"""A labelled file as the truth that bundles are held against: their classes, and those that they don't know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from baselines.data.checks.missing_labels import without_missing
from baselines.data.checks.too_little import without_missing_texts
from baselines.data.data_options import DataOptions
from baselines.dataset import Part
from baselines.errors import DataError
from baselines.labels.doubts import refuse_doubts
from baselines.labels.missing_words import is_missing
from baselines.labels.records import Records, mended
from baselines.labels.spellings import spelling_key
from baselines.task import LabelMatrix, LabelSpace

_SHOWN = 5


@dataclass(frozen=True)
class Labelled:
    """Texts with what is true of them.

    Attributes:
        test: the texts; its classes are those of the bundles, then those that no bundle knows, each with its column.
        n_rows: records that were read.
        n_unlabelled: of those, without a label: left out where a text has one label, else kept as texts of no class.
        unknown: labels that no bundle knows, with their texts.
        n_unknown_texts: texts that have such a label.
        notes: what a reader should know, as sentences.
    """

    test: Part
    n_rows: int
    n_unlabelled: int
    unknown: Mapping[str, int]
    n_unknown_texts: int
    notes: tuple[str, ...]


def labelled(records: Records, space: LabelSpace, *, merge: bool = False, accept: Sequence[str] = ()) -> Labelled:
    """The truth about every text that has one.

    A label that the bundle doesn't know is true all the same. Where each text has one of many classes, no answer to
    such a text is right; where it has several labels, the unknown ones are never found, so recall counts them. Of yes
    and no it means that the text isn't of the positive class.

    Args:
        records: as they were read.
        space: what can be answered; of several bundles all their classes.
        merge: whether a label that differs from a class in case, blanks or Unicode form alone is that class.
        accept: doubts that the data are used with all the same.

    Raises:
        DataError: no label is known, labels in another spelling, several labels where one is allowed, or nothing left.
    """
    clean = mended([records])
    known = _known(space)
    texted, text_notes = without_missing_texts(clean.groups, DataOptions())
    # A class of the bundle called "none" is a class.
    words = [*accept, *(["missing"] if any(is_missing(name) for name in known) else [])]
    found = without_missing(texted, keep_texts=space.task == "multilabel", accepted=words)
    own, notes = _in_spelling(found.groups[0], known, merge)
    unknown = Counter(name for names in own.labels for name in names if name not in known)
    if unknown:
        others = [doubt for doubt in (*clean.doubts, *found.doubts) if doubt.name != "variants"]
        refuse_doubts(others, accept)
    _check_known(own, known, unknown)
    kept = own if space.task == "multilabel" else _with_one_label(own, space)
    n_unlabelled = sum(not names for names in own.labels)
    texts_of_unknown = sum(any(name in unknown for name in names) for names in kept.labels)
    said = [*clean.notes, *text_notes, *found.notes, *notes, *_notes(own, kept, space, unknown, texts_of_unknown)]
    return Labelled(
        _part(kept, space, unknown), len(records), n_unlabelled, dict(unknown.most_common()), texts_of_unknown,
        tuple(said),
    )  # fmt: skip


def _known(space: LabelSpace) -> tuple[str, ...]:
    """Names that a label may have."""
    return (*space.classes, *([space.negative] if space.negative else []))


def _in_spelling(own: Records, known: Sequence[str], merge: bool) -> tuple[Records, list[str]]:
    """Labels as the bundle writes them; raises DataError where they differ in spelling, unless they are merged."""
    class_of = {spelling_key(name): name for name in known}
    counts = Counter(name for names in own.labels for name in names)
    others = {name: class_of[key] for name in counts if name not in known and (key := spelling_key(name)) in class_of}
    if not others:
        return own, []
    pairs = sorted(others.items(), key=lambda pair: -counts[pair[0]])
    shown = "; ".join(f"{raw!r} ({_n(counts[raw], 'text')}) is {name!r} there" for raw, name in pairs[:_SHOWN])
    said = f"{_n(len(others), 'label')} written otherwise than in the bundle: {shown}{_more(len(others))}"
    if not merge:
        raise DataError(f"{own.source}: {said}; write them as there, or use --merge-labels, which reads them so")
    labels = [list(dict.fromkeys(others.get(name, name) for name in names)) for names in own.labels]
    return replace(own, labels=labels), [f"merged by --merge-labels: {said}"]


def _check_known(own: Records, known: Sequence[str], unknown: Mapping[str, int]) -> None:
    labels = {name for names in own.labels for name in names}
    if labels and not labels & set(known):
        numbers = all(name.isdecimal() for name in labels)
        hint = "give the names of class numbers by --class-names" if numbers else "check --labels-column"
        raise DataError(
            f"{own.source}: none of its labels ({_listed(unknown)}) is a class of the bundle ({_listed(known)}); {hint}"
            ", or --label-separator"
        )


def _with_one_label(own: Records, space: LabelSpace) -> Records:
    """The texts that have their one label, or of yes and no are said to have none."""
    for i, names in enumerate(own.labels):
        if len(names) > 1:
            raise DataError(
                f"{own.where(i)}: a bundle of task {space.task} gives each text one label, but this one has "
                f"{len(names)} ({_listed(names)}); mend the row, or check --label-separator"
            )
    if space.task == "binary" and (own.stated or not space.negative):
        return own
    kept = own.take([i for i, names in enumerate(own.labels) if names])
    if not len(kept):
        raise DataError(f"{own.source}: no text has a label; check --labels-column or --label-columns")
    return kept


def _part(own: Records, space: LabelSpace, unknown: Mapping[str, int]) -> Part:
    further = () if space.task == "binary" else tuple(sorted(unknown))
    classes = (*space.classes, *further)
    column = {name: index for index, name in enumerate(classes)}
    truth: LabelMatrix = np.zeros((len(own), len(classes)), np.bool_)
    for row, names in zip(truth, own.labels, strict=True):
        row[[column[name] for name in names if name in column]] = True
    return Part(tuple(own.texts), truth, classes, task=space.task, negative=space.negative)


def _notes(own: Records, kept: Records, space: LabelSpace, unknown: Mapping[str, int], n_texts: int) -> list[str]:
    notes = []
    if without := len(own) - len(kept):
        notes.append(f"{without} of {len(own)} texts have no label, and are left out")
    elif space.task == "multilabel" and (none := sum(not names for names in own.labels)):
        notes.append(f"{none} of {len(own)} texts have no label: they count as texts of no class")
    if unknown:
        how = {
            "multiclass": "no answer to them is right, so they count as wrong",
            "multilabel": "they are never found, so they count in recall",
            "binary": f"they count as texts that aren't {space.classes[0]}",
        }[space.task]
        notes.append(
            f"{n_texts} of {len(kept)} texts have a label that is no class of the bundle ({_listed(unknown)}): {how}"
        )
    there = {name for names in kept.labels for name in names}
    if space.task != "binary" and (absent := [name for name in space.classes if name not in there]):
        notes.append(
            f"{len(absent)} of {len(space.classes)} classes have no text in the file ({_listed(absent)}): their scores "
            "are 0 by definition, which lowers macro F1"
        )
    return notes


def _listed(names: Sequence[str] | Mapping[str, int]) -> str:
    counted = isinstance(names, Mapping)
    shown = [f"{name!r} {names[name]}" if counted else repr(name) for name in list(names)[:_SHOWN]]  # type: ignore[call-overload]
    return ", ".join(shown) + _more(len(names))


def _n(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _more(n: int) -> str:
    return f" and {n - _SHOWN} more" if n > _SHOWN else ""
