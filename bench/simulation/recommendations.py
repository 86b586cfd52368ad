"""How often a recommendation is wrong: test sets drawn from populations with known differences, judged as a study does.

The functions are the study's own: influences and pseudo-texts, weights from validation, step-down max-T, and the
smallest of those that are shown to be as good. A plain rule stands beside: each model tested alone at 5 %.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from baselines.scores.answers import Answers
from baselines.scores.influence import Influence, PairedDifference, difference_of
from baselines.scores.simultaneous import correlation_of
from baselines.task import LabelMatrix, Task
from bench.simulation.populations import N_TEXTS, Population, population
from bench.verdict.family import FEWEST_TEXTS, Tested, together, weights_by

DELTA = 0.01
N_CANDIDATES = 30
N_DRAWS = 4_000
MANY_TEXTS = 1_000
# A difference that is named as the margin must lie beyond it.
JUST_BEYOND = -0.0101


@dataclass(frozen=True)
class Scenario:
    """What is simulated.

    Attributes:
        name: for the table.
        wanted: true differences of the candidates.
        task: of the texts.
        n_test, n_validation: texts drawn for both parts.
        only_harm: changes are few and all of them harm.
        optimism: of validation: each candidate's difference there is too good by up to twice that.
        n_texts: of the population.
    """

    name: str
    wanted: tuple[float, ...]
    task: Task = "multilabel"
    n_test: int = 220
    n_validation: int = 220
    only_harm: bool = False
    optimism: float = 0.0
    n_texts: int = N_TEXTS


def scenarios() -> list[Scenario]:
    """All that the promise is tried by."""
    k, graded = N_CANDIDATES, tuple(np.linspace(0.0, -0.04, N_CANDIDATES))
    beyond = Scenario("all just beyond the margin (−0.0101)", (JUST_BEYOND,) * k)
    half = tuple(np.linspace(0.0, 0.01, k // 2)) + tuple(np.linspace(-0.02, -0.05, k - k // 2))
    mixture = (0.0,) * (k // 6) + (JUST_BEYOND,) * (k - k // 6)
    equal = Scenario("all equal (0)", (0.0,) * k)
    return [
        beyond,
        replace(beyond, name="the same, validation too kind", optimism=0.005),
        replace(beyond, name="the same, by few changes that all harm", only_harm=True),
        Scenario("all at −0.012", (-0.012,) * k),
        Scenario("graded, 0 to −0.04", graded),
        equal,
        Scenario("half equal or better, half worse", half),
        Scenario("one in six equal, the others just beyond", mixture),
        replace(beyond, name="just beyond, 50 texts", n_test=50, n_validation=50),
        replace(equal, name="equal, 8 texts", n_test=8, n_validation=8),
        replace(beyond, name="just beyond, 100 texts", n_test=100, n_validation=100),
        replace(beyond, name="just beyond, 2,000 texts", n_test=2_000, n_validation=2_000),
        replace(equal, name="equal, 2,000 texts", n_test=2_000, n_validation=2_000),
        replace(beyond, name="one label a text, just beyond", task="multiclass"),
        replace(equal, name="one label a text, equal", task="multiclass"),
    ]


@dataclass(frozen=True)
class Rates:
    """What came of a scenario, each a share of its runs.

    Attributes:
        scenario: what was simulated.
        runs: how often.
        recommended: something smaller than the reference was recommended.
        wrong: what was recommended is worse than the reference by more than the margin.
        wrong_words: some model was called as good, better or worse that isn't.
        covered: all intervals together held the true differences.
        covered_one: the interval of a model, alone, held it; the mean over models.
        missed_chosen: something was recommended, and its interval doesn't hold its true difference.
        wrong_alone: the plain rule, each model at 5 % alone, would have recommended one beyond the margin.
        recommended_alone: the plain rule would have recommended something.
    """

    scenario: Scenario
    runs: int
    recommended: float
    wrong: float
    wrong_words: float
    covered: float
    covered_one: float
    missed_chosen: float
    wrong_alone: float
    recommended_alone: float

    def error_of(self, rate: float) -> float:
        """Standard error of a rate."""
        return float(np.sqrt(max(rate * (1 - rate), 1e-12) / self.runs))


def recommendation_rates(scenario: Scenario, runs: int, seed: int) -> Rates:
    """Draw test and validation sets, judge each as a study does, and count."""
    rng = np.random.default_rng([seed, 11])
    texts = population(scenario.task, scenario.wanted, rng, only_harm=scenario.only_harm, n_texts=scenario.n_texts)
    counts = np.array([_one(texts, scenario, rng) for _ in range(runs)], float)
    shares = np.mean(counts, axis=0)
    return Rates(scenario, runs, *(float(share) for share in shares))


def _one(texts: Population, scenario: Scenario, rng: np.random.Generator) -> tuple[float, ...]:
    """The counts of `Rates`, in its order."""
    truth = np.array(texts.differences)
    validation = differences(texts, rng.integers(len(texts.truth), size=scenario.n_validation))
    values = np.array([d.centre() for d in validation])
    values += scenario.optimism * 2 * rng.random(len(values))
    weights = weights_by(values, np.array([d.deviation() for d in validation]), DELTA, np.ones(len(values), bool))
    test = differences(texts, rng.integers(len(texts.truth), size=scenario.n_test))
    found = judged_together(test, weights, rng)
    sizes = rng.permutation(len(truth))
    enough = scenario.n_test >= FEWEST_TEXTS
    chosen = _smallest(found.as_good & enough, sizes)
    alone = _smallest(np.array([d.lower >= -DELTA for d in test]), sizes)
    inside = (found.low <= truth) & (truth <= found.high)
    own = np.array([d.low <= t <= d.high for d, t in zip(test, truth, strict=True)])
    words = (found.as_good & (truth < -DELTA)) | (found.better & (truth <= 0)) | (found.worse & (truth >= 0))
    return (
        chosen is not None,
        chosen is not None and truth[chosen] < -DELTA,
        bool((words & enough).any()),
        bool(inside.all()),
        float(own.mean()),
        chosen is not None and not inside[chosen],
        alone is not None and truth[alone] < -DELTA,
        alone is not None,
    )


def differences(texts: Population, rows: NDArray[np.integer]) -> list[PairedDifference]:
    """Each candidate against the reference, on these texts of a population."""
    truth = texts.truth[rows]

    def influence(decided: LabelMatrix) -> Influence:
        return Influence.of(texts.metric, Answers(truth, decided[rows]), texts.task)

    reference = influence(texts.reference)
    return [difference_of(influence(candidate), reference) for candidate in texts.candidates]


def judged_together(test: Sequence[PairedDifference], weights: NDArray[np.float64], rng: np.random.Generator) -> Tested:
    """The claims of all, as a verdict makes them."""
    correlation = correlation_of(np.stack([d.influence for d in test], axis=1), np.array([d.step for d in test]))
    sides = np.array([d.centre() for d in test]), np.array([d.deviation() for d in test])
    return together(sides, sides, DELTA, weights, correlation, rng=rng, n_draws=N_DRAWS)


def recommendation_scenarios(runs: int, seed: int) -> Iterator[Rates]:
    """Every scenario's rates, one after the other; those of many texts take longer and get a quarter of the runs."""
    for number, scenario in enumerate(scenarios()):
        own = runs if scenario.n_test < MANY_TEXTS else max(1, runs // 4)
        yield recommendation_rates(scenario, own, seed + number)


def _smallest(good: NDArray[np.bool_], sizes: NDArray[np.integer]) -> int | None:
    return int(np.flatnonzero(good)[np.argmin(sizes[good])]) if good.any() else None
