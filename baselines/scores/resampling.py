"""Paired bootstrap over documents: every metric of several models on the same resamples.

Documents are resampled, the same ones for every model, so a difference between two models is judged on equal texts. A
bootstrap resample of n documents is a row of counts (how often each document was drawn), multinomial; a (B, n) matrix
of such rows times per-document arrays gives all B resampled scores in one product.

Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993). Intervals of single scores are those of
`baselines.scores.score_intervals`; a percentile of resamples has no width where nothing went wrong.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from baselines.errors import MeasurementError
from baselines.scores.answers import Answers
from baselines.scores.intervals import CONFIDENCE, N_RESAMPLES, Interval, Source
from baselines.scores.judging import METRICS, metric_named, metrics_of
from baselines.scores.score_intervals import ends_of
from baselines.task import DEFAULT_METRIC, LabelMatrix, Probabilities, Task

# Cells of one block of the (B, n) matrix: bounds the memory to some tens of MB whatever B and n are.
_CELLS = 2_000_000


@dataclass(frozen=True)
class Difference:
    """By how much a model is better than its reference, on the same resampled documents; of a loss, how much lower.

    Attributes:
        interval: the difference with its two-sided 95 % interval.
        lower: one-sided 95 % lower bound (5 % of the resamples lie below).
        upper: one-sided 95 % upper bound.
        deviation: standard deviation over the resamples.
        n_documents: test documents.
        resampled: (B,) every resampled difference.
    """

    interval: Interval
    lower: float
    upper: float
    deviation: float
    n_documents: int
    resampled: NDArray[np.float64]

    def non_inferior(self, delta: float) -> bool | None:
        """Whether the model is as good as its reference, up to a margin.

        Args:
            delta: the margin, at least 0; the loss one is ready to accept.

        Returns:
            True where `lower >= -delta`; False where it is shown to be worse, `upper < -delta`; None where the
            documents are too few to say.
        """
        _check_delta(delta)
        if self.lower >= -delta:
            return True
        return False if self.upper < -delta else None

    def p_value(self, delta: float) -> float:
        """One-sided p-value of "worse than the reference by more than delta", in (0, 1]; small: non-inferior."""
        _check_delta(delta)
        worse = int(np.count_nonzero(self.resampled < -delta))
        return (worse + 1) / (len(self.resampled) + 1)

    def documents_needed(self, delta: float, *, power: float = 0.8) -> int | None:
        """Test documents it would take to call the model non-inferior, were the observed difference the true one.

        `n (z_0.95 + z_power)² deviation² / (difference + delta)²`; the deviation shrinks with the root of n.

        Args:
            delta: the margin, as in `non_inferior`.
            power: probability of coming to that decision.

        Returns:
            None where the observed difference is at or below -delta: then more documents would not help.
        """
        _check_delta(delta)
        room = self.interval.value + delta
        if room <= 0:
            return None
        reach = (NormalDist().inv_cdf(CONFIDENCE) + NormalDist().inv_cdf(power)) * self.deviation
        return max(1, math.ceil(self.n_documents * (reach / room) ** 2))


@dataclass(frozen=True)
class Resampled:
    """Scores of several models on the same B resamples of the test documents.

    Attributes:
        names: the models, in the order of the rows.
        n_documents: test documents n.
        metric: what is meant where no metric is named.
        values: per metric, float64 (n_models,), on the documents as they are.
        samples: per metric, float64 (n_models, B); metrics other than `metric` may have fewer resamples.
        ends: per metric, float64 (n_models, 2), both ends of each value's interval.
    """

    names: tuple[str, ...]
    n_documents: int
    metric: str
    values: Mapping[str, NDArray[np.float64]]
    samples: Mapping[str, NDArray[np.float64]]
    ends: Mapping[str, NDArray[np.float64]]

    def interval(self, name: str, metric: str = "") -> Interval:
        """A model's score with its interval over documents, by the form of `baselines.scores.score_intervals`."""
        metric, row = metric or self.metric, self._row(name)
        low, high = self.ends[metric][row].tolist()
        return Interval(float(self.values[metric][row]), low, high, "documents")

    def difference(self, name: str, reference: str, metric: str = "") -> Difference:
        """By how much the model is better than the reference: of a score more, of a loss less."""
        metric = metric or self.metric
        sign = 1.0 if METRICS[metric].higher_is_better else -1.0
        row, other = self._row(name), self._row(reference)
        resampled = sign * (self.samples[metric][row] - self.samples[metric][other])
        value = sign * float(self.values[metric][row] - self.values[metric][other])
        lower, upper = np.quantile(resampled, [1 - CONFIDENCE, CONFIDENCE])
        interval = percentile_interval(value, resampled, "documents")
        return Difference(interval, float(lower), float(upper), float(resampled.std()), self.n_documents, resampled)

    def _row(self, name: str) -> int:
        if name not in self.names:
            raise MeasurementError(f"resampled scores: no model {name!r}; there are: {', '.join(self.names)}")
        return self.names.index(name)


