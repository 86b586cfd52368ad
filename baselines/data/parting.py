"""Records dealt into parts: as a column says, by groups and times, without copies across parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from baselines.data.task_choice import listed
from baselines.dataset import PARTS, Part, PartName, Removed, Split
from baselines.errors import DataError
from baselines.labels.records import Records
from baselines.splits.copies import copies_said, without_copies
from baselines.splits.grouped import group_numbers
from baselines.splits.items import Rows
from baselines.splits.moments import times_of
from baselines.splits.part_words import parts_of
from baselines.splits.rules import SplitRules, SplitWishes
from baselines.splits.split import missing_classes, split

# A part that groups or times made larger or smaller than this, in multiples of its share, is worth a word.
_FAR = 1.5
_SHARES: Mapping[PartName, float] = {"train": 0.7, "validation": 0.15, "test": 0.15}


@dataclass(frozen=True)
class Dealt:
    """Who stands where, by which rules, and what there is to say.

    Attributes:
        split: without the copies that were removed.
        removed: which they are.
        groups, times: of each text, as `Dataset` keeps them.
        notes: as sentences.
    """

    split: Split
    removed: Removed
    groups: tuple[int, ...]
    times: tuple[float, ...]
    notes: tuple[str, ...]


def by_part_column(records: Records, given: Mapping[PartName, Records]) -> tuple[Records, dict[PartName, Records]]:
    """Records whose column names their parts, as if each part had come in a file of its own.

    Raises:
        DataError: blank or unknown parts, no training text, or a part that is given in a file as well.
    """
    if not records.parts:
        return records, dict(given)
    if given:
        raise DataError(
            f"{records.source}: --split-column says where each text stands, and so does --{next(iter(given))}; leave "
            "one of them out"
        )
    rows = parts_of(records.parts, records.where)
    found = {part: records.take(own.tolist()) for part, own in rows.items()}
    return found.pop("train"), found


def deal(
    groups: Sequence[Records], given: Sequence[PartName], everything: Part, wishes: SplitWishes, seed: int
) -> Dealt:
    """Split all texts.

    Args:
        groups: records of the training texts, then those of each given part.
        given: names of those parts.
        everything: the same texts, checked.
        wishes: what is asked about copies.
        seed: of what is left to chance.

    Raises:
        DataError: too few texts, groups or moments; a group or a moment in two given parts; values that are no times.
    """
    rules, notes = _rules(groups)
    ends = np.cumsum([len(own) for own in groups])
    rows: dict[PartName, Rows] = {part: np.arange(ends[i], ends[i + 1]) for i, part in enumerate(given)}
    dealt = split(everything.labels, seed, rows, rules)
    parts, removed = without_copies(everything.texts, dealt, wishes.copies)
    notes += [*_size_notes(dealt, rules, given), *copies_said(removed.counts()), *_absent(everything, parts)]
    return Dealt(
        parts,
        removed,
        () if rules.groups is None else tuple(rules.groups.tolist()),
        () if rules.times is None else tuple(rules.times.tolist()),
        tuple(notes),
    )


def _rules(groups: Sequence[Records]) -> tuple[SplitRules, list[str]]:
    notes: list[str] = []
    numbers = times = None
    if groups[0].groups:
        numbers, blank = group_numbers([value for own in groups for value in own.groups])
        if blank:
            notes.append(f"{blank} texts have no value in the groups' column; each of them is a group of its own")
    if groups[0].times:
        times = times_of([value for own in groups for value in own.times], _where(groups))
    return SplitRules(numbers, times), notes


def _where(groups: Sequence[Records]) -> Callable[[int], str]:
    """Place of a text by its number over all groups."""
    places = [(own, record) for own in groups for record in range(len(own))]
    return lambda row: places[row][0].where(places[row][1])


def _size_notes(dealt: Split, rules: SplitRules, given: Sequence[PartName]) -> list[str]:
    """Parts that whole groups or equal moments made much larger or smaller than they should be."""
    if given or (rules.groups is None and rules.times is None):
        return []
    sizes = {part: len(getattr(dealt, part)) for part in PARTS}
    total = sum(sizes.values())
    far = [part for part, n in sizes.items() if not 1 / _FAR <= n / (_SHARES[part] * total) <= _FAR]
    together = {"groups": rules.groups, "moments": rules.times}
    why = "texts of the same " + " and ".join(name for name, own in together.items() if own is not None)
    said = ", ".join(f"{part} has {sizes[part]:,}" for part in far)
    return [f"{why} stay together, so parts are far from 70, 15 and 15 %: of {total:,} texts {said}"] if far else []


def _absent(everything: Part, parts: Split) -> list[str]:
    notes = []
    for part, absent in missing_classes(everything.named_labels, everything.space.names, parts).items():
        follows = "no model can learn them" if part == "train" else "their scores there are 0 by definition"
        notes.append(f"{part} has no text of {listed(absent)}; {follows}")
    return notes
