"""The training texts of k nearest neighbours in fewer bytes, without loss: short numbers, and a bit a label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.models.learned.neighbours import Neighbours
from compress.formats.short_numbers import require_short, short_numbers

NAMES = ("lengths", "rows", "values", "labels")
MAX_TEXTS, MAX_LABELS = 1 << 22, 1 << 27
# TF-IDF of a row whose length is 1, rounded.
_LARGEST = 1.001


def packed_neighbours(model: Neighbours) -> dict[str, NDArray[Any]]:
    """Arrays to store.

    Returns:
        `lengths` (n_features,), texts that have each term, and `rows` (n_values,), their numbers: uint16 where that is
        enough, else int32; `values`, float32 (n_values,); `labels`, uint8 (n_texts, n_classes / 8), a bit a class.

    Raises:
        ArtifactError: more texts, or labels, than a bundle may have.
    """
    _check_size(*model.labels.shape)
    lengths, labels = short_numbers(np.diff(model.starts)), np.packbits(model.labels, axis=1)
    return {"lengths": lengths, "rows": short_numbers(model.rows), "values": model.values, "labels": labels}


def neighbours_of(packed: Mapping[str, NDArray[Any]], n_classes: int) -> Neighbours:
    """The inverse of `packed_neighbours`; what the numbers point at is checked by `Neighbours.check`.

    Raises:
        ArtifactError: arrays of other types or shapes, or more than the limits.
    """
    lengths, rows = (require_short(name, packed[name]) for name in ("lengths", "rows"))
    values, labels = packed["values"], packed["labels"]
    if labels.dtype != np.uint8 or labels.ndim != 2 or labels.shape[1] != (n_classes + 7) // 8:
        raise ArtifactError(
            f"labels: a row of bits of {n_classes} classes is needed, got {labels.dtype} {labels.shape}"
        )
    _check_size(len(labels), n_classes)
    bits = np.unpackbits(labels, axis=1)
    if bits[:, n_classes:].any():
        raise ArtifactError("labels: bits after the last class must be 0")
    within = not values.size or 0 <= float(values.min()) <= float(values.max()) <= _LARGEST
    if values.dtype != np.float32 or not within:
        raise ArtifactError(f"values: float32 from 0 to 1 are needed, got {values.dtype} or numbers beyond")
    starts = np.append(0, np.cumsum(lengths, dtype=np.int64))
    return Neighbours(starts, rows.astype(np.int32), values, np.ascontiguousarray(bits[:, :n_classes]))


def _check_size(n_texts: int, n_classes: int) -> None:
    if n_texts > MAX_TEXTS or n_texts * n_classes > MAX_LABELS:
        raise ArtifactError(
            f"neighbours: at most {MAX_TEXTS} texts and {MAX_LABELS} labels are allowed, got {n_texts} texts of "
            f"{n_classes} classes; train on fewer"
        )
