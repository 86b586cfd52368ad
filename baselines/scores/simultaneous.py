"""Claims about many models that hold together: step-down max-T, its error spent where validation promises most.

Of thirty models that are each tested at 5 %, one passes by luck in most runs. Here the chance that any claim of a kind
is wrong stays at 5 %, for all models together; models whose answers are alike count as few, by their correlation.

Sources: Westfall and Young, "Resampling-Based Multiple Testing" (1993), step-down minP; Genovese, Roeder and Wasserman,
"False discovery control with p-value weighting" (2006), weights fixed by other data; Romano and Wolf, "Exact and
approximate stepdown methods for multiple hypothesis testing" (2005).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from baselines.scores.influence import Z_ONE_SIDED
from baselines.scores.intervals import CONFIDENCE

Floats = NDArray[np.float64]
LEVEL = 1 - CONFIDENCE
# Draws of the common null distribution: the standard error of a p-value at 5 % is 0.002.
N_DRAWS = 10_000
# The least weight beside the largest, and what all that isn't favoured gets of the whole.
LEAST_WEIGHT, SPARE = 1e-4, 0.05
# How strongly a better promise draws the error to itself.
_SHARPNESS = 4


def correlation_of(influence: Floats, steps: Floats) -> Floats:
    """Correlation of differences that were measured on the same texts; float64 (K, K).

    Two models that change the same answers are one test; two that change none have nothing in common but that.

    Args:
        influence: (n_texts, K), of each text on each difference, with mean 0.
        steps: (K,), what one changed answer does: the pseudo-texts of each difference are its own.
    """
    covariance = influence.T @ influence
    own = np.sqrt(np.diag(covariance) + 4 * steps**2)
    found = covariance / np.maximum(np.outer(own, own), 1e-300)
    # Column by column: all pairs of columns at once would be a third axis.
    same = np.array([(influence == influence[:, [k]]).all(axis=0) for k in range(len(steps))], bool)
    if len(steps):
        found = np.where(same & np.isclose(steps[:, None], steps[None, :]), 1.0, found)
    np.fill_diagonal(found, 1.0)
    correlation: Floats = found
    return correlation


def promises(value: Floats, deviation: Floats, delta: float) -> Floats:
    """How likely each model passes the test, as validation sees it; (K,) in 0..1.

    `E[Φ((d + δ - 1.645 se) / se)]` with d from its posterior: what validation measured, drawn towards the mean of all
    by as much as their spread is noise.

    Args:
        value, deviation: (K,) differences on validation with their standard errors, above 0.
        delta: the margin.
    """
    from scipy.special import ndtr

    noise = float((deviation**2).mean())
    spread = max(float(value.var(ddof=1)) - noise, 0.0) if len(value) > 1 else noise
    precision = 1 / np.maximum(deviation**2, 1e-300)
    mean = float((value * precision).sum() / precision.sum())
    kept = spread / (spread + deviation**2)
    posterior = mean + kept * (value - mean)
    scale = np.sqrt(deviation**2 + kept * deviation**2)
    found: Floats = ndtr((posterior + delta - Z_ONE_SIDED * deviation) / scale)
    return found


def spending(promise: Floats, favoured: NDArray[np.bool_]) -> Floats:
    """How much of the error each test may spend; (K,), sums to 1.

    Args:
        promise: (K,) in 0..1, from data that the test has no part in.
        favoured: bool (K,), those that could be recommended; all others share a twentieth.
    """
    strength = (promise / max(float(promise.max(initial=0.0)), 1e-300)) ** _SHARPNESS
    raw = np.maximum(strength, LEAST_WEIGHT)
    if not favoured.any() or favoured.all():
        return raw / raw.sum() if len(raw) else raw
    inside, outside = np.where(favoured, raw, 0.0), np.where(favoured, 0.0, raw)
    shares: Floats = (1 - SPARE) * inside / inside.sum() + SPARE * outside / outside.sum()
    return shares


@dataclass(frozen=True)
class Null:
    """What differences would look like were there none: draws of their common distribution.

    Attributes:
        draws: standard normal, of the correlation of the differences; float64 (n_draws, K).
        tails: the one-sided p-value of each draw, of the same shape.
    """

    draws: Floats
    tails: Floats

    @classmethod
    def of(cls, correlation: Floats, rng: np.random.Generator, n_draws: int = N_DRAWS) -> Null:
        """Draw it; correlation float64 (K, K)."""
        from scipy.special import ndtr

        # The symmetric root is the only one; the eigenvectors of equal models are any, and differ from CPU to CPU.
        roots, vectors = np.linalg.eigh(correlation)
        half = (vectors * np.sqrt(np.maximum(roots, 0.0))) @ vectors.T
        draws = rng.standard_normal((n_draws, len(correlation))) @ half
        return cls(draws, ndtr(-draws))

    def first(self, n_draws: int) -> Null:
        """The first draws alone, for what is asked very often."""
        return Null(self.draws[:n_draws], self.tails[:n_draws])


def adjusted(p_values: Floats, weights: Floats, null: Null | None) -> Floats:
    """Step-down p-values: claims with at most 5 % hold together at 95 %; (K,) in 0..1.

    In the order of `p / weight`, the adjusted value is the chance under the null that the least `p / weight` of all
    that are left is as small; never below the one before.

    Args:
        p_values: (K,), one-sided.
        weights: (K,) above 0, sum 1; fixed before the data were seen.
        null: None where the dependence isn't known: then by Holm's inequality.
    """
    order = np.argsort(p_values / weights, kind="stable")
    reached, shares = (p_values / weights)[order], weights[order]
    if null is None:
        left = np.cumsum(shares[::-1])[::-1]
        own = np.minimum(1.0, reached * left)
    else:
        least = np.minimum.accumulate((null.tails[:, order] / shares)[:, ::-1], axis=1)[:, ::-1]
        own = (1 + (least <= reached).sum(axis=0)) / (1 + len(null.tails))
        # One test alone needs no draws, and draws can't tell small values apart.
        own = np.maximum(own, p_values[order])
    found = np.empty(len(p_values))
    found[order] = np.maximum.accumulate(own) if len(own) else own
    return found


def spent(weights: Floats, active: NDArray[np.bool_], null: Null | None) -> Floats:
    """Level at which each of the active tests is done in their next step; (K,), 0 for the others."""
    if not active.any():
        return np.zeros(len(weights))
    if null is None:
        critical = LEVEL / float(weights[active].sum())
    else:
        critical = float(np.quantile((null.tails[:, active] / weights[active]).min(axis=1), LEVEL))
    return np.where(active, np.minimum(critical * weights, 0.5), 0.0)


def reach(n_models: int, null: Null | None, freedom: int | None = None) -> float:
    """How many standard errors two-sided 95 % intervals reach that hold for all models together.

    Args:
        n_models: K.
        null: None where the dependence isn't known: then by Bonferroni's inequality.
        freedom: degrees of freedom of Student's t; None for a normal one.
    """
    from scipy.special import ndtri, stdtrit

    if null is not None and n_models > 1:
        return float(np.quantile(np.abs(null.draws).max(axis=1), CONFIDENCE))
    tail = 1 - LEVEL / (2 * max(n_models, 1))
    return float(ndtri(tail) if freedom is None else stdtrit(freedom, tail))


def texts_needed(deviation: float, n_texts: int, level: float, delta: float, power: float = 0.8) -> int | None:
    """Texts that would show a model as good, were it truly as good as the reference.

    `((z_level + z_power) σ / δ)²`, with σ from the standard error here. Never from the observed difference: that would
    promise much where luck was good (Hoenig and Heisey, "The Abuse of Power", 2001).

    Args:
        deviation: standard error of the difference on `n_texts`.
        n_texts: that it was measured on.
        level: of the test, from `spent`.
        delta: the margin; None comes back for 0, which no number of texts shows.
        power: chance of showing it.
    """
    from scipy.special import ndtri

    if delta <= 0 or level <= 0:
        return None
    sigma = deviation * math.sqrt(n_texts + 4)
    distance = float(ndtri(1 - level) + ndtri(power))
    return max(1, math.ceil((distance * sigma / delta) ** 2))
