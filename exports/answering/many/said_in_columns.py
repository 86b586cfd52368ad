"""Answers to a batch in arrays: which names each text gets and how probable they are, without an object a text.

They are those of `exports.runtime.answer`, in the same order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.task import Known, Probabilities, both_sides, decide
from exports.answering.many.batch import Batch
from exports.runtime.kernel_predictor import KernelPredictor
from exports.runtime.predictor import Predictor

# Texts at once: a kernel takes any number; of others, which hold arrays for each text, as many as `said.CHUNK`.
_BY_KERNEL, _BY_OTHERS = 8192, 256


@dataclass(frozen=True)
class Said:
    """What the texts of a batch get.

    Attributes:
        names: that there are; of a binary task both sides.
        columns: numbers of the names that are said, text by text, most probable first; (n,).
        values: probability of each, float32 (n,).
        ends: where each text's names end among them; (n_texts,).
        known: whether anything in a text is known; (n_texts,).
        positive: of a binary task the probability of the positive class, float32 (n_texts,), else None.
    """

    names: tuple[str, ...]
    columns: NDArray[np.intp]
    values: NDArray[np.float32]
    ends: NDArray[np.intp]
    known: Known
    positive: NDArray[np.float32] | None


def said_of(predictor: Predictor[Any], batch: Batch, top: int | None) -> Said:
    """Answers to all records of a batch, those that can't be read among them as if they were ""."""
    step = _BY_KERNEL if isinstance(predictor, KernelPredictor) else _BY_OTHERS
    parts = [predictor.answered(batch.texts[start : start + step]) for start in range(0, len(batch), step)]
    probabilities, known = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
    space = predictor.space
    binary = space.task == "binary"
    by_name = np.concatenate([np.float32(1) - probabilities, probabilities], axis=1) if binary else probabilities
    if top is None:
        decided = both_sides(decide(probabilities, predictor.thresholds, space.task), space.task)
        columns, values, ends = _decided(by_name, decided)
    else:
        best = np.argsort(-by_name, axis=1, kind="stable")[:, :top]
        columns, values = best.ravel(), np.take_along_axis(by_name, best, axis=1).ravel()
        ends = np.arange(1, len(best) + 1) * best.shape[1]
    return Said(space.names, columns, values, ends, known, probabilities[:, 0] if binary else None)


def _decided(
    by_name: Probabilities, decided: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.intp]]:
    """Columns, values and ends of the names that are decided, both (n_texts, names)."""
    rows, columns = np.nonzero(decided)
    values = by_name[rows, columns]
    counts = np.bincount(rows, minlength=len(decided))
    # Most texts have one name at most, which needs no order.
    several = np.flatnonzero(counts[rows] > 1)
    if len(several):
        order = several[np.lexsort((columns[several], -values[several], rows[several]))]
        columns[several], values[several] = columns[order], values[order]
    return columns, values, np.cumsum(counts)
