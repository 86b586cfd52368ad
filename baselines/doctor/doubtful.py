"""Labels that answers without them contradict: which, what they should be, and how sure that is.

After confident learning (Northcutt, Jiang and Chuang, "Confident learning: estimating uncertainty in dataset labels",
2021): out-of-sample answers, ranked by the normalised margin between the given class and the likeliest other. Two
things are ours. The margin is taken of the scores before the softmax, which squeezes it. And which of the ranked are
issues is said by `baselines.doctor.sureness` in place of the confident joint's thresholds, which lost a tenth of the
planted errors at equal precision. With several labels a text each label and each gap is judged, by a second look that
reads the other labels too; there the distributions of both overlap too much to tell a share of errors from them, so one
is assumed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from baselines.dataset import Part
from baselines.doctor.left_out import LeftOut
from baselines.doctor.second_look import second_look
from baselines.doctor.sureness import MOST_SURE, sureness
from baselines.scores.calibration import logistic
from baselines.task import LabelMatrix

# Surer than this is an issue: more likely wrong than right.
CUT = 0.5
# Of several labels a text: share of them that is taken to be missing, and to be wrong, before a text is looked at.
SHARE = 0.08
# Draws of a random other class for each text.
_DRAWS = 20


@dataclass(frozen=True)
class Doubtful:
    """What was found, for each text.

    Attributes:
        sure: that something is wrong with the text's labels, 0..0.99; (n_texts,).
        suggested: bool (n_texts, n_classes); equals the labels where nothing is sure enough.
        share: estimated share of texts (one label) or of labels (several) that are wrong.
        share_missing: of several labels, estimated share of the gaps that should be labels; else 0.
    """

    sure: NDArray[np.float64]
    suggested: LabelMatrix
    share: float
    share_missing: float = 0.0

    @property
    def rows(self) -> NDArray[np.intp]:
        """Texts with an issue, the surest first."""
        found = np.flatnonzero(self.sure >= CUT)
        return found[np.argsort(-self.sure[found], kind="stable")]


def doubtful_labels(part: Part, answers: LeftOut) -> Doubtful:
    """Judge all labels of a part by answers that were made without them."""
    if part.task == "multilabel":
        return _of_several(part.labels, second_look(answers.scores, part.labels))
    if part.task == "multiclass":
        return _of_one(part.labels, answers.scores)
    # Yes and no as two classes: the margin between them is twice the score.
    both = np.concatenate([-answers.scores, answers.scores], axis=1)
    found = _of_one(part.named_labels, both)
    return Doubtful(found.sure, found.suggested[:, 1:], found.share)


def _of_one(labels: LabelMatrix, scores: NDArray[np.float32]) -> Doubtful:
    given, every = labels.argmax(axis=1), np.arange(len(labels))
    likeliest = np.where(labels, -np.inf, scores).argmax(axis=1)
    margin = (scores[every, likeliest] - scores[every, given]).astype(np.float64)
    sure, share = sureness(margin, _random_margins(given, scores))
    suggested = labels.copy()
    changed = np.flatnonzero(sure >= CUT)
    suggested[changed] = False
    suggested[changed, likeliest[changed]] = True
    return Doubtful(sure, suggested, share)


def _random_margins(given: NDArray[np.intp], scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Margins that the same texts would have with other classes, drawn at random; (_DRAWS · n_texts,)."""
    n, n_classes = scores.shape
    every, rng = np.arange(n), np.random.default_rng(0)
    best = scores.argmax(axis=1)
    top = scores[every, best]
    second = np.where(np.arange(n_classes) == best[:, None], -np.inf, scores).max(axis=1)
    found = []
    for _ in range(_DRAWS):
        drawn = (given + rng.integers(1, n_classes, n)) % n_classes
        found.append(np.where(drawn == best, second, top) - scores[every, drawn])
    return np.concatenate(found).astype(np.float64)


def _of_several(labels: LabelMatrix, logits: NDArray[np.float64]) -> Doubtful:
    """By Bayes' rule from `logits` of what stands there: of the true labels SHARE were lost, and as many were added.

    A gap with logit z lacks a label with odds `SHARE · e^z`, a label is wrong with odds `added · e^-z`.
    """
    n_labels = int(labels.sum())
    added = SHARE * n_labels / max(1, labels.size - n_labels)
    log_odds = np.where(labels, np.log(max(added, 1e-12)) - logits, np.log(SHARE) + logits)
    cells = logistic(log_odds).clip(0.0, MOST_SURE)
    sure = np.minimum(1 - np.prod(1 - cells, axis=1), MOST_SURE)
    # Of a text that is listed the surest cell changes, and every other that is more likely wrong than right.
    changed = cells >= np.minimum(0.5, cells.max(axis=1, keepdims=True))
    changed &= (sure >= CUT)[:, None]
    wrong = float(cells[labels].mean()) if n_labels else 0.0
    missing = float(cells[~labels].mean()) if n_labels < labels.size else 0.0
    return Doubtful(sure, labels ^ changed, wrong, missing)
