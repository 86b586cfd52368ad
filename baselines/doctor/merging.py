"""Classes that are taken for one another so often that one class in place of two would pay.

Merging two classes always makes the task easier, so a pair is named only where their confusions are a good part of
their texts, and where the gain in the metric, on the same answers with both columns made one, is clear of 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.dataset import Part
from baselines.doctor.left_out import LeftOut
from baselines.scores.answers import Answers
from baselines.scores.intervals import Interval
from baselines.scores.judging import METRICS, utility
from baselines.scores.resampling import draw_counts, percentile_interval
from baselines.task import LabelMatrix, decide

# Confusions that a pair needs, and their share of the texts of its smaller class.
LEAST, LEAST_SHARE = 5, 0.1
MOST = 10


@dataclass(frozen=True)
class Merge:
    """Two classes that might be one.

    Attributes:
        a: the class that would go, the rarer one.
        b: the class that it would become.
        confused: texts of the one that were taken for the other.
        n: texts that have one of them.
        before: the metric as it is.
        after: the metric with both as one class.
        gain: after - before, better is positive.
    """

    a: str
    b: str
    confused: int
    n: int
    before: float
    after: float
    gain: Interval

    def to_json(self) -> dict[str, Any]:
        """For results.json."""
        return {**{k: getattr(self, k) for k in ("a", "b", "confused", "n", "before", "after")},
                "gain": self.gain.to_json()}  # fmt: skip


def merges_that_pay(part: Part, answers: LeftOut, n_resamples: int) -> list[Merge]:
    """Pairs whose merging would raise the metric beyond chance, the largest gain first; none of two classes."""
    if part.labels.shape[1] < 3:
        return []
    confused, counts = confusions(part.labels, answers.decided), part.labels.sum(axis=0)
    weights = np.concatenate(
        [np.ones((1, len(part))), draw_counts(len(part), n_resamples, np.random.default_rng(12))]
    ).astype(np.float32)
    before = _judged(part, part.labels, answers, weights)
    found = []
    for a, b in _candidates(confused, counts):
        after = _judged_merged(part, answers, a, b, weights)
        gain = (after - before) * utility(part.judged_by, 1.0)
        interval = percentile_interval(float(gain[0]), gain[1:], "documents")
        if interval.low > 0:
            n = int((part.labels[:, a] | part.labels[:, b]).sum())
            names = part.classes[a], part.classes[b]
            found.append(Merge(*names, int(confused[a, b]), n, float(before[0]), float(after[0]), interval))
    return sorted(found, key=lambda merge: -merge.gain.value)


def confusions(truth: LabelMatrix, decided: LabelMatrix) -> NDArray[np.int64]:
    """Texts that have one class and were given another that they haven't, both ways; (n_classes, n_classes)."""
    missed, wrong = (truth & ~decided).astype(np.float32), (decided & ~truth).astype(np.float32)
    one_way = (missed.T @ wrong).astype(np.int64)
    return one_way + one_way.T


def _candidates(confused: NDArray[np.int64], counts: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Pairs worth judging, (rarer, more frequent), most confused first."""
    rows, columns = np.triu_indices(len(counts), 1)
    found = []
    for at in np.argsort(-confused[rows, columns], kind="stable")[: 4 * MOST]:
        a, b = sorted((int(rows[at]), int(columns[at])), key=lambda c: (counts[c], c))
        if confused[a, b] >= max(LEAST, LEAST_SHARE * counts[a]):
            found.append((a, b))
    return found[:MOST]


def _judged(part: Part, truth: LabelMatrix, answers: LeftOut, weights: NDArray[np.float32]) -> NDArray[np.float64]:
    return METRICS[part.judged_by].judge(Answers(truth, answers.decided, answers.probabilities), weights)


def _judged_merged(part: Part, answers: LeftOut, a: int, b: int, weights: NDArray[np.float32]) -> NDArray[np.float64]:
    truth, p, decided = part.labels.copy(), answers.probabilities.copy(), answers.decided.copy()
    truth[:, b] |= truth[:, a]
    decided[:, b] |= decided[:, a]
    p[:, b] = p[:, a] + p[:, b] if part.task == "multiclass" else np.maximum(p[:, a], p[:, b])
    truth, p, decided = np.delete(truth, a, axis=1), np.delete(p, a, axis=1), np.delete(decided, a, axis=1)
    if part.task == "multiclass":
        decided = decide(p, np.zeros(p.shape[1], np.float32), part.task)
    return METRICS[part.judged_by].judge(Answers(truth, decided, p), weights)
