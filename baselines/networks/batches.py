"""Which texts share a batch: near equal lengths under a budget of ids, so that one long text slows no other.

Also word dropout, which works on ids, so that no text is cleaned twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from baselines.networks.encoded import EncodedTexts, IdArray
from baselines.networks.pieces import Pieces

# Ids of one batch, padding included: a text of 100,000 characters gets a batch of its own, and short ones share one.
ID_BUDGET = 32_768
# Batches drawn at random and sorted by length together: near equal lengths in a batch, yet other batches each epoch.
POOL = 8


def length_batches(lengths: Sequence[int] | NDArray[np.intp], budget: int = ID_BUDGET) -> Iterator[NDArray[np.intp]]:
    """Row numbers in batches, by rising length: rows × longest stays within the budget, or the batch is one row."""
    order = np.argsort(np.asarray(lengths, np.intp), kind="stable")
    begin = 0
    for end in range(1, len(order) + 1):
        longest_with_next = max(1, lengths[order[end]]) if end < len(order) else budget + 1
        if (end - begin + 1) * longest_with_next > budget:
            yield order[begin:end]
            begin = end


def shuffled_batches(
    lengths: Sequence[int] | NDArray[np.intp], batch_size: int, rng: np.random.Generator, budget: int = ID_BUDGET
) -> list[NDArray[np.intp]]:
    """All rows once, in random batches of similar length: at most `batch_size` rows and the budget's characters."""
    order, batches = rng.permutation(len(lengths)), []
    lengths = np.asarray(lengths, np.intp)
    for begin in range(0, len(order), batch_size * POOL):
        pool = order[begin : begin + batch_size * POOL]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        for start in range(0, len(pool), batch_size):
            rows = pool[start : start + batch_size]
            batches += [rows[some] for some in length_batches(lengths[rows], budget)]
    return [batches[i] for i in rng.permutation(len(batches))]


class WordDropout:
    """Leaves words, or short runs of Chinese, Japanese and Korean characters, out of encoded texts.

    All texts at once: a call for each of them would cost a tenth of training.

    Attributes:
        encoded: the whole texts, integer ids (L,) each.
    """

    def __init__(self, encoded: Sequence[IdArray], pieces: Pieces) -> None:
        """
        Args:
            encoded: texts.
            pieces: of their tokenizer, see `pieces_of`.
        """
        self.encoded = EncodedTexts.joining(encoded)
        lengths = self.encoded.lengths
        self._flat = self.encoded.flat
        self._text = np.repeat(np.arange(len(encoded)), lengths)  # of each id
        self._ends = np.cumsum(lengths)
        self._is_separator = np.zeros(len(self._flat), bool)
        if pieces.separator is not None:
            self._is_separator = self._flat == pieces.separator
        first = np.zeros(len(self._flat), bool)
        first[(self._ends - lengths)[lengths > 0]] = True
        self._starts, self._may_start = pieces.starts(self._flat, first)
        self._word = np.cumsum(self._starts) - 1  # of each id, counted over all texts; a space belongs to what follows

    def draw(self, rate: float, rng: np.random.Generator) -> EncodedTexts:
        """The texts, each piece left out with probability `rate`; a text that would lose all its pieces stays whole."""
        if not len(self._flat):
            return self.encoded
        word = self._pieces(rng)
        kept = (rng.random(word[-1] + 1) >= rate)[word]
        kept |= (np.bincount(self._text[kept], minlength=len(self.encoded)) == 0)[self._text]
        # A text whose first words are gone would begin with the space of the next one.
        position = np.flatnonzero(kept)
        owner = self._text[position]
        leads = np.append(True, owner[1:] != owner[:-1])
        kept[position[leads & self._is_separator[position]]] = False
        return EncodedTexts(self._flat[kept], np.bincount(self._text[kept], minlength=len(self.encoded)))

    def _pieces(self, rng: np.random.Generator) -> NDArray[np.intp]:
        """Number of each id's piece. Characters that may begin one do so half of the time: runs of two on average."""
        if not len(self._may_start):
            return self._word
        starts = self._starts.copy()
        starts[self._may_start] = rng.random(len(self._may_start)) < 0.5
        return np.cumsum(starts) - 1
