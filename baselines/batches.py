"""Which texts share a batch: near equal lengths under a budget of ids, so that one long text slows no other.

Also word dropout, which works on ids, so that no text is cleaned twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from baselines.tokenizer import Tokenizer

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


def drop_words(ids: IdArray, separator: int | None, rate: float, rng: np.random.Generator) -> IdArray:
    """Leave out each word with probability `rate`; the text as it is where no word would be left."""
    starts = np.ones(len(ids), bool) if separator is None else ids == separator
    word = np.cumsum(starts) - (separator is None)  # a space belongs to the word after it
    kept_words = rng.random(word[-1] + 1 if len(word) else 0) >= rate
    if not kept_words.any():
        return ids
    kept: IdArray = ids[kept_words[word]]
    return kept[1:] if separator is not None and len(kept) and kept[0] == separator else kept
