"""Classes with too few texts to learn from: dropped where the user said so, else a doubt that stops."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from baselines.data.data_options import DataOptions
from baselines.data.task_choice import listed, one_label_each, one_sided
from baselines.errors import DataError
from baselines.labels.doubts import Doubt, refuse_doubts
from baselines.labels.records import Records
from baselines.notes import counted

MIN_TEXTS = 3
_SHOWN = 5


@dataclass(frozen=True)
class Kept:
    """Records without their rare classes, the classes that are left with their texts in training, and what to say."""

    groups: Sequence[Records]
    counts: Mapping[str, int]
    notes: Sequence[str] = ()


def without_rare(groups: Sequence[Records], options: DataOptions, doubts: Sequence[Doubt] = ()) -> Kept:
    """Drop classes with too few texts in training; where each text has one label, their texts go as well.

    Args:
        groups: training records, then those of given parts.
        options: least texts a class, the task, and which doubts are accepted.
        doubts: what looked wrong before; all are named at once.

    Raises:
        DataError: doubts that aren't accepted, a given part with a class that training lacks, or too few classes.
    """
    least = options.min_texts_per_class or MIN_TEXTS
    train = groups[0]
    counts = Counter(name for names in train.labels for name in names)
    kept = {name: counts[name] for name in sorted(counts) if counts[name] >= least}
    dropped = sorted(set(counts) - set(kept))
    whole = options.task != "multilabel" and one_label_each(groups)
    # Of cells that hold several labels the rare ones are combinations: no word on them before that is settled.
    unsure = any(doubt.name == "lists" for doubt in doubts)
    said_so = options.min_texts_per_class is not None or not dropped
    rare = [] if unsure or said_so else [_doubt(groups, counts, dropped, least, whole)]
    if doubts:
        refuse_doubts([*doubts, *rare], options.accept)
    _check_given(groups[1:], counts, train.source)
    _check_enough(kept, train, least, options, one_sided(groups, options))
    refuse_doubts(rare, options.accept)
    if not dropped:
        return Kept(groups, kept)
    notes = [f"dropped {listed(dropped)}: fewer than {least} texts each"]
    if whole:
        # Of texts with one label each, nothing is left to say about these.
        taken = [own.take([i for i, (name,) in enumerate(own.labels) if name in kept]) for own in groups]
        out = ", ".join(
            f"{len(a) - len(b)} of {a.source}" for a, b in zip(groups, taken, strict=True) if len(a) > len(b)
        )
        return Kept(_checked_whole(taken), kept, [*notes, f"their texts are left out: {out}"])
    fewer = [replace(own, labels=[[n for n in names if n in kept] for names in own.labels]) for own in groups]
    return Kept(fewer, kept, notes)


def _doubt(
    groups: Sequence[Records], counts: Mapping[str, int], dropped: Sequence[str], least: int, whole: bool
) -> Doubt:
    shown = ", ".join(f"{name!r} ({counts[name]})" for name in dropped[:_SHOWN])
    more = f" and {len(dropped) - _SHOWN} more" if len(dropped) > _SHOWN else ""
    n_texts = sum(not set(dropped).isdisjoint(names) for own in groups for names in own.labels)
    lost = f"{counted(n_texts, 'text')} would {'be left out' if whole else 'lose a label'}"
    have = "1 has" if len(dropped) == 1 else f"{len(dropped)} have"
    return Doubt(
        "rare",
        f"{groups[0].source}: of {len(counts)} classes {have} fewer than {least} texts: {shown}{more}; {lost}",
        (f"--min-texts-per-class {least} goes on without them", "--min-texts-per-class 1 keeps them"),
    )


def _checked_whole(groups: Sequence[Records]) -> Sequence[Records]:
    for own in groups:
        if not len(own):
            raise DataError(f"{own.source}: no text is left without the rare classes; lower --min-texts-per-class")
    return groups


def _check_given(given: Sequence[Records], counts: Mapping[str, int], source: str) -> None:
    """A class that nothing can learn would count as 0 in every score."""
    for own in given:
        found = Counter(name for names in own.labels for name in names if name not in counts)
        if not found or not counts:
            continue
        place, first = next((own.where(i), n) for i, names in enumerate(own.labels) for n in names if n in found)
        classes = listed([repr(name) for name in sorted(found)], _SHOWN)
        raise DataError(
            f"{place}: class {first!r} has no text in {source} (in all {len(found)} such classes, "
            f"{sum(found.values())} labels: {classes}); add texts of them there, or take these rows out here"
        )


def _check_enough(
    kept: Mapping[str, int], records: Records, least: int, options: DataOptions, one_is_enough: bool
) -> None:
    classes = {name for names in records.labels for name in names}
    if not classes:
        raise DataError(f"{records.source}: no text has a label; check --labels-column or --label-columns")
    without = sum(not names for names in records.labels)
    if one_is_enough:
        if not kept or without < least:
            raise DataError(
                f"{records.source}: at least {least} texts with and {least} without {listed(sorted(classes))} are "
                f"needed, got {len(records) - without} and {without}; add texts, or lower --min-texts-per-class"
            )
    elif len(kept) < 2:
        other = " texts without a label are the other side with --task binary;" if len(kept) == 1 and without else ""
        raise DataError(
            f"{records.source}: at least 2 classes with {least} texts are needed, got {len(kept)} of {len(classes)};"
            f"{other} add texts, lower --min-texts-per-class, or check --label-separator"
        )
