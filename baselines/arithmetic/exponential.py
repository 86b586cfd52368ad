"""exp and log(1 + x) of the same bits on every machine, in every language: basic operations of IEEE 754 alone.

A library's own `exp` and `tanh` differ in their last bits from system to system and even from CPU to CPU, and with them
a probability near its threshold. Here each step is an addition, a multiplication or a division of float64, rounded once
as the standard says, none fused; C (`exports/kernel/link.c`, `exports/targets`) and JavaScript repeat their order.

- `exp(x)`, x ≤ 0: `k = floor(x · log2(e) + 0.5)`, `r = (x - k · HIGH) - k · LOW` with HIGH + LOW = ln 2, then
  `2^k · (1 + r + r²/2! + … + r¹⁰/10!)` by Horner's rule; 0 below -200. Relative error below 3e-13.
- `log1p(e)`, 0 ≤ e ≤ 1: `s = e / (2 + e)`, then `2s · (1 + s²/3 + s⁴/5 + … + s²⁴/25)`. Relative error below 3e-14.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

LOWEST = -200.0
LOG2_E = 1.4426950408889634
# The first has zeros in its last 20 bits, so that k times it is exact.
HIGH, LOW = 0.6931471803691238, 1.9082149292705877e-10
# The constant last, as Horner's rule takes them.
EXP_TERMS = tuple(1.0 / math.factorial(n) for n in range(10, -1, -1))
LOG_TERMS = tuple(1.0 / (2 * n + 1) for n in range(12, -1, -1))
_POWERS = 2.0 ** -np.arange(290)

Float64 = NDArray[np.float64]


def exp(values: NDArray[Any]) -> Float64:
    """exp of float64 values that are at most 0; 0 below `LOWEST`, negative infinity included."""
    x = np.maximum(values, LOWEST)
    k = np.floor(x * LOG2_E + 0.5)
    r = (x - k * HIGH) - k * LOW
    total = _horner(r, EXP_TERMS) * _POWERS[(-k).astype(np.intp)]
    return np.where(values < LOWEST, 0.0, total)


def log1p(values: Float64) -> Float64:
    """log(1 + e) of float64 values from 0 to 1."""
    s = values / (2.0 + values)
    return 2.0 * s * _horner(s * s, LOG_TERMS)


def _horner(values: Float64, terms: tuple[float, ...]) -> Float64:
    total = np.full_like(values, terms[0])
    for term in terms[1:]:
        np.multiply(total, values, total)
        np.add(total, term, total)
    return total
