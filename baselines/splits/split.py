"""Three parts, and folds: stratified, or by the rules of groups and times that the data bring along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from baselines.dataset import PARTS, PartName, Split
from baselines.errors import DataError
from baselines.splits.by_time import check_order, cut_by_time, moments_of
from baselines.splits.grouped import check_apart, deal_groups
from baselines.splits.items import Rows
from baselines.splits.rules import NO_RULES, SplitRules
from baselines.splits.stratify import N_FOLDS, stratify
from baselines.task import LabelMatrix

# Twentieths that go to validation, and as many to the test part.
EVALUATION_SHARE = 3
MIN_TEXTS = 10


def split(labels: LabelMatrix, seed: int, given: Mapping[PartName, Rows] = {}, rules: SplitRules = NO_RULES) -> Split:
    """Parts of 70 / 15 / 15; the same labels, rules and seed give the same rows.

    Without rules they are stratified by label. With groups whole groups are dealt, as near to the shares of texts and
    labels as they allow. With times the latest texts are the test part and those before them validation; chance plays
    no part, and no text changes places for the sake of a class.

    Args:
        labels: bool (n_texts, n_classes).
        seed: any non-negative integer.
        given: rows of the parts that are fixed already; the others are dealt from what is left, 15 % of it to each part
            but training. Beside a given test part validation is a tenth, as is usual with published ones (Kim 2014):
            nothing else has to be cut from these texts.
        rules: groups that stay together, moments that come one after the other.

    Raises:
        DataError: fewer than 10 texts are left to deal, too few groups or moments, or given parts that break the rules.
    """
    rest = np.setdiff1d(np.arange(len(labels)), np.concatenate([*given.values(), np.empty(0, np.intp)]))
    _check_enough(len(rest), MIN_TEXTS)
    _check_given(rules, rest, given)
    open_parts = [part for part in PARTS if part not in given]
    shares = (18, 2) if open_parts == ["train", "validation"] else _shares(len(open_parts))
    owner = _deal(labels, rest, shares, rules, np.random.default_rng([seed, 0]))
    dealt = {part: rest[owner == number] for number, part in enumerate(open_parts)}
    return Split(**{**dealt, **{part: np.sort(rows) for part, rows in given.items()}})


def folds(labels: LabelMatrix, k: int, seed: int, rules: SplitRules = NO_RULES) -> list[Split]:
    """k splits: test = one fold each, validation = an eighth of the rest, both stratified.

    Without times every row is in the test part of exactly one split. With times the texts are cut into k + 1 blocks of
    about the same size; split i tests on block i + 1 and learns from all blocks before it, the latest eighth of them
    being validation, so that training grows, later blocks are in no part, and the first block is never tested on.

    Raises:
        DataError: k below 2, fewer than 4 texts a fold, or too few groups or moments.
    """
    if k < 2:
        raise DataError(f"folds: at least 2 are needed, got {k}")
    _check_enough(len(labels), max(MIN_TEXTS, 4 * k))
    every = np.arange(len(labels))
    if rules.times is not None:
        block_of = cut_by_time(moments_of(rules.times, rules.groups), (1,) * (k + 1))
        tested = [(np.flatnonzero(block_of < block), np.flatnonzero(block_of == block)) for block in range(1, k + 1)]
    else:
        fold_of = _deal(labels, every, (1,) * k, rules, np.random.default_rng([seed, 1]))
        tested = [(np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)) for fold in range(k)]
    splits = []
    for fold, (rest, test) in enumerate(tested):
        owner = _deal(labels, rest, (7, 1), rules, np.random.default_rng([seed, 2, fold]))
        splits.append(Split(rest[owner == 0], rest[owner == 1], test))
    return splits


def missing_classes(labels: LabelMatrix, classes: Sequence[str], split: Split) -> dict[PartName, list[str]]:
    """Classes without a positive, for each part that lacks some."""
    absent = {part: np.flatnonzero(~labels[getattr(split, part)].any(axis=0)) for part in PARTS}
    return {part: [classes[int(i)] for i in columns] for part, columns in absent.items() if len(columns)}


def _deal(
    labels: LabelMatrix, rows: Rows, shares: tuple[int, ...], rules: SplitRules, rng: np.random.Generator
) -> Rows:
    """Number of the part of each of the given rows; (len(rows),)."""
    if rules.times is not None:
        groups = None if rules.groups is None else rules.groups[rows]
        return cut_by_time(moments_of(rules.times[rows], groups), shares)
    if rules.groups is not None:
        return deal_groups(labels[rows], rules.groups[rows], shares, rng)
    return stratify(labels[rows], shares, rng)


def _check_given(rules: SplitRules, rest: Rows, given: Mapping[PartName, Rows]) -> None:
    if not given:
        return
    left = " and ".join(part for part in PARTS if part not in given)
    parts: dict[str, Rows] = {left: rest}
    parts.update((part, given[part]) for part in PARTS if part in given)
    if rules.groups is not None:
        check_apart(rules.groups, parts)
    if rules.times is not None:
        if "validation" in given and "test" not in given:  # the test part is to come after it: nothing holds both
            raise DataError(
                "--time-column cuts the test part from the latest texts, after a given validation part; give a test "
                "part too, or leave --validation out"
            )
        check_order(moments_of(rules.times, rules.groups), parts)


def _shares(n_parts: int) -> tuple[int, ...]:
    """In twentieths: each part but training gets three."""
    others = (n_parts - 1) * (EVALUATION_SHARE,)
    return (N_FOLDS - sum(others), *others)


def _check_enough(n_texts: int, needed: int) -> None:
    if n_texts < needed:
        raise DataError(f"split: at least {needed} texts are needed, got {n_texts}; add texts")
