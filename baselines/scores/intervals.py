"""How sure a score is: three sources of variance (documents, seeds, latency rounds), three intervals, never added up.

Documents are resampled in `baselines.scores.resampling`; here are folds, seeds, and the number of comparisons.

Sources: Nadeau and Bengio, "Inference for the Generalization Error" (2003); Holm, "A simple sequentially rejective
    multiple test procedure" (1979).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from baselines.errors import MeasurementError

Source = Literal["documents", "folds", "rounds"]
N_RESAMPLES = 2_000
N_RESAMPLES_VERDICT = 10_000
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """A value with a two-sided 95 % interval, and what was resampled to get it."""

    value: float
    low: float
    high: float
    source: Source

    def to_json(self) -> dict[str, float]:
        """The three numbers as they stand in results.json."""
        return {"value": self.value, "low": self.low, "high": self.high}


def nadeau_bengio(differences: Sequence[float], n_train: float, n_test: float) -> Interval:
    """Mean difference over folds with an interval that knows that folds share training texts.

    `variance of the mean = (1/k + n_test/n_train) s²`, Student's t with k - 1 degrees of freedom.

    Args:
        differences: one per fold (k at least 2; of repeated folds all of them).
        n_train: training documents of a fold; where folds differ, so that `n_test / n_train` is the mean ratio.
        n_test: test documents of a fold.
    """
    values = np.asarray(differences, np.float64)
    if values.ndim != 1 or len(values) < 2 or n_train < 1 or n_test < 1:
        raise MeasurementError(
            f"interval over folds: at least 2 folds with documents in both parts are needed, got {values.shape} "
            f"differences, {n_train} training and {n_test} test documents"
        )
    # Imported here: the deployed runtime reads this package on machines without SciPy.
    from scipy.special import stdtrit

    k = len(values)
    deviation = math.sqrt((1 / k + n_test / n_train) * float(values.var(ddof=1)))
    reach = float(stdtrit(k - 1, (1 + CONFIDENCE) / 2)) * deviation
    mean = float(values.mean())
    return Interval(mean, mean - reach, mean + reach, "folds")


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """p-values adjusted for the number of comparisons, in the given order; each at least its own p-value, at most 1.

    In ascending order, `adjusted_i = max over j <= i of (m - j) p_j` with j from 0, of m comparisons.
    """
    adjusted: dict[str, float] = {}
    largest = 0.0
    for rank, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[name]))
        adjusted[name] = largest
    return {name: adjusted[name] for name in p_values}


@dataclass(frozen=True)
class SeedSpread:
    """The same recipe trained with several seeds: mean, smallest, largest, standard deviation (n - 1)."""

    mean: float
    low: float
    high: float
    deviation: float
    n_seeds: int


def seed_spread(scores: Sequence[float]) -> SeedSpread:
    """Spread over training seeds; raises MeasurementError for fewer than 3."""
    if len(scores) < 3:
        raise MeasurementError(f"spread over training seeds: at least 3 trainings are needed, got {len(scores)}")
    values = np.asarray(scores, np.float64)
    return SeedSpread(
        float(values.mean()), float(values.min()), float(values.max()), float(values.std(ddof=1)), len(values)
    )
