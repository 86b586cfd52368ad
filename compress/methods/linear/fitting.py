"""Weights of a linear model fitted to wanted probabilities, through a mask and through rounding.

The loss is the cross-entropy between wanted and own probabilities, summed over the classes of a text, the mean over
texts, plus a small pull towards where the weights began:

    loss = mean_i H(p_i, link((x_i · W + b) / T)) · T² + pull / 2 · |W - W_0|²

with the wanted probabilities p at temperature T. It is convex, so plain full steps of Adam (Kingma and Ba, 2015) with a
falling rate find its bottom; many texts are taken in parts. Rounded weights are seen by the loss, floats are moved: the
straight-through estimator of Bengio, Léonard and Courville (2013).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import Progress, ignore_progress
from baselines.task import Task, link

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Array = NDArray[np.float32]
# Texts of one step: a step of more takes longer and tells little more.
PART = 8192
_KEEP_MEAN, _KEEP_SQUARE = np.float32(0.9), np.float32(0.99)


@dataclass(frozen=True)
class Grid:
    """Where rounded weights may lie: `scale[c]` times an integer in -most..most.

    Attributes:
        scale: float32 (C,), > 0.
        most: 1 to 127.
    """

    scale: Array
    most: int

    def levels(self, weights: Array) -> Array:
        """The nearest integers, as float32 (n_features, C)."""
        return np.asarray(np.clip(np.rint(weights / self.scale), -self.most, self.most), np.float32)


@dataclass(frozen=True)
class Steps:
    """How long is learned.

    Attributes:
        n: steps, or passes over the texts where they are taken in parts.
        rate: of the first step; it falls to 0 by half a cosine.
        pull: of the weights towards where they began.
        temperature: T > 0; what is wanted is at this temperature too.
    """

    n: int
    rate: float = 0.02
    pull: float = 3e-6
    temperature: float = 1.0


def fit_to(
    rows: csr_matrix,
    wanted: Array,
    weights: Array,
    intercept: Array,
    steps: Steps,
    task: Task,
    *,
    mask: NDArray[np.bool_] | None = None,
    grid: Grid | None = None,
    seed: int = 0,
    progress: Progress = ignore_progress,
) -> tuple[Array, Array]:
    """Weights float32 (n_features, C) and intercepts (C,) after training; what comes in is only read.

    Args:
        rows: float32 (n_texts, n_features).
        wanted: probabilities, float32 (n_texts, C); of multiclass each row adds up to 1.
        weights: where to begin, float32 (n_features, C).
        intercept: float32 (C,).
        steps: how long.
        task: decides the link.
        mask: bool (n_features, C), weights that may move; the others stay as they are. None moves all.
        grid: weights are seen rounded to it; what is returned isn't rounded. None sees them as they are.
        seed: of the order of texts that are taken in parts.
        progress: called with (steps done, steps in all).
    """
    if not rows.shape[0]:
        return weights.copy(), intercept.copy()
    parts = [(part, part.T.tocsr(), wanted[chosen]) for part, chosen in _in_parts(rows, seed)]
    movable = None if mask is None else mask.astype(np.float32)
    moving, shift = _Adam(weights.copy()), _Adam(intercept.copy())
    total, heat = steps.n * len(parts), np.float32(steps.temperature)
    for number in range(total):
        part, turned, targets = parts[number % len(parts)]
        seen = moving.value if grid is None else grid.levels(moving.value) * grid.scale
        error = link((part @ seen + shift.value) / heat, task) - targets
        error *= heat / np.float32(part.shape[0])
        gradient = turned @ error
        gradient += np.float32(steps.pull) * (moving.value - weights)
        if movable is not None:
            gradient *= movable
        rate = steps.rate * 0.5 * (1 + np.cos(np.pi * (number + 1) / total))
        moving.step(gradient, rate)
        shift.step(error.sum(axis=0), rate)
        progress(number + 1, total)
    return moving.value, shift.value


def logits_of(rows: csr_matrix, weights: Array, intercept: Array) -> Array:
    """float32 (n_texts, C)."""
    return np.asarray(rows @ weights + intercept, np.float32)


def _in_parts(rows: csr_matrix, seed: int) -> list[tuple[csr_matrix, NDArray[np.intp]]]:
    n_texts = rows.shape[0]
    if n_texts <= PART:
        return [(rows, np.arange(n_texts))]
    order = np.random.default_rng(seed).permutation(n_texts)
    chosen = [np.sort(part) for part in np.array_split(order, -(-n_texts // PART))]
    return [(rows[part], part) for part in chosen]


class _Adam:
    """One array and its moments."""

    def __init__(self, value: Array) -> None:
        self.value = value
        self._mean, self._square, self._n = np.zeros_like(value), np.zeros_like(value), 0

    def step(self, gradient: Array, rate: float) -> None:
        """Move against the gradient, in place."""
        self._n += 1
        self._mean *= _KEEP_MEAN
        self._mean += (1 - _KEEP_MEAN) * gradient
        self._square *= _KEEP_SQUARE
        self._square += (1 - _KEEP_SQUARE) * gradient * gradient
        size = np.sqrt(self._square / np.float32(1 - float(_KEEP_SQUARE) ** self._n))
        size += np.float32(1e-8)
        self.value -= np.float32(rate / (1 - float(_KEEP_MEAN) ** self._n)) * self._mean / size
