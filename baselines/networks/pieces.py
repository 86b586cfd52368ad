"""Where pieces begin in encoded texts: words, and characters where no blanks stand between words.

A piece is what word dropout leaves out. Words begin at the blank before them. Chinese, Japanese and Korean text has few
blanks or none; there a piece may begin at any character, and chance decides which, so that pieces are short runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from baselines.text.tokenizer import UNKNOWN_ID, Tokenizer
from baselines.text.unicode import kind_of

IdArray = NDArray[Any]
# First two bytes of UTF-8, as one number: kana and Han, Hangul syllables, the Han of the compatibility block and of
# planes 2 and 3.
_TWO_BYTES = ((0xE381, 0xE9BF), (0xEAB0, 0xED9E), (0xEFA4, 0xEFAB), (0xF0A0, 0xF0BF))
# Of these only the two marks of kana belong to what stands before them.
_KANA_MARKS = (0xE38299, 0xE3829A)
_PART, _ALONE, _MARK = 0, 1, 2


class Encoder(Protocol):
    """What `train` needs of a tokenizer."""

    def encode_batch(self, texts: Sequence[str]) -> list[Any]:
        """Integer ids (L,) of each text."""


@dataclass(frozen=True)
class Pieces:
    """How ids show where pieces begin.

    Attributes:
        separator: id that stands between words, -1 where there is none; None where each id is a word of its own.
        values: of each id (256,): the byte it stands for where `of_bytes`, else whether its character is a part of a
            word, stands alone, or is a mark.
        of_bytes: whether ids are bytes.
    """

    separator: int | None
    values: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(256, np.uint8))
    of_bytes: bool = False

    def starts(self, flat: IdArray, first: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
        """Where pieces begin in ids of texts that follow each other.

        Args:
            flat: all ids, (n_ids,).
            first: where a text begins, (n_ids,).

        Returns:
            (n_ids,) where one begins for certain; and the positions where one may.
        """
        if self.separator is None:
            return np.ones(len(flat), bool), np.zeros(0, np.intp)
        blank = flat == self.separator
        begins, kinds = self._characters(flat)
        places = np.flatnonzero(begins)
        mark = kinds[places] == _MARK
        # A mark is what stands before it, and a blank belongs to what follows it.
        alone = (kinds[places] == _ALONE)[np.maximum.accumulate(np.where(mark, 0, np.arange(len(places))))]
        before = np.append(False, alone[:-1])[: len(places)]
        inside = np.append(False, ~blank[places][:-1])[: len(places)] & ~(first | blank)[places] & ~mark
        certain = blank | first
        certain[places[inside & (alone != before)]] = True
        return certain, places[inside & alone & before]

    def _characters(self, flat: IdArray) -> tuple[NDArray[np.bool_], NDArray[np.uint8]]:
        """Where characters begin, and the kind of each that does."""
        values = self.values[flat]
        if not self.of_bytes:
            return np.ones(len(flat), bool), values
        # Three bytes as one number; what follows the last is as good as nothing.
        after = np.append(values, np.zeros(2, np.uint8)).astype(np.intp)
        pairs = after[:-2] << 8 | after[1:-1]
        alone = np.logical_or.reduce([(low <= pairs) & (pairs <= high) for low, high in _TWO_BYTES])
        mark = np.isin(pairs << 8 | after[2:], _KANA_MARKS)
        kinds = np.where(mark, _MARK, np.where(alone, _ALONE, _PART)).astype(np.uint8)
        return values & 0xC0 != 0x80, kinds


def pieces_of(tokenizer: Encoder) -> Pieces:
    """How the ids of a tokenizer show pieces."""
    if not isinstance(tokenizer, Tokenizer):
        return Pieces(None)
    values = np.zeros(256, np.uint8)
    for position, char in enumerate(tokenizer.alphabet):
        kind = {"c": _ALONE, "m": _MARK}.get(kind_of(char), _PART)
        values[position + 2] = ord(char) if tokenizer.unit == "bytes" else kind
    separator = tokenizer.space_id if tokenizer.space_id != UNKNOWN_ID else -1
    return Pieces(separator, values, tokenizer.unit == "bytes")
