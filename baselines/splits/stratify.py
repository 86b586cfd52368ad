"""Iterative stratification: parts in which every class has its share of positives, and its place.

Source: Sechidis, Tsoumakas, Vlahavas, "On the stratification of multi-label data" (2011), as implemented by
scikit-multilearn. Its lists make it quadratic, so the rows, sorted by their rarest class, are stratified in chunks:
linear time, and the rows of a rare class stay in one chunk. It takes 150 µs a row all the same, so of many rows those
that share all their labels with as many others as there are folds are dealt first, one to each fold, which no
stratification could do better; few rows are left for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from baselines.splits.coverage import covered
from baselines.splits.items import Items, Rows
from baselines.task import LabelMatrix

N_FOLDS = 20
CHUNK = 5_000
WAYS = 200
# From so many rows on whole sets of labels are dealt first; below, rows are dealt as they always were.
MANY = 20_000
_BLOCK = 10_000


def stratify(labels: LabelMatrix, shares: Sequence[int], rng: np.random.Generator) -> Rows:
    """Number of the part each row belongs to; (n_texts,) in 0..len(shares)-1.

    Args:
        labels: bool (n_texts, n_classes).
        shares: small whole numbers, (14, 3, 3) for 70 / 15 / 15. Rows are dealt into about 20 equal folds, which are
            then joined: with unequal folds the library fills the largest first, and the order of rows leaks in.
        rng: decides everything that is left to chance.

    A class with at least as many positives as there are parts has one in each wherever parts of these sizes allow it
    (`coverage.covered`); part 0 is served first. A single column is yes or no, and both sides are classes.
    """
    folds_of = np.array(shares) * max(1, N_FOLDS // sum(shares))
    owner = np.empty(len(labels), np.intp)
    held = np.zeros((len(shares), labels.shape[1] + 1))
    left = np.arange(len(labels))
    if len(labels) >= MANY:
        owner = _dealt_by_set(labels, folds_of, rng)
        held = np.stack([np.r_[(owner == p).sum(), labels[owner == p].sum(axis=0)] for p in range(len(shares))])
        left, held = np.flatnonzero(owner < 0), held.astype(float)
    order = left[_rarest_first(labels[left], rng)]
    for chunk in np.array_split(order, max(1, -(-len(order) // CHUNK))):
        rows = rng.permutation(chunk)
        fold_of = _deal(labels[rows], int(folds_of.sum()), int(rng.integers(2**32)))
        in_fold = _counted(labels[rows], fold_of, int(folds_of.sum()))
        part_of = _join(in_fold, held, folds_of, rng)
        np.add.at(held, part_of, in_fold)
        owner[rows] = part_of[fold_of]
    return covered(Items(sides(labels), np.ones(len(labels), np.intp)), owner, len(shares))


def sides(labels: LabelMatrix) -> LabelMatrix:
    """The labels, and of a single column its negative side as well: of yes and no each is a class."""
    both: LabelMatrix = np.concatenate([labels, ~labels], axis=1) if labels.shape[1] == 1 else labels
    return both


def _dealt_by_set(labels: LabelMatrix, folds_of: Rows, rng: np.random.Generator) -> Rows:
    """Part of each row, -1 for those that are left over; (n_texts,).

    Of the m rows with exactly the same labels each of f folds gets m // f; which ones is left to chance.
    """
    n_folds, part_of_fold = int(folds_of.sum()), np.repeat(np.arange(len(folds_of)), folds_of)
    shuffled = rng.permutation(len(labels))
    keys = _keys_of_sets(labels)[shuffled]
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(keys[order]) != 0])
    sizes = np.diff(np.r_[starts, len(order)])
    place = np.arange(len(order)) - np.repeat(starts, sizes)
    dealt = place < np.repeat(sizes // n_folds * n_folds, sizes)
    owner = np.full(len(labels), -1, np.intp)
    owner[shuffled[order[dealt]]] = part_of_fold[place[dealt] % n_folds]
    return owner


def _keys_of_sets(labels: LabelMatrix) -> NDArray[np.uint64]:
    """A number for each row, the same for the same labels; two sets share one about never, and then without harm."""
    weights = np.random.default_rng(0).integers(0, 2**64, labels.shape[1], np.uint64)
    blocks = [labels[at : at + _BLOCK] @ weights for at in range(0, len(labels), _BLOCK)]
    return np.concatenate(blocks)


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
