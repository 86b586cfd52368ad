"""How much each text weighs in a score, and what that says of a difference between two models on the same texts.

A percentile bootstrap of a difference is too narrow where two models differ in few answers, and of width zero where
they differ in none. So the standard error comes from the influence of each text, with pseudo-texts that change the
difference by what one changed answer does: two each way for one-sided bounds, which skewed changes would else break,
one each way for two-sided intervals, much as Agresti and Caffo add successes and failures.

Sources: Efron, "The Jackknife, the Bootstrap and Other Resampling Plans" (1982), the influence of one text by leaving
it out; Agresti and Caffo, "Simple and effective confidence intervals for proportions and differences of proportions
result from adding two successes and two failures" (2000).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from baselines.errors import MeasurementError
from baselines.scores.answers import Answers, Floats
from baselines.scores.intervals import Interval
from baselines.scores.judging import METRICS, metric_named
from baselines.scores.leaving_out import influences, one_answer
from baselines.task import LabelMatrix, Probabilities, Task

# Pseudo-texts, half of them better by one answer, half of them worse: of one-sided bounds, and of two-sided intervals.
ONE_SIDED, TWO_SIDED = 4, 2


@dataclass(frozen=True)
class PairedDifference:
    """By how much a model is better than another on the same texts; of a loss, how much lower.

    Attributes:
        value: as it was measured.
        n_texts: that both answered.
        n_changed: texts that they answer differently.
        influence: float64 (n_texts,), of each text on the difference, with mean 0.
        step: what one changed answer does, times the number of texts.
    """

    value: float
    n_texts: int
    n_changed: int
    influence: Floats
    step: float

    def centre(self, pseudo: int = ONE_SIDED) -> float:
        """The value drawn towards 0 by the pseudo-texts: what bounds are about."""
        return self.value * self.n_texts / (self.n_texts + pseudo)

    def deviation(self, pseudo: int = ONE_SIDED) -> float:
        """Standard error, the pseudo-texts included: `sqrt(Σ x² + pseudo · step²) / (n + pseudo)`; above 0."""
        squares = float(self.influence @ self.influence) + pseudo * self.step**2
        return math.sqrt(squares) / (self.n_texts + pseudo)

    @property
    def lower(self) -> float:
        """One-sided 95 % lower bound."""
        return self.centre() - Z_ONE_SIDED * self.deviation()

    @property
    def upper(self) -> float:
        """One-sided 95 % upper bound."""
        return self.centre() + Z_ONE_SIDED * self.deviation()

    @property
    def interval(self) -> Interval:
        """The value with its two-sided 95 % interval; it reaches at least as far as the one-sided bounds."""
        reach, centre = Z_TWO_SIDED * self.deviation(TWO_SIDED), self.centre(TWO_SIDED)
        return Interval(self.value, min(centre - reach, self.lower), max(centre + reach, self.upper), "documents")

    @property
    def low(self) -> float:
        """Lower end of the two-sided 95 % interval."""
        return self.interval.low

    @property
    def high(self) -> float:
        """Upper end of the two-sided 95 % interval."""
        return self.interval.high

    def non_inferior(self, delta: float) -> bool | None:
        """Whether the model, alone compared, is as good as the other up to a margin.

        Args:
            delta: the margin, at least 0; the loss one is ready to accept.

        Returns:
            True where `lower >= -delta`; False where it is shown to be worse, `upper < -delta`; None where the texts
            are too few to say.
        """
        if not 0 <= delta < 1:
            raise MeasurementError(f"margin delta: a number from 0 to 1 is allowed, got {delta}")
        if self.lower >= -delta:
            return True
        return False if self.upper < -delta else None


Z_ONE_SIDED, Z_TWO_SIDED = 1.6448536269514722, 1.959963984540054


def paired_difference(
    truth: LabelMatrix,
    ours: LabelMatrix,
    theirs: LabelMatrix,
    *,
    metric: str,
    task: Task,
    our_probabilities: Probabilities | None = None,
    their_probabilities: Probabilities | None = None,
) -> PairedDifference:
    """By how much one model is better than another on the same texts.

    Args:
        truth, ours, theirs: bool (n_texts, n_classes): the labels and both models' decisions.
        metric: name of one of the task's.
        task: of the data.
        our_probabilities, their_probabilities: float32 of the same shape; needed by metrics that read them.

    Raises:
        DataError: a metric that the task doesn't have, or one that needs probabilities where there are none.
    """
    metric_named(metric, task)
    own, other = Answers(truth, ours, our_probabilities), Answers(truth, theirs, their_probabilities)
    return difference_of(Influence.of(metric, own, task), Influence.of(metric, other, task))


@dataclass(frozen=True)
class Influence:
    """One model's score and what each text does to it.

    Attributes:
        metric: its name.
        value: the score.
        pull: float64 (n_texts,), as `influences` gives it.
        answers: what was judged.
        task: of the data.
    """

    metric: str
    value: float
    pull: Floats
    answers: Answers
    task: Task

    @cached_property
    def step(self) -> float:
        """What one lost right label does, as `one_answer` gives it."""
        found = one_answer(self.metric, self.answers, self.task)
        self.answers.forget()
        return found

    @classmethod
    def of(cls, metric: str, answers: Answers, task: Task) -> Influence:
        """Work it out."""
        once = np.ones((1, len(answers.truth)), np.float32)
        value = float(METRICS[metric].judge(answers, once)[0])
        found = cls(metric, value, influences(metric, answers), answers, task)
        answers.forget()
        return found


def difference_of(own: Influence, other: Influence) -> PairedDifference:
    """The difference of two models that answered the same texts.

    Its step is the larger of what one lost right label does and the mean influence, without its sign, of the texts
    that changed.
    """
    sign = 1.0 if METRICS[own.metric].higher_is_better else -1.0
    x = sign * (own.pull - other.pull)
    changed = _changed(own, other)
    mean = float(np.abs(x[changed]).mean()) if changed.any() else 0.0
    step = max(other.step, mean)
    return PairedDifference(sign * (own.value - other.value), len(x), int(changed.sum()), x, step)


def mean_difference(differences: list[PairedDifference]) -> PairedDifference:
    """The mean of differences on the same texts, such as those of several training seeds; at least one."""
    x = np.mean([difference.influence for difference in differences], axis=0)
    step = float(np.mean([difference.step for difference in differences]))
    value = float(np.mean([difference.value for difference in differences]))
    changed = max(difference.n_changed for difference in differences)
    return PairedDifference(value, len(x), changed, x, step)


def _changed(own: Influence, other: Influence) -> NDArray[np.bool_]:
    """Texts that two models answer differently, as far as the metric reads their answers."""
    if METRICS[own.metric].reads == "decisions":
        return np.asarray((own.answers.decided != other.answers.decided).any(axis=1))
    return np.asarray((own.answers.probabilities != other.answers.probabilities).any(axis=1))
