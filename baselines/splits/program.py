"""Coverage of classes as an integer program, solved exactly by HiGHS through SciPy.

Items with the same marks and size are one kind, and the unknowns are how many of each kind stand in each part. Classes
that stand safely everywhere are left out of the kinds, so that data of many texts stay a program of a few hundred
unknowns; what is found counts only where it is better with them as well. The objectives are those of `items.lack`, one
after the other, then the number of items that move.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from baselines.splits.items import Counts, Items, Rows, held_by, lack

# A class with more items than this in each part isn't looked at: fewer than these change places.
THIN = 10
# Beyond this many unknowns of kinds and parts, swaps have to do; and no search looks at more nodes than this. Not
# seconds, so that the same data and seed give the same parts on every machine.
MOST_UNKNOWNS = 4_000
_MOST_NODES = 5_000

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class _Kinds:
    """Items by kind.

    Attributes:
        marks: bool (K, C), of the classes that are looked at.
        sizes: texts of an item; (K,).
        of: kind of each item; (n_items,).
        dealt: items in each part as dealt; (K, P).
    """

    marks: NDArray[np.bool_]
    sizes: Counts
    of: Rows
    dealt: Counts


def solved(items: Items, dealt: Rows, owner: Rows, n_parts: int) -> Rows:
    """Parts with the least lack, nearest to those that were dealt; `owner` where none is better or it is too large.

    Args:
        items: what is dealt.
        dealt: part of each item; its sizes are kept, and moves are counted from here.
        owner: the best that is known.
        n_parts: number of parts.
    """
    thin = held_by(items.marks, owner, n_parts).min(axis=0) <= THIN
    kinds = _kinds(items, items.marks[:, thin & items.marks.any(axis=0)], dealt, n_parts)
    if kinds.dealt.size > MOST_UNKNOWNS:
        return owner
    counts = _solve(kinds, items.slack, n_parts)
    if counts is None:
        return owner
    found = _placed(kinds, dealt, counts)
    return found if lack(items.marks, found, n_parts) < lack(items.marks, owner, n_parts) else owner


def _kinds(items: Items, marks: NDArray[np.bool_], dealt: Rows, n_parts: int) -> _Kinds:
    keys = np.concatenate([marks.astype(np.intp), items.sizes[:, None]], axis=1)
    kinds, of = np.unique(keys, axis=0, return_inverse=True)
    of = of.reshape(-1)
    counts = np.zeros((len(kinds), n_parts), np.intp)
    np.add.at(counts, (of, dealt), 1)
    return _Kinds(kinds[:, :-1].astype(np.bool_), kinds[:, -1], of, counts)


def _solve(kinds: _Kinds, slack: int, n_parts: int) -> Counts | None:
    """Items of each kind in each part, (K, P); None where the search finds none within its limits.

    Unknowns in a row: x (K, P) items; u (P, C) at least 1 where no item of a class is in a part; m (K, P) items that
    came into a part.
    """
    n_kinds, n_classes = kinds.marks.shape
    n_x, n_u = n_kinds * n_parts, n_parts * n_classes
    totals = kinds.dealt.sum(axis=1)
    constraints = _constraints(kinds, slack, n_parts)
    upper = np.r_[np.repeat(totals, n_parts), np.ones(n_u), np.repeat(totals, n_parts)].astype(float)
    found: Vector | None = None
    for goal in _goals(kinds, n_parts):
        result = milp(
            goal,
            # All whole, though u and m follow from x: HiGHS prints a line where it has to solve for such ones apart.
            integrality=np.ones(len(upper)),
            bounds=Bounds(np.zeros(len(upper)), upper),
            constraints=constraints,
            options={"node_limit": _MOST_NODES, "mip_rel_gap": 0.0},
        )
        if result.x is None:
            break
        found = np.asarray(result.x, np.float64)
        constraints.append(LinearConstraint(goal[None, :], -np.inf, round(float(goal @ found)) + 1e-6))
    return None if found is None else np.rint(found[:n_x]).astype(np.intp).reshape(n_kinds, n_parts)


def _goals(kinds: _Kinds, n_parts: int) -> list[Vector]:
    n_kinds, n_classes = kinds.marks.shape
    nothing, none = np.zeros(n_kinds * n_parts), np.zeros((n_parts, n_classes))
    enough = kinds.dealt.sum(axis=1) @ kinds.marks >= n_parts
    every, first = none + 1, none.copy()
    first[0] = 1
    pairs = [np.r_[nothing, goal.ravel(), nothing] for goal in (first * enough, every * enough, first, every)]
    return [*pairs, np.r_[nothing, none.ravel(), nothing + 1]]


def _constraints(kinds: _Kinds, slack: int, n_parts: int) -> list[LinearConstraint]:
    n_kinds, n_classes = kinds.marks.shape
    n_x, n_u = n_kinds * n_parts, n_parts * n_classes
    one_part, one_kind = sparse.identity(n_parts), sparse.identity(n_kinds)
    no_u, no_m = sparse.csr_matrix((n_x, n_u)), sparse.csr_matrix((n_u, n_x))

    def of_x(matrix: sparse.spmatrix) -> sparse.spmatrix:
        return sparse.hstack([matrix, sparse.csr_matrix((matrix.shape[0], n_u + n_x))], format="csr")

    totals = kinds.dealt.sum(axis=1)
    sizes = kinds.sizes @ kinds.dealt
    everyone = of_x(sparse.kron(one_kind, np.ones((1, n_parts))))
    in_part = of_x(sparse.kron(kinds.sizes[None, :].astype(float), one_part))
    somebody = of_x(sparse.kron(np.ones((1, n_kinds)), one_part))
    # Rows (part, class): the class's items in the part.
    marked = sparse.vstack([sparse.kron(kinds.marks.T.astype(float), one_part.tocsr()[[p]]) for p in range(n_parts)])
    seen = sparse.hstack([marked, sparse.identity(n_u), no_m], format="csr")
    moved = sparse.hstack([-sparse.identity(n_x), no_u, sparse.identity(n_x)], format="csr")
    return [
        LinearConstraint(everyone, totals, totals),
        LinearConstraint(in_part, sizes - slack, sizes + slack),
        LinearConstraint(somebody, 1, np.inf),
        LinearConstraint(seen, 1, np.inf),
        LinearConstraint(moved, -kinds.dealt.ravel(), np.inf),
    ]


def _placed(kinds: _Kinds, dealt: Rows, counts: Counts) -> Rows:
    """Items in the parts that the counts say, each left where it is as long as its kind is wanted there."""
    owner = dealt.copy()
    for kind in np.flatnonzero((counts != kinds.dealt).any(axis=1)):
        change = counts[kind] - kinds.dealt[kind]
        leaving = [
            item
            for part in np.flatnonzero(change < 0)
            for item in np.flatnonzero((kinds.of == kind) & (dealt == part))[: -change[part]]
        ]
        owner[np.array(leaving, np.intp)] = np.repeat(np.arange(len(change)), np.maximum(change, 0))
    return owner
