"""How many texts hold an n-gram: numbers that are foretold by those of n-grams that hold it, or that it holds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compress.coding.bits import Coder, Whole
from compress.coding.numbers import code_numbers, number_model

# What `size_class` may be.
CLASSES = 24
_SORTS = 8
_FIRST_OF_CLASS = np.array([*range(12), *(math.ceil(12 * 2 ** (k / 3)) for k in range(CLASSES - 13))], np.int64)


def size_class(numbers: Any) -> Whole:
    """0 for -1 (none); 1 to 12 for 0 to 11; then three classes for each doubling."""
    classes: Whole = np.searchsorted(_FIRST_OF_CLASS, numbers, side="right")
    return classes


class Rarity:
    """Codes numbers of n-grams, each with two that it is near to, or -1, and a third that it is compared with."""

    def __init__(self, coder: Coder) -> None:
        self._coder = coder
        pairs = CLASSES * CLASSES
        self.model = number_model(3 * _SORTS * CLASSES + pairs + _SORTS * pairs, 5, _SORTS)

    def code(self, sort: int, near: Any, far: Any, third: Any, known: Any = None) -> NDArray[np.int64]:
        """Numbers (n,) of one sort of n-grams (0 to 7)."""
        a, b, c = size_class(near), size_class(far), size_class(third)
        low, high = np.minimum(a, b), np.maximum(a, b)
        each = _SORTS * CLASSES
        base = np.cumsum([0, each, each, each, CLASSES * CLASSES])[:, None]
        contexts = (
            np.stack(
                [
                    a * _SORTS + sort,
                    b * _SORTS + sort,
                    c * _SORTS + sort,
                    low * CLASSES + high,
                    (c * CLASSES + low) * _SORTS + sort,
                ]
            )
            + base
        )
        return code_numbers(self._coder, self.model, contexts, sort, known)
