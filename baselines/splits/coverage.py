"""A class with enough texts stands in every part: rows change places until it does, and parts keep their sizes.

Swaps of two rows mend nearly everything. Where a class is still missing although it has enough texts, an integer
program (`baselines.splits.program`) looks at all assignments at once: on small data a class may only find its place
when three rows move round.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from baselines.splits.items import Counts, Items, Rows, held_by, lack, least_lack

# Items by which parts may grow or shrink, so that training knows every class.
MOST_GROWTH = 2
# Of a class's items, and of those they may change places with, this many are tried: enough where a class is rare.
_TRIED = 30
_PARTNERS = 400
_PASSES = 10


def covered(items: Items, owner: Rows, n_parts: int) -> Rows:
    """The same parts with as few classes missing as can be; (n_items,) in 0..n_parts-1.

    First as few classes with at least `n_parts` items as possible are missing in part 0 (what is never seen in training
    can't be learned), then as few pairs of a part and such a class; then the same for classes with fewer items; then
    few items move. Where nothing can be mended the parts stay as they are. Sizes change only where a class would
    otherwise be missing in part 0, and nothing is lost by that.

    Args:
        items: what is dealt.
        owner: part of each item, as dealt; not changed.
        n_parts: number of parts.
    """
    found, least = owner.copy(), least_lack(items.marks, n_parts)
    if lack(items.marks, found, n_parts) > least:
        found = _swapped(items, found, n_parts)
    if lack(items.marks, found, n_parts) == least:
        return found
    # Imported here: it asks for SciPy, and nearly all data are covered without.
    from baselines.splits.program import solved

    for slack in range(items.slack, items.slack + MOST_GROWTH + 1):
        found = solved(replace(items, slack=slack), owner, found, n_parts)
        if not lack(items.marks, found, n_parts)[2]:
            break
    _into_training(items, found, n_parts)
    return found


def _swapped(items: Items, owner: Rows, n_parts: int) -> Rows:
    """Pairs of items change places, or single ones move where sizes may change, as long as that mends something."""
    held = held_by(items.marks, owner, n_parts)
    dealt = np.bincount(owner, items.sizes, n_parts).astype(np.intp)
    order = np.argsort(items.marks.sum(axis=0), kind="stable")
    for _ in range(_PASSES):
        mended = False
        missing = [(p, int(c)) for p in range(n_parts) for c in order if held[p, c] == 0 and items.marks[:, c].any()]
        for part, column in missing:
            if held[part, column] == 0 and (change := _best_swap(items, owner, held, dealt, part, column)):
                _apply(items, owner, held, part, *change)
                mended = True
        if not mended:
            break
    return owner


def _best_swap(
    items: Items, owner: Rows, held: Counts, dealt: Counts, part: int, column: int
) -> tuple[int, int | None] | None:
    """Item that comes into the part and the one that leaves for it (None: nobody); None where nothing gets better."""
    coming = np.flatnonzero(items.marks[:, column] & (owner != part))[:_TRIED]
    own = np.flatnonzero(owner == part)
    risk = (items.marks[own] & (held[part] == 1)).sum(axis=1)
    leaving = own[np.argsort(risk, kind="stable")[:_PARTNERS]]
    nobody = np.zeros((1, items.marks.shape[1]), np.bool_)
    marks = np.concatenate([items.marks[leaving], nobody]).astype(np.intp)
    sizes = np.append(items.sizes[leaving], 0)
    enough = items.marks.sum(axis=0) >= len(held)
    best: tuple[int, int] = (0, 0)
    chosen: tuple[int, int | None] | None = None
    for row in coming:
        difference = items.marks[row].astype(np.intp) - marks  # (partners + 1, C)
        change = _changes(held, difference, part, int(owner[row]), enough)
        allowed = _allowed(items, owner, dealt, part, int(owner[row]), int(items.sizes[row]) - sizes)
        unlike = np.abs(difference).sum(axis=1)
        at = int(np.lexsort((unlike, np.where(allowed, change, np.iinfo(np.intp).max)))[0])
        value = int(change[at]), int(unlike[at])
        if allowed[at] and change[at] < 0 and value < best:
            best, chosen = value, (int(row), int(leaving[at]) if at < len(leaving) else None)
    return chosen


def _changes(held: Counts, difference: Counts, part: int, giver: int, enough: NDArray[np.bool_]) -> Counts:
    """By how much each swap changes what is missing, `Lack` as one number; (partners,).

    Args:
        held: items of each class in each part; (P, C).
        difference: marks that come into the part less those that leave it, by partner; (partners, C).
        part, giver: who change items.
        enough: whether a class has at least as many items as there are parts; (C,).
    """
    scale = 2 * held.size + 1
    change = np.zeros(len(difference), np.intp)
    for place, sign in ((part, 1), (giver, -1)):
        gone = ((held[place] + sign * difference) == 0).astype(np.intp) - (held[place] == 0)  # 1: lost, -1: gained
        every, wanted = gone.sum(axis=1), gone[:, enough].sum(axis=1)
        change += every + scale**2 * wanted
        if place == 0:
            change += scale * every + scale**3 * wanted
    return change


def _allowed(
    items: Items, owner: Rows, dealt: Counts, part: int, giver: int, growth: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """For each partner whether both parts keep their size within the slack, and the giver something at all."""
    grown, shrunk = (int(items.sizes[owner == place].sum()) for place in (part, giver))
    fits = (np.abs(grown + growth - dealt[part]) <= items.slack) & (
        np.abs(shrunk - growth - dealt[giver]) <= items.slack
    )
    return np.asarray(fits & (shrunk - growth > 0), np.bool_)


def _apply(items: Items, owner: Rows, held: Counts, part: int, coming: int, leaving: int | None) -> None:
    giver = owner[coming]
    for item, place in ((coming, part), *(((leaving, giver),) if leaving is not None else ())):
        held[owner[item]] -= items.marks[item]
        held[place] += items.marks[item]
        owner[item] = place


def _into_training(items: Items, owner: Rows, n_parts: int) -> None:
    """Where sizes leave no way, part 0 grows, unless a class with enough items would lose its place by that."""
    held = held_by(items.marks, owner, n_parts)
    for column in np.flatnonzero((held[0] == 0) & items.marks.any(axis=0)):
        left, best = np.bincount(owner, minlength=n_parts), lack(items.marks, owner, n_parts)
        chosen: int | None = None
        for item in np.flatnonzero(items.marks[:, column])[:_TRIED]:
            if held[0, column] == 0 and left[owner[item]] > 1:
                moved = owner.copy()
                moved[item] = 0
                if (found := lack(items.marks, moved, n_parts)) < best:
                    best, chosen = found, int(item)
        if chosen is not None:
            _apply(items, owner, held, 0, chosen, None)
