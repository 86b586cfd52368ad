"""How much each text pulls a score up or down: the score without it, for all texts at once.

Source: Efron, "The Jackknife, the Bootstrap and Other Resampling Plans" (1982).
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from baselines.scores.answers import Answers, Counted, Floats, Weights
from baselines.scores.judging import METRICS
from baselines.task import Task

# Metrics of a ranking: every text moves all others, so leaving one out takes a weighting of its own.
RANKING = ("average_precision", "roc_auc")
# Of a longer ranking as many groups of texts are left out in place of each text: n² weights would take minutes.
MOST_RANKED = 2_000
# Cells of one block: bounds the memory whatever the number of texts.
_CELLS = 2_000_000


class _EachLeftOut:
    """Weights that leave out one text after the other, all at once: what judges read of weights, without a matrix."""

    def __init__(self, rows: slice, n_texts: int) -> None:
        self._rows, self._n = rows, n_texts

    def __matmul__(self, columns: NDArray[np.floating]) -> Floats:
        whole: Floats = columns.sum(axis=0, dtype=np.float64)
        return whole - columns[self._rows]

    def __len__(self) -> int:
        return int(self._rows.stop - self._rows.start)

    def sum(self, axis: int = 1, dtype: Any = np.float64) -> Floats:
        """Texts that are left."""
        return np.full(len(self), self._n - 1.0)


def influences(metric: str, answers: Answers) -> Floats:
    """How much each text pulls the score up; float64 (n_texts,), in the metric's units, with mean 0.

    `x_i = (n - 1) (score - score without text i)`, centred. The variance of the score is about `Σ x² / n²`.

    Args:
        metric: name of one that the answers can be judged by.
        answers: of one model.
    """
    n = len(answers.truth)
    if n < 2:
        return np.zeros(n)
    judge = METRICS[metric].judge
    once = np.ones((1, n), np.float32)
    whole = float(judge(answers, once)[0])
    left = np.empty(n)
    if metric in RANKING:
        return _by_groups(metric, answers, whole)
    size = max(1, _CELLS // max(answers.truth.shape[1], 1))
    for start in range(0, n, size):
        rows = slice(start, min(start + size, n))
        left[rows] = judge(answers, cast(Weights, _EachLeftOut(rows, n)))
        answers.forget()
    pull = (n - 1) * (whole - left)
    found: Floats = pull - pull.mean()
    return found


def _by_groups(metric: str, answers: Answers, whole: float) -> Floats:
    """The same of a ranking, by leaving out groups of texts: each alone where they are few enough."""
    n = len(answers.truth)
    k = n if n <= MOST_RANKED else MOST_RANKED // 2
    group, left = np.arange(n) % k, np.empty(k)
    size = max(1, _CELLS // n)
    for start in range(0, k, size):
        stop = min(start + size, k)
        left[start:stop] = METRICS[metric].judge(answers, (group != np.arange(start, stop)[:, None]).astype(np.float32))
        answers.forget()
    pull = (k - 1) * (whole - left)
    # Each text of a group carries its pull so that the variance of the sum is that of the groups.
    found: Floats = ((pull - pull.mean()) * np.sqrt(n / k))[group]
    return found


def one_answer(metric: str, answers: Answers, task: Task) -> float:
    """By how much, times the number of texts, one right label that is lost changes the score; at least 0.

    The mean over the labels that are right. For a share of texts it is 1.

    Args:
        metric: its name.
        answers: of the model that loses a label.
        task: of several classes, the text gets another one: each of them a little.
    """
    n = len(answers.truth)
    judge, once = METRICS[metric].judge, np.ones((1, n), np.float32)
    whole = float(judge(answers, once)[0])
    tp, fp, fn = (count[0] for count in answers.counts(once))
    right = np.flatnonzero(tp > 0)
    if metric in RANKING:
        return n / max(float(answers.truth.sum()), 1.0) * abs(whole)
    if metric == "log_loss":
        return float(np.abs(influences(metric, answers)).mean())
    if not len(right):
        return 1.0
    lost = np.eye(len(tp))[right]
    elsewhere = (1 - lost) / max(len(tp) - 1, 1) if task == "multiclass" else np.zeros_like(lost)
    after = _Counted(answers, (tp - lost, fp + elsewhere, fn + lost))
    effects = np.abs(judge(after, np.repeat(once, len(right), axis=0)) - whole)
    return 1.0 if after.read_texts else n * float(np.average(effects, weights=tp[right]))


class _Counted(Answers):
    """Answers whose counts are given: what a metric would be after some answers changed."""

    def __init__(self, answers: Answers, counted: Counted) -> None:
        super().__init__(answers.truth, answers.decided)
        self._given, self.read_texts = counted, False

    def counts(self, weights: Weights) -> Counted:
        return self._given

    def of_texts(self, value: Any) -> Floats:
        # A mean over texts has no counts: one text more or less, whatever its label.
        self.read_texts = True
        return np.zeros(len(self.truth))
