"""Mixtures of a data set's own texts, by task: which texts are put together, and what labels say of them.

Where a text has one label, a mixture of two classes is a text that nobody would write, and half of what the teacher
says of it is about the seam. So both halves come from texts of one class. Where a text may have several labels, any two
go together, and the teacher says what is in both.

So the hard label of a mixture needs no shares: of one label a text it is the class that both halves have, of several
the union of both halves' labels. A half that has lost the words which a label was given for keeps it all the same: that
is the noise which a teacher, who reads what is there, does not have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from baselines.dataset import Part
from baselines.task import LabelMatrix
from compress.methods.mixing.mixtures import MOST_MIXTURES, mixed_texts


@dataclass(frozen=True)
class Mixtures:
    """Mixed texts with the labels of both halves, bool (n, n_classes)."""

    texts: tuple[str, ...]
    labels: LabelMatrix


def n_mixtures(part: Part, share: float) -> int:
    """How many mixtures are made of a part, but for rounding."""
    return min(round(share * len(part)), MOST_MIXTURES)


def mixtures_of(part: Part, share: float, seed: Sequence[int]) -> Mixtures:
    """Texts for a teacher to answer, or for their halves' labels, see `compress.methods.mixing.mixtures`.

    Args:
        part: to draw from.
        share: mixtures per text, at least 0; no more than `MOST_MIXTURES` are made.
        seed: of the draw, integers >= 0.
    """
    if part.task == "multilabel" or not len(part):
        texts, halves = mixed_texts(part.texts, share, seed)
        return Mixtures(texts, np.asarray(part.labels[halves].any(axis=1), np.bool_))
    share = n_mixtures(part, share) / len(part)
    sides = part.labels if part.task == "multiclass" else np.hstack([~part.labels, part.labels])
    made: list[str] = []
    firsts: list[int] = []
    for number, side in enumerate(sides.T):
        rows = np.flatnonzero(side)
        texts, halves = mixed_texts([part.texts[row] for row in rows.tolist()], share, [*seed, number])
        made += texts
        firsts += rows[halves[:, 0]].tolist()
    return Mixtures(tuple(made), part.labels[np.asarray(firsts, np.intp)])
