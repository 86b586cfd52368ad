"""Ratios of latencies with intervals that know of restarted processes, and the words they allow.

The estimand: of one round the ratio of two candidates' times, on the same texts and within the same seconds; its
median over the rounds of a process; the geometric mean of that over processes. It is no quotient of two p50.

A process is faster or slower than its next start by its layout in memory and its place, by about 1 %. A bootstrap over
rounds doesn't see that, and one over two or three processes sees too few. So variance has two parts: that of a
candidate's own rounds, and that of processes, pooled over all candidates of the measurement, each start counting once,
after what slows a whole round is taken out. A runtime whose processes vary clearly more keeps its own value. Student's
t with Satterthwaite's degrees of freedom makes the interval, once for itself and once for a family of comparisons.

Sources: Kalibera and Jones, "Rigorous benchmarking in reasonable time" (2013); Satterthwaite, "An approximate
    distribution of estimates of variance components" (1946).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from baselines.errors import MeasurementError
from baselines.scores.intervals import CONFIDENCE

Judgement = Literal["faster", "slower", "about as fast", "no clear difference"]
Floats = NDArray[np.float64]

# How far a ratio must be from 1 to matter, unless a user says otherwise.
SPEED_MARGIN = 0.10
# Rounds below which a spread can't be told, so that no interval is given.
LEAST_ROUNDS = 5
_TINY = 1e-14
# Standard errors from which on a group of candidates has no part in what is usual.
_OUTLYING = 3.0
# Ends of an interval so far away, in logarithms, say that nothing is known.
_FARTHEST = 20.0
# Variance of the median of n normal values, times n; towards π/2 for many.
_MEDIAN_VARIANCE_TIMES_N = (1.0, 1.0, 1.346, 1.193, 1.434, 1.288, 1.473, 1.345, 1.495, 1.382, 1.509, 1.41)


@dataclass(frozen=True)
class Ratio:
    """Time over a reference's, below 1 is faster; the ends are None where too few rounds were taken.

    Attributes:
        low, high: of the 95 % interval of this ratio alone, the one that is printed.
        family_low, family_high: of the interval that holds for all ratios of the measurement together, at 95 %: what
            words such as "faster" are judged by.
    """

    value: float
    low: float | None = None
    high: float | None = None
    family_low: float | None = None
    family_high: float | None = None

    def inverted(self) -> Ratio:
        """The speed-up: 0.5 of the time is twice as fast."""
        low, high, family_low, family_high = (
            None if end is None else 1 / end for end in (self.high, self.low, self.family_high, self.family_low)
        )
        return Ratio(1 / self.value, low, high, family_low, family_high)

    def to_json(self) -> dict[str, float | None]:
        """As it stands in results.json."""
        ends = {"low": self.low, "high": self.high, "family_low": self.family_low, "family_high": self.family_high}
        return {"value": self.value, **ends}


ITSELF = Ratio(1.0, 1.0, 1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Variance:
    """An estimated variance of logarithms, and the variance of that estimate."""

    value: float
    error: float


@dataclass(frozen=True)
class ProcessEffects:
    """How much a restart alone changes logarithms of times.

    Attributes:
        by_group: variance between processes of one candidate, by group of candidates.
        drift: variance between generations of what all candidates share.
    """

    by_group: Mapping[str, Variance]
    drift: Variance

    def of_pair(self, group: str, other: str) -> Variance:
        """Of the ratio of two candidates, of these groups."""
        ours, theirs = self.by_group[group], self.by_group[other]
        # Two values of one estimate are wrong together.
        error = 4 * ours.error if group == other else ours.error + theirs.error
        return Variance(ours.value + theirs.value, error)

    def of_time(self, group: str) -> Variance:
        """Of a candidate's own time, drift of the machine included."""
        ours = self.by_group[group]
        return Variance(ours.value + self.drift.value, ours.error + self.drift.error)


