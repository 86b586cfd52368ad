"""Mixtures of a data set's own texts, by task: which texts are put together.

Where a text has one label, a mixture of two classes is a text that nobody would write, and half of what the teacher
says of it is about the seam. So both halves come from texts of one class. Where a text may have several labels, any two
go together, and the teacher says what is in both.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from baselines.dataset import Part
from compress.methods.distill.mixtures import MOST_MIXTURES, mixed_texts


def n_mixtures(part: Part, share: float) -> int:
    """How many mixtures are made of a part, but for rounding."""
    return min(round(share * len(part)), MOST_MIXTURES)


def mixtures_of(part: Part, share: float, seed: Sequence[int]) -> tuple[str, ...]:
    """Texts without labels for the teacher to answer, see `compress.methods.distill.mixtures`.

    Args:
        part: to draw from.
        share: mixtures per text, at least 0; no more than `MOST_MIXTURES` are made.
        seed: of the draw, integers >= 0.
    """
    if part.task == "multilabel" or not len(part):
        return mixed_texts(part.texts, share, seed)
    share = n_mixtures(part, share) / len(part)
    sides = part.labels if part.task == "multiclass" else np.hstack([~part.labels, part.labels])
    made: list[str] = []
    for number, side in enumerate(sides.T):
        made += mixed_texts([part.texts[row] for row in np.flatnonzero(side)], share, [*seed, number])
    return tuple(made)
