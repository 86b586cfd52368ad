"""How often "faster" or "slower" is said of equal models, how often an interval holds, and what is found.

Thirty models and a reference in interleaved rounds, as a study times them: a start of a process changes a model's time
by a log-normal effect, a round by its model's own noise, and the machine's drift slows whole rounds. What judges is
what a study judges by: `bench.numbers.ratios` and `bench.verdict.speed_claims`. Two simpler intervals stand beside
it, which the study doesn't use: a bootstrap over rounds, and one over processes and then rounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench.numbers.quantities import Estimate
from bench.numbers.ratios import SPEED_MARGIN, Ratio, process_effects, ratio
from bench.verdict.speed_claims import is_faster, is_slower

Method = Literal["study", "rounds", "processes then rounds"]
Floats = NDArray[np.float64]

N_MODELS = 30
# Share of its time by which a model's rounds vary: each model's own, drawn between these evenly in logarithms.
ROUND_NOISE = (0.01, 0.40)
REFERENCE_NOISE = 0.02
DRIFT = 0.05
RUNTIMES = ("onnxruntime", "table", "linear", "python", "torch")
# Margins that words are counted at: none, and the usual one.
MARGINS = (0.0, SPEED_MARGIN)
_RESAMPLES = 400


@dataclass(frozen=True)
class Scenario:
    """What is simulated.

    Attributes:
        process_effect: standard deviation of the logarithm of a process's time; 0.01 is 1 %.
        processes, rounds: of the plan.
        true_ratio: of every model to the reference.
        method: which interval.
        noise: least and largest of the models' round noise.
    """

    process_effect: float
    processes: int = 3
    rounds: int = 15
    true_ratio: float = 1.0
    method: Method = "study"
    noise: tuple[float, float] = ROUND_NOISE


@dataclass(frozen=True)
class SpeedRow:
    """What came of one scenario.

    Attributes:
        runs: simulated measurements.
        coverage: share of the printed 95 % intervals that hold the true ratio.
        any_word: by margin the share of runs in which at least one of the thirty was called faster or slower.
        words: by margin the share of models that were.
    """

    scenario: Scenario
    runs: int
    coverage: float
    any_word: dict[float, float]
    words: dict[float, float]

    def error_of(self, margin: float) -> float:
        """Standard error of `any_word`."""
        share = self.any_word[margin]
        return float(np.sqrt(share * (1 - share) / self.runs))


def speed_scenarios(runs: int, seed: int) -> list[SpeedRow]:
    """Every scenario of the documentation's table, in its order.

    Args:
        runs: measurements simulated of each, at least 1.
        seed: of all of them; a scenario's figures don't depend on the others.
    """
    return [simulate_speed(scenario, runs, seed) for scenario in scenarios()]


def scenarios() -> Iterator[Scenario]:
    """Equal models by plan, with each interval; then models that are 1.15 and 1.3 times slower."""
    plans = ((2, 12), (3, 15), (5, 20))
    for effect in (0.0, 0.005, 0.01):
        for processes, rounds in plans:
            yield Scenario(effect, processes, rounds)
    for method in ("rounds", "processes then rounds"):
        for effect in (0.0, 0.005, 0.01):
            yield Scenario(effect, method=method, noise=(0.01, 0.05))
    for true_ratio in (1.15, 1.3):
        for processes, rounds in plans:
            yield Scenario(0.005, processes, rounds, true_ratio, noise=(0.01, 0.10))


def simulate_speed(scenario: Scenario, runs: int, seed: int) -> SpeedRow:
    """Simulate one scenario so many times."""
    rng = np.random.default_rng([seed, *np.frombuffer(repr(scenario).encode(), np.uint8)])
    processes = np.arange(scenario.rounds) * scenario.processes // scenario.rounds
    held, said = 0, {margin: np.zeros(runs) for margin in MARGINS}
    for run in range(runs):
        found = judged(draw_times(scenario, processes, rng), processes, scenario.method, rng)
        held += sum(r.low is not None and r.high is not None and r.low <= scenario.true_ratio <= r.high for r in found)
        for margin, counts in said.items():
            counts[run] = sum(is_slower(r, margin) or is_faster(r, margin) for r in found)
    return SpeedRow(
        scenario,
        runs,
        held / (runs * N_MODELS),
        {margin: float((counts > 0).mean()) for margin, counts in said.items()},
        {margin: float(counts.mean()) / N_MODELS for margin, counts in said.items()},
    )


def draw_times(scenario: Scenario, processes: NDArray[np.intp], rng: np.random.Generator) -> Floats:
    """(31, R) seconds a call of the reference, which comes first, and of thirty models."""
    n, rounds = N_MODELS + 1, len(processes)
    least, largest = (float(np.log(share)) for share in scenario.noise)
    noise = np.exp(rng.uniform(least, largest, n))
    noise[0] = REFERENCE_NOISE
    starts = scenario.process_effect * rng.standard_normal((n, scenario.processes))
    logs = starts[:, processes] + noise[:, None] * rng.standard_normal((n, rounds)) + rng.normal(0, DRIFT, rounds)
    logs[1:] += np.log(scenario.true_ratio)
    return np.asarray(np.exp(logs), np.float64)


def judged(times: Floats, processes: NDArray[np.intp], method: Method, rng: np.random.Generator) -> list[Estimate]:
    """The ratio of each model to the first row, as the verdict reads it."""
    if method == "study":
        groups = [RUNTIMES[i % len(RUNTIMES)] for i in range(len(times))]
        effects = process_effects(times, processes, groups)
        found = [
            ratio(row, times[0], processes, effects.of_pair(group, groups[0]), comparisons=len(times) - 1)
            for row, group in zip(times[1:], groups[1:], strict=True)
        ]
    else:
        found = _bootstrapped(times[1:] / times[0], processes, method, rng)
    return [Estimate(r.value, r.low, r.high, r.family_low, r.family_high) for r in found]


def _bootstrapped(ratios: Floats, processes: NDArray[np.intp], method: Method, rng: np.random.Generator) -> list[Ratio]:
    """Percentile intervals of the median over rounds, without regard to how many models there are."""
    rounds = ratios.shape[1]
    drawn = rng.integers(rounds, size=(_RESAMPLES, rounds))
    if method == "processes then rounds":
        drawn = np.stack([_two_levels(processes, rng) for _ in range(_RESAMPLES)])
    medians = np.median(ratios[:, drawn], axis=2)
    low, high = np.quantile(medians, [0.025, 0.975], axis=1)
    values = np.median(ratios, axis=1)
    return [Ratio(float(v), float(a), float(b)) for v, a, b in zip(values, low, high, strict=True)]


def _two_levels(processes: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
    n = int(processes.max()) + 1
    of = [np.flatnonzero(processes == number) for number in range(n)]
    return np.concatenate([rng.choice(of[number], len(of[number])) for number in rng.integers(n, size=n)])
