"""Rows of fewer n-grams: the same as if the texts were read again, for every kind of block and norm."""

from __future__ import annotations

import numpy as np
import pytest

from baselines.text.cleaning import Cleaning
from baselines.text.hashing import Hashing
from baselines.text.ngram_settings import NgramSettings
from baselines.text.ngrams import NgramBlock, NgramTfidf
from compress.methods.linear.rows import narrowed, rows_of, with_ngrams
from tests.cases.compress_case import AWKWARD, random_part

TEXTS = [*AWKWARD, *random_part(20).texts]


def learned(*settings: NgramSettings) -> NgramTfidf:
    return NgramTfidf.learn(TEXTS, Cleaning("words"), settings)


def hashed(counted: bool) -> NgramTfidf:
    buckets = np.arange(0, 64, 3, dtype=np.int64)
    idf = np.linspace(0.5, 2, len(buckets)).astype(np.float32)
    hashing = Hashing("murmur3", 64, signed=True, counted=counted)
    return NgramTfidf(Cleaning("words"), (NgramBlock(NgramSettings("word"), (), idf, hashing, buckets),))


CASES = {
    "two norms": learned(NgramSettings("word", 1, 2), NgramSettings("char_wb", 2, 3, sublinear=True)),
    "one norm": learned(NgramSettings("word"), NgramSettings("char", 2, 2, joined=True)),
    "l1": learned(NgramSettings("word", norm="l1"), NgramSettings("subword", 2, 3, norm="l1", binary=True)),
    "none": learned(NgramSettings("word", norm="none")),
    "hashed": hashed(counted=False),
    "hashed and counted": hashed(counted=True),
}


@pytest.mark.parametrize("name", list(CASES))
@pytest.mark.parametrize("share", [0.0, 0.3, 0.8])
def test_narrowed_rows_are_those_of_the_narrowed_vectorizer(name: str, share: float) -> None:
    whole = CASES[name]
    keep = np.random.default_rng(5).random(whole.n_features) < share
    keep[0] = True
    rows, narrow = narrowed(rows_of(whole, TEXTS), whole, keep, TEXTS)
    assert narrow.n_features == keep.sum()
    assert narrow.names == tuple(np.array(whole.names, object)[keep])
    assert rows.shape == (len(TEXTS), keep.sum())
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows.toarray(), rows_of(narrow, TEXTS).toarray(), atol=2e-6)


def test_settings_and_readings_stay() -> None:
    whole = CASES["one norm"]
    narrow = with_ngrams(whole, np.ones(whole.n_features, np.bool_))
    assert narrow.to_json() == whole.to_json()
    np.testing.assert_array_equal(narrow.idf(), whole.idf())
