"""Ids of many texts in one array: a byte or two an id and eight bytes a text, where a list of arrays takes hundreds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from baselines.networks.pieces import Encoder

IdArray = NDArray[Any]
# Texts encoded at once: their ids stand as arrays of their own only until they are joined.
BLOCK = 10_000


class EncodedTexts(Sequence[IdArray]):
    """Integer ids (L,) of each text, as views into one array.

    Attributes:
        flat: all ids, text after text.
        lengths: of each text, (n_texts,).
    """

    def __init__(self, flat: IdArray, lengths: NDArray[np.intp]) -> None:
        self.flat, self.lengths = flat, lengths
        self._ends = np.cumsum(lengths)

    @classmethod
    def of(cls, encoder: Encoder, texts: Sequence[str]) -> EncodedTexts:
        """The ids of texts, in the smallest type that holds them."""
        starts = range(0, len(texts), BLOCK)
        return joined([cls.joining(encoder.encode_batch(texts[start : start + BLOCK])) for start in starts])

    @classmethod
    def joining(cls, encoded: Sequence[IdArray]) -> EncodedTexts:
        """What a list of arrays holds."""
        if isinstance(encoded, EncodedTexts):
            return encoded
        lengths = np.fromiter((len(ids) for ids in encoded), np.intp, len(encoded))
        flat = np.concatenate(encoded) if len(encoded) else np.zeros(0, np.uint8)
        return cls(flat.astype(_type_for(int(flat.max(initial=0))), copy=False), lengths)

    def take(self, rows: NDArray[np.intp]) -> EncodedTexts:
        """The given texts, in the given order, copied."""
        lengths = self.lengths[rows]
        ends = np.cumsum(lengths)
        # Of each id of the copy, where it stands now.
        places = np.arange(int(lengths.sum())) + np.repeat(self._ends[rows] - ends, lengths)
        return EncodedTexts(self.flat[places], lengths)

    def __len__(self) -> int:
        return len(self.lengths)

    @overload
    def __getitem__(self, row: int) -> IdArray: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[IdArray]: ...
    def __getitem__(self, row: int | slice) -> IdArray | Sequence[IdArray]:
        if isinstance(row, slice):
            return [self[at] for at in range(*row.indices(len(self)))]
        end = self._ends[row]
        return self.flat[end - self.lengths[row] : end]

    def __iter__(self) -> Iterator[IdArray]:
        return (self[row] for row in range(len(self)))


def joined(parts: Sequence[EncodedTexts]) -> EncodedTexts:
    """All texts of several parts, in order."""
    if not parts:
        return EncodedTexts(np.zeros(0, np.uint8), np.zeros(0, np.intp))
    if len(parts) == 1:
        return parts[0]
    return EncodedTexts(np.concatenate([p.flat for p in parts]), np.concatenate([p.lengths for p in parts]))


def _type_for(largest: int) -> type[np.integer[Any]]:
    return np.uint8 if largest < 1 << 8 else np.uint16 if largest < 1 << 16 else np.int32
