"""Scores made into probabilities that can be believed: one scale for all classes, fitted by likelihood.

The scores must be of texts that the model hasn't learned from: validation, or held-out folds of training. Source:
Platt, "Probabilistic outputs for support vector machines" (1999); Guo et al., "On calibration of modern neural
networks" (2017) for the temperature.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from baselines.scores.weightings import MOST_DRAWN
from baselines.task import LabelMatrix, Probabilities, Task

_EDGE = 1e-6
# Slopes searched: beyond them scores are noise, or right without exception.
_SLOPES = (1e-2, 1e2)
# Cells of one block: what a core keeps at hand.
_CELLS = 200_000

Floats = NDArray[np.float64]


def fit_platt(logits: Floats, truth: LabelMatrix, *, iterations: int = 50, ridge: float = 1.0) -> tuple[float, float]:
    """Slope a and offset b that maximise the likelihood of `σ(a · logit + b)`, drawn weakly to a = 1, b = 0.

    Newton's method on all texts and classes together; `ridge` is the strength of the pull, in observations.
    """
    at = np.array([1.0, 0.0])
    for _ in range(iterations):
        gradient, curvature = ridge * (at - [1.0, 0.0]), ridge * np.eye(2)
        for rows in _blocks(logits):
            x = np.stack([logits[rows].ravel(), np.ones(logits[rows].size)])  # (2, n)
            p = logistic(at @ x)
            gradient = x @ (p - truth[rows].ravel()) + gradient
            curvature = (x * (p * (1 - p))) @ x.T + curvature
        step = np.linalg.solve(curvature, gradient)
        at = at - step * min(1.0, 1.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-8:
            break
    return float(max(at[0], 0.0)), float(at[1])


def fit_softmax_slope(logits: Floats, truth: LabelMatrix, *, iterations: int = 60) -> float:
    """The slope a = 1 / temperature that maximises the likelihood of `softmax(a · logits)`.

    The likelihood is concave in a, so bisection of its derivative finds the one maximum.

    Args:
        logits: (n_texts, n_classes).
        truth: bool of the same shape, one class a text.

    Returns:
        a number in 0.01..100; 1 for no texts.
    """
    if not len(logits):
        return 1.0
    of_true, blocks = logits[truth][:, None], _blocks(logits)
    low, high = np.log(_SLOPES)
    for _ in range(iterations):
        middle = (low + high) / 2
        rise = np.concatenate([_rises(logits[rows] - of_true[rows], np.exp(middle)) for rows in blocks]).mean()
        low, high = (low, middle) if rise > 0 else (middle, high)
    return float(np.exp((low + high) / 2))


def _rises(gap: Floats, slope: float) -> Floats:
    """The derivative of each text's loss: what the classes stand above the true one, on average over the softmax.

    Args:
        gap: (n, C), how far each class stands above the true one.
        slope: that the logits are multiplied by.
    """
    powers = slope * gap
    weights = np.exp(powers - powers.max(axis=1, keepdims=True))
    rises: Floats = (weights * gap).sum(axis=1) / weights.sum(axis=1)
    return rises


def _blocks(logits: Floats) -> list[slice]:
    """Rows that are taken together, at least `MOST_DRAWN`; copies of all cells would take 60 bytes each."""
    step = max(MOST_DRAWN, _CELLS // max(logits.shape[-1], 1)) if logits.ndim > 1 else _CELLS
    return [slice(start, start + step) for start in range(0, len(logits), step)]


def fit_scale(logits: Floats, truth: LabelMatrix, task: Task) -> tuple[float, float]:
    """Slope and offset for the task's link: of the softmax a slope alone, of the logistic function both.

    The slope is above 0, so that the order of the classes, and of the texts, stays what it was.
    """
    if task == "multiclass":
        return fit_softmax_slope(logits, truth), 0.0
    slope, offset = fit_platt(logits, truth)
    return max(slope, _SLOPES[0]), offset


def log_odds(probabilities: Probabilities) -> Floats:
    """float64 logits of probabilities, finite also for 0 and 1."""
    clipped = probabilities.astype(np.float64).clip(_EDGE, 1 - _EDGE)
    logits: Floats = np.log(clipped) - np.log1p(-clipped)
    return logits


def logistic(logits: Floats) -> Floats:
    """float64 probabilities of logits."""
    probabilities: Floats = 0.5 * (1 + np.tanh(0.5 * logits))
    return probabilities


def log_shares(probabilities: Probabilities) -> Floats:
    """float64 logarithms of rows that sum to 1, finite also for 0."""
    logs: Floats = np.log(probabilities.astype(np.float64).clip(_EDGE, 1.0))
    return logs


def softmax(logits: Floats) -> Floats:
    """float64 rows that sum to 1."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return shares
