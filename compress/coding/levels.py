"""Weights of n-grams in few levels, foretold by those of the n-grams they begin and end with.

A row is the levels of one n-gram, a class each. Of each row the number of levels that aren't zero comes first; then, class
by class, whether there is one, until all are found; then signs and magnitudes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from compress.coding.bits import Coder, Model
from compress.coding.kinship import TYPES, Kinship
from compress.coding.numbers import SPAN, code_numbers

Rows = NDArray[np.int8]
_CLASSES = 256  # whose contexts are apart


def code_levels(coder: Coder, kin: Kinship, rare: Any, n_classes: int, known: Rows | None = None) -> Rows:
    """Levels (n, n_classes) in -127..127, in the order of the rows of `kin`.

    Args:
        known: as the result; None where they are decoded.
    """
    return _Levels(coder, kin, rare, n_classes).coded(known)


class _Levels:
    def __init__(self, coder: Coder, kin: Kinship, rare: Any, n_classes: int) -> None:
        self.coder, self.kin, self.rare, self.n_classes = coder, kin, rare, n_classes
        # One row more than there are: what has no kin.
        self.rows = np.zeros((kin.n + 1, n_classes), np.int8)
        self.filled = np.zeros(kin.n + 1, np.int64)
        self.filled[-1] = -1
        q = min(n_classes, _CLASSES)
        self.sizes = Model(SPAN * (16 * 16 + 3 * 16 * 16 * TYPES), 4, TYPES)
        self.bounds = [81 * 24, q * 24, 15 * 8 * TYPES, 9 * q * 3, 9 * q * 3, 16 * 24 * TYPES, 6 * 8 * 4 * 6]
        self.offsets = np.cumsum([0, *self.bounds[:-1]])[:, None]
        self.flags = Model(sum(self.bounds), len(self.bounds), TYPES, most=512, growth=5, rate=23)
        self.signs = Model(81 + q * 3 + 15 * TYPES + 3 * 8 * TYPES, 4, TYPES)
        self.sizes_of_levels = Model(SPAN * (81 * 2 + 2 * q + 16 * TYPES * 2 + 9 * 8 * TYPES), 4, TYPES)
        left = np.arange(1, n_classes + 1)
        ratio = np.log2(np.maximum(left[None, :] / np.maximum(np.arange(n_classes + 1)[:, None], 1), 1))
        self.ratio = np.minimum((4 * ratio).astype(np.int64), 23)  # (remaining, left - 1)

    def coded(self, known: Rows | None) -> Rows:
        for first, last, kind in self.kin.chunks:
            self._chunk(slice(first, last), kind, None if known is None else known[first:last])
        return self.rows[:-1]

    def _chunk(self, rows: slice, kind: int, known: Rows | None) -> None:
        a, b = self.kin.prefix[rows], self.kin.suffix[rows]
        before, after = self.rows[a].astype(np.int64), self.rows[b].astype(np.int64)
        rare = self.rare[rows]
        filled = self._filled(a, b, rare, kind, known)
        self.filled[rows] = filled
        present = self._flags(before, after, rare, kind, filled, known)
        at, classes = np.nonzero(present)
        near, far = before[at, classes], after[at, classes]
        a4, b4 = np.clip(near, -4, 4) + 4, np.clip(far, -4, 4) + 4
        both = np.clip(near + far, -7, 7) + 7
        q = np.minimum(classes, _CLASSES - 1)
        width = min(self.n_classes, _CLASSES)
        few = np.minimum(filled[at], 7)
        contexts = np.stack(
            [
                a4 * 9 + b4,
                81 + q * 3 + np.sign(near) + 1,
                81 + width * 3 + both * TYPES + kind,
                81 + width * 3 + 15 * TYPES + (few * 3 + np.sign(near + far) + 1) * TYPES + kind,
            ]
        )
        values = None if known is None else known[at, classes].astype(np.int64)
        minus = self.coder.bits(self.signs, contexts, kind, None if values is None else values < 0)
        agree = np.where(minus > 0, -(near + far), near + far)
        agree = np.clip(agree, -4, 4) + 4
        contexts = np.stack(
            [
                (a4 * 9 + b4) * 2 + minus,
                162 + q * 2 + minus,
                162 + 2 * width + (rare[at] * TYPES + kind) * 2 + (few > 2),
                162 + 2 * width + 32 * TYPES + (agree * 8 + few) * TYPES + kind,
            ]
        )
        size = 1 + code_numbers(
            self.coder, self.sizes_of_levels, contexts, kind, None if values is None else np.abs(values) - 1
        )
        if size.max(initial=0) > 127:
            raise ArtifactError("coded bytes are damaged: a weight is out of range; make it again")
        chunk = self.rows[rows]
        chunk[at, classes] = np.where(minus > 0, -size, size)

    def _filled(self, a: Any, b: Any, rare: Any, kind: int, known: Rows | None) -> NDArray[np.int64]:
        x, y = _bucket(self.filled[a]), _bucket(self.filled[b])
        contexts = np.stack(
            [
                x * 16 + y,
                256 + (x * 16 + rare) * TYPES + kind,
                256 + 256 * TYPES + (y * 16 + rare) * TYPES + kind,
                256 + 512 * TYPES + (np.maximum(x, y) * 16 + np.minimum(x, y)) * TYPES + kind,
            ]
        )
        count = None if known is None else np.count_nonzero(known, axis=1)
        filled = code_numbers(self.coder, self.sizes, contexts, kind, count)
        if filled.max(initial=0) > self.n_classes:
            raise ArtifactError("coded bytes are damaged: more weights than classes; make it again")
        return filled

    def _flags(
        self, before: Any, after: Any, rare: Any, kind: int, filled: Any, known: Rows | None
    ) -> NDArray[np.bool_]:
        m = len(filled)
        a4, b4 = np.clip(before, -4, 4) + 4, np.clip(after, -4, 4) + 4
        both = np.clip(before + after, -7, 7) + 7
        ahead = np.cumsum((before != 0)[:, ::-1], axis=1)[:, ::-1]
        ahead_b = np.cumsum((after != 0)[:, ::-1], axis=1)[:, ::-1]
        pair = a4 * 9 + b4
        met = (before != 0) * 2 + (after != 0)
        width = min(self.n_classes, _CLASSES)
        present = np.zeros((m, self.n_classes), bool)
        left = filled.copy()
        base = self.offsets
        for q in range(self.n_classes):
            at = np.flatnonzero(left)
            if not len(at):
                break
            rest = self.n_classes - q
            remaining = left[at]
            ratio = self.ratio[remaining, rest - 1]
            few = np.minimum(remaining, 7)
            c = min(q, _CLASSES - 1)
            slots = (
                np.stack(
                    [
                        pair[at, q] * 24 + ratio,
                        c * 24 + ratio,
                        (both[at, q] * 8 + few) * TYPES + kind,
                        (a4[at, q] * width + c) * 3 + np.minimum(ratio // 8, 2),
                        (b4[at, q] * width + c) * 3 + np.minimum(ratio // 8, 2),
                        (rare[at] * 24 + ratio) * TYPES + kind,
                        ((np.minimum(ahead[at, q], 5) * 8 + few) * 4 + met[at, q]) * 6 + np.minimum(ahead_b[at, q], 5),
                    ]
                )
                + base
            )
            flag = self.coder.bits(self.flags, slots, kind, None if known is None else known[at, q] != 0)
            present[at, q] = flag
            left[at] -= flag
        if left.any():
            raise ArtifactError("coded bytes are damaged: fewer weights than promised; make it again")
        return present


def _bucket(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """0 to 15: none, 0 to 8 as they are, then coarser."""
    wide = np.clip(np.log2(np.maximum(counts, 1) / 8) * 2, 0, 5).astype(np.int64)
    return np.where(counts < 0, 0, np.where(counts <= 8, counts + 1, 10 + wide))
