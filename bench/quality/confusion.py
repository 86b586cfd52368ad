"""Which classes are taken for which: the pairs that matter first, and a matrix that stays readable.

Pure functions on truth and decisions, bool (n_texts, n_classes); results have the shapes of results.json.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.dataset import Part
from baselines.task import LabelMatrix

MOST_PAIRS = 60
MOST_CLASSES = 20
_SHOWN = 300

Json = dict[str, Any]


def confusion_of(test: Part, decided: LabelMatrix) -> Json:
    """What `quality` says of wrong answers, by task.

    Multiclass: `confusions` and `matrix`. Binary: `confusion`, the four counts. Multilabel: `labels_per_text`.
    """
    if test.task == "multiclass":
        return {"confusions": confusions(test, decided), "matrix": matrix(test.labels, decided, test.classes)}
    if test.task == "binary":
        return {"confusion": four_counts(test.labels, decided)}
    means = (float(labels.sum(axis=1).mean()) if len(labels) else 0.0 for labels in (test.labels, decided))
    return {"labels_per_text": dict(zip(("true", "predicted"), means, strict=True))}


def four_counts(truth: LabelMatrix, decided: LabelMatrix) -> Json:
    """Texts of a binary task: found, wrongly found, missed, rightly left."""
    return {
        "tp": int((truth & decided).sum()),
        "fp": int((~truth & decided).sum()),
        "fn": int((truth & ~decided).sum()),
        "tn": int((~truth & ~decided).sum()),
    }


def confusions(test: Part, decided: LabelMatrix, *, most: int = MOST_PAIRS) -> Json:
    """Pairs of a true class and a wrong answer, the most frequent first.

    Returns:
        `{"n_texts", "n_pairs", "pairs": [{"true", "predicted", "n", "share_of_true", "example"}]}`; at most `most`
        pairs, with one of their texts each. The answer is "" where the model abstained.
    """
    true, said = _columns(test.labels), _columns(decided)
    names = (*test.classes, "")
    wrong = np.flatnonzero(true != said)
    pairs, first, counts = np.unique(
        np.stack([true[wrong], said[wrong]], axis=1), axis=0, return_index=True, return_counts=True
    )
    support = test.labels.sum(axis=0)
    return {
        "n_texts": len(wrong),
        "n_pairs": len(pairs),
        "pairs": [
            {
                "true": names[pairs[i, 0]],
                "predicted": names[pairs[i, 1]],
                "n": int(counts[i]),
                "share_of_true": float(counts[i] / support[pairs[i, 0]]),
                "example": test.texts[int(wrong[first[i]])][:_SHOWN],
            }
            for i in np.argsort(-counts, kind="stable")[:most]
        ],
    }


def matrix(truth: LabelMatrix, decided: LabelMatrix, classes: Sequence[str], *, most: int = MOST_CLASSES) -> Json:
    """How often each class was answered as which.

    Returns:
        `{"classes", "counts", "to_others", "from_others", "n_classes"}`: a row a true class, a column an answer. Of
        more than `most` classes only those that are most often confused, in the classes' order; what lies outside is
        summed in the last two, abstentions among `to_others`.
    """
    true, said, n = _columns(truth), _columns(decided), len(classes)
    whole = np.zeros((n, n + 1), np.int64)
    np.add.at(whole, (true, said), 1)
    wrong = whole.copy()
    wrong[np.arange(n), np.arange(n)] = 0
    involved = wrong.sum(axis=1) + wrong.sum(axis=0)[:n]
    shown = np.sort(np.argsort(-involved, kind="stable")[:most])
    counts = whole[np.ix_(shown, shown)]
    return {
        "classes": [classes[i] for i in shown],
        "counts": counts.tolist(),
        "to_others": (whole[shown].sum(axis=1) - counts.sum(axis=1)).tolist(),
        "from_others": (whole[:, shown].sum(axis=0) - counts.sum(axis=0)).tolist(),
        "n_classes": n,
    }


def _columns(labels: LabelMatrix) -> NDArray[np.intp]:
    """The only class of each text; n_classes where it has none."""
    return np.where(labels.any(axis=1), labels.argmax(axis=1), labels.shape[1]) if labels.size else np.zeros(0, int)