def process_effects(times: Floats, processes: NDArray[np.intp], groups: Sequence[str]) -> ProcessEffects:
    """Estimate what restarts do, from all candidates of interleaved rounds together.

    Args:
        times: (K, R) seconds a call by candidate and round, K at least 2.
        processes: (R,) number of the process of each round, from 0; at least 2 processes.
        groups: (K,) of each candidate, usually its runtime.
    """
    n_entries, n_rounds = times.shape
    n_processes = int(processes.max()) + 1
    if n_entries < 2 or n_processes < 2 or n_rounds <= n_processes:
        raise MeasurementError(
            f"process effects: at least 2 candidates, 2 processes and more rounds than processes, got {n_entries}, "
            f"{n_processes} and {n_rounds}"
        )
    logs = np.log(times)
    weights, noise = _round_noise(logs - _by_process(np.mean, logs, processes)[:, processes], n_rounds - n_processes)
    shared = weights @ (logs - logs.mean(axis=1, keepdims=True))  # (R,)
    starts = _by_process(np.median, logs - shared, processes)  # (K, G)
    between = starts.var(axis=1, ddof=1) / (1 - weights)
    within = noise * n_processes * _round_share(processes)
    names = np.asarray(groups)

    def pooled(chosen: NDArray[np.bool_], usual: float | None = None) -> tuple[Variance, float]:
        return _pooled(between[chosen], within[chosen], n_processes, n_rounds, n_entries, usual)

    def excess(group: str, usual: Variance) -> float:
        """By how many standard errors a group's own value lies above the usual one."""
        own, chance = pooled(names == group, usual.value)
        return (own.value - usual.value) / chance

    every, _ = pooled(np.ones(n_entries, bool))
    ordinary = [group for group in dict.fromkeys(groups) if excess(group, every) <= _OUTLYING]
    if ordinary:
        every, _ = pooled(np.isin(names, ordinary))
    # One standard error above what would be by chance: else few processes would choose the larger of two guesses.
    by_group = {
        group: pooled(names == group)[0] if excess(group, every) > 1 else every for group in dict.fromkeys(groups)
    }
    drift = float(_by_process(np.median, shared, processes).var(ddof=1))
    return ProcessEffects(by_group, Variance(drift, 2 * drift**2 / (n_processes - 1)))


def ratio(
    times: Floats, reference: Floats, processes: NDArray[np.intp], between: Variance, *, comparisons: int = 1
) -> Ratio:
    """Time over a reference's, paired by round.

    Args:
        times, reference: (R,) seconds a call, round by round.
        processes: (R,) number of the process of each round, from 0.
        between: `ProcessEffects.of_pair`.
        comparisons: ratios that words are said about, at least 1.
    """
    if times.shape != reference.shape or times.ndim != 1 or times.shape != processes.shape or not len(times):
        raise MeasurementError(
            f"ratio: both need the same rounds, at least one; got {times.shape}, {reference.shape}, {processes.shape}"
        )
    logs = np.log(times) - np.log(reference)
    middle = float(_by_process(np.median, logs, processes).mean())
    if len(logs) < LEAST_ROUNDS:
        return Ratio(math.exp(middle))
    alone, family = _reaches(logs, processes, between, comparisons)
    return Ratio(*(math.exp(middle + reach) for reach in (0.0, -alone, alone, -family, family)))


def time_interval(times: Floats, processes: NDArray[np.intp], between: Variance) -> tuple[float, float] | None:
    """Factors from a candidate's typical time to the ends of its 95 % interval; None for too few rounds.

    Args:
        times: (R,) seconds, round by round.
        processes: (R,) number of the process of each round, from 0.
        between: `ProcessEffects.of_time`.
    """
    if len(times) < LEAST_ROUNDS:
        return None
    reach, _ = _reaches(np.log(times), processes, between, 1)
    return math.exp(-reach), math.exp(reach)


def noise_floor(aa_ratio: Ratio) -> float | None:
    """How far a candidate measured from itself when it was entered twice; None without an interval.

    What was measured, not how far the interval reaches: words are judged by intervals that hold the variance of rounds
    and processes already, and with two starts an interval's end says more of the two than of the machine.
    """
    return None if aa_ratio.low is None or aa_ratio.high is None else abs(aa_ratio.value - 1)


