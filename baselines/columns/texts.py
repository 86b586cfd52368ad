"""Many texts as one: their UTF-8 one after the other in a buffer, and where each begins.

A Python string of 70 ASCII characters takes 119 bytes and 8 for the pointer to it; here it takes 70 and 8. Slices and
`take` share the buffer and keep the numbers of their texts. A text is made anew each time that it is asked for, so what
asks for all of them often had better keep a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

Offsets = NDArray[np.int64]
Bytes = NDArray[np.uint8]
# Lone surrogates, half an emoji, stay what they are.
ENCODING, SURROGATES = "utf-8", "surrogatepass"
# Fewer texts than this are kept as a tuple: they are no memory to speak of, and a tuple gives them out faster.
COMPACT_FROM = 20_000
# Texts that are encoded, or given out, in one piece.
_BLOCK = 1_000


class Texts(Sequence[str]):
    """Texts that can't be changed, with the behaviour of a tuple of them.

    It equals, and hashes like, a tuple of the same texts, whichever way it was made.

    Args:
        buffer: uint8, all texts in UTF-8; may be a file that is mapped into memory.
        offsets: int64 (n + 1,), ascending; text i is `buffer[offsets[i]:offsets[i + 1]]`.
        rows: numbers of the texts that it holds, in order; None: all of the buffer's.
    """

    __slots__ = ("_buffer", "_offsets", "_rows", "_view")

    def __init__(self, buffer: Bytes, offsets: Offsets, rows: NDArray[np.intp] | None = None) -> None:
        self._buffer, self._offsets, self._rows = buffer, offsets, rows
        self._view = buffer.data

    @classmethod
    def of(cls, texts: Iterable[str]) -> Texts:
        """The texts of any iterable, which is read once."""
        if isinstance(texts, Texts):
            return texts
        found, lengths, source = bytearray(), [np.zeros(1, np.int64)], iter(texts)
        while block := list(islice(source, _BLOCK)):
            joined = "".join(block)
            if joined.isascii():
                found += joined.encode("ascii")
                lengths.append(np.fromiter(map(len, block), np.int64, len(block)))
            else:
                encoded = [text.encode(ENCODING, SURROGATES) for text in block]
                found += b"".join(encoded)
                lengths.append(np.fromiter(map(len, encoded), np.int64, len(block)))
        return cls(np.frombuffer(found, np.uint8), np.concatenate(lengths).cumsum())

    @property
    def nbytes(self) -> int:
        """Bytes of memory, those of a shared buffer included."""
        own = 0 if self._rows is None else self._rows.nbytes
        return int(self._buffer.nbytes + self._offsets.nbytes + own)

    def __len__(self) -> int:
        return len(self._offsets) - 1 if self._rows is None else len(self._rows)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Texts: ...
    def __getitem__(self, at: Any) -> str | Texts:
        if isinstance(at, slice):
            rows = np.arange(len(self))[at] if self._rows is None else self._rows[at]
            return Texts(self._buffer, self._offsets, rows)
        row = range(len(self))[at]
        return self._text(row if self._rows is None else int(self._rows[row]))

    def take(self, rows: ArrayLike) -> Texts:
        """The texts of the given numbers, in the given order; raises IndexError as NumPy does."""
        rows = np.asarray(rows, np.intp)
        own = np.arange(len(self))[rows] if self._rows is None else self._rows[rows]
        return Texts(self._buffer, self._offsets, own)

    def _text(self, row: int) -> str:
        start, end = self._offsets[row : row + 2].tolist()
        return str(self._view[start:end], ENCODING, SURROGATES)

    def __iter__(self) -> Iterator[str]:
        for first in range(0, len(self), _BLOCK):
            yield from self._block(first)

    def _block(self, first: int) -> Iterator[str]:
        if self._rows is not None:
            rows = self._rows[first : first + _BLOCK]
            starts, ends = self._offsets[rows].tolist(), self._offsets[rows + 1].tolist()
            return (str(self._view[a:b], ENCODING, SURROGATES) for a, b in zip(starts, ends, strict=True))
        bounds = self._offsets[first : first + _BLOCK + 1].tolist()
        pairs = pairwise(bounds)
        whole = bytes(self._view[bounds[0] : bounds[-1]])
        if whole.isascii():  # characters are bytes then: one string is made and cut
            text, base = whole.decode("ascii"), bounds[0]
            return (text[a - base : b - base] for a, b in pairs)
        return (str(self._view[a:b], ENCODING, SURROGATES) for a, b in pairs)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Texts | tuple):
            return NotImplemented
        if self is other:
            return True
        return len(self) == len(other) and all(own == theirs for own, theirs in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __add__(self, other: Sequence[str]) -> tuple[str, ...]:
        return (*self, *other)

    def __radd__(self, other: Sequence[str]) -> tuple[str, ...]:
        return (*other, *self)

    def __repr__(self) -> str:
        return f"Texts({len(self):,} texts, {self.nbytes:,} bytes)"

    def __reduce__(self) -> tuple[Any, ...]:
        own = self.compact()
        return Texts, (np.asarray(own._buffer), np.asarray(own._offsets))

    def compact(self) -> Texts:
        """The same texts in a buffer that holds no others."""
        if self._rows is None:
            return self
        starts, lengths = self._offsets[self._rows], np.diff(self._offsets)[self._rows]
        offsets = np.concatenate([np.zeros(1, np.int64), lengths.cumsum()])
        buffer = np.empty(int(offsets[-1]), np.uint8)
        target, ends = buffer.data, (starts + lengths).tolist()
        for at, (start, end) in enumerate(zip(starts.tolist(), ends, strict=True)):
            target[offsets[at] : offsets[at + 1]] = self._view[start:end]
        return Texts(buffer, offsets)

    def parts(self) -> tuple[Bytes, Offsets]:
        """Buffer and offsets of these texts alone, as `Texts` takes them."""
        own = self.compact()
        return own._buffer, own._offsets


def kept(texts: Sequence[str]) -> Sequence[str]:
    """The texts as a data set keeps them: a tuple where they are few, else `Texts`."""
    if isinstance(texts, Texts):
        return texts
    return tuple(texts) if len(texts) < COMPACT_FROM else Texts.of(texts)


def taken(texts: Sequence[str], rows: NDArray[np.intp]) -> Sequence[str]:
    """The texts of the given numbers, in the given order: of a tuple a tuple, of `Texts` the same buffer."""
    return texts.take(rows) if isinstance(texts, Texts) else tuple(texts[i] for i in rows.tolist())


def in_blocks(texts: Sequence[str], size: int) -> Iterator[list[str]]:
    """The texts in lists of at most `size`, in order."""
    source = iter(texts)
    while block := list(islice(source, size)):
        yield block
