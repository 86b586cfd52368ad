"""Whole groups are dealt: a user's texts, or copies of one text, never stand on both sides.

A greedy form of iterative stratification (after Sechidis, Tsoumakas, Vlahavas 2011, and scikit-learn's
`StratifiedGroupKFold`): groups that hold most of what there is of some class, or of all texts, are dealt first, each to
the part that is then nearest to its shares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import DataError
from baselines.splits.coverage import covered
from baselines.splits.items import Items, Rows
from baselines.splits.stratify import sides
from baselines.task import LabelMatrix

# Share of all texts by which a part may grow or shrink so that a class stands in it.
SLACK = 0.02


def deal_groups(labels: LabelMatrix, groups: Rows, shares: Sequence[int], rng: np.random.Generator) -> Rows:
    """Number of the part each row belongs to, the same for all rows of a group; (n_texts,).

    Args:
        labels: bool (n_texts, n_classes).
        groups: any number for each group; (n_texts,).
        shares: of the parts, as small whole numbers.
        rng: decides between groups that are alike.

    Raises:
        DataError: fewer groups than parts.
    """
    _, group_of = np.unique(groups, return_inverse=True)
    n_groups = int(group_of.max(initial=-1)) + 1
    if n_groups < len(shares):
        raise DataError(
            f"groups: {len(shares)} parts need at least {len(shares)} groups, got {n_groups}; leave the groups out "
            "(--group-column), or give texts of more groups"
        )
    marks = sides(labels)
    counts = np.zeros((n_groups, 1 + marks.shape[1]))
    np.add.at(counts, group_of, np.c_[np.ones(len(labels)), marks])
    owner = _dealt(counts, np.array(shares) / sum(shares), rng)
    sizes = counts[:, 0].astype(np.intp)
    slack = max(int(np.median(sizes)), round(SLACK * len(labels)))
    owner = covered(Items(counts[:, 1:] > 0, sizes, slack), owner, len(shares))
    found: Rows = owner[group_of]
    return found


def _dealt(counts: NDArray[np.float64], shares: NDArray[np.float64], rng: np.random.Generator) -> Rows:
    """Part of each group; counts (G, 1 + C) of texts and of each class's texts."""
    totals = np.maximum(counts.sum(axis=0), 1)
    wanted = np.outer(shares, totals)  # (P, 1 + C)
    weights = 1 / np.maximum(wanted, 1)
    weights[:, 0] *= max(1, counts.shape[1] - 1)  # the number of texts weighs as much as all classes together
    shuffled = rng.permutation(len(counts))
    order = shuffled[np.argsort(-(counts / totals).max(axis=1)[shuffled], kind="stable")]
    held, owner = np.zeros_like(wanted), np.empty(len(counts), np.intp)
    for number, group in enumerate(order):
        # (held + g - wanted)² - (held - wanted)², by which the error of each part would grow.
        growth = (weights * counts[group] * (2 * (held - wanted) + counts[group])).sum(axis=1)
        empty = np.flatnonzero(held[:, 0] == 0)
        last_chance = len(order) - number <= len(empty)
        part = int(empty[growth[empty].argmin()]) if last_chance else int(growth.argmin())
        owner[group] = part
        held[part] += counts[group]
    return owner


def joined(groups: Rows, others: Rows) -> Rows:
    """Groups of rows that belong together by either of two groupings, directly or by way of others; (n_texts,)."""
    # Imported here: data without groups never need it.
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    a, b = (np.unique(one, return_inverse=True)[1].reshape(-1) for one in (groups, others))
    n_a, n = int(a.max(initial=-1)) + 1, int(a.max(initial=-1)) + int(b.max(initial=-1)) + 2
    _, component = connected_components(coo_matrix((np.ones(len(a)), (a, b + n_a)), shape=(n, n)), directed=False)
    return np.asarray(component[a], np.intp)


def group_numbers(values: Sequence[Any]) -> tuple[Rows, int]:
    """Number of each text's group, and how many texts have none: each of those is a group of its own; (n_texts,).

    Values are the same where they are written the same, but for blanks around them.
    """
    numbers: dict[str, int] = {}
    blank = 0
    found = np.empty(len(values), np.intp)
    for row, value in enumerate(values):
        word = written(value)
        if not word:
            blank += 1
        found[row] = numbers.setdefault(word or f"\n{row}", len(numbers))
    return found, blank


def written(value: Any) -> str:
    """A cell as text, "" for one that holds nothing: None, NaN, blanks."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    # A whole column becomes float where a table has gaps: 7.0 and 7 are one group.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def check_apart(groups: Rows, rows: Mapping[str, Rows], where: Callable[[int], str] | None = None) -> None:
    """Raise DataError where a group stands in two of the parts that were given as such.

    Args:
        groups: number of each text's group; (n_texts,).
        rows: of the parts, by their names; what is still to be dealt is one of them.
        where: place of a text, for the message.
    """
    names = list(rows)
    for at, name in enumerate(names):
        for other in names[at + 1 :]:
            shared = np.intersect1d(groups[rows[name]], groups[rows[other]])
            if len(shared):
                row = int(rows[other][np.isin(groups[rows[other]], shared)][0])
                place = f", such as that of {where(row)}" if where else ""
                raise DataError(
                    f"{len(shared)} groups stand in {name} and in the given {other} part{place}; take them out of one "
                    "of the two, or leave --group-column out"
                )
