"""Linear models over hashed n-grams, learned from chunks of texts: memory depends on buckets and classes alone.

n-grams find their row by murmur3 (Weinberger et al., "Feature hashing for large scale multitask learning", 2009), so no
vocabulary is counted; idf comes from the first IDF_TEXTS training texts. The weights learn by dual ascent. Where each
text's part in it fits into MOST_REMEMBERED numbers, the texts are passed over several times, else once; of one pass the
weights are averaged over its second half, as the last texts would count too much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from baselines.classifier import ChunkSource, Progress
from baselines.dataset import Part
from baselines.notes import note, note_missing_classes
from baselines.streaming.dual_ascent import PASSES, DualAscent, Floats, Loss, costs_of
from baselines.streaming.rows import as_matrix
from baselines.streaming.source import CHUNK_TEXTS
from baselines.text.cleaning import Cleaning
from baselines.text.hashing import Hashing
from baselines.text.ngram_block import NgramBlock
from baselines.text.ngram_settings import NgramSettings
from baselines.text.ngrams import NgramTfidf

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

IDF_TEXTS = 200_000
MOST_REMEMBERED, MOST_WEIGHTS = 1 << 26, 1 << 27
LEAST_BUCKETS = 1 << 10


@dataclass(frozen=True)
class HashedFit:
    """What is learned, and how.

    Attributes:
        settings: blocks of n-grams, analyzers of words and characters.
        cleaning: of the texts.
        buckets: of each block; of very many classes fewer, so that there are MOST_WEIGHTS weights at most.
        loss, penalty, balanced: as `baselines.models.linear.LinearConfig` says, penalty being its C.
    """

    settings: Sequence[NgramSettings]
    cleaning: Cleaning
    buckets: int
    loss: Loss
    penalty: float
    balanced: bool

    def learn(self, source: ChunkSource, progress: Progress) -> tuple[NgramTfidf, Floats, Floats]:
        """The features, weights float32 (n_classes, n_features) and intercepts (n_classes,)."""
        n_classes = len(source.space.classes)
        tfidf, positives = self._counted(source, self._buckets_for(n_classes))
        missing = positives == 0
        note_missing_classes([name for name, gone in zip(source.space.classes, missing, strict=True) if gone])
        up, down = costs_of(positives.clip(1), source.n_texts, self.penalty, self.balanced, together=False)
        down = np.where(positives < source.n_texts, down, np.float32(self.penalty)).astype(np.float32)
        with threadpool_limits(1, user_api="blas"):
            ascent = self._passes(source, tfidf, up, down, progress)
        ascent.weights[:, missing] = 0
        ascent.intercept[missing] = -np.log(2 * source.n_texts + 1)  # the smoothed share, as of a class without a model
        return _without_empty(tfidf, ascent)

    def _buckets_for(self, n_classes: int) -> int:
        most = MOST_WEIGHTS // (n_classes * len(self.settings))
        buckets = max(LEAST_BUCKETS, min(self.buckets, most))
        if buckets < self.buckets:
            note(f"{n_classes} classes: {buckets:,} buckets a block in place of {self.buckets:,}, to bound memory")
        return buckets

    def _counted(self, source: ChunkSource, buckets: int) -> tuple[NgramTfidf, NDArray[np.intp]]:
        """The features with their idf, and the positives of each class."""
        hashing, everywhere = Hashing("murmur3", buckets), np.arange(buckets)
        plain = [
            NgramBlock(replace(own, norm="none", binary=True), (), np.ones(buckets, np.float32), hashing, everywhere)
            for own in self.settings
        ]
        counting = NgramTfidf(self.cleaning, tuple(plain))
        frequency, positives, seen = np.zeros(counting.n_features), np.zeros(len(source.space.classes), np.intp), 0
        for part in source.chunks(0):
            positives += part.labels.sum(axis=0)
            if seen < IDF_TEXTS:
                frequency += np.bincount(as_matrix(counting, part.texts, np.float32).indices, minlength=len(frequency))
                seen += len(part)
        if seen < source.n_texts:
            note(f"how rare n-grams are is counted on the first {seen:,} of {source.n_texts:,} texts, in random order")
        idf = (np.log((1 + seen) / (1 + frequency)) + 1).astype(np.float32)
        blocks = [
            NgramBlock(own, (), idf[place * buckets : (place + 1) * buckets], hashing, everywhere)
            for place, own in enumerate(self.settings)
        ]
        return NgramTfidf(self.cleaning, tuple(blocks)), positives

    def _passes(
        self, source: ChunkSource, tfidf: NgramTfidf, up: Floats, down: Floats, progress: Progress
    ) -> DualAscent:
        n_texts, n_classes = source.n_texts, len(source.space.classes)
        remembered = n_texts * n_classes <= MOST_REMEMBERED
        n_passes = PASSES[self.loss] if remembered else 1
        moved = np.zeros((n_texts if remembered else CHUNK_TEXTS, n_classes), np.float32)
        ascent, mean = DualAscent.empty(tfidf.n_features, n_classes, self.loss), _Mean()
        for number in range(n_passes):
            start = 0
            # Always the same order, so that each text meets what is remembered of it.
            for part in source.chunks(0):
                own = moved[start : start + len(part)] if remembered else np.zeros((len(part), n_classes), np.float32)
                ascent.learn(_rows(tfidf, part), part.labels, np.where(part.labels, up, down), own)
                start += len(part)
                if not remembered and start > n_texts // 2:
                    mean.add(ascent)
                progress(number * n_texts + start, n_passes * n_texts)
        if not remembered:
            note(f"{n_texts:,} texts of {n_classes} classes are passed over once; the weights are a mean")
            mean.put(ascent)
        return ascent


class _Mean:
    """The mean of weights at several times."""

    def __init__(self) -> None:
        self._n = 0
        self._weights: Floats = np.zeros(0, np.float32)
        self._intercept: Floats = np.zeros(0, np.float32)

    def add(self, ascent: DualAscent) -> None:
        self._n += 1
        if self._n == 1:
            self._weights, self._intercept = ascent.weights.copy(), ascent.intercept.copy()
            return
        self._weights += ascent.weights
        self._intercept += ascent.intercept

    def put(self, ascent: DualAscent) -> None:
        if self._n:
            share = np.float32(1 / self._n)
            ascent.weights, ascent.intercept = self._weights * share, self._intercept * share


def _rows(tfidf: NgramTfidf, part: Part) -> csr_matrix:
    return as_matrix(tfidf, part.texts, np.float32)


def _without_empty(tfidf: NgramTfidf, ascent: DualAscent) -> tuple[NgramTfidf, Floats, Floats]:
    """Without the buckets that no training text has: they still count in a text's norm, and add nothing to it."""
    has_weight = np.asarray(ascent.weights.any(axis=1))
    blocks, start = [], 0
    for block in tfidf.blocks:
        own = has_weight[start : start + len(block)]
        start += len(block)
        buckets = np.flatnonzero(own) if block.buckets is None else block.buckets[own]
        blocks.append(replace(block, buckets=buckets, idf=block.idf[own]))
    coef = np.ascontiguousarray(ascent.weights[has_weight].T)
    return NgramTfidf(tfidf.cleaning, tuple(blocks)), coef, ascent.intercept
