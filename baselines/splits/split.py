"""Iterative stratification: parts and folds in which every class has its share of positives.

Source: Sechidis, Tsoumakas, Vlahavas, "On the stratification of multi-label data" (2011), as implemented by
scikit-multilearn. Its lists make it quadratic, so the rows, sorted by their rarest class, are stratified in chunks:
linear time, and the rows of a rare class stay in one chunk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from baselines.dataset import PARTS, PartName, Split
from baselines.errors import DataError
from baselines.task import LabelMatrix

N_FOLDS = 20
# Of them go to validation, and as many to the test part.
EVALUATION_SHARE = 3
CHUNK = 5_000
WAYS = 200
MIN_TEXTS = 10

Rows = NDArray[np.intp]


def split(labels: LabelMatrix, seed: int, given: Mapping[PartName, Rows] = {}) -> Split:
    """Stratified 70 / 15 / 15 parts; the same labels and seed give the same rows.

    Args:
        labels: bool (n_texts, n_classes).
        seed: any non-negative integer.
        given: rows of the parts that are fixed already; the others are dealt from what is left, 15 % of it to each part
            but training. Beside a given test part validation is a tenth, as is usual with published ones (Kim 2014):
            nothing else has to be cut from these texts.

    Raises:
        DataError: fewer than 10 texts are left to deal.
    """
    rest = np.setdiff1d(np.arange(len(labels)), np.concatenate([*given.values(), np.empty(0, np.intp)]))
    _check_enough(len(rest), MIN_TEXTS)
    open_parts = [part for part in PARTS if part not in given]
    shares = (18, 2) if open_parts == ["train", "validation"] else _shares(len(open_parts))
    owner = stratify(labels[rest], shares, np.random.default_rng([seed, 0]))
    dealt = {part: rest[owner == number] for number, part in enumerate(open_parts)}
    return Split(**{**dealt, **{part: np.sort(rows) for part, rows in given.items()}})


def _shares(n_parts: int) -> tuple[int, ...]:
    """In twentieths: each part but training gets three."""
    others = (n_parts - 1) * (EVALUATION_SHARE,)
    return (N_FOLDS - sum(others), *others)


def folds(labels: LabelMatrix, k: int, seed: int) -> list[Split]:
    """k splits: test = one fold each, validation = an eighth of the rest, both stratified.

    Every row is in the test part of exactly one split.

    Raises:
        DataError: k below 2, or fewer than 4 texts a fold.
    """
    if k < 2:
        raise DataError(f"folds: at least 2 are needed, got {k}")
    _check_enough(len(labels), max(MIN_TEXTS, 4 * k))
    fold_of = stratify(labels, [1] * k, np.random.default_rng([seed, 1]))
    splits = []
    for fold in range(k):
        rest = np.flatnonzero(fold_of != fold)
        owner = stratify(labels[rest], (7, 1), np.random.default_rng([seed, 2, fold]))
        splits.append(Split(rest[owner == 0], rest[owner == 1], np.flatnonzero(fold_of == fold)))
    return splits


def stratify(labels: LabelMatrix, shares: Sequence[int], rng: np.random.Generator) -> Rows:
    """Number of the part each row belongs to; (n_texts,) in 0..len(shares)-1.

    Args:
        labels: bool (n_texts, n_classes).
        shares: small whole numbers, (14, 3, 3) for 70 / 15 / 15. Rows are dealt into about 20 equal folds, which are
            then joined: with unequal folds the library fills the largest first, and the order of rows leaks in.
        rng: decides everything that is left to chance.

    A class with at least as many positives as there are parts has one in each where rows allow it; part 0 is served
    first.
    """
    folds_of = np.array(shares) * max(1, N_FOLDS // sum(shares))
    owner = np.empty(len(labels), np.intp)
    held = np.zeros((len(shares), labels.shape[1] + 1))
    order = _rarest_first(labels, rng)
    for chunk in np.array_split(order, max(1, -(-len(order) // CHUNK))):
        rows = rng.permutation(chunk)
        fold_of = _deal(labels[rows], int(folds_of.sum()), int(rng.integers(2**32)))
        in_fold = _counted(labels[rows], fold_of, int(folds_of.sum()))
        part_of = _join(in_fold, held, folds_of, rng)
        np.add.at(held, part_of, in_fold)
        owner[rows] = part_of[fold_of]
    _cover(labels, owner, len(shares))
    return owner


def _counted(labels: LabelMatrix, fold_of: Rows, n_folds: int) -> NDArray[np.float64]:
    """Texts, then positives of each class, in each fold; (folds, 1 + C)."""
    return np.stack([np.r_[(fold_of == f).sum(), labels[fold_of == f].sum(axis=0)] for f in range(n_folds)]).astype(
        float
    )


def _join(in_fold: NDArray[np.float64], held: NDArray[np.float64], folds_of: Rows, rng: np.random.Generator) -> Rows:
    """Part of each fold: of some random ways to join folds, the one that keeps shares best, of texts and of classes.

    The library evens out classes but lets the sizes of folds drift; what earlier chunks lack is made up for here.

    Args:
        in_fold: counts of a chunk's folds; (folds, 1 + C).
        held: counts of what the parts hold from earlier chunks; (parts, 1 + C).
        folds_of: number of folds each part gets; (parts,).
        rng: makes the ways.
    """
    n_folds = int(folds_of.sum())
    wanted = np.outer(folds_of / n_folds, held.sum(axis=0) + in_fold.sum(axis=0))  # (parts, 1 + C)
    ways = rng.permuted(np.tile(np.repeat(np.arange(len(folds_of)), folds_of), (WAYS, 1)), axis=1)  # (ways, folds)
    chosen = ways[:, None, :] == np.arange(len(folds_of))[:, None]  # (ways, parts, folds)
    errors = (held + chosen @ in_fold - wanted) ** 2 / np.maximum(wanted, 1)  # (ways, parts, 1 + C)
    # The number of texts weighs as much as all classes together.
    errors[:, :, 0] *= in_fold.shape[1] - 1
    best: Rows = ways[int(errors.sum(axis=(1, 2)).argmin())]
    return best


def missing_classes(labels: LabelMatrix, classes: Sequence[str], split: Split) -> dict[PartName, list[str]]:
    """Classes without a positive, for each part that lacks some."""
    absent = {part: np.flatnonzero(~labels[getattr(split, part)].any(axis=0)) for part in PARTS}
    return {part: [classes[int(i)] for i in columns] for part, columns in absent.items() if len(columns)}


def _check_enough(n_texts: int, needed: int) -> None:
    if n_texts < needed:
        raise DataError(f"split: at least {needed} texts are needed, got {n_texts}; add texts")


def _rarest_first(labels: LabelMatrix, rng: np.random.Generator) -> Rows:
    """All rows, shuffled, then sorted by the frequency of their rarest class; rows without a class last."""
    shuffled = rng.permutation(len(labels))
    by_frequency = np.argsort(labels.sum(axis=0), kind="stable")
    rarest = labels[:, by_frequency].argmax(axis=1)  # (n_texts,), position of the first class
    rarest[~labels.any(axis=1)] = labels.shape[1]
    return shuffled[np.argsort(rarest[shuffled], kind="stable")]


def _deal(labels: LabelMatrix, n_folds: int, seed: int) -> Rows:
    """Fold of each row, n_folds equal ones; (n_texts,)."""
    # Imported here: the library pulls in scikit-learn, which reading a data set does not otherwise need.
    from skmultilearn.model_selection import IterativeStratification

    fold_of = np.arange(len(labels)) % n_folds
    if len(labels) < n_folds:  # the library refuses; nothing can be stratified either
        return fold_of
    # The library serves classes in the order in which the rows show them, not rarest first as the paper says, so one
    # made-up row a class leads, rarest first. It takes rows from the end: the made-up ones come last and are dropped.
    leaders = np.eye(labels.shape[1], dtype=np.int8)[np.argsort(labels.sum(axis=0), kind="stable")]
    rows = np.concatenate([leaders, labels])
    with _numpy_global_state(seed):
        for fold, (_, dealt) in enumerate(IterativeStratification(n_splits=n_folds, order=1).split(rows, rows)):
            real = np.asarray(dealt, np.intp) - len(leaders)
            fold_of[real[real >= 0]] = fold
    return fold_of


@contextmanager
def _numpy_global_state(seed: int) -> Iterator[None]:
    """The library draws from numpy's global generator: seed it inside, put the caller's state back after."""
    before = np.random.get_state()  # noqa: NPY002
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


def _cover(labels: LabelMatrix, owner: Rows, n_parts: int) -> None:
    """Move single rows until each class has a positive in every part, as far as no class loses its last one elsewhere.

    Part 0 (training) gets its positive in any case: a class that is never seen can't be learned.
    """
    held = np.stack([labels[owner == part].sum(axis=0) for part in range(n_parts)])  # (parts, C)
    for column in np.argsort(labels.sum(axis=0), kind="stable"):
        for part in np.flatnonzero(held[:, column] == 0):
            positives = np.flatnonzero(labels[:, column])
            spare = [row for row in positives if (held[owner[row]][labels[row]] > 1).all()]
            if part == 0:
                spare = spare or list(positives)
            for row in spare[:1]:
                held[owner[row]] -= labels[row]
                held[part] += labels[row]
                owner[row] = part
