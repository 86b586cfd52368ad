"""Which texts share a batch: near equal lengths under a budget of ids, so that one long text slows no other.

Also word dropout, which works on ids, so that no text is cleaned twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from baselines.text.tokenizer import Tokenizer

# Ids of one batch, padding included: a text of 100,000 characters gets a batch of its own, and short ones share one.
ID_BUDGET = 32_768
# Batches drawn at random and sorted by length together: near equal lengths in a batch, yet other batches each epoch.
POOL = 8

IdArray = NDArray[Any]


class Encoder(Protocol):
    """What `train` needs of a tokenizer."""

    def encode_batch(self, texts: Sequence[str]) -> list[Any]:
        """Integer ids (L,) of each text."""


def length_batches(lengths: Sequence[int], budget: int = ID_BUDGET) -> Iterator[NDArray[np.intp]]:
    """Row numbers in batches, by rising length: rows × longest stays within the budget, or the batch is one row."""
    order = np.argsort(np.asarray(lengths, np.intp), kind="stable")
    begin = 0
    for end in range(1, len(order) + 1):
        longest_with_next = max(1, lengths[order[end]]) if end < len(order) else budget + 1
        if (end - begin + 1) * longest_with_next > budget:
            yield order[begin:end]
            begin = end


def shuffled_batches(
    lengths: Sequence[int], batch_size: int, rng: np.random.Generator, budget: int = ID_BUDGET
) -> list[NDArray[np.intp]]:
    """All rows once, in random batches of similar length: at most `batch_size` rows and the budget's characters."""
    order, batches = rng.permutation(len(lengths)), []
    for begin in range(0, len(order), batch_size * POOL):
        pool = order[begin : begin + batch_size * POOL]
        pool = pool[np.argsort(np.asarray(lengths)[pool], kind="stable")]
        for start in range(0, len(pool), batch_size):
            rows = pool[start : start + batch_size]
            batches += [rows[some] for some in length_batches([lengths[row] for row in rows], budget)]
    return [batches[i] for i in rng.permutation(len(batches))]


def separator_of(tokenizer: Encoder) -> int | None:
    """Id that stands between words: the space's for characters, None where each id is a word of its own."""
    if not isinstance(tokenizer, Tokenizer):
        return None
    return tokenizer.alphabet.find(" ") + 2 if " " in tokenizer.alphabet else -1


class WordDropout:
    """Leaves words out of encoded texts, all texts at once: a call for each of them would cost a tenth of training.

    Attributes:
        encoded: the whole texts, integer ids (L,) each.
    """

    def __init__(self, encoded: Sequence[IdArray], separator: int | None) -> None:
        """
        Args:
            encoded: texts.
            separator: see `separator_of`.
        """
        self.encoded = encoded
        lengths = np.array([len(ids) for ids in encoded], np.intp)
        self._flat = np.concatenate([np.zeros(0, np.intp), *encoded])  # all ids, text after text
        self._text = np.repeat(np.arange(len(encoded)), lengths)  # of each id
        self._ends = np.cumsum(lengths)
        self._is_separator = np.zeros(len(self._flat), bool) if separator is None else self._flat == separator
        starts = np.ones(len(self._flat), bool) if separator is None else self._is_separator.copy()
        starts[(self._ends - lengths)[lengths > 0]] = True
        self._word = np.cumsum(starts) - 1  # of each id, counted over all texts; a space belongs to the word after it

    def draw(self, rate: float, rng: np.random.Generator) -> list[IdArray]:
        """The texts, each word left out with probability `rate`; a text that would lose all its words stays whole."""
        if not len(self._flat):
            return list(self.encoded)
        kept = (rng.random(self._word[-1] + 1) >= rate)[self._word]
        kept |= (np.bincount(self._text[kept], minlength=len(self.encoded)) == 0)[self._text]
        # A text whose first words are gone would begin with the space of the next one.
        position = np.flatnonzero(kept)
        owner = self._text[position]
        leads = np.append(True, owner[1:] != owner[:-1])
        kept[position[leads & self._is_separator[position]]] = False
        ends = np.cumsum(np.bincount(self._text[kept], minlength=len(self.encoded)))
        return np.split(self._flat[kept], ends[:-1])
