"""What is known of a tensor before a graph runs: type, shape, range of its whole numbers, at times the numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

F32, U8, I8 = np.dtype("<f4"), np.dtype("u1"), np.dtype("i1")
I32, I64, BOOL = np.dtype("<i4"), np.dtype("<i8"), np.dtype("?")
# Shapes and the bounds of slices have a handful of numbers; of longer tensors only the range is kept.
MAX_KNOWN = 16
# No size that a graph of ours makes comes near; what is larger must not be computed with.
MAX_SIZE = 1 << 40

Shape = tuple[int, ...]
Range = tuple[int, int]


@dataclass(frozen=True)
class Value:
    """A tensor that isn't there yet.

    Attributes:
        dtype: of the numbers.
        shape: with the batch and the length that are asked about.
        range: smallest and largest of whole numbers; None where they aren't whole, or nothing is known.
        known: the numbers themselves, int64, where they are few and don't depend on a text.
        of_text: whether it depends on a text; what doesn't is computed once, when a session opens.
    """

    dtype: np.dtype[Any]
    shape: Shape
    range: Range | None = None
    known: NDArray[np.int64] | None = None
    of_text: bool = True

    @property
    def size(self) -> int:
        """How many numbers."""
        return math.prod(self.shape)

    @property
    def n_bytes(self) -> int:
        """What they take in memory."""
        return self.size * self.dtype.itemsize

    def numbers(self, what: str) -> list[int]:
        """The numbers themselves, of one axis or none; ValueError where they depend on a text."""
        if self.known is None or self.known.ndim > 1:
            raise ValueError(f"{what} must not depend on a text")
        return [int(number) for number in self.known.ravel()]


def constant(array: NDArray[Any]) -> Value:
    """What is known of a constant."""
    whole = array.dtype.kind in "iu" and array.size > 0
    limits = (int(array.min()), int(array.max())) if whole else None
    known = array.astype(np.int64) if array.dtype == I64 and array.size <= MAX_KNOWN else None
    return Value(array.dtype, array.shape, limits, known, of_text=False)


def made(dtype: np.dtype[Any], shape: Sequence[int], sources: Sequence[Value], limits: Range | None = None) -> Value:
    """A value computed from others.

    Raises:
        ValueError: a size below 0, or beyond any memory.
    """
    own = tuple(int(size) for size in shape)
    if min(own, default=0) < 0 or math.prod(own) > MAX_SIZE:
        raise ValueError(f"an impossible shape {own}")
    return Value(dtype, own, limits, None, any(source.of_text for source in sources))


def with_known(value: Value, compute: Callable[..., Any], sources: Sequence[Value]) -> Value:
    """The value with its numbers, where those of all its sources are known; of int64 only, as shapes are."""
    found = [source.known for source in sources]
    if value.dtype != I64 or value.size > MAX_KNOWN or any(one is None for one in found):
        return value
    known = np.asarray(compute(*found), np.int64).reshape(value.shape)
    limits = (int(known.min()), int(known.max())) if known.size else None
    return replace(value, known=known, range=limits)


def broadcast(sources: Sequence[Value]) -> Shape:
    """The shape that all of them have beside each other."""
    try:
        return tuple(np.broadcast_shapes(*(source.shape for source in sources)))
    except ValueError:
        shapes = " and ".join(str(source.shape) for source in sources)
        raise ValueError(f"shapes {shapes} don't fit together") from None


def same_type(sources: Sequence[Value], allowed: Sequence[np.dtype[Any]]) -> np.dtype[Any]:
    """The one type of all; ValueError where they differ, or it isn't allowed."""
    found = {source.dtype for source in sources}
    if len(found) != 1 or not found <= set(allowed):
        raise ValueError(f"types {', '.join(sorted(map(str, found)))}, allowed: one of {', '.join(map(str, allowed))}")
    return found.pop()


def joined(sources: Sequence[Value]) -> Range | None:
    """The range of numbers that come from any of these; one without numbers adds none."""
    ranges = [source.range for source in sources if source.size]
    if not ranges or any(one is None for one in ranges):
        return None
    known = [one for one in ranges if one is not None]
    return min(low for low, _ in known), max(high for _, high in known)
