"""One binary model for each class, several fitted side by side.

A class that every or no training text has needs no model: it gets a constant, the share of positives smoothed by half
a text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from baselines.classifier import Progress
from baselines.notes import note_missing_classes
from baselines.task import LabelMatrix

Fitted = TypeVar("Fitted")


def fit_each(
    labels: LabelMatrix,
    classes: Sequence[str],
    fit_one: Callable[[int, NDArray[np.bool_]], Fitted],
    *,
    threads: int,
    progress: Progress,
) -> list[Fitted | None]:
    """Fit every class that has both positives and negatives; None for the others, and a note where positives lack.

    `fit_one(column, targets)` must release the GIL to gain from threads, and take its randomness from the column, so
    that the result does not depend on the number of threads.
    """
    note_missing_classes([name for name, found in zip(classes, labels.T, strict=True) if not found.any()])
    wanted = [c for c in range(labels.shape[1]) if 0 < labels[:, c].sum() < len(labels)]
    fitted: list[Fitted | None] = [None] * labels.shape[1]
    # The products within a fit are small: BLAS with threads of its own spins longer than it computes (10 times slower
    # measured with two), and would take the cores that the classes are fitted on.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        for done, model in enumerate(pool.map(lambda c: fit_one(c, labels[:, c]), wanted)):
            fitted[wanted[done]] = model
            progress(done + 1, len(wanted))
    return fitted


def constant_logit(targets: NDArray[np.bool_]) -> float:
    """Logit of the smoothed share of positives of a class that is not fitted."""
    positives = int(targets.sum())
    return math.log((positives + 0.5) / (len(targets) - positives + 0.5))
