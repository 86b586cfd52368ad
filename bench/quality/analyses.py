"""What one score hides: curves, calibration, and flips against the parent.

Pure functions on what a run stored (truth, probabilities, decisions, texts); no model is needed. Results have the
shapes of results.json. Matrices are (n_texts, n_classes). Slices of the texts are in `bench.quality.slices`, confused
classes in `bench.quality.confusion`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.dataset import Part
from baselines.scores.answers import Answers
from baselines.scores.judging import METRICS, judged, metrics_of
from baselines.scores.metrics import divide
from baselines.scores.weightings import CELLS
from baselines.task import LabelMatrix, Probabilities, Task, Thresholds, decide

CURVE_POINTS = 25
BINS = 10
EXAMPLES = 10

Json = dict[str, Any]


def precision_recall_curves(
    truth: LabelMatrix, probabilities: Probabilities, classes: Sequence[str], *, points: int = CURVE_POINTS
) -> list[Json]:
    """Precision and recall of each class at falling thresholds, from the most certain text to all texts.

    Args:
        truth: bool.
        probabilities: float32.
        classes: names of the columns.
        points: at most so many a class, evenly spread over recall; at least 2.

    Returns:
        `{"class", "precision": […], "recall": […]}` with recall ascending; classes without positives are left out.
    """
    curves = []
    for column in np.flatnonzero(truth.any(axis=0)).tolist():
        precision, recall = _curve(truth[:, column], probabilities[:, column])
        kept = _spread(recall, points)
        curves.append(
            {
                "class": classes[column],
                "precision": np.round(precision[kept], 4).tolist(),
                "recall": np.round(recall[kept], 4).tolist(),
            }
        )
    return curves


def _curve(truth: NDArray[np.bool_], probabilities: NDArray[np.float32]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Precision and recall at each distinct probability, falling; (m,) each."""
    order = np.argsort(-probabilities)  # equal ones join, so their order among themselves is of no matter
    falling = probabilities[order]
    ends = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))  # equal probabilities join together
    found = np.cumsum(truth[order])[ends]
    return found / (ends + 1), found / truth.sum()


def roc(
    truth: LabelMatrix, probabilities: Probabilities, decided: LabelMatrix, *, points: int = CURVE_POINTS
) -> Json | None:
    """What is found of a binary task's both sides at falling thresholds.

    Args:
        truth: bool (n_texts, 1).
        probabilities: float32 of the same shape.
        decided: bool of the same shape: where the model's own threshold stands.
        points: at most so many, evenly spread over what is wrongly found; at least 2.

    Returns:
        `{"false_positive_rate": […], "true_positive_rate": […], "at_threshold": {…}}`, both ascending from 0 to 1;
        None where one side has no text.
    """
    positive, yes = truth[:, 0], decided[:, 0]
    n, n_found = int(positive.sum()), int((positive & yes).sum())
    if n in (0, len(positive)):
        return None
    order = np.argsort(-probabilities[:, 0], kind="stable")
    falling = probabilities[order, 0]
    ends = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))
    tp = np.append(0, np.cumsum(positive[order])[ends])
    wrong = np.append(0, np.cumsum(~positive[order])[ends]) / (len(positive) - n)
    kept = _spread(wrong, points)
    return {
        "false_positive_rate": np.round(wrong[kept], 4).tolist(),
        "true_positive_rate": np.round(tp[kept] / n, 4).tolist(),
        "at_threshold": {
            "false_positive_rate": float((yes & ~positive).sum() / (len(positive) - n)),
            "true_positive_rate": n_found / n,
            "precision": float(n_found / max(1, yes.sum())),
            "recall": n_found / n,
        },
    }


def _spread(recall: NDArray[np.float64], points: int) -> NDArray[np.intp]:
    """Positions of at most `points` values of an ascending array, the first and the last among them."""
    if len(recall) <= points:
        return np.arange(len(recall))
    wanted = np.searchsorted(recall, np.linspace(recall[0], recall[-1], points - 1))
    return np.unique(np.append(wanted, len(recall) - 1))


