"""Thresholds as logits, exactly: `link(z) >= threshold` where, and only where, `z >= cutoff`, for every float32 `z`.

A target compares logits and needs no exponential to decide. Logits are float32, so there is a smallest one that reaches
a threshold; it is found by bisection over their order, with the very bits of `baselines.task.link`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.task import Thresholds, link

# Neighbours of a cutoff that are tried one by one. Further away the logistic function has changed by more than the
# rounding of its steps.
_NEIGHBOURS = 64
_INFINITE = 0x7F800000


def cutoffs_of(thresholds: Thresholds) -> NDArray[np.float32]:
    """The smallest logit that reaches each threshold, of tasks multilabel and binary; float32 (n_classes,).

    Negative infinity where every text reaches it, and NaN, which nothing reaches, where none does.

    Raises:
        ArtifactError: the logistic function isn't monotonic around a threshold, so that no cutoff is exact.
    """
    return np.array([_cutoff(threshold) for threshold in thresholds.astype(np.float32)], np.float32)


def _cutoff(threshold: np.float32) -> np.float32:
    # The order of float32 numbers is that of these integers, negative infinity to positive.
    low, high = -_INFINITE, _INFINITE
    if _reaches(low, threshold):
        return np.float32(-np.inf)
    if not _reaches(high, threshold):
        return np.float32(np.nan)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _reaches(middle, threshold) else (middle, high)
    near = range(max(high - _NEIGHBOURS, -_INFINITE), min(high + _NEIGHBOURS, _INFINITE) + 1)
    if any(_reaches(place, threshold) != (place >= high) for place in near):
        raise ArtifactError(
            f"threshold {threshold}: no logit is exactly where it is reached; choose one slightly beside it"
        )
    return _number(high)


def _reaches(place: int, threshold: np.float32) -> bool:
    return bool(link(_number(place).reshape(1, 1), "binary")[0, 0] >= threshold)


def _number(place: int) -> np.float32:
    """The float32 at a place in their order; 0 stands for both zeros."""
    bits = np.array(abs(place), np.uint32).view(np.float32)[()]
    return np.float32(bits if place >= 0 else -bits)
