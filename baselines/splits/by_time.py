"""Training on the past: parts and folds that are cut at moments, so that equal moments stand together."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from baselines.errors import DataError
from baselines.splits.items import Rows

Moments = NDArray[np.float64]


def moments_of(times: Moments, groups: Rows | None) -> Moments:
    """Moment of each text: its own, or the latest of its group's, since a group belongs where its latest text is."""
    if groups is None:
        return times
    _, group_of = np.unique(groups, return_inverse=True)
    latest = np.full(int(group_of.max(initial=-1)) + 1, -np.inf)
    np.maximum.at(latest, group_of, times)
    return np.asarray(latest[group_of], np.float64)


def cut_by_time(moments: Moments, shares: tuple[int, ...]) -> Rows:
    """Number of the part each text belongs to, the earliest in part 0; (n_texts,).

    Each cut lies between two different moments, as near to the shares as they allow, and no part is empty.

    Args:
        moments: of the texts, any unit.
        shares: of the parts from the earliest on.

    Raises:
        DataError: fewer different moments than parts.
    """
    known, counts = np.unique(moments, return_counts=True)
    n_parts = len(shares)
    if len(known) < n_parts:
        raise DataError(
            f"times: {n_parts} parts, one after the other, need at least {n_parts} different moments, got "
            f"{len(known)}; name a column with finer times by --time-column, or leave it out"
        )
    before = np.r_[0, np.cumsum(counts)]  # texts before each moment
    wanted = np.cumsum(shares) / sum(shares) * len(moments)
    cuts = [0] * n_parts + [len(known)]
    # The latest cut first: the test part comes nearest to its share.
    for part in range(n_parts - 1, 0, -1):
        allowed = np.arange(part, cuts[part + 1])
        cuts[part] = int(allowed[np.abs(before[allowed] - wanted[part - 1]).argmin()])
    rank = np.searchsorted(known, moments)
    return np.asarray(np.searchsorted(cuts[1:-1], rank, side="right"), np.intp)


def check_order(moments: Moments, rows: Mapping[str, Rows]) -> None:
    """Raise DataError where a part that was given as such isn't later than the parts before it.

    Args:
        moments: of the texts.
        rows: of the parts, by their names, in the order of time.
    """
    names = [name for name, own in rows.items() if len(own)]
    for early, late in pairwise(names):
        first = moments[rows[late]].min()
        overlap = int((moments[rows[early]] >= first).sum())
        if overlap:
            raise DataError(
                f"{overlap} of the {len(rows[early])} texts of {early} aren't earlier than the first of the given "
                f"{late} part; take them out, or leave --time-column out"
            )