def calibration(
    truth: LabelMatrix, probabilities: Probabilities, task: Task = "multilabel", *, n_bins: int = BINS
) -> Json:
    """Whether a probability of 0.8 means that the label is there 8 times in 10.

    All labels of all texts are counted together in bins of equal width; of multiclass only each text's most probable
    class, since the others are mostly near 0 and would hide it.
    `ece = sum over bins of n_bin / n |frequency - mean_probability|`, in [0, 1], 0 is perfect (Naeini et al. 2015).

    Returns:
        `{"ece", "bins": [{"low", "high", "n", "mean_probability", "frequency"}]}`; the last two are None in empty bins.
    """
    if task == "multiclass" and len(truth):
        top = probabilities.argmax(axis=1)[:, None]
        probabilities, truth = np.take_along_axis(probabilities, top, axis=1), np.take_along_axis(truth, top, axis=1)
    n, total, found = np.zeros((3, n_bins))
    step = max(1, CELLS // max(truth.shape[1], 1))
    for start in range(0, len(truth), step):
        flat = probabilities[start : start + step].ravel().astype(np.float64)
        bin_of = np.minimum((flat * n_bins).astype(np.intp), n_bins - 1)
        n += np.bincount(bin_of, minlength=n_bins)
        total += np.bincount(bin_of, flat, n_bins)
        found += np.bincount(bin_of, truth[start : start + step].ravel(), n_bins)
    mean, frequency = divide(total, n), divide(found, n)
    ece = float((n * np.abs(frequency - mean)).sum() / max(1, n.sum()))
    bins = [
        {
            "low": b / n_bins,
            "high": (b + 1) / n_bins,
            "n": int(n[b]),
            "mean_probability": round(float(mean[b]), 6) if n[b] else None,
            "frequency": round(float(frequency[b]), 6) if n[b] else None,
        }
        for b in range(n_bins)
    ]
    return {"ece": round(ece, 6), "bins": bins}


def flipped_share(parent: LabelMatrix, model: LabelMatrix) -> float:
    """Share of texts whose set of labels differs, in [0, 1]; 0 for no texts."""
    return float((parent != model).any(axis=1).mean()) if len(parent) else 0.0


def flips(test: Part, parent: LabelMatrix, model: LabelMatrix, *, n_examples: int = EXAMPLES) -> Json:
    """Texts whose answer the model changed against its parent: equal scores can hide many of them.

    Args:
        test: texts and truth.
        parent, model: what both decide for them.
        n_examples: at most so many.

    Returns:
        `{"documents", "gained": {class: n}, "lost": {class: n}, "examples": […]}`: the number of such texts; how often
        each class was added and taken away, most often first; and the texts that got worse the most.
    """
    changed, space = np.flatnonzero((parent != model).any(axis=1)), test.space
    harm = ((model != test.labels).sum(axis=1) - (parent != test.labels).sum(axis=1))[changed]
    worst = changed[np.argsort(-harm, kind="stable")][:n_examples]
    return {
        "documents": len(changed),
        "gained": _by_class(model & ~parent, test.classes),
        "lost": _by_class(parent & ~model, test.classes),
        "examples": [
            {
                "text": test.texts[int(row)],
                "truth": space.said(test.labels[row]),
                "parent": space.said(parent[row]),
                "model": space.said(model[row]),
            }
            for row in worst
        ],
    }


def _by_class(changes: LabelMatrix, classes: Sequence[str]) -> dict[str, int]:
    counts = changes.sum(axis=0)
    return {classes[i]: int(counts[i]) for i in np.argsort(-counts, kind="stable") if counts[i]}


def at_thresholds(
    truth: LabelMatrix, probabilities: Probabilities, choices: Mapping[str, Thresholds], task: Task = "multilabel"
) -> Json:
    """Every metric that judges decisions, for the same probabilities at several choices of thresholds, by their name.

    Empty for multiclass, where no threshold was chosen.
    """
    if task == "multiclass":
        return {}
    metrics = [name for name in metrics_of(task) if METRICS[name].reads == "decisions"]
    found = {}
    for choice, thresholds in choices.items():
        answers = Answers(truth, decide(probabilities, thresholds, task))
        found[choice] = {name: judged(name, answers, task) for name in metrics}
    return found
