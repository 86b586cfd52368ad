"""How often the interval of a score holds the true score: texts drawn from made populations, judged as a study judges.

A population is 100,000 texts with their truth and a model's probabilities; the score on all of them is the true one.
Each run draws n texts, lets `resample_scores` and `class_intervals` judge them as in a study (with fewer resamples),
and asks whether the interval holds the true score. The true macro F1 is that of the classes that some drawn text has:
of the others a test part says nothing. True figures of one class are kept exact by drawing its texts and the others
apart, so many of each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from baselines.scores.answers import Answers
from baselines.scores.judging import judged, metrics_of
from baselines.scores.metrics import scores
from baselines.scores.resampling import resample_scores
from baselines.scores.score_intervals import class_intervals
from baselines.task import LabelMatrix, Probabilities, Task, decide

SIZES = (50, 100, 220, 2_000)
POSITIVES = (1, 2, 5, 10, 20, 50)
N_RESAMPLES = 300
_N_TEXTS = 100_000
_N_WITH_CLASS = 220
_PERCENTILES = (0.025, 0.975)


@dataclass(frozen=True)
class Population:
    """Texts that others are drawn from; bool, float32 and bool (100,000, C)."""

    task: Task
    truth: LabelMatrix
    probabilities: Probabilities
    decided: LabelMatrix


@dataclass(frozen=True)
class CoverageRow:
    """One row of the table.

    Attributes:
        population: what the texts were drawn from.
        metric: its name.
        n: texts drawn; `positives` where texts of one class were drawn apart, else None.
        true: mean true score.
        coverage: share of runs whose interval held the true score; `standard_error` of that.
        above, below: share of runs in which the true score lay above the interval, and below it.
        width: mean width.
        percentile: coverage of the percentile bootstrap on the same resamples, for comparison; None where none were
            drawn.
    """

    population: str
    metric: str
    n: int
    positives: int | None
    runs: int
    true: float
    coverage: float
    standard_error: float
    above: float
    below: float
    width: float
    percentile: float | None


# Whether each run's true score lay below (-1), inside (0) or above (1) its interval, the width, and the true score.
Found = Mapping[str, list[tuple[int, float, float]]]


def score_interval_scenarios(runs: int, seed: int) -> list[CoverageRow]:
    """Every population with every size, then one class with few positives.

    Args:
        runs: of each; 400 give a standard error of 0.011, and take about a quarter of an hour on one core.
        seed: of all of it; the same seed gives the same rows.
    """
    rows: list[CoverageRow] = []
    for number, (name, make) in enumerate(POPULATIONS.items()):
        population = make(np.random.default_rng([seed, number]))
        for n in SIZES:
            rows += rows_of_population(name, population, n, runs, np.random.default_rng([seed, number, n]))
    for recall, precision in ((0.8, 0.7), (0.98, 0.95)):
        for positives in POSITIVES:
            rng = np.random.default_rng([seed, positives, round(100 * recall)])
            rows += rows_of_class(recall, precision, positives, runs, rng)
    return rows


def rows_of_population(
    name: str, population: Population, n: int, runs: int, rng: np.random.Generator, n_resamples: int = N_RESAMPLES
) -> list[CoverageRow]:
    """Each metric of the population's task, on `runs` draws of n texts, in its order."""
    task, truth, decided = population.task, population.truth, population.decided
    answers = Answers(truth, decided, population.probabilities)
    true = {metric: judged(metric, answers, task) for metric in metrics_of(task)}
    f1 = scores(truth, decided).f1
    found: Found = {metric: [] for metric in true}
    inside = dict.fromkeys(true, 0)
    for _ in range(runs):
        rows = rng.integers(len(truth), size=n)
        drawn = truth[rows]
        resampled = resample_scores(
            drawn,
            {"": decided[rows]},
            rng,
            probabilities={"": population.probabilities[rows]},
            task=task,
            n_resamples=n_resamples,
        )
        if "f1_macro" in true:
            true["f1_macro"] = float(f1[drawn.any(axis=0)].sum()) / len(f1)
        for metric, wanted in true.items():
            interval = resampled.interval("", metric)
            found[metric].append(_place(wanted, interval.low, interval.high))
            low, high = np.quantile(resampled.samples[metric][0], _PERCENTILES)
            inside[metric] += int(low <= wanted <= high)
    return [_row(name, metric, n, None, own, inside[metric] / runs) for metric, own in found.items()]


