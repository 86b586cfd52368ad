"""Weights of n-grams in few levels, foretold by those of the n-grams they begin and end with.

A row is the levels of one n-gram, a class each. Of each row the number of levels that aren't zero comes first; then,
class by class, whether there is one, until all are found; then signs and magnitudes. An n-gram that as many texts hold
as its kin stands in the same texts, so that the weights are alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from compress.coding.bits import RATE, Coder, Model, Whole
from compress.coding.kinship import TYPES, Kinship
from compress.coding.numbers import code_numbers, number_model
from compress.coding.rarity import size_class

Rows = NDArray[np.int8]
# Classes whose contexts are apart.
_CLASSES = 256
# How near an n-gram is to both of its kin in the number of texts: 3 times 3.
_NEAR = 9
_RATIOS, _RARE, _FILLED = 24, 16, 16


def _fourth_root_thresholds() -> Whole:
    """The smallest r of each class from 1 on: (r / 4096)^4 >= 2^k, so that no logarithm has to be rounded."""
    found, r = [], 4096
    for k in range(1, _RATIOS):
        while r**4 < 2**k * 4096**4:
            r += 1
        found.append(r)
    return np.array(found, np.int64)


# Classes that are left, in 4096ths of the levels that are: a ratio's class is how many of these it reaches.
FIRST_OF_RATIO = _fourth_root_thresholds()
_FIRST_OF_FILLED = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 23, 32, 46], np.int64)


def code_levels(coder: Coder, kin: Kinship, numbers: Whole, n_classes: int, known: Rows | None = None) -> Rows:
    """Levels (n, n_classes) in -127..127, in the order of the rows of `kin`.

    Args:
        coder: of either direction.
        kin: of the rows.
        numbers: of each row, how many texts hold it; (n,).
        n_classes: levels of a row.
        known: as the result; None where they are decoded.
    """
    if coder.kernel is not None:
        return coder.kernel.levels(kin, numbers, FIRST_OF_RATIO, n_classes, known)
    return _Levels(coder, kin, numbers, n_classes).coded(known)


@dataclass(frozen=True)
class Chunk:
    """Rows that are coded together, and what is known of them before.

    Attributes:
        kind: their sort.
        before, after: int8 (m, n_classes), levels of both kin.
        rare: class of how many texts hold each; (m,).
        near: how near that is to both kin; (m,).
        filled: levels that aren't zero; (m,).
    """

    kind: int
    before: Rows
    after: Rows
    rare: Whole
    near: Whole
    filled: Whole


class _Levels:
    def __init__(self, coder: Coder, kin: Kinship, numbers: Whole, n_classes: int) -> None:
        self.coder, self.kin, self.n_classes = coder, kin, n_classes
        self.rare = np.minimum(size_class(numbers), _RARE - 1)
        self.near = 3 * _nearness(numbers, kin.prefix) + _nearness(numbers, kin.suffix)
        # One row more than there are: what has no kin.
        self.rows = np.zeros((kin.n + 1, n_classes), np.int8)
        self.filled = np.zeros(kin.n + 1, np.int64)
        self.filled[-1] = -1
        width = self.width = min(n_classes, _CLASSES)
        mixes = _FILLED * _FILLED
        self.filled_bases = _bases(mixes * _NEAR, mixes * TYPES, mixes * TYPES, mixes * TYPES)
        self.filled_model = number_model(int(self.filled_bases[-1, 0]), 4, TYPES)
        self.sign_bases = _bases(81, width * 3, 15 * TYPES, 3 * 8 * TYPES)
        self.sign_model = Model(int(self.sign_bases[-1, 0]), 4, TYPES)
        self.size_bases = _bases(81 * 2 * _NEAR, 2 * width, _RARE * TYPES * 2, 9 * 8 * TYPES)
        self.size_model = number_model(int(self.size_bases[-1, 0]), 4, TYPES)
        self.flag_bases = flag_bases(width)
        self.flag_model = Model(
            int(self.flag_bases[-1, 0]), len(self.flag_bases) - 1, TYPES, most=512, growth=5, rate=RATE + 1
        )

    def coded(self, known: Rows | None) -> Rows:
        for first, last, kind in self.kin.chunks:
            self._code(slice(first, last), kind, None if known is None else known[first:last])
        return self.rows[:-1]

    def _code(self, rows: slice, kind: int, known: Rows | None) -> None:
        a, b, rare, near = self.kin.prefix[rows], self.kin.suffix[rows], self.rare[rows], self.near[rows]
        filled = self.filled[rows] = self._filled(a, b, rare, near, kind, known)
        chunk = Chunk(kind, self.rows[a], self.rows[b], rare, near, filled)
        given = None if known is None else known != 0
        present = code_flags(self.coder, self.flag_model, self.flag_bases, self.width, chunk, given)
        if bool((np.count_nonzero(present, axis=1) != filled).any()):
            raise ArtifactError("coded bytes are damaged: fewer weights than promised; make it again")
        at, classes = np.nonzero(present)
        values = None if known is None else known[at, classes].astype(np.int64)
        self.rows[rows][at, classes] = self._values(chunk, at, np.minimum(classes, self.width - 1), classes, values)

    def _filled(self, a: Whole, b: Whole, rare: Whole, near: Whole, kind: int, known: Rows | None) -> Whole:
        x, y = (np.searchsorted(_FIRST_OF_FILLED, self.filled[kin], side="right") for kin in (a, b))
        contexts = [
            (x * _FILLED + y) * _NEAR + near,
            (x * _RARE + rare) * TYPES + kind,
            (y * _RARE + rare) * TYPES + kind,
            (np.maximum(x, y) * _FILLED + np.minimum(x, y)) * TYPES + kind,
        ]
        count = None if known is None else np.count_nonzero(known, axis=1)
        filled = code_numbers(self.coder, self.filled_model, np.stack(contexts) + self.filled_bases[:-1], kind, count)
        if filled.max(initial=0) > self.n_classes:
            raise ArtifactError("coded bytes are damaged: more weights than classes; make it again")
        return filled

    def _values(self, chunk: Chunk, at: Whole, column: Whole, classes: Whole, known: Whole | None) -> Whole:
        """Levels that aren't zero, of rows and classes."""
        before, after = chunk.before[at, classes].astype(np.int64), chunk.after[at, classes].astype(np.int64)
        a, b = np.clip(before, -4, 4) + 4, np.clip(after, -4, 4) + 4
        both, few = before + after, np.minimum(chunk.filled[at], 7)
        contexts = [
            a * 9 + b,
            column * 3 + np.sign(before) + 1,
            (np.clip(both, -7, 7) + 7) * TYPES + chunk.kind,
            (few * 3 + np.sign(both) + 1) * TYPES + chunk.kind,
        ]
        slots = np.stack(contexts) + self.sign_bases[:-1]
        minus = self.coder.bits(self.sign_model, slots, chunk.kind, None if known is None else known < 0)
        agrees = np.clip(np.where(minus > 0, -both, both), -4, 4) + 4
        contexts = [
            ((a * 9 + b) * 2 + minus) * _NEAR + chunk.near[at],
            column * 2 + minus,
            (chunk.rare[at] * TYPES + chunk.kind) * 2 + (few > 2),
            (agrees * 8 + few) * TYPES + chunk.kind,
        ]
        slots = np.stack(contexts) + self.size_bases[:-1]
        size = 1 + code_numbers(
            self.coder, self.size_model, slots, chunk.kind, None if known is None else abs(known) - 1
        )
        if size.max(initial=0) > 127:
            raise ArtifactError("coded bytes are damaged: a weight is out of range; make it again")
        return np.where(minus > 0, -size, size)


