"""Paired bootstrap over documents: every metric of several models on the same resamples.

Documents are resampled, the same ones for every model, so a difference between two models is judged on equal texts. A
bootstrap resample of n documents is a row of counts (how often each document was drawn), multinomial; a (B, n) matrix
of such rows times per-document arrays gives all B resampled scores in one product. Of more than 5,000 documents,
groups of them are drawn (`baselines.scores.weightings`), so that neither time nor memory of a resample grows with
their number; a resampled metric of a ranking is then the value and the mean pull of what was drawn.

Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993). Intervals of single scores are those of
`baselines.scores.score_intervals`; a percentile of resamples has no width where nothing went wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from baselines.errors import MeasurementError
from baselines.scores.answers import Answers
from baselines.scores.influence import Influence, PairedDifference, difference_of
from baselines.scores.intervals import CONFIDENCE, N_RESAMPLES, Interval, Source
from baselines.scores.judging import METRICS, metric_named, metrics_of
from baselines.scores.leaving_out import RANKING, influences
from baselines.scores.score_intervals import ends_of
from baselines.scores.weightings import Groups
from baselines.task import DEFAULT_METRIC, LabelMatrix, Probabilities, Task

# Cells of one block of the (B, n) matrix: bounds the memory to some tens of MB whatever B and n are.
_CELLS = 2_000_000


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
        answers: of each model.
        task: what was asked.
    """

    names: tuple[str, ...]
    n_documents: int
    metric: str
    values: Mapping[str, NDArray[np.float64]]
    samples: Mapping[str, NDArray[np.float64]]
    ends: Mapping[str, NDArray[np.float64]]
    answers: Mapping[str, Answers]
    task: Task
    _influences: dict[tuple[str, str], Influence] = field(default_factory=dict)

    def interval(self, name: str, metric: str = "") -> Interval:
        """A model's score with its interval over documents, by the form of `baselines.scores.score_intervals`."""
        metric, row = metric or self.metric, self._row(name)
        low, high = self.ends[metric][row].tolist()
        return Interval(float(self.values[metric][row]), low, high, "documents")

    def difference(self, name: str, reference: str, metric: str = "") -> PairedDifference:
        """By how much the model is better than the reference: of a score more, of a loss less."""
        return difference_of(self.influence(name, metric), self.influence(reference, metric))

    def influence(self, name: str, metric: str = "") -> Influence:
        """What each document does to a model's score; worked out once."""
        key = (name, metric or self.metric)
        if key not in self._influences:
            self._row(name)
            self._influences[key] = Influence.of(key[1], self.answers[name], self.task)
        return self._influences[key]

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
    values = {name: np.array([METRICS[name].judge(own, _once(own))[0] for own in answers]) for name in wanted}
    groups = Groups(len(truth))
    # A document, or a group, is hardly ever drawn ten times, so a byte holds how often it was.
    drawn = [
        (slice(start, stop), draw_counts(groups.number, stop - start, rng).astype(np.uint8))
        for start, stop in _blocks((groups.number, truth.shape[1]), n_of.values())
    ]
    of_models = [_judged_on(own, groups, drawn, n_of) for own in answers]
    samples = {name: np.stack([own[name] for own in of_models]) for name in wanted}
    ends = {
        name: np.array([ends_of(name, *one) for one in zip(answers, values[name].tolist(), samples[name], strict=True)])
        for name in wanted
    }
    by_name = dict(zip(predicted, answers, strict=True))
    return Resampled(tuple(predicted), len(truth), first, values, samples, ends, by_name, task)


def _judged_on(
    own: Answers, groups: Groups, drawn: Sequence[tuple[slice, NDArray[np.uint8]]], n_of: Mapping[str, int]
) -> dict[str, NDArray[np.float64]]:
    """Every metric of one model on the resamples; (B,) by metric."""
    found = {name: np.empty(n) for name, n in n_of.items()}
    ranked = [] if groups.alone else [name for name in n_of if name in RANKING]
    pulls = {name: (METRICS[name].judge(own, _once(own))[0], influences(name, own)) for name in ranked}
    for block, counts in drawn:
        weights = groups.weights(counts)
        for name in (name for name, n in n_of.items() if block.stop <= n):
            if name in pulls:
                whole, pull = pulls[name]
                found[name][block] = whole + (weights @ pull) / groups.n_texts
            else:
                found[name][block] = METRICS[name].judge(own, weights)
        own.forget()
    own.forget_groups()
    return found


def _once(own: Answers) -> NDArray[np.float32]:
    """Every document counts once."""
    return np.ones((1, len(own.truth)), np.float32)


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
