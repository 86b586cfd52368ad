"""What the idf of each row says in few bytes: how many texts hold the n-gram, or which of few values it is.

`ln((a + n) / (a + df)) + 1` with a of 1 (0 without smoothing) needs the number of texts n alone. float32 values follow
from that on every machine, or are not stored so; float64 values come from a logarithm of 40 digits, and where the one
who made them rounded otherwise, the header says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Context, Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.checked_reading import is_count
from baselines.errors import ArtifactError
from baselines.text.ngram_settings import MAX_TEXTS

_DIGITS = Context(prec=40)
# Texts that hold the rarest n-gram.
_MOST_RARE = 64
_MOST_OFF = 4
_MOST_COUNT = (1 << 31) - 2
_CLEAR = 2.0**-46

Numbers = NDArray[np.int64]


def counts_of(idf: NDArray[Any]) -> tuple[dict[str, Any], Numbers] | None:
    """What the header says, and the df of each row; None where the values don't follow from any."""
    if not len(idf):
        return None
    values, which = np.unique(idf, return_inverse=True)
    for smooth in (1, 0):
        for n in _candidates(values, smooth):
            df = (n + smooth) / np.exp(values.astype(np.float64) - 1) - smooth
            counts = np.rint(df)
            if not bool(((counts >= 0) & (counts <= min(n, _MOST_COUNT)) & (counts + smooth > 0)).all()):
                continue
            header = {"texts": n, "smooth": smooth}
            whole = counts.astype(np.int64)
            if len(np.unique(whole)) == len(whole) and (off := _off(values, header, whole)) is not None:
                return ({**header, "off": off} if off else header), whole[which]
    return None


def idf_of(header: Mapping[str, Any], counts: Numbers, kind: np.dtype[Any]) -> NDArray[Any]:
    """Undo `counts_of`; raises ArtifactError where the header doesn't fit."""
    n, smooth, off = header.get("texts"), header.get("smooth"), header.get("off", [])
    if type(n) is not int or not 1 <= n <= MAX_TEXTS or smooth not in (0, 1) or not isinstance(off, list):
        raise ArtifactError("idf: texts and smooth are needed; make it again")
    distinct, which = np.unique(counts, return_inverse=True)
    if len(distinct) and (distinct[0] + smooth <= 0 or distinct[-1] > n):
        raise ArtifactError("idf: more texts hold an n-gram than there are; make it again")
    values = np.array([_value(n, int(smooth), df, kind) for df in distinct.tolist()], kind)
    for each in off:
        pair = isinstance(each, list) and len(each) == 2 and is_count(each[0], 0, len(values) - 1)
        if not pair or not is_count(each[1], -_MOST_OFF, _MOST_OFF):
            raise ArtifactError("idf: pairs of a place and some last digits are needed in off; make it again")
        for _ in range(abs(each[1])):
            values[each[0]] = np.nextafter(values[each[0]], kind.type(math.copysign(math.inf, each[1])))
    found: NDArray[Any] = values[which]
    return found


def _candidates(values: NDArray[Any], smooth: int) -> list[int]:
    """Numbers of texts for which the rarest n-gram would be in a whole number of them."""
    exact = values.astype(np.float64)
    if not 0.5 < exact[-1] < 40:
        return []
    found = []
    for rarest in range(1 - smooth, _MOST_RARE):
        total = math.exp(exact[-1] - 1) * (rarest + smooth) - smooth
        for n in (round(total) + step for step in ((0,) if total < 1e5 else (0, -1, 1))):
            # One more value is enough to tell nearly every wrong number.
            if 1 <= n <= _MOST_COUNT and all(_whole(n, smooth, value) for value in exact[:: max(1, len(exact) // 8)]):
                found.append(n)
    return found[:8]


def _whole(n: int, smooth: int, value: float) -> bool:
    df = (n + smooth) / math.exp(value - 1) - smooth
    return abs(df - round(df)) < 1e-3 + 2e-6 * df


def _value(n: int, smooth: int, df: int, kind: np.dtype[Any]) -> float:
    ratio = (n + smooth) / (df + smooth)
    return math.log(ratio) + 1 if kind == np.float32 else float(_DIGITS.ln(Decimal(ratio))) + 1


def _off(values: NDArray[Any], header: Mapping[str, int], counts: Numbers) -> list[list[int]] | None:
    """Last digits that each value is off by, where it is; None where that is too many."""
    n, smooth, kind = header["texts"], header["smooth"], values.dtype
    found = []
    for place, df in enumerate(sorted(counts.tolist())):
        value, made = values[len(values) - 1 - place], _value(n, smooth, df, kind)
        if kind == np.float32:
            # Another machine's logarithm may differ in its last digit: no float32 may lie so near to a tie.
            near, far = np.float32(made * (1 - _CLEAR)), np.float32(made * (1 + _CLEAR))
            if near != value or far != value:
                return None
        elif made != value:
            off = int(np.int64(np.float64(value).view(np.int64)) - np.int64(np.float64(made).view(np.int64)))
            if abs(off) > _MOST_OFF:
                return None
            found.append([place, off])
    return found
