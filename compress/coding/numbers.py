"""Whole numbers as decisions: how many binary digits, then the digits, each with its contexts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from compress.coding.bits import Coder, Model, Slots

# Slots a context takes.
SPAN = 32
MOST_DIGITS = 31
# Of a number's digits, with weights of their own.
_STAGES = 8


def number_model(contexts: int, of_each: int, sets: int = 1) -> Model:
    """A model of numbers; `contexts` are those of all sorts together, `of_each` those of a number."""
    return Model(SPAN * contexts, of_each, _STAGES * sets)


def code_numbers(
    coder: Coder, model: Model, contexts: Slots, which: int = 0, known: NDArray[Any] | None = None
) -> NDArray[np.int64]:
    """Numbers from 0 to 2^31 - 2; (n,).

    Args:
        contexts: (contexts, n), each of them owns `SPAN` slots of the model.
        known: (n,); None where they are decoded.
    """
    if coder.kernel is not None:
        return coder.kernel.numbers(model, contexts, which, known)
    n = contexts.shape[1]
    first = contexts * SPAN
    numbers = None if known is None else known.astype(np.int64) + 1
    digits = np.zeros(n, np.int64)
    lengths = None if numbers is None else np.frexp(numbers)[1].astype(np.int64) - 1
    open_ = np.arange(n)
    for digit in range(MOST_DIGITS):
        if not len(open_):
            break
        stage = which * _STAGES + min(digit, 4)
        longer = None if lengths is None else lengths[open_] > digit
        more = coder.bits(model, first[:, open_] + min(digit, 10), stage, longer)
        open_ = open_[more > 0]
        digits[open_] += 1
    found = np.ones(n, np.int64)
    for place in range(int(digits.max(initial=0))):
        open_ = np.flatnonzero(digits > place)
        length, value = digits[open_], found[open_]
        if place == 0:
            node = 10 + np.minimum(length, 9)
        elif place == 1:
            node = 16 + 2 * np.minimum(length, 6) + (value & 1)
        else:
            node = np.full(len(open_), min(28 + place, 31))
        stage = which * _STAGES + min(5 + place, 7)
        bit = None if numbers is None else numbers[open_] >> (length - 1 - place) & 1
        found[open_] = 2 * value + coder.bits(model, first[:, open_] + node, stage, bit)
    return found - 1
