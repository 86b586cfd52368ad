"""What one F1 hides: curves, calibration, flips against the parent, and F1 by slices of the test texts.

Pure functions on what a run stored (truth, probabilities, decisions, texts); no model is needed. Results have the
shapes of results.json. Matrices are (n_texts, n_classes).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.scores.intervals import N_RESAMPLES, resample_scores
from baselines.scores.metrics import divide, scores
from baselines.task import LabelMatrix, Probabilities, Task, Thresholds, decide

CURVE_POINTS = 25
BINS = 10
EXAMPLES = 10
# A text has its own slice by number of labels up to here; texts with more share the last one.
MANY_LABELS = 4

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
    order = np.argsort(-probabilities, kind="stable")
    falling = probabilities[order]
    ends = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))  # equal probabilities join together
    found = np.cumsum(truth[order])[ends]
    return found / (ends + 1), found / truth.sum()


def _spread(recall: NDArray[np.float64], points: int) -> NDArray[np.intp]:
    """Positions of at most `points` values of an ascending array, the first and the last among them."""
    if len(recall) <= points:
        return np.arange(len(recall))
    wanted = np.searchsorted(recall, np.linspace(recall[0], recall[-1], points - 1))
    return np.unique(np.append(wanted, len(recall) - 1))


def calibration(truth: LabelMatrix, probabilities: Probabilities, *, n_bins: int = BINS) -> Json:
    """Whether a probability of 0.8 means that the label is there 8 times in 10.

    All labels of all texts are counted together in bins of equal width.
    `ece = sum over bins of n_bin / n |frequency - mean_probability|`, in [0, 1], 0 is perfect (Naeini et al. 2015).

    Returns:
        `{"ece", "bins": [{"low", "high", "n", "mean_probability", "frequency"}]}`; the last two are None in empty bins.
    """
    flat, hits = probabilities.ravel().astype(np.float64), truth.ravel()
    bin_of = np.minimum((flat * n_bins).astype(np.intp), n_bins - 1)
    n: NDArray[np.float64] = np.bincount(bin_of, minlength=n_bins).astype(np.float64)
    mean = divide(np.bincount(bin_of, flat, n_bins).astype(np.float64), n)
    frequency = divide(np.bincount(bin_of, hits, n_bins).astype(np.float64), n)
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


def flips(
    texts: Sequence[str],
    classes: Sequence[str],
    truth: LabelMatrix,
    parent: LabelMatrix,
    model: LabelMatrix,
    *,
    n_examples: int = EXAMPLES,
) -> Json:
    """Texts whose set of labels the model changed against its parent: equal F1 can hide many of them.

    Returns:
        `{"documents", "gained": {class: n}, "lost": {class: n}, "examples": […]}`: the number of such texts; how often
        each class was added and taken away, most often first; and the texts that got worse the most.
    """
    changed = np.flatnonzero((parent != model).any(axis=1))
    harm = ((model != truth).sum(axis=1) - (parent != truth).sum(axis=1))[changed]
    worst = changed[np.argsort(-harm, kind="stable")][:n_examples]
    return {
        "documents": len(changed),
        "gained": _by_class(model & ~parent, classes),
        "lost": _by_class(parent & ~model, classes),
        "examples": [
            {
                "text": texts[row],
                "truth": names(truth[row], classes),
                "parent": names(parent[row], classes),
                "model": names(model[row], classes),
            }
            for row in worst
        ],
    }


def _by_class(changes: LabelMatrix, classes: Sequence[str]) -> dict[str, int]:
    counts = changes.sum(axis=0)
    return {classes[i]: int(counts[i]) for i in np.argsort(-counts, kind="stable") if counts[i]}


def names(row: NDArray[np.bool_], classes: Sequence[str]) -> list[str]:
    """Names of the classes of one row of a label matrix."""
    return [classes[column] for column in np.flatnonzero(row).tolist()]


def slices(
    texts: Sequence[str],
    truth: LabelMatrix,
    predicted: LabelMatrix,
    rng: np.random.Generator,
    *,
    train_counts: NDArray[np.integer[Any]] | None = None,
    n_resamples: int = N_RESAMPLES,
) -> list[Json]:
    """Weighted F1, with its interval over texts, of parts of the test texts.

    Args:
        texts: of the test part.
        truth: bool.
        predicted: bool, the decisions that are judged.
        rng: draws the resamples.
        train_counts: training texts of each class, (n_classes,); without it the rarity of classes is judged on `truth`.
        n_resamples: B of the bootstrap.

    Returns:
        `{"slice", "value", "n", "f1_weighted": {"value", "low", "high"}}` for thirds by length, for each number of
        labels, and for the rarer and the more frequent half of the classes (there `n` is the texts that have one).
    """
    found: list[Json] = []

    def add(slice_: str, value: str, rows: NDArray[Any], columns: NDArray[np.intp]) -> None:
        part = truth[rows][:, columns]
        if part.any():
            resampled = resample_scores(part, {"": predicted[rows][:, columns]}, rng, n_resamples=n_resamples)
            score = resampled.interval("").to_json()
            found.append({"slice": slice_, "value": value, "n": int(rows.sum()), "f1_weighted": score})

    every_class = np.arange(truth.shape[1])
    for value, rows in _length_thirds(texts).items():
        add("length", value, rows, every_class)
    for value, rows in _label_counts(truth).items():
        add("labels", value, rows, every_class)
    counts = truth.sum(axis=0) if train_counts is None else train_counts
    for value, columns in _rarity_halves(counts).items():
        add("classes", value, np.asarray(truth[:, columns].any(axis=1)), columns)
    return found


def _length_thirds(texts: Sequence[str]) -> Mapping[str, NDArray[Any]]:
    lengths = np.array([len(text) for text in texts])
    low, high = (int(q) for q in np.quantile(lengths, [1 / 3, 2 / 3])) if len(lengths) else (0, 0)
    return {
        f"short (up to {low} characters)": lengths <= low,
        f"middle ({low + 1} to {high} characters)": (lengths > low) & (lengths <= high),
        f"long (over {high} characters)": lengths > high,
    }


def _label_counts(truth: LabelMatrix) -> Mapping[str, NDArray[Any]]:
    n = np.minimum(truth.sum(axis=1), MANY_LABELS)
    return {f"{k} or more" if k == MANY_LABELS else str(k): np.equal(n, k) for k in range(1, MANY_LABELS + 1)}


def _rarity_halves(counts: NDArray[np.integer[Any]]) -> Mapping[str, NDArray[np.intp]]:
    order = np.argsort(counts, kind="stable")
    half = len(order) // 2
    limit = int(counts[order[:half]].max(initial=0))
    return {
        f"the {half} rarest classes (up to {limit} texts)": np.sort(order[:half]),
        f"the {len(order) - half} most frequent classes": np.sort(order[half:]),
    }


def at_thresholds(
    truth: LabelMatrix, probabilities: Probabilities, choices: Mapping[str, Thresholds], task: Task = "multilabel"
) -> Json:
    """F1 of the same probabilities at several choices of thresholds, by the name of the choice."""
    judged = {name: scores(truth, decide(probabilities, thresholds, task)) for name, thresholds in choices.items()}
    return {
        name: {"f1_weighted": s.f1_weighted, "f1_micro": s.f1_micro, "f1_macro": s.f1_macro}
        for name, s in judged.items()
    }
