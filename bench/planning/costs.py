"""What each step of a study will take on these data: small trainings that were timed, carried on to all texts.

    seconds(n) = (a + b·n)·(n / m)^0.1,   a and b from the two sizes that were timed, m the larger one

Every stage is built to grow linearly with the texts; the tenth is for caches that become too small. With one size timed
a is 0. What wasn't timed takes what is usual, times how slow this machine was in what was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from baselines.fitting import cleaning_choice
from baselines.text.cleaning import CHOICES
from baselines.watching.expected import MOST_TEXTS, SAMPLE_TEXTS, training_s
from bench.making.expected import ANSWER_S, after_steps, model_steps
from bench.making.variants import LINEAR, REFERENCE, Variant
from bench.measure.plan import Plan
from bench.planning.timings import Timing

_BEYOND = 0.1
# A faster solver makes a model faster, but not all that is done to it afterwards.
_LEAST_PACE = 0.2
# Of what a linear model usually takes, where the first baseline tries the cleanings, its own training.
_WITHOUT_CLEANING = 0.25
# Seconds of measuring a model by plan, starting its processes included.
LATENCY_S: Mapping[str, float] = {"quick": 2.5, "study": 3.8, "thorough": 130.0}


@dataclass(frozen=True)
class Sizes:
    """Texts of each part, and classes."""

    train: int
    validation: int
    test: int
    classes: int


@dataclass(frozen=True)
class Costs:
    """Seconds of a study's steps.

    Attributes:
        sizes: of the data.
        timings: of small trainings; none where nothing was timed.
        doctor_s: of looking at the data.
    """

    sizes: Sizes
    timings: Sequence[Timing] = ()
    doctor_s: float = 0.0

    def making(self, baselines: Iterable[str], variants: Iterable[Variant]) -> dict[str, float]:
        """Seconds of training or making each model."""
        baselines = list(baselines)
        timed = {name: self._timed(name) for name in baselines if self._of(name)}
        usual = {name: training_s(name, self.sizes.train, self.sizes.classes) * self.pace for name in baselines}
        paces = {name: self._pace_of(name) for name in (LINEAR, REFERENCE)}
        return dict(model_steps(baselines, variants, self.sizes.train, self.sizes.classes, usual | timed, paces))

    def after(self, rows: Iterable[str], plan: Plan) -> dict[str, float]:
        """Seconds of each step that follows, with a row for each of these models."""
        answers = {name: self.answer_s(name) for name in rows}
        n_evaluated = self.sizes.validation + self.sizes.test
        steps = after_steps(answers, n_evaluated, latency_s=LATENCY_S.get(plan.name, LATENCY_S["study"]))
        return {name: seconds if name == "latency" else seconds * self.pace for name, seconds in steps}

    def answer_s(self, name: str) -> float:
        """Seconds in which a model answers one text."""
        found = self._of(name)
        if not found:
            return ANSWER_S
        # Neighbours and trees are looked for among more texts than were timed.
        grows = 1.0 if name == "tfidf-knn" else 0.1 if "forest" in name else 0.0
        last = found[-1]
        return float(min(last.answer_s, 0.05) * max(1.0, self.sizes.train / last.n_texts) ** grows)

    @property
    def trial_s(self) -> float:
        """Seconds of one student of a search within a budget."""
        return 8.0 * min(self.sizes.train / SAMPLE_TEXTS, 100.0) * self.pace

    @cached_property
    def pace(self) -> float:
        """How much longer what was timed took than is usual; 1 where nothing was."""
        ratios = [t.fit_s / self._usual(t) for t in self.timings]
        return min(max(median(ratios), 0.1), 30.0) if ratios else 1.0

    def _pace_of(self, name: str) -> float:
        """The same of one baseline, where it was timed: of the larger training."""
        found = self._of(name)
        return max(found[-1].fit_s / self._usual(found[-1]), _LEAST_PACE) if found else self.pace

    def _usual(self, timing: Timing) -> float:
        seconds = training_s(timing.name, timing.n_texts, self.sizes.classes)
        return seconds * _WITHOUT_CLEANING if timing.name == LINEAR else seconds

    def _of(self, name: str) -> list[Timing]:
        return sorted((t for t in self.timings if t.name == name), key=lambda t: t.n_texts)

    def _timed(self, name: str) -> float:
        seconds = self._carried_on(name, max(self.sizes.train, 1)) + self.answer_s(name) * self.sizes.validation
        if name == LINEAR:  # each way of cleaning is tried by a linear model of fewer iterations
            seconds += (
                0.5 * len(CHOICES) * self._carried_on(name, min(self.sizes.train, cleaning_choice.MOST_TEXTS // 2))
            )
        return seconds

    def _carried_on(self, name: str, n: int) -> float:
        """Seconds of fitting to so many texts."""
        found = self._of(name)
        first, last = found[0], found[-1]
        whole = last.fit_s / last.n_texts
        slope = (last.fit_s - first.fit_s) / (last.n_texts - first.n_texts) if len(found) > 1 else whole
        # A slope that noise made flat would promise a training of any size at once.
        slope = min(max(slope, 0.5 * whole), whole)
        n = min(n, max(MOST_TEXTS.get(name, n), last.n_texts))
        own = last.fit_s + slope * (n - last.n_texts)
        return max(own, 0.0) * float(max(1.0, n / last.n_texts) ** _BEYOND)
