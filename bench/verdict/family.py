"""The claims about all models of a run, tested together: the arithmetic between figures and words.

Two kinds of claims, each wrong in at most 5 % of test sets for all models together. "As good": the difference to the
reference is above minus the margin; one-sided, step-down, its error spent where validation promises most. "Better" and
"worse": the two-sided interval that holds for all models at once lies on one side of 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from baselines.scores.influence import ONE_SIDED, PairedDifference
from baselines.scores.simultaneous import (
    LEVEL,
    N_DRAWS,
    Floats,
    Null,
    adjusted,
    promises,
    reach,
    spending,
    spent,
)
from baselines.scores.weightings import Groups

# Of fewer texts nothing is claimed: few changed answers make every interval too narrow there.
FEWEST_TEXTS, ADVISED_TEXTS = 100, (400, 600)
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Tested:
    """What is shown of K models against one reference.

    Attributes:
        p_values: of "worse than the reference by more than the margin", adjusted for all models; (K,).
        as_good: bool (K,), shown not to be worse by more than the margin.
        low, high: two-sided 95 % intervals that hold for all models together; (K,).
        level: at which each model not shown to be as good was tested last; (K,), 0 for the others.
        weights: (K,), shares of the error.
        null: None where the dependence isn't known.
    """

    p_values: Floats
    as_good: Flags
    low: Floats
    high: Floats
    level: Floats
    weights: Floats
    null: Null | None

    @property
    def better(self) -> Flags:
        """Shown to be better than the reference."""
        return np.asarray(self.low > 0)

    @property
    def worse(self) -> Flags:
        """Shown to be worse than the reference, by however little."""
        return np.asarray(self.high < 0)


def together(
    one_sided: tuple[Floats, Floats],
    two_sided: tuple[Floats, Floats],
    delta: float,
    weights: Floats,
    correlation: Floats | None,
    *,
    freedom: int | None = None,
    rng: np.random.Generator | None = None,
    n_draws: int = N_DRAWS,
) -> Tested:
    """Test all models at once.

    Args:
        one_sided: (K,) centres of the differences to the reference and their standard errors, as bounds need them.
        two_sided: the same, as intervals need them; of several models those of bounds, as the tails that count are far
            out, where skewed changes reach further than a normal distribution.
        delta: the margin, in the same units.
        weights: (K,) from `weights_by`.
        correlation: (K, K) of the differences; None where it isn't known.
        freedom: degrees of freedom of Student's t, of differences over folds; None for a normal one.
        rng: draws the null; by default always the same draws.
        n_draws: how many.
    """
    null = None
    if correlation is not None and freedom is None and len(correlation):
        null = Null.of(correlation, rng or np.random.default_rng(20), n_draws)
    values = adjusted(p_values(*one_sided, delta, freedom), weights, null)
    as_good = values <= LEVEL
    centre, deviation = two_sided
    far = reach(len(centre), null, freedom)
    return Tested(
        values,
        as_good,
        centre - far * deviation,
        centre + far * deviation,
        spent(weights, ~as_good, null),
        weights,
        null,
    )


def p_values(centre: Floats, deviation: Floats, delta: float, freedom: int | None = None) -> Floats:
    """One-sided p-values of "worse by more than delta", each alone; (K,). Without a deviation 0 or 1."""
    from scipy.special import ndtr, stdtr

    safe = np.where(deviation > 0, deviation, 1.0)
    t = np.where(deviation > 0, (centre + delta) / safe, np.where(centre + delta >= 0, np.inf, -np.inf))
    found: Floats = ndtr(-t) if freedom is None else stdtr(freedom, -t)
    return found


def weights_by(value: Floats, deviation: Floats, delta: float, favoured: Flags) -> Floats:
    """Shares of the error, by what validation promises; (K,), sums to 1.

    Args:
        value, deviation: (K,) differences on validation; NaN where a model has none there: it is promised nothing.
        delta: the margin.
        favoured: bool (K,), models that could be recommended.
    """
    known = np.isfinite(value) & np.isfinite(deviation) & (deviation > 0)
    promise = np.zeros(len(value))
    if known.any():
        promise[known] = promises(value[known], deviation[known], delta)
    elif len(value):
        promise[:] = 1.0
    return spending(promise, favoured)


def recommended_if_equal(
    found: Tested, deviation: Floats, delta: float, favoured: Flags, *, n_draws: int = 300, n_null: int = 1_000
) -> float | None:
    """How often some favoured model would be shown to be as good, were all models truly equal to the reference.

    Args:
        found: what was tested.
        deviation: (K,) standard errors, as bounds need them.
        delta: the margin.
        favoured: bool (K,), models that could be recommended.
        n_draws, n_null: test sets drawn, and draws of the null that each is held against.

    Returns:
        a share in 0..1; None where the dependence isn't known or nobody is favoured.
    """
    if found.null is None or not favoured.any():
        return None
    from scipy.special import ndtr

    null = found.null.first(n_null)
    drawn = found.null.draws[-n_draws:]
    values = ndtr(-(drawn + delta / np.maximum(deviation, 1e-12)))
    times = [bool((adjusted(own, found.weights, null) <= LEVEL)[favoured].any()) for own in values]
    return float(np.mean(times))


def resampled_as_good(
    differences: Sequence[PairedDifference],
    delta: float,
    weights: Floats,
    null: Null | None,
    rng: np.random.Generator,
    *,
    n_resamples: int = 300,
    n_null: int = 1_000,
) -> Flags:
    """Which models would be shown to be as good on resampled test texts; bool (n_resamples, K).

    The difference of a resample is the measured one and the mean influence of the texts that were drawn; of many texts,
    groups of them are drawn (`baselines.scores.weightings`).

    Args:
        differences: K on the same texts.
        delta: the margin.
        weights: (K,), as they were fixed before.
        null: as they are tested by.
        rng: draws the texts.
        n_resamples, n_null: resamples, and draws of the null that each is held against.
    """
    x, groups = np.stack([one.influence for one in differences], axis=1), Groups(len(differences[0].influence))
    steps, values = np.array([one.step for one in differences]), np.array([one.value for one in differences])
    n = len(x)
    m = groups.number
    counts = rng.multinomial(m, np.full(m, 1 / m), size=n_resamples).astype(np.float64)
    pulls, squared = (x, x**2) if groups.alone else (groups.sums(lambda r: x[r]), groups.sums(lambda r: x[r] ** 2))
    pulled = counts @ pulls / n
    squares = counts @ squared - n * pulled**2
    deviation = np.sqrt(np.maximum(squares, 0.0) + ONE_SIDED * steps**2) / (n + ONE_SIDED)
    centre = (values + pulled) * n / (n + ONE_SIDED)
    near = null.first(n_null) if null is not None else None
    rows = [adjusted(p_values(c, d, delta), weights, near) <= LEVEL for c, d in zip(centre, deviation, strict=True)]
    return np.array(rows, bool)
