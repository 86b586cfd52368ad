"""A data set dealt anew, by the rules that hold for it: its folds, and its split by another seed."""

from __future__ import annotations

import numpy as np

from baselines.dataset import Dataset, Split
from baselines.splits.copies import apart
from baselines.splits.duplicates import duplicate_groups
from baselines.splits.rules import Copies, SplitRules
from baselines.splits.split import folds, split


def rules_of(dataset: Dataset) -> SplitRules:
    """Groups and times of a data set as arrays."""
    return SplitRules(
        np.asarray(dataset.groups, np.intp) if dataset.groups else None,
        np.asarray(dataset.times, np.float64) if dataset.times else None,
    )


def fold_splits(dataset: Dataset, k: int, seed: int) -> list[Split]:
    """k splits of all texts of a data set, its groups together, its times in order; its own split plays no part.

    Copies are dealt like any text and then leave training and validation of the folds in which they would stand on
    both sides, so that every text is still tested on; not where the data set keeps its copies.

    Raises:
        DataError: too few texts, groups or moments for k folds.
    """
    copies = duplicate_groups(dataset.everything.texts, near=False)
    found = folds(dataset.everything.labels, k, seed, rules_of(dataset))
    return [apart(copies, own, _wish(dataset))[0] for own in found]


def split_again(dataset: Dataset, seed: int) -> Split:
    """The split that the same texts get by another seed, where no part was given."""
    found = split(dataset.everything.labels, seed, rules=rules_of(dataset))
    return apart(duplicate_groups(dataset.everything.texts, near=False), found, _wish(dataset))[0]


def _wish(dataset: Dataset) -> Copies:
    return "keep" if dataset.keeps_copies else "drop"
