"""Which symbols follow each node of a tree: sets of whole numbers, halved until each number stands alone.

A node with one symbol takes one decision for each binary digit of it. A node with several says for each half of the
symbols whether any of them is there, and goes on in the halves that have some.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from compress.coding.bits import Bits, Coder, Model, Slots, Whole

Pairs = tuple[Whole, Whole]
_MIX, _SPREAD = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
ALONE, ONE, LEFT, RIGHT, _SORTS = range(5)  # sorts of decisions
# Decisions of one sort and depth have weights of their own.
_DEEPEST = 15
SETS = _SORTS * (_DEEPEST + 1)


class Hashed:
    """A model whose slots are found by hashes: contexts are any numbers.

    Args:
        digits: of a context's slots, in binary.
        contexts: of a decision.
        sets: of weights.
    """

    def __init__(self, digits: int, contexts: int, sets: int) -> None:
        self.digits = digits
        self.model = Model(contexts << digits, contexts, sets, most=24)
        self._shift = np.uint64(64 - digits)
        self._bases = (np.arange(contexts) << digits)[:, None]

    def slots(self, contexts: NDArray[np.uint64], node: Any) -> Slots:
        """(contexts, n) of hashes of as many contexts, and what is asked in each of them, (contexts, n) or (n,)."""
        hashed = (contexts + np.asarray(node).astype(np.uint64) * _SPREAD) * _MIX
        hashed ^= hashed >> np.uint64(29)
        return ((hashed * _SPREAD) >> self._shift).astype(np.int64) + self._bases


def mixed(*parts: Any) -> NDArray[np.uint64]:
    """One hash of several numbers, each (n,) or a single one."""
    total: Any = np.ones(1, np.uint64)
    for part in parts:
        total = (total + np.asarray(part).astype(np.uint64) + np.uint64(1)) * _MIX
        total = total ^ (total >> np.uint64(32))
    found: NDArray[np.uint64] = total
    return found


def code_sets(
    coder: Coder, hashed: Hashed, contexts: NDArray[np.uint64], digits: int, known: Pairs | None = None
) -> Pairs:
    """Pairs of node and symbol, sorted; every node has a symbol.

    Args:
        hashed: with `SETS` sets.
        contexts: (contexts, n) of the nodes.
        digits: of a symbol, in binary.
        known: the pairs; None where they are decoded.
    """
    if coder.kernel is not None:
        return coder.kernel.sets(hashed.model, hashed.digits, contexts, digits, known)
    n = contexts.shape[1]
    coder.take(n)
    node, symbol = (None, None) if known is None else known
    alone = None if node is None else np.bincount(node, minlength=n) == 1
    single = _asked(coder, hashed, contexts, np.zeros(n, np.int64), ALONE, 0, alone)
    ones = np.flatnonzero(single)
    found = np.ones(len(ones), np.int64)
    wanted = None
    if node is not None and symbol is not None:
        wanted = symbol[single[node] > 0]
    for level in range(digits):
        bit = None if wanted is None else wanted >> (digits - 1 - level) & 1
        found = 2 * found + _asked(coder, hashed, contexts[:, ones], found, ONE, level, bit)
    many = np.flatnonzero(single == 0)
    pairs = None
    if node is not None and symbol is not None:
        inside = single[node] == 0
        pairs = node[inside] << digits | symbol[inside]
    nodes, halves = _halved(coder, hashed, contexts, many, digits, pairs)
    all_nodes, all_symbols = np.r_[ones, nodes], np.r_[found, halves] - (1 << digits)
    order = np.lexsort((all_symbols, all_nodes))
    return all_nodes[order], all_symbols[order]


def _halved(coder: Coder, hashed: Hashed, contexts: Any, nodes: Whole, digits: int, pairs: Whole | None) -> Pairs:
    halves = np.ones(len(nodes), np.int64)
    for level in range(digits):
        low = None
        if pairs is not None:
            there = np.unique(pairs >> (digits - 1 - level))
            # A half counts from one, as its number in a tree of halves; without that one it is a prefix of symbols.
            wanted = (nodes << (level + 1)) | ((2 * halves) - (1 << (level + 1)))
            low, high = _among(wanted, there), _among(wanted + 1, there)
        left = _asked(coder, hashed, contexts[:, nodes], halves, LEFT, level, low)
        right = np.ones(len(nodes), np.int64)
        at = np.flatnonzero(left)
        right[at] = _asked(
            coder, hashed, contexts[:, nodes[at]], halves[at], RIGHT, level, None if low is None else high[at]
        )
        both = np.stack([left, right], axis=1).ravel() > 0
        coder.take(int(np.count_nonzero(both)) - len(nodes))
        nodes, halves = np.repeat(nodes, 2)[both], (2 * np.repeat(halves, 2) + np.tile([0, 1], len(halves)))[both]
    return nodes, halves


def _asked(coder: Coder, hashed: Hashed, contexts: Any, half: Whole, sort: int, level: int, known: Any) -> Bits:
    which = sort + _SORTS * min(level, _DEEPEST)
    # The first context knows the depth alone: what most halves of that size are like.
    asked = np.repeat((half * _SORTS + sort)[None, :], len(contexts), axis=0)
    asked[0] = level * _SORTS + sort
    return coder.bits(hashed.model, hashed.slots(contexts, asked), which, known)


def _among(wanted: Whole, there: Whole) -> NDArray[np.bool_]:
    place = np.minimum(np.searchsorted(there, wanted), max(len(there) - 1, 0))
    return there[place] == wanted if len(there) else np.zeros(len(wanted), bool)
