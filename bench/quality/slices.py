"""The metric on parts of the test texts: one figure for all of them can hide a part that is never right.

Texts are divided by length; by number of labels, where there can be several; and by how rare their classes are in
training. Matrices are (n_texts, n_classes).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.dataset import Part
from baselines.scores.intervals import N_RESAMPLES
from baselines.scores.resampling import resample_scores
from baselines.task import LabelMatrix, Probabilities

# A text has its own slice by number of labels up to here; texts with more share the last one.
MANY_LABELS = 4

Json = dict[str, Any]
# What it is divided by, which part of that, the texts, the classes that are judged, and the texts it is about.
Slice = tuple[str, str, NDArray[Any], NDArray[np.intp], int]


def slices(
    test: Part,
    decided: LabelMatrix,
    probabilities: Probabilities,
    rng: np.random.Generator,
    *,
    train_counts: NDArray[np.integer[Any]] | None = None,
    n_resamples: int = N_RESAMPLES,
) -> list[Json]:
    """The part's metric, with its interval over texts, on slices of the test texts.

    Args:
        test: texts, truth, task and metric.
        decided: bool, the decisions that are judged.
        probabilities: float32, read by metrics that need them.
        rng: draws the resamples.
        train_counts: training texts of each class, (n_classes,); without it the rarity of classes is judged on `test`.
        n_resamples: B of the bootstrap.

    Returns:
        `{"slice", "value", "n", "score": {"value", "low", "high"}}` for thirds by length; of multilabel for each number
        of labels; and for the rarer and the more frequent half of the classes, unless the task is binary. There `n` is
        the texts that have one of them: of multilabel only these classes are judged, of multiclass only these texts.
    """
    found: list[Json] = []
    for slice_, value, rows, columns, n in _slices(test, train_counts):
        truth = test.labels[rows][:, columns]
        # Where nothing is positive every F1 is 0, whatever was decided.
        if not len(truth) or not truth.any():
            continue
        resampled = resample_scores(
            truth,
            {"": decided[rows][:, columns]},
            rng,
            probabilities={"": probabilities[rows][:, columns]},
            task=test.task,
            metric=test.judged_by,
            metrics=(),
            n_resamples=n_resamples,
        )
        found.append({"slice": slice_, "value": value, "n": n, "score": resampled.interval("").to_json()})
    return found


def _slices(test: Part, train_counts: NDArray[np.integer[Any]] | None) -> Iterator[Slice]:
    every_class = np.arange(len(test.classes))
    for value, rows in _length_thirds(test.texts).items():
        yield "length", value, rows, every_class, int(rows.sum())
    if test.task == "multilabel":
        for value, rows in _label_counts(test.labels).items():
            yield "labels", value, rows, every_class, int(rows.sum())
    if test.task == "binary":
        return
    counts = test.labels.sum(axis=0) if train_counts is None else train_counts
    for value, columns in _rarity_halves(counts).items():
        rows = np.asarray(test.labels[:, columns].any(axis=1))
        judged = (rows, every_class) if test.task == "multiclass" else (np.ones(len(test), bool), columns)
        yield "classes", value, *judged, int(rows.sum())


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