def word(
    low: float | None, high: float | None, family_low: float | None, family_high: float | None, floor: float
) -> Judgement:
    """What may be said of a ratio.

    "faster" and "slower" need the whole family interval beyond the floor. "about as fast" needs the ratio's own
    interval within it: an interval that reaches over the floor shows neither.

    Args:
        low, high: of the ratio's own interval, None for none.
        family_low, family_high: of the one that holds for all ratios together; None takes its own.
        floor: how far from 1 matters, as a share, at least 0.
    """
    if low is None or high is None:
        return "no clear difference"
    if (high if family_high is None else family_high) < 1 / (1 + floor):
        return "faster"
    if (low if family_low is None else family_low) > 1 + floor:
        return "slower"
    return "about as fast" if 1 / (1 + floor) <= low and high <= 1 + floor else "no clear difference"


def _round_noise(deviations: Floats, freedom: int) -> tuple[Floats, Floats]:
    """Weights (K,) of the candidates in what a round has in common, and the variance (K,) of each one's own rounds.

    Args:
        deviations: (K, R) from each candidate's mean in its process.
        freedom: rounds less processes.
    """
    weights = np.full(len(deviations), 1 / len(deviations))
    for _ in range(3):
        own = deviations - weights @ deviations
        noise = np.maximum((own**2).sum(axis=1) / (freedom * (1 - weights)), _TINY)
        # The quieter half counts the same: one very steady candidate would else be all there is in common.
        weights = 1 / np.maximum(noise, np.median(noise))
        weights /= weights.sum()
    return weights, noise


def _pooled(
    between: Floats, within: Floats, n_processes: int, n_rounds: int, n_entries: int, usual: float | None = None
) -> tuple[Variance, float]:
    """The variance of processes by the method of moments, each candidate weighted by how sure it is; and the standard
    error that the estimate would have, were `usual` true (the estimate itself by default).

    Args:
        between: (K,) variance of each candidate's processes, what its rounds add included.
        within: (K,) what its rounds add.
        n_processes, n_rounds, n_entries: of the measurement; with few entries what all share is known less well.
        usual: a variance of processes.
    """
    value = 0.0
    for _ in range(6):
        weights = np.maximum(value + within, _TINY) ** -2.0
        value = max(0.0, float(weights @ (between - within) / weights.sum()))

    def error(true: float) -> float:
        total = np.maximum(true + within, _TINY)
        shares = total**-2.0 / (total**-2.0).sum()
        spread = 2 * total**2 / (n_processes - 1) + 2 * within**2 / (n_rounds - n_processes)
        return float(shares**2 @ spread) * n_entries / (n_entries - 1)

    return Variance(value, error(value)), math.sqrt(error(value if usual is None else usual))


def _reaches(logs: Floats, processes: NDArray[np.intp], between: Variance, comparisons: int) -> tuple[float, float]:
    """Half-widths of the interval of one ratio alone, and of one among so many."""
    # Imported here: tools that only read results do without SciPy.
    from scipy.special import stdtrit

    n_processes = int(processes.max()) + 1
    freedom = len(logs) - n_processes
    own = logs - _by_process(np.mean, logs, processes)[processes]
    of_rounds = _round_share(processes) * max(float(own @ own) / freedom, _TINY)
    of_processes = between.value / n_processes
    total = of_rounds + of_processes
    degrees = max(1.0, 2 * total**2 / (between.error / n_processes**2 + 2 * of_rounds**2 / freedom))
    alone, family = (float(stdtrit(degrees, 1 - (1 - CONFIDENCE) / 2 / count)) for count in (1, comparisons))
    return min(_FARTHEST, math.sqrt(total) * alone), min(_FARTHEST, math.sqrt(total) * family)


def _by_process(middle: Callable[..., NDArray[np.floating]], values: Floats, processes: NDArray[np.intp]) -> Floats:
    """Mean or median of the last axis within each process: (..., R) to (..., G)."""
    found = [middle(values[..., processes == number], axis=-1) for number in range(int(processes.max()) + 1)]
    return np.stack(found, axis=-1)


def _round_share(processes: NDArray[np.intp]) -> float:
    """Variance of the mean over processes of their medians, as a share of the variance of one round."""
    counts = np.bincount(processes)
    return float(sum(_median_variance(int(n)) for n in counts)) / len(counts) ** 2


@cache
def _median_variance(n: int) -> float:
    """Variance of the median of n normal values of variance 1; other values with more outliers have less."""
    exact = _MEDIAN_VARIANCE_TIMES_N[n - 1] if n <= len(_MEDIAN_VARIANCE_TIMES_N) else math.pi / 2
    return exact / n