def rows_of_class(
    recall: float, precision: float, positives: int, runs: int, rng: np.random.Generator
) -> list[CoverageRow]:
    """Precision, recall and F1 of one class that so many of 220 texts have; truths by their expected counts."""
    wrongly = positives * recall * (1 - precision) / precision / (_N_WITH_CLASS - positives)
    true = {"precision": precision, "recall": recall, "f1": 2 * precision * recall / (precision + recall)}
    truth = np.arange(_N_WITH_CLASS)[:, None] < positives
    found: Found = {metric: [] for metric in true}
    for _ in range(runs):
        decided = rng.random(truth.shape) < np.where(truth, recall, wrongly)
        ends = class_intervals(truth, decided)
        for metric, wanted in true.items():
            low, high = ends[metric][0].tolist()
            found[metric].append(_place(wanted, low, high))
    name = f"one class, recall {recall:g}, precision {precision:g}"
    return [_row(name, metric, _N_WITH_CLASS, positives, own) for metric, own in found.items()]


def _place(true: float, low: float, high: float) -> tuple[int, float, float]:
    return int(true > high) - int(true < low), high - low, true


def _row(
    name: str,
    metric: str,
    n: int,
    positives: int | None,
    found: Sequence[tuple[int, float, float]],
    percentile: float | None = None,
) -> CoverageRow:
    side, width, true = (np.array(column) for column in zip(*found, strict=True))
    coverage = float((side == 0).mean())
    return CoverageRow(
        name,
        metric,
        n,
        positives,
        len(found),
        float(true.mean()),
        coverage,
        float(np.sqrt(coverage * (1 - coverage) / len(found))),
        float((side > 0).mean()),
        float((side < 0).mean()),
        float(width.mean()),
        percentile,
    )


def multilabel(rng: np.random.Generator, ease: float, n_classes: int = 35) -> Population:
    """Two labels a text on average, classes as frequent as 1, 1/2, 1/3, ...; some texts are hard in all classes."""
    frequency = 1 / np.arange(1, n_classes + 1)
    frequency = np.minimum(frequency * 2 / frequency.sum(), 0.6)
    truth = rng.random((_N_TEXTS, n_classes)) < frequency
    bare = ~truth.any(axis=1)
    truth[bare, rng.integers(n_classes, size=int(bare.sum()))] = True
    hardness, skill = rng.gamma(2, 0.5, size=(_N_TEXTS, 1)), rng.normal(0, 0.7, n_classes)
    mean = np.where(truth, 2.2 + skill, -3.2 + 0.5 * np.log(frequency / frequency.mean())) * ease
    given = 1 / (1 + np.exp(-(mean + rng.normal(size=truth.shape) * hardness)))
    return _population("multilabel", truth, given, np.full(n_classes, 0.5))


def multiclass(rng: np.random.Generator, n_classes: int, ease: float) -> Population:
    """One label a text, frequencies like 1 / sqrt(rank)."""
    frequency = np.arange(1, n_classes + 1) ** -0.5
    frequency /= frequency.sum()
    own = rng.choice(n_classes, p=frequency, size=_N_TEXTS)
    truth = np.eye(n_classes, dtype=bool)[own]
    hardness, skill = rng.gamma(3, 1 / 3, size=(_N_TEXTS, 1)) * 1.5, rng.normal(0, 0.6, n_classes)
    powers = rng.normal(size=truth.shape) * hardness + np.log(frequency) + truth * (ease + skill)
    powers = np.exp(powers - powers.max(axis=1, keepdims=True))
    return _population("multiclass", truth, powers / powers.sum(axis=1, keepdims=True), np.zeros(n_classes))


def binary(rng: np.random.Generator, share: float, ease: float) -> Population:
    """Two normal distributions `ease` standard deviations apart; as many yes as there are positives."""
    truth = rng.random((_N_TEXTS, 1)) < share
    given = 1 / (1 + np.exp(-(ease * (rng.normal(size=truth.shape) + ease * truth - ease / 2))))
    return _population("binary", truth, given, np.quantile(given, [1 - share]))


def _population(
    task: Task, truth: LabelMatrix, given: NDArray[np.float64], thresholds: NDArray[np.float64]
) -> Population:
    probabilities = given.astype(np.float32)
    return Population(task, truth, probabilities, decide(probabilities, thresholds.astype(np.float32), task))


# Each names what matters: classes or share of positives, and about how good the model is.
POPULATIONS: Mapping[str, Callable[[np.random.Generator], Population]] = {
    "35 classes, 2 labels a text, hard": lambda rng: multilabel(rng, 1.0),
    "35 classes, 2 labels a text, easy": lambda rng: multilabel(rng, 2.2),
    "4 classes, hard": lambda rng: multiclass(rng, 4, 2.5),
    "4 classes, easy": lambda rng: multiclass(rng, 4, 5.5),
    "77 classes": lambda rng: multiclass(rng, 77, 5.5),
    "50 % positives": lambda rng: binary(rng, 0.5, 2.5),
    "10 % positives": lambda rng: binary(rng, 0.1, 2.5),
    "2 % positives": lambda rng: binary(rng, 0.02, 3.0),
    "50 % positives, nearly always right": lambda rng: binary(rng, 0.5, 5.0),
}
