"""Populations of texts whose true differences between models are known, to draw test sets from.

A population has some ten thousand texts with labels, a reference's answers, and candidates that change 5 to 20 % of
them. Each change helps or harms; how many harm is set so that the true difference in the metric is the wanted one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from baselines.scores.answers import Answers
from baselines.scores.judging import judged
from baselines.task import DEFAULT_METRIC, LabelMatrix, Task

# How many of the 1,444 texts of Made With ML have each of its 35 tags.
TAG_COUNTS = (
    424, 388, 258, 213, 196, 120, 106, 93, 78, 75, 73, 69, 64, 60, 59, 57, 55, 51, 51, 51, 51, 49, 48, 46, 41, 41, 40,
    40, 39, 39, 34, 34, 33, 32, 30,
)  # fmt: skip
TAGGED_TEXTS = 1444
N_TEXTS, N_CLASSES = 20_000, 20
# Of a reference: labels found, labels wrongly given for each true one, and right answers of one label a text.
_RECALL, _WRONG, _ACCURACY = 0.7, 0.35, 0.85
# How much of whether a text is changed is the text's own: models of one family change the same ones.
_SHARED = 0.7


@dataclass(frozen=True)
class Population:
    """Texts with labels and answers.

    Attributes:
        task: of the labels.
        truth: bool (N, C).
        reference: bool (N, C), its decisions.
        candidates: bool (N, C) each.
        differences: true difference of each candidate in the task's metric.
    """

    task: Task
    truth: LabelMatrix
    reference: LabelMatrix
    candidates: tuple[LabelMatrix, ...]
    differences: tuple[float, ...]

    @property
    def metric(self) -> str:
        """What the task is judged by."""
        return DEFAULT_METRIC[self.task]


def population(
    task: Task, wanted: Sequence[float], rng: np.random.Generator, *, only_harm: bool = False, n_texts: int = N_TEXTS
) -> Population:
    """Texts, a reference, and a candidate for each wanted difference.

    Args:
        task: `multilabel`, with the frequencies of Made With ML, or `multiclass`, 20 equally frequent classes.
        wanted: true differences; what comes is at most 0.0001 below.
        rng: draws everything.
        only_harm: as few changes as bring the difference, none of which helps; else 5 to 20 % of the texts change.
        n_texts: size of the population.
    """
    truth, reference = _multilabel(n_texts, rng) if task == "multilabel" else _multiclass(n_texts, rng)
    difficulty = rng.standard_normal(n_texts)
    shares = rng.permutation(np.linspace(0.05, 0.20, len(wanted)))
    candidates, differences = [], []
    for share, difference in zip(shares, wanted, strict=True):
        order = np.argsort(-(_SHARED * difficulty + (1 - _SHARED) * rng.standard_normal(n_texts)), kind="stable")
        made = _Changes(task, truth, reference, order, float(share), rng, only_harm)
        decided, reached = made.with_difference(difference)
        candidates.append(decided)
        differences.append(reached)
    return Population(task, truth, reference, tuple(candidates), tuple(differences))


def _multilabel(n: int, rng: np.random.Generator) -> tuple[LabelMatrix, LabelMatrix]:
    shares = np.array(TAG_COUNTS) / TAGGED_TEXTS
    truth = rng.random((n, len(shares))) < shares
    empty = ~truth.any(axis=1)
    truth[empty, rng.choice(len(shares), int(empty.sum()), p=shares / shares.sum())] = True
    wrong = rng.random(truth.shape) < _WRONG * shares
    return truth, (truth & (rng.random(truth.shape) < _RECALL)) | (~truth & wrong)


def _multiclass(n: int, rng: np.random.Generator) -> tuple[LabelMatrix, LabelMatrix]:
    truth = rng.integers(N_CLASSES, size=n)
    other = (truth + rng.integers(1, N_CLASSES, size=n)) % N_CLASSES
    said = np.where(rng.random(n) < _ACCURACY, truth, other)
    every = np.eye(N_CLASSES, dtype=bool)
    return every[truth], every[said]


class _Changes:
    """One candidate's changes, of which as many harm as are asked for."""

    def __init__(
        self,
        task: Task,
        truth: LabelMatrix,
        reference: LabelMatrix,
        order: NDArray[np.intp],
        share: float,
        rng: np.random.Generator,
        only_harm: bool,
    ) -> None:
        self.task, self.truth, self.reference, self.only_harm = task, truth, reference, only_harm
        self.rows = order[: round(share * len(truth))]
        self.luck = rng.random(len(self.rows))
        drawn = rng.random((len(self.rows), truth.shape[1]))
        here, said = truth[self.rows], reference[self.rows]
        # To harm: a right label is dropped, or a wrong one given; to help: the other way round.
        self.harm = np.argmax(np.where(here == said, drawn + 2 * (here & said), 0), axis=1)
        self.help = np.argmax(np.where(here != said, 1 + drawn, 0), axis=1)
        self.can_help = (here != said).any(axis=1)
        self.whole = judged(DEFAULT_METRIC[task], Answers(truth, reference), task)

    def with_difference(self, wanted: float) -> tuple[LabelMatrix, float]:
        """Decisions of the candidate and their true difference, at most 0.0001 below the wanted one."""
        low, high = 0.0, 1.0
        best = self._decided(1.0)
        for _ in range(24):
            middle = (low + high) / 2
            decided = self._decided(middle)
            reached = self._difference(decided)
            if reached > wanted:
                low = middle
            else:
                high, best = middle, decided
            if wanted - 1e-4 < reached <= wanted:
                return decided, reached
        return best, self._difference(best)

    def _decided(self, harmful: float) -> LabelMatrix:
        """The decisions where that share of changes harms; of only harmful ones, the others aren't made."""
        harms = self.luck < harmful
        decided = self.reference.copy()
        helps = ~harms & self.can_help & (not self.only_harm)
        if self.task == "multiclass":
            decided[self.rows[harms]] = np.roll(self.truth[self.rows[harms]], 1, axis=1)
            decided[self.rows[helps]] = self.truth[self.rows[helps]]
            return decided
        for which, columns in ((harms, self.harm), (helps, self.help)):
            decided[self.rows[which], columns[which]] ^= True
        return decided

    def _difference(self, decided: LabelMatrix) -> float:
        return judged(DEFAULT_METRIC[self.task], Answers(self.truth, decided), self.task) - self.whole
