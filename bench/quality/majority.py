"""What always giving one answer would reach: a figure that every score has to be seen beside."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.dataset import Part
from baselines.scores.answers import Answers
from baselines.scores.judging import METRICS, judged, metrics_of

# Below this share of positives the negatives make nearly all of accuracy.
RARE = 0.2


def majority(test: Part, train_counts: NDArray[np.integer[Any]], n_train: int) -> dict[str, Any] | None:
    """The most frequent answer of training, given to every test text.

    Args:
        test: the test part.
        train_counts: training texts of each class, (n_classes,).
        n_train: training texts.

    Returns:
        `{"answer", "share", "scores": {metric: value}, "rare"}`; None for multilabel, where it would be no label.
    """
    if test.task == "multilabel" or not len(test):
        return None
    decided = np.zeros(test.labels.shape, bool)
    if test.task == "binary":
        decided[:] = 2 * train_counts[0] > n_train
    else:
        decided[:, int(np.argmax(train_counts))] = True
    answers = Answers(test.labels, decided)
    metrics = [name for name in metrics_of(test.task) if METRICS[name].reads == "decisions"]
    return {
        "answer": test.space.said(decided[0])[0],
        "share": judged("accuracy", answers, test.task),
        "scores": {name: judged(name, answers, test.task) for name in metrics},
        "rare": test.task == "binary" and bool(test.labels.mean() < RARE),
    }
