"""How much each text pulls a score up or down: the score without it, for all texts at once.

Source: Efron, "The Jackknife, the Bootstrap and Other Resampling Plans" (1982).
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from baselines.scores.answers import Answers, Counted, Floats, Weights
from baselines.scores.judging import METRICS
from baselines.scores.weightings import MOST_DRAWN, EachLeftOut, Everyone
from baselines.task import Task

# Metrics of a ranking: every text moves all others, so leaving one out takes a weighting of its own.
RANKING = ("average_precision", "roc_auc")
# Of a longer ranking as many groups of texts are left out in place of each text: n² weights would take minutes.
MOST_RANKED = 2_000
# Cells of one block: bounds the memory whatever the number of texts.
_CELLS = 2_000_000


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
    if metric in RANKING:
        return _by_groups(metric, answers, whole) if n <= MOST_DRAWN else of_ranking(metric, answers)
    # Texts with the same truth and decisions weigh the same, so one of each pair is left out.
    by_pair = METRICS[metric].reads == "decisions"
    rows, pair = answers.patterns if by_pair else (np.arange(n), np.arange(n, dtype=np.int32))
    left = np.empty(len(rows))
    size = max(1, _CELLS // max(answers.truth.shape[1], 1))
    for start in range(0, len(rows), size):
        block = slice(start, min(start + size, len(rows)))
        left[block] = judge(answers, cast(Weights, EachLeftOut(rows[block], n)))
        answers.forget()
    pull = ((n - 1) * (whole - left))[pair]
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


def of_ranking(metric: str, answers: Answers) -> Floats:
    """The same of a ranking in one pass over the sorted texts: n times the derivative by each text's weight.

    With tp and fp up to each of the distinct falling probabilities, `gained` positives there, and T, F in all:

        average precision = Σ gained tp / (tp + fp) / T;  area = Σ new fp (tp before + gained / 2) / (T F)

    It differs from leaving texts out by terms of 1 / n, so it stands where texts are many.
    """
    truth, p = answers.truth[:, 0], answers.probabilities[:, 0]
    order = np.argsort(-p, kind="stable")
    piece = np.cumsum(np.append(False, p[order][1:] != p[order][:-1]))
    gained, new = (np.bincount(piece, side[order]).astype(np.float64) for side in (truth, ~truth))
    tp, fp = np.cumsum(gained), np.cumsum(new)
    positives, negatives = max(float(tp[-1]), 1.0), max(float(fp[-1]), 1.0)
    if metric == "average_precision":
        below, whole = tp + fp, float((gained * tp / (tp + fp)).sum())
        later = [np.cumsum((gained * side / below**2)[::-1])[::-1] for side in (fp, tp)]
        of_positive, of_negative = (tp / below - whole / positives + later[0]) / positives, -later[1] / positives
    else:
        area = float((new * (tp - gained / 2)).sum()) / (positives * negatives)
        of_positive = (negatives - fp + new / 2) / (positives * negatives) - area / positives
        of_negative = (tp - gained / 2) / (positives * negatives) - area / negatives
    pull = np.empty(len(truth))
    pull[order] = len(truth) * np.where(truth[order], of_positive[piece], of_negative[piece])
    found: Floats = pull - pull.mean()
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
    tp, fp, fn = answers.totals
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
    effects = np.abs(judge(after, cast(Weights, Everyone(len(right), n))) - whole)
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
