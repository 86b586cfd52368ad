"""Intervals of shares, and of what follows from shares, written down without a resample; 95 %, two-sided.

A bootstrap can't see what did not happen: 120 right of 120 stay 120 right in every resample, and its interval is
[1, 1]. These forms invert a test instead, so that they have a width whatever was counted.

Sources: Wilson, "Probable inference, the law of succession, and statistical inference" (1927); Brown, Cai and DasGupta,
"Interval estimation for a binomial proportion" (2001), with the Poisson limit near the ends, which Wilson's form needs;
Lam, Gopal and Qian, "Confidence intervals for the F1 score: a comparison of four methods" (2023), F1 through
`tp / (tp + fp + fn)`; Zou and Donner, "Construction of confidence limits about effect measures" (2008), sums of shares;
Newcombe, "Confidence intervals for an effect size measure based on the Mann-Whitney statistic" (2006), his method 5.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from baselines.scores.intervals import CONFIDENCE
from baselines.scores.judging import matthews

Floats = NDArray[np.float64]
# Lower and upper ends, of any one shape.
Ends = tuple[Floats, Floats]

Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
# Least mean of a Poisson count that reaches 0, 1, ..., 10 in 5 % of cases: what may lie behind so few failures.
_LEAST_MEAN = (0.0, 0.0513, 0.3554, 0.8177, 1.3663, 1.9701, 2.6130, 3.2853, 3.9808, 4.6952, 5.4254)
# Few are three, or a twentieth of all, but not more than the list knows.
_FEW, _FEW_SHARE = 3, 1 / 20
_GRID = 10_001
# Added to each of the four cells of yes and no: a little sees few failures, a lot sees cells that are nearly empty.
_PSEUDO_COUNTS = (0.25, 1.0)


def wilson(found: ArrayLike, n: ArrayLike) -> Ends:
    """Interval of a share `found / n`.

    `(found + z²/2 ± z sqrt(found (n - found) / n + z²/4)) / (n + z²)`; where few are missing (or found), the end on
    that side moves out to the Poisson limit. Without the latter a share near 1 would be covered in 84 % at worst.
    Coverage is 95 % on average over shares, and goes up and down with n since counts are whole; higher for n below 10.

    Args:
        found: 0 to n, of any shape; need not be whole numbers.
        n: at least 0. Of nothing, nothing is known: [0, 1].

    Returns:
        Ends in [0, 1] that hold `found / n`, the lower one below the upper one.
    """
    found, n = np.broadcast_arrays(np.asarray(found, np.float64), np.asarray(n, np.float64))
    some = np.where(n > 0, n, 1.0)
    found = np.where(n > 0, np.clip(found, 0, n), 0.0)
    centre = (found + Z * Z / 2) / (some + Z * Z)
    reach = Z / (some + Z * Z) * np.sqrt(found * (some - found).clip(0) / some + Z * Z / 4)
    low, high = centre - reach, centre + reach
    low, high = np.minimum(low, _few_limit(found, some)), np.maximum(high, 1 - _few_limit(some - found, some))
    share = found / some
    return np.where(n > 0, np.clip(low, 0, share), 0.0), np.where(n > 0, np.clip(high, share, 1), 1.0)


def _few_limit(count: Floats, n: Floats) -> Floats:
    """The least share that `count` of n speaks for where the count is small; 1, no limit, elsewhere."""
    few = np.clip(n * _FEW_SHARE, _FEW, len(_LEAST_MEAN) - 1)
    return np.where(count <= few, np.interp(count, range(len(_LEAST_MEAN)), _LEAST_MEAN) / n, 1.0)


def class_f1(tp: ArrayLike, fp: ArrayLike, fn: ArrayLike) -> Ends:
    """Interval of F1 = 2 J / (1 + J), where J = tp / (tp + fp + fn) is a share of the texts that any of both names."""
    tp = np.asarray(tp, np.float64)
    low, high = wilson(tp, tp + np.asarray(fp) + np.asarray(fn))
    return 2 * low / (1 + low), 2 * high / (1 + high)


def mean_of_two(first: tuple[float, float], second: tuple[float, float]) -> tuple[float, float]:
    """Interval of the mean of two independent shares, each given as (found, n); one without texts counts as 0.

    `mean ± sqrt(reach_1² + reach_2²) / 2`, with the reach of each share to its own end.
    """
    found, n = np.array([first[0], second[0]]), np.array([first[1], second[1]])
    shares = np.divide(found, n, out=np.zeros(2), where=n > 0)
    low, high = wilson(found, n)
    mean = float(shares.mean())
    return mean - float(np.hypot(*(shares - low))) / 2, mean + float(np.hypot(*(high - shares))) / 2


def matthews_ends(tp: float, fp: float, fn: float, tn: float) -> tuple[float, float]:
    """Interval of Matthews correlation, through Fisher's transformation: `tanh(artanh m ± z se / (1 - m²))`.

    m and its standard error (delta method, four multinomial cells) are those with a pseudo-count in each cell, 1/4 and
    1, and the wider end counts: the correlation has no variance where nothing is wrong.
    """
    ends = [_matthews_with(np.array([tp, fp, fn, tn]) + count) for count in _PSEUDO_COUNTS]
    return min(low for low, _ in ends), max(high for _, high in ends)


def _matthews_with(cells: Floats) -> tuple[float, float]:
    n, step = cells.sum(), 1e-4
    moved = cells[:, None] + np.diag(cells * step)
    value = float(matthews(*cells))
    slope = (matthews(*moved) - value) / (cells * step)
    variance = float((cells * slope**2).sum() - (cells * slope).sum() ** 2 / n)
    reach = Z * np.sqrt(max(variance, 0.0)) / (1 - value**2)
    return float(np.tanh(np.arctanh(value) - reach)), float(np.tanh(np.arctanh(value) + reach))


def area_ends(value: float, deviation: float, positive: float, negative: float) -> tuple[float, float]:
    """Interval of the area under a ROC curve: all areas A that the found one doesn't contradict.

    Those are `|value - A| <= z se`, where `se² = A (1 - A) (1 + M (1 - A) / (2 - A) + M A / (1 + A)) / (p n)` of p
    positive and n negative texts, with `M = (p + n) / 2 - 1`.
    Where the bootstrap's deviation is larger than that, it counts the more, the more texts the smaller side has.

    Args:
        value: the found area, 0 to 1.
        deviation: standard deviation of its resamples.
        positive: texts of one side.
        negative: texts of the other; where one has none, nothing is known: [0, 1].
    """
    if min(positive, negative) < 1:
        return 0.0, 1.0
    areas = np.linspace(0, 1, _GRID)
    half = (positive + negative) / 2 - 1
    spread = 1 + half * (1 - areas) / (2 - areas) + half * areas / (1 + areas)
    variance = areas * (1 - areas) * spread / (positive * negative)
    own = float(np.interp(value, areas, variance))
    fewer = min(positive, negative)
    ratio = deviation**2 / own if own > 0 else 1.0
    variance = variance * max(1.0, (fewer * ratio + 10) / (fewer + 10))
    near = areas[np.abs(areas - value) <= Z * np.sqrt(variance) + 1 / _GRID]
    return float(near.min()), float(near.max())
