"""How sure a score is: three sources of variance (documents, seeds, latency rounds), three intervals, never added up.

Documents are resampled, the same ones for every model, so a difference between two models is judged on equal texts. A
bootstrap resample of n documents is a row of counts (how often each document was drawn), multinomial; a (B, n) matrix
of such rows times per-document arrays of true positives, predicted and true labels gives all B resampled scores in
one product.

Sources: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), percentile intervals; Nadeau and Bengio,
    "Inference for the Generalization Error" (2003); Holm, "A simple sequentially rejective multiple test procedure"
    (1979).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from baselines.errors import MeasurementError
from baselines.scores.metrics import divide, f1_micro, f1_of
from baselines.task import LabelMatrix

Source = Literal["documents", "folds", "rounds"]
Metric = Literal["f1_weighted", "f1_micro", "f1_macro", "precision_weighted", "recall_weighted"]
METRICS: tuple[Metric, ...] = ("f1_weighted", "f1_micro", "f1_macro", "precision_weighted", "recall_weighted")
N_RESAMPLES = 2_000
N_RESAMPLES_VERDICT = 10_000
CONFIDENCE = 0.95
# Cells of one block of the (B, n) matrix: bounds the memory to some tens of MB whatever B and n are.
_CELLS = 2_000_000


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


@dataclass(frozen=True)
class Difference:
    """Score of a model minus the score of its reference, on the same resampled documents.

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
        values: per metric, float64 (n_models,), on the documents as they are.
        samples: per metric, float64 (n_models, B).
    """

    names: tuple[str, ...]
    n_documents: int
    values: Mapping[Metric, NDArray[np.float64]]
    samples: Mapping[Metric, NDArray[np.float64]]

    def interval(self, name: str, metric: Metric = "f1_weighted") -> Interval:
        """A model's score with its percentile interval over documents."""
        row = self._row(name)
        return _percentile_interval(float(self.values[metric][row]), self.samples[metric][row], "documents")

    def difference(self, name: str, reference: str, metric: Metric = "f1_weighted") -> Difference:
        """The model's score minus the reference's."""
        row, other = self._row(name), self._row(reference)
        resampled = self.samples[metric][row] - self.samples[metric][other]
        value = float(self.values[metric][row] - self.values[metric][other])
        lower, upper = np.quantile(resampled, [1 - CONFIDENCE, CONFIDENCE])
        interval = _percentile_interval(value, resampled, "documents")
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
    n_resamples: int = N_RESAMPLES,
) -> Resampled:
    """Paired bootstrap over documents.

    Args:
        truth: bool (n, C).
        predicted: per model, bool (n, C): the decisions that are scored.
        rng: draws the documents; the same generator state gives the same resamples.
        n_resamples: B; 2,000, and 10,000 for a verdict.

    Scores as in `baselines.scores.metrics`; only in the resamples of macro F1 the mean runs over the classes that were
    drawn (a rare class that was not drawn is no failure), scaled so that the unresampled value is the usual macro F1.

    Raises:
        MeasurementError: no documents, no models, or shapes that differ.
    """
    _check_shapes(truth, predicted)
    n_documents = len(truth)
    per_document = {name: _columns(truth, decisions) for name, decisions in predicted.items()}
    n_occurring = int(truth.any(axis=0).sum())
    once = np.ones((1, n_documents), np.float32)
    samples: dict[Metric, NDArray[np.float64]] = {m: np.empty((len(predicted), n_resamples)) for m in METRICS}
    rows = max(1, _CELLS // n_documents)
    for start in range(0, n_resamples, rows):
        stop = min(start + rows, n_resamples)
        weights = draw_counts(n_documents, stop - start, rng).astype(np.float32)
        for row, columns in enumerate(per_document.values()):
            for metric, scores in _scores(weights @ columns, n_occurring).items():
                samples[metric][row, start:stop] = scores
    whole = [_scores(once @ columns, n_occurring) for columns in per_document.values()]
    values: dict[Metric, NDArray[np.float64]] = {m: np.array([scores[m][0] for scores in whole]) for m in METRICS}
    return Resampled(tuple(predicted), n_documents, values, samples)


def draw_counts(n_documents: int, n_resamples: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """How often each document is drawn, (n_resamples, n_documents); multinomial, each row sums to n_documents."""
    drawn = rng.integers(n_documents, size=(n_resamples, n_documents))
    drawn += np.arange(n_resamples)[:, None] * n_documents
    return np.bincount(drawn.ravel(), minlength=n_resamples * n_documents).reshape(n_resamples, n_documents)


def nadeau_bengio(differences: Sequence[float], n_train: int, n_test: int) -> Interval:
    """Mean difference over folds with an interval that knows that folds share training texts.

    `variance of the mean = (1/k + n_test/n_train) s²`, Student's t with k - 1 degrees of freedom.

    Args:
        differences: one per fold (k at least 2; of repeated folds all of them).
        n_train: training documents of a fold.
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


def _columns(truth: LabelMatrix, decisions: LabelMatrix) -> NDArray[np.float32]:
    """True positives, predicted and true labels side by side; (n, 3 C). float32 counts exactly up to 2^24 documents."""
    return np.concatenate([truth & decisions, decisions, truth], axis=1).astype(np.float32)


def _scores(counts: NDArray[np.float32], n_occurring: int) -> dict[Metric, NDArray[np.float64]]:
    """(B, 3 C) summed true positives, predicted and true labels -> (B,) per metric."""
    tp, predicted, support = np.split(counts.astype(np.float64), 3, axis=1)  # (B, C) each
    fp, fn = predicted - tp, support - tp
    f1, total, occurs = f1_of(tp, fp, fn), support.sum(axis=1), support > 0
    mean_of_drawn = divide((f1 * occurs).sum(axis=1), occurs.sum(axis=1))
    return {
        "f1_weighted": divide((f1 * support).sum(axis=1), total),
        "f1_micro": f1_micro(tp, fp, fn),
        "f1_macro": mean_of_drawn * n_occurring / support.shape[1],
        "precision_weighted": divide((divide(tp, predicted) * support).sum(axis=1), total),
        "recall_weighted": divide(tp.sum(axis=1), total),
    }


def _percentile_interval(value: float, samples: NDArray[np.float64], source: Source) -> Interval:
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
