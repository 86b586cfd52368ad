"""Copies of a text in two parts: memory would pass for skill, so the copy that is learned from goes.

Copies are exact duplicates (`duplicates.duplicate_groups`): equal but for case, punctuation and blanks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from baselines.dataset import Part, Removed, Split
from baselines.errors import DataError
from baselines.splits.duplicates import duplicate_groups, repeated
from baselines.splits.grouped import deal_groups, joined
from baselines.splits.items import Rows
from baselines.splits.rules import Copies
from baselines.splits.stratify import stratify

# What training needs after copies have left.
MIN_TRAIN = 5


def without_copies(texts: Sequence[str], split: Split, copies: Copies = "drop") -> tuple[Split, Removed]:
    """The split without copies across its parts, and which they were; see `apart`."""
    return apart(duplicate_groups(texts, near=False), split, copies)


def apart(groups: Rows, split: Split, copies: Copies = "drop") -> tuple[Split, Removed]:
    """The same for groups that are known already.

    A row of training leaves where its text also stands in validation or test, one of validation where it stands in
    test; the test part stays as it is.

    Args:
        groups: number of each text's group of duplicates; (n_texts,).
        split: any.
        copies: `keep` leaves all where they are, and only says which they are.

    Raises:
        DataError: fewer than 5 training texts, or no validation text, would be left.
    """
    judged = np.concatenate([split.validation, split.test])
    from_train = split.train[np.isin(groups[split.train], groups[judged])]
    from_validation = split.validation[np.isin(groups[split.validation], groups[split.test])]
    if copies == "keep":
        return split, Removed(kept=_numbers(np.sort(np.concatenate([from_train, from_validation]))))
    if not len(from_train) and not len(from_validation):
        return split, Removed()
    train, validation = np.setdiff1d(split.train, from_train), np.setdiff1d(split.validation, from_validation)
    if len(train) < min(MIN_TRAIN, len(split.train)) or not len(validation):
        raise DataError(
            f"{len(from_train)} of {len(split.train)} training texts and {len(from_validation)} of "
            f"{len(split.validation)} validation texts also stand in a part that judges; without them {len(train)} and "
            f"{len(validation)} are left, at least {MIN_TRAIN} and 1 are needed; add other texts, or keep copies by "
            "--copies keep"
        )
    return Split(train, validation, split.test), Removed(_numbers(from_train), _numbers(from_validation))


def _numbers(rows: Rows) -> tuple[int, ...]:
    return tuple(int(row) for row in rows)


def folds_within(part: Part, k: int, rng: np.random.Generator, groups: Sequence[int] = ()) -> Rows:
    """Fold of each text of one part, 0..k-1, copies and groups together; (len(part),).

    Args:
        part: usually training, whose held-out folds ask models about texts they haven't seen.
        k: number of folds.
        rng: of everything left to chance.
        groups: number of each text's group; empty: only copies stay together.

    Raises:
        DataError: fewer groups than folds.
    """
    together = duplicate_groups(part.texts, near=False)
    if groups:
        together = joined(together, np.asarray(groups, np.intp))
    if len(np.unique(together)) == len(part):
        return stratify(part.labels, [1] * k, rng)
    return deal_groups(part.labels, together, [1] * k, rng)


def copies_said(counts: Any) -> list[str]:
    """What `Removed.counts` means for figures, one sentence each without its full stop.

    Args:
        counts: as they were stored; what holds no such counts says nothing.
    """
    named = counts if isinstance(counts, Mapping) else {}
    left, of_validation, stayed = (
        n if isinstance(n := named.get(name), int) else 0 for name in ("from_train", "from_validation", "kept")
    )
    found = []
    if left:
        found.append(
            f"{_texts(left, 'training')} that also {_stand(left)} in validation or test {_were(left)} left out"
        )
    if of_validation:
        found.append(
            f"{_texts(of_validation, 'validation')} that also {_stand(of_validation)} in test {_were(of_validation)} "
            "left out"
        )
    if stayed:
        found.append(
            f"{_texts(stayed, 'training or validation')} also {_stand(stayed)} in a part that judges and stayed there "
            "(--copies keep), so scores are higher than new texts will get"
        )
    return found


def _texts(n: int, part: str) -> str:
    return f"{n:,} {part} text{'' if n == 1 else 's'}"


def _stand(n: int) -> str:
    return "stands" if n == 1 else "stand"


def _were(n: int) -> str:
    return "was" if n == 1 else "were"


def conflicts(part: Part, groups: Rows) -> list[tuple[int, ...]]:
    """Rows of equal texts whose labels differ: one tuple a group, with all its rows, in the order of the texts.

    Args:
        part: texts and labels.
        groups: number of each text's group, from `duplicate_groups`; (len(part),).
    """
    unlike = [_numbers(rows) for rows in repeated(groups) if (part.labels[rows] != part.labels[rows[0]]).any()]
    return sorted(unlike)


def conflict_facts(part: Part, groups: Rows, n_examples: int = 2) -> dict[str, Any]:
    """`{"groups", "documents", "examples"}`: an example has the `text` and each row's `labels`; JSON types only."""
    found = conflicts(part, groups)
    names, labels = part.space.names, part.named_labels
    return {
        "groups": len(found),
        "documents": sum(map(len, found)),
        "examples": [
            {
                "text": part.texts[rows[0]],
                "labels": [[names[int(column)] for column in np.flatnonzero(labels[row])] for row in rows],
            }
            for rows in found[:n_examples]
        ],
    }
