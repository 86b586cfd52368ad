"""Texts as sparse rows of n-grams, and the vocabulary they are read with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from baselines.notes import note
from baselines.text.counting import MOST_ROWS
from baselines.text.ngram_settings import NgramSettings
from baselines.text.ngrams import NgramTfidf, joined
from baselines.text.readings import Reading

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


def learn_noted(texts: Sequence[str], cleaning: Reading, settings: Sequence[NgramSettings]) -> NgramTfidf:
    """`NgramTfidf.learn`, with a note where many texts have more n-grams than a vocabulary holds."""
    tfidf = NgramTfidf.learn(texts, cleaning, settings)
    if any(block.settings != asked for block, asked in zip(tfidf.blocks, settings, strict=True)):
        least = max(block.settings.min_texts for block in tfidf.blocks)
        note(
            f"{len(texts):,} training texts have more than {MOST_ROWS:,} n-grams: those of fewer than {least} texts "
            "are left out"
        )
    return tfidf


def as_matrix(vectorizer: NgramTfidf, texts: Sequence[str], number: type[np.floating[Any]] = np.float64) -> csr_matrix:
    """Rows of all texts, (n_texts, n_features).

    Args:
        vectorizer: text to row.
        texts: any number of them.
        number: float64, which liblinear and the trees' builders want, or float32, which takes half the memory.
    """
    # Imported here, like scikit-learn elsewhere: a fitted model predicts with NumPy alone.
    from scipy.sparse import csr_matrix

    shape = (len(texts), vectorizer.n_features)
    if not len(texts):
        return csr_matrix(shape, dtype=number)
    sizes, columns, values = joined(vectorizer.encode_chunks(texts), np.int32)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    # Of more values scikit-learn wants both as int64.
    starts = starts.astype(np.int32) if starts[-1] < 1 << 31 else starts
    return csr_matrix((values.astype(number, copy=False), columns, starts), shape=shape)
