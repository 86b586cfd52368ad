"""Which texts stand for all where a model has to be asked again: drawn at random by a seed, and said."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Test texts that are asked again at most: for latency, operations, typos, explanations. A mean over them is known to
# 1.4 % of one text's deviation; each score is of all texts.
MOST_ASKED = 5_000


def sampled_rows(n_texts: int, most: int = MOST_ASKED) -> NDArray[np.intp]:
    """All rows, of more than `most` so many drawn at random, ascending; the same ones for the same numbers."""
    if n_texts <= most:
        return np.arange(n_texts)
    return np.sort(np.random.default_rng([n_texts, 22]).choice(n_texts, most, replace=False))


def sampled(texts: Sequence[str], most: int = MOST_ASKED) -> Sequence[str]:
    """Those texts; of few the same sequence."""
    return texts if len(texts) <= most else tuple(texts[int(row)] for row in sampled_rows(len(texts), most))
