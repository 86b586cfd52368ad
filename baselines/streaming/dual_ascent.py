"""Linear models of all classes at once, in time that is linear in the texts: dual coordinate ascent by blocks of texts.

Minimises `|w|² / 2 + Σ c_i · loss(y_i · (w · x_i + b))` for each class, the intercept b being the weight of one more
column of ones, by its dual: `w = Σ u_i x_i`, and each text's u is moved to where the dual is largest while the others
stay. Source: Hsieh et al., "A dual coordinate descent method for large-scale linear SVM" (2008), Yu, Huang and Lin,
"Dual coordinate descent methods for logistic regression" (2011), as in liblinear. Here a block of texts reads its
columns of the weights once, the texts' products with each other say how the steps of some change the margins of the
next, and GROUP texts step side by side, each as carefully as if all the others of its group went its way.

A first pass needs no memory of the texts; later ones need each text's u, float32 (n_classes,).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Loss = Literal["logistic", "hinge"]
Floats = NDArray[np.float32]
# Texts that read the weights together, and that step side by side: larger groups need more passes.
BLOCK, GROUP = 128, 8
# Over all texts. After so many, held-out texts are answered as well as by the exact solution.
PASSES: Mapping[Loss, int] = {"logistic": 3, "hinge": 6}
# Of the order of the texts: like the solver it takes the place of, a fit is the same every time.
SEED = 0
MOST_MOVED = 1 << 27
_CHUNK = 4096
# Steps of Newton's method towards one text's best u; a bracket around it is kept.
_STEPS = 6


@dataclass
class DualAscent:
    """Weights of some classes that learn block by block.

    Attributes:
        weights: float32 (n_features, n_classes).
        intercept: float32 (n_classes,).
        loss: `logistic`, or the squared `hinge`.
    """

    weights: Floats
    intercept: Floats
    loss: Loss

    @classmethod
    def empty(cls, n_features: int, n_classes: int, loss: Loss) -> DualAscent:
        """Before the first text."""
        return cls(np.zeros((n_features, n_classes), np.float32), np.zeros(n_classes, np.float32), loss)

    def learn(self, rows: csr_matrix, truth: NDArray[np.bool_], costs: Floats, moved: Floats) -> None:
        """One pass over some texts.

        Args:
            rows: float32 (n_texts, n_features).
            truth: (n_texts, n_classes).
            costs: what a text's loss weighs, c above; (n_texts, n_classes).
            moved: each text's u so far, 0 in the first pass; changed in place.
        """
        for start in range(0, rows.shape[0], BLOCK):
            own = slice(start, start + BLOCK)
            signs = np.where(truth[own], np.float32(1), np.float32(-1))
            moved[own] += self._block(_part(rows, start, len(signs)), signs, costs[own], moved[own])

    def _block(self, block: _Block, signs: Floats, costs: Floats, moved: Floats) -> Floats:
        """Let the texts of a block step; returns what u changed by."""
        rows = block.rows
        near = (rows @ rows.T).toarray() + np.float32(1)  # (m, m), the column of ones included
        weights = self.weights[block.columns]
        logits = rows @ weights + self.intercept
        change = np.zeros_like(moved)
        solve = _logistic_margin if self.loss == "logistic" else _hinge_margin
        for start in range(0, len(signs), GROUP):
            own = slice(start, start + GROUP)
            reach = np.abs(near[own, own]).sum(axis=1)[:, None]
            margin = signs[own] * logits[own]
            reached = solve(margin, signs[own] * moved[own], reach, costs[own])
            change[own] = signs[own] * (reached - margin) / reach
            if start + GROUP < len(signs):
                logits[start + GROUP :] += near[start + GROUP :, own] @ change[own]
        self.intercept += change.sum(axis=0)
        self.weights[block.columns] = weights + rows.T @ change
        return change


@dataclass(frozen=True)
class _Block:
    """Rows of some texts over the columns that any of them has."""

    columns: NDArray[Any]
    rows: csr_matrix


def _part(rows: csr_matrix, start: int, n: int) -> _Block:
    from scipy.sparse import csr_matrix

    low, high = rows.indptr[start], rows.indptr[start + n]
    columns, places = np.unique(rows.indices[low:high], return_inverse=True)
    content = (rows.data[low:high], places.astype(np.int32), (rows.indptr[start : start + n + 1] - low))
    return _Block(columns, csr_matrix(content, shape=(n, len(columns))))


def _logistic_margin(margin: Floats, alpha: Floats, reach: Floats, costs: Floats) -> Floats:
    """The margin s after the best step of each text: the root of `s = margin + reach · (cost · σ(-s) - alpha)`.

    All (group, n_classes), reach (group, 1); alpha is u times the sign, from 0 to the cost.
    """
    most = reach * costs
    low = margin - reach * alpha
    base = low
    # log1p(most) lies above the root of a base of 0.
    high = np.minimum(base + most, np.maximum(base, 0) + np.log1p(most))
    at = np.clip(margin, low, high)
    for _ in range(_STEPS):
        share = 1 / (1 + np.exp(np.clip(at, -30, 30)))
        gap = at - base - most * share
        low, high = np.where(gap < 0, at, low), np.where(gap < 0, high, at)
        new = at - gap / (1 + most * share * (1 - share))
        at = np.where((new <= low) | (new >= high), (low + high) / 2, new)
    return at.astype(np.float32)


def _hinge_margin(margin: Floats, alpha: Floats, reach: Floats, costs: Floats) -> Floats:
    """The same for the squared hinge, whose dual has no upper bound: alpha is 0 or above."""
    softness = 1 / (2 * costs)
    new = np.maximum(0, alpha - (margin - 1 + softness * alpha) / (reach + softness))
    return np.asarray(margin + reach * (new - alpha), np.float32)


def costs_of(
    positives: NDArray[np.intp], n_texts: int, penalty: float, balanced: bool, *, together: bool
) -> tuple[Floats, Floats]:
    """What an error on positives and on negatives costs in each class, as scikit-learn's solvers weigh them.

    Args:
        positives: texts of each class, (n_classes,).
        n_texts: in all.
        penalty: scikit-learn's C.
        balanced: inversely to the number of positives, and of negatives.
        together: as where one call fits all classes, and weighs the positives alone.
    """
    up = np.full(len(positives), penalty)
    down = up.copy()
    if balanced and together:
        up *= n_texts / (len(positives) * positives)
    elif balanced:
        up, down = up * n_texts / (2 * positives), down * n_texts / (2 * (n_texts - positives))
    return up.astype(np.float32), down.astype(np.float32)


def fit_by_ascent(
    rows: csr_matrix,
    truth: NDArray[np.bool_],
    up: Floats,
    down: Floats,
    loss: Loss,
    progress: Callable[[int, int], None],
) -> tuple[Floats, Floats]:
    """Weights float32 (n_classes, n_features) and intercepts (n_classes,) of classes that have both sides.

    Args:
        rows: float32 (n_texts, n_features).
        truth: (n_texts, n_classes).
        up, down: c above of each class's positives and negatives; (n_classes,).
        loss: `logistic`, or the squared `hinge`.
        progress: told of every chunk of texts.
    """
    n_texts, n_classes = truth.shape
    coef = np.empty((n_classes, rows.shape[1]), np.float32)
    intercept = np.empty(n_classes, np.float32)
    # What is remembered of the texts, and the weights, have a bound: of very many classes some learn after others.
    together = max(1, min(n_classes, MOST_MOVED // max(n_texts, rows.shape[1])))
    starts = range(0, n_classes, together)
    for number, start in enumerate(starts):
        own = slice(start, start + together)
        found = _fit_group(rows, truth[:, own], up[own], down[own], loss, _shifted(progress, number, len(starts)))
        coef[own], intercept[own] = found.weights.T, found.intercept
    return coef, intercept


def _fit_group(
    rows: csr_matrix,
    truth: NDArray[np.bool_],
    up: Floats,
    down: Floats,
    loss: Loss,
    progress: Callable[[int, int], None],
) -> DualAscent:
    ascent = DualAscent.empty(rows.shape[1], truth.shape[1], loss)
    moved = np.zeros(truth.shape, np.float32)
    starts, n_passes = range(0, len(truth), _CHUNK), PASSES[loss]
    for number in range(n_passes):
        order = np.random.default_rng([SEED, number]).permutation(len(truth))
        for step, start in enumerate(starts):
            own = order[start : start + _CHUNK]
            of_chunk = moved[own]
            ascent.learn(rows[own], truth[own], np.where(truth[own], up, down), of_chunk)
            moved[own] = of_chunk
            progress(number * len(starts) + step + 1, n_passes * len(starts))
    return ascent


def _shifted(progress: Callable[[int, int], None], number: int, of: int) -> Callable[[int, int], None]:
    return lambda done, total: progress(number * total + done, of * total)