def flag_bases(width: int) -> Whole:
    """Where each context's slots of `code_flags` begin, and how many there are; (contexts + 1, 1)."""
    return _bases(
        81 * _RATIOS * _NEAR,
        width * _RATIOS,
        6 * 8 * 4 * 6 * _NEAR,
    )


def code_flags(
    coder: Coder, model: Model, bases: Whole, width: int, chunk: Chunk, known: NDArray[np.bool_] | None
) -> NDArray[np.bool_]:
    """Where the levels of a chunk aren't zero; bool (m, n_classes)."""
    n, n_classes = chunk.before.shape
    present = np.zeros((n, n_classes), bool)
    left = chunk.filled.copy()
    ahead, ahead_after = np.count_nonzero(chunk.before, axis=1), np.count_nonzero(chunk.after, axis=1)
    for column in range(n_classes):
        before, after = chunk.before[:, column].astype(np.int64), chunk.after[:, column].astype(np.int64)
        at = np.flatnonzero(left)
        if not len(at):
            break
        a, b, c = np.clip(before, -4, 4) + 4, np.clip(after, -4, 4) + 4, min(column, width - 1)
        slots = np.empty((len(bases) - 1, len(at)), np.int64)
        remaining, near = left[at], chunk.near[at]
        ratio = np.searchsorted(FIRST_OF_RATIO, ((n_classes - column) << 12) // remaining, side="right")
        few = np.minimum(remaining, 7)
        met = (before[at] != 0) * 2 + (after[at] != 0)
        slots[0] = ((a[at] * 9 + b[at]) * _RATIOS + ratio) * _NEAR + near
        slots[1] = c * _RATIOS + ratio
        kin = (np.minimum(ahead[at], 5) * 8 + few) * 4 + met
        slots[2] = (kin * 6 + np.minimum(ahead_after[at], 5)) * _NEAR + near
        slots += bases[:-1]
        flag = coder.bits(model, slots, chunk.kind, None if known is None else known[at, column])
        present[at, column] = flag
        left[at] -= flag
        ahead -= before != 0
        ahead_after -= after != 0
    return present


def _nearness(numbers: Whole, kin: Whole) -> Whole:
    """0 where a row and its kin are in as many texts, 1 where in nearly as many, else 2."""
    own, other = numbers, numbers[kin]
    near = np.where(2 * other <= 3 * own + 2, 1, 2)
    return np.where(kin < 0, 2, np.where(own == other, 0, near))


def _bases(*sizes: int) -> Whole:
    return np.cumsum([0, *sizes])[:, None]
