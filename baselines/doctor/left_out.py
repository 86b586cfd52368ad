"""What a linear model says of each text when it has learned from all others: exact, for the price of one fit.

The model is regularised least squares over the TF-IDF row of `linear` (words, word pairs, characters), targets -1 and
1. With the kernel `K = X Xᵀ + 1`, `G = (K + λ I)⁻¹` and `a = G y`, the answers to a group of texts B without any of
them are `y_B - (G_BB)⁻¹ a_B` (Rifkin and Lippert, "Notes on regularized least squares", 2007; for one text
`y_i - a_i / G_ii`). So no text is ever asked about itself, nor about its copies, and other labels for the same texts
cost one product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from baselines.dataset import Part
from baselines.models.linear import LinearConfig, as_matrix
from baselines.scores.calibration import fit_scale
from baselines.scores.thresholds import fit_thresholds
from baselines.task import LabelMatrix, Probabilities, Thresholds, decide, link
from baselines.text.cleaning import CleaningName

# λ: best or level with the best of 0.03 to 3 on four data sets (docs/decisions.md).
STRENGTH = 1.0
# Kernel and inverse take 8 bytes a pair of texts, about 1.2 GB here.
MOST_TEXTS = 12_000
_BLOCK = 512

Square = NDArray[np.float32]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class LeftOut:
    """Answers to texts that weren't learned from.

    Attributes:
        scores: float32 (n_texts, n_classes), about -1 to 1.
        probabilities: the same through the task's link, with one scale for all classes.
        thresholds: fitted to these answers, per class.
        decided: bool, what that means.
    """

    scores: Floats
    probabilities: Probabilities
    thresholds: Thresholds
    decided: LabelMatrix


def answers_of(scores: Floats, part: Part) -> LeftOut:
    """Scores with the scale and the thresholds that fit their own truth: two numbers, and one more a class."""
    slope, offset = fit_scale(scores.astype(np.float64), part.labels, part.task)
    probabilities = link(slope * scores + offset, part.task)
    thresholds = fit_thresholds(part.labels, probabilities, part.task, part.metric).per_class
    return LeftOut(scores, probabilities, thresholds, decide(probabilities, thresholds, part.task))


def targets(labels: LabelMatrix) -> Floats:
    """-1 and 1; float32 like `labels`."""
    return np.where(labels, np.float32(1), np.float32(-1))


def kernel_of(texts: Sequence[str], cleaning: CleaningName) -> Square:
    """Mean of the products of `linear`'s rows and of single words' rows, plus 1; float32 (n_texts, n_texts).

    Words and characters have length 1 each in a row of `linear`, so a text's product with itself is 2.5.
    """
    kernel = np.ones((len(texts), len(texts)), np.float32)
    words = LinearConfig(cleaning=cleaning, word_high=1, characters=(0, 0))
    for config in (LinearConfig(cleaning=cleaning, min_texts=(2, 2)), words):
        rows = as_matrix(config.learn_vocabulary(texts), texts).astype(np.float32) * np.float32(np.sqrt(0.5))
        columns = rows.T.tocsc()
        for start in range(0, len(texts), _BLOCK):
            # In blocks: as one sparse product it would take three times the memory.
            kernel[start : start + _BLOCK] += (rows[start : start + _BLOCK] @ columns).toarray()
    return kernel


def inverted(kernel: Square) -> Square:
    """`(K + λ I)⁻¹`, by Cholesky; the kernel's memory is used for it."""
    from scipy.linalg.lapack import spotrf, spotri

    kernel[np.diag_indices(len(kernel))] += np.float32(STRENGTH)
    # Symmetric, so that its transpose, which LAPACK can overwrite, is the same matrix.
    factor, failed = spotrf(kernel.T, lower=1, overwrite_a=1)
    inverse, failed_too = spotri(factor, lower=1, overwrite_c=1)
    if failed or failed_too:
        raise ArithmeticError(f"Cholesky: codes {failed} and {failed_too}")  # a kernel plus λ I is positive definite
    for start in range(0, len(inverse), _BLOCK):  # LAPACK fills the lower half alone
        rows = slice(start, start + _BLOCK)
        inverse[rows, start + _BLOCK :] = inverse[start + _BLOCK :, rows].T
        inverse[rows, rows] = np.tril(inverse[rows, rows]) + np.tril(inverse[rows, rows], -1).T
    found: Square = inverse
    return found


def left_out_scores(inverse: Square, wanted: Floats, groups: NDArray[np.intp]) -> Floats:
    """Scores of each text without it and without those of its group; float32 (n_texts, n_classes).

    Args:
        inverse: from `inverted`.
        wanted: targets, (n_texts, n_classes).
        groups: number of each text's group; texts alone in theirs have a number of their own.
    """
    weights = inverse @ wanted
    scores = wanted - weights / np.diag(inverse)[:, None]
    order = np.argsort(groups, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(groups[order])) + 1):
        if len(rows) > 1:
            scores[rows] = wanted[rows] - np.linalg.solve(inverse[np.ix_(rows, rows)], weights[rows])
    return scores