def resample_scores(
    truth: LabelMatrix,
    predicted: Mapping[str, LabelMatrix],
    rng: np.random.Generator,
    *,
    probabilities: Mapping[str, Probabilities] | None = None,
    task: Task = "multilabel",
    metric: str = "",
    metrics: Sequence[str] | None = None,
    n_resamples: int = N_RESAMPLES,
) -> Resampled:
    """Paired bootstrap over documents.

    Args:
        truth: bool (n, C).
        predicted: per model, bool (n, C): the decisions that are scored.
        rng: draws the documents; the same generator state gives the same resamples.
        probabilities: per model, float32 (n, C); without them only metrics that read decisions are computed.
        task: whose metrics are computed.
        metric: what matters most, "" for the task's own; it alone gets more than 2,000 resamples.
        metrics: names of those that are computed beside it; None for every one of the task.
        n_resamples: B; 2,000, and 10,000 for a verdict.

    Raises:
        MeasurementError: no documents, no models, or shapes that differ.
        DataError: a metric that the task doesn't have.
    """
    _check_shapes(truth, predicted)
    first = metric or DEFAULT_METRIC[task]
    wanted = _wanted(first, metrics, task, probabilities is not None)
    answers = [Answers(truth, decided, (probabilities or {}).get(name)) for name, decided in predicted.items()]
    n_of = {name: n_resamples if name == first else min(n_resamples, N_RESAMPLES) for name in wanted}
    samples = {name: np.empty((len(answers), n)) for name, n in n_of.items()}
    for start, stop in _blocks(truth.shape, n_of.values()):
        weights = draw_counts(len(truth), stop - start, rng).astype(np.float32)
        for row, own in enumerate(answers):
            for name in (name for name in wanted if stop <= n_of[name]):
                samples[name][row, start:stop] = METRICS[name].judge(own, weights)
            own.forget()
    once = np.ones((1, len(truth)), np.float32)
    values = {name: np.array([METRICS[name].judge(own, once)[0] for own in answers]) for name in wanted}
    ends = {
        name: np.array([ends_of(name, *one) for one in zip(answers, values[name].tolist(), samples[name], strict=True)])
        for name in wanted
    }
    return Resampled(tuple(predicted), len(truth), first, values, samples, ends)


def _wanted(first: str, metrics: Sequence[str] | None, task: Task, with_probabilities: bool) -> list[str]:
    """Names of the metrics to compute, the first one first."""
    further = metrics_of(task) if metrics is None else metrics
    if metrics is None and not with_probabilities:
        further = [name for name in further if METRICS[name].reads == "decisions"]
    wanted = list(dict.fromkeys([first, *further]))
    for name in wanted:
        metric_named(name, task)
    return wanted


def _blocks(shape: tuple[int, ...], ends: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Ranges of resamples that are drawn together; none reaches over the end of a metric's resamples."""
    size, start = max(1, _CELLS // max(shape)), 0
    for end in sorted(set(ends)):
        while start < end:
            stop = min(start + size, end)
            yield start, stop
            start = stop


def draw_counts(n_documents: int, n_resamples: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """How often each document is drawn, (n_resamples, n_documents); multinomial, each row sums to n_documents."""
    drawn = rng.integers(n_documents, size=(n_resamples, n_documents))
    drawn += np.arange(n_resamples)[:, None] * n_documents
    return np.bincount(drawn.ravel(), minlength=n_resamples * n_documents).reshape(n_resamples, n_documents)


def percentile_interval(value: float, samples: NDArray[np.float64], source: Source) -> Interval:
    """The value with the two-sided 95 % interval of its resamples."""
    low, high = np.quantile(samples, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Interval(value, float(low), float(high), source)


def _check_delta(delta: float) -> None:
    if not 0 <= delta < 1:
        raise MeasurementError(f"margin delta: a number from 0 to 1 is allowed, got {delta}")


def _check_shapes(truth: LabelMatrix, predicted: Mapping[str, LabelMatrix]) -> None:
    if truth.ndim != 2 or not len(truth):
        raise MeasurementError(f"truth: expected (documents, classes) with at least one document, got {truth.shape}")
    if not predicted:
        raise MeasurementError("predicted: at least one model is needed")
    for name, decisions in predicted.items():
        if decisions.shape != truth.shape or decisions.dtype != np.bool_:
            raise MeasurementError(
                f"predicted[{name!r}]: expected bool {truth.shape} like the truth, "
                f"got {decisions.dtype} {decisions.shape}"
            )
