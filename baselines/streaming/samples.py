"""Which training texts a model takes that can't take them all: seeded samples that are said, never silent."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.task import LabelMatrix

# Words that fewer of a tree's texts hold can't be split on well, and most words of a large vocabulary are such: a
# builder that draws among them looks at thousands for a node.
_FEWEST_TEXTS = 2


def in_proportion(labels: LabelMatrix, most: int, seed: int = 0) -> NDArray[np.intp]:
    """Numbers of `most` texts, ascending, with the classes about as frequent as among all.

    A systematic sample (Madow 1949): texts stand in the order of their rarest class, shuffled within a class, and every
    n-th is taken, so that each class keeps its share to within one text.

    Args:
        labels: bool (n_texts, n_classes).
        most: texts; all of them where there are no more.
        seed: of the shuffling.
    """
    n_texts = len(labels)
    if n_texts <= most:
        return np.arange(n_texts)
    rarest = np.full(n_texts, -1, np.int32)
    for column in np.argsort(-labels.sum(axis=0), kind="stable"):  # rare classes last, so theirs remains
        rarest[labels[:, column]] = column
    order = np.lexsort((np.random.default_rng(seed).random(n_texts), rarest))
    taken: NDArray[np.intp] = np.sort(order[np.arange(most) * n_texts // most])
    return taken


def with_enough_positives(
    targets: NDArray[np.bool_], most: int, seed: list[int], share: float = 0.3
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """`most` texts of one class, with weights that undo the sampling: a rare class keeps more of its texts.

    Positives are at least `share` of the sample where there are as many; a text weighs what it stands for
    (Horvitz and Thompson 1952), scaled to a mean of 1, so the frequency of the class stays right.

    Returns:
        Numbers of texts, ascending, and a weight for each.
    """
    rng, n_texts = np.random.default_rng(seed), len(targets)
    of_class, others = np.flatnonzero(targets), np.flatnonzero(~targets)
    wanted = max(int(share * most), most - len(others), round(most * len(of_class) / n_texts))
    n_positives = min(len(of_class), wanted)
    n_others = min(len(others), most - n_positives)
    taken = np.concatenate(
        [rng.choice(of_class, n_positives, replace=False), rng.choice(others, n_others, replace=False)]
    )
    stands_for = np.repeat([len(of_class) / n_positives, len(others) / n_others], [n_positives, n_others])
    order = np.argsort(taken)
    return taken[order], stands_for[order] / stands_for.mean()


def seen_columns(rows: Any) -> NDArray[np.intp]:
    """Columns that at least two rows of a CSR matrix hold; the first one where none is."""
    found = np.flatnonzero(np.bincount(rows.indices, minlength=rows.shape[1]) >= _FEWEST_TEXTS)
    return found if len(found) else np.zeros(1, np.intp)
