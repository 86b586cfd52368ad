"""Many texts at once have the rows, bit for bit, that each has alone; and vocabularies are counted as by hand."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.text import counting, ngrams, symbols
from baselines.text.cleaning import Cleaning
from baselines.text.hashing import Hashing, murmur3, murmur3_windows
from baselines.text.ngram_block import NgramBlock
from baselines.text.ngram_settings import Analyzer, NgramSettings
from baselines.text.ngrams import NgramTfidf, each_row

TEXTS = (
    "red stone, blue river", "", "a", "the red red stone", "É ü 漢字 漢字 c++", "🙂 red", "   ", "\ud800 odd",
    "blue blue blue blue", "x y z", "stone riverbank " * 30, "don't 12.5%",
)  # fmt: skip
BLOCKS = {
    "words and characters": (NgramSettings("word", 1, 2), NgramSettings("char_wb", 2, 5, 2, True)),
    "short words left out": (NgramSettings("word", 1, 3, 1, True, shortest_word=2, norm="l1"),),
    "single characters": (NgramSettings("char_wb", 1, 2, norm="none"), NgramSettings("char", 4, 6, binary=True)),
    "bare characters": (NgramSettings("char_bare", 2, 3), NgramSettings("char_wb", 4, 7)),
    "long n-grams": (NgramSettings("char", 9, 12), NgramSettings("word", 2, 5)),
}


def same_rows(tfidf: NgramTfidf, texts: tuple[str, ...]) -> None:
    starts, columns, values = tfidf.encode_batch(texts)
    alone = [tfidf.encode(text) for text in texts]
    assert values.dtype == alone[0][1].dtype
    assert starts.tolist() == np.cumsum([0, *(len(row[0]) for row in alone)]).tolist()
    for place, (own_columns, own_values) in enumerate(alone):
        own = slice(starts[place], starts[place + 1])
        np.testing.assert_array_equal(columns[own], own_columns)
        np.testing.assert_array_equal(values[own], own_values)
    for (row, values_of), (other, others) in zip(each_row(tfidf, texts), alone, strict=True):
        assert np.array_equal(row, other)
        assert np.array_equal(values_of, others)


@pytest.mark.parametrize("name", ["words", "raw", "course"])
@pytest.mark.parametrize("blocks", BLOCKS.values(), ids=BLOCKS)
def test_many_texts_have_the_rows_of_each(
    blocks: tuple[NgramSettings, ...], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(symbols, "CHUNK_CHARACTERS", 60)
    monkeypatch.setattr(ngrams, "CHUNK_CHARACTERS", 400)
    tfidf = NgramTfidf.learn(TEXTS, Cleaning(name), blocks)  # type: ignore[arg-type]
    same_rows(tfidf, (*TEXTS, "unseen words", "red", "stone riverbank " * 5) * 2)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=1, max_size=20))
def test_any_texts_have_the_rows_of_each(texts: list[str]) -> None:
    try:
        tfidf = NgramTfidf.learn(texts, Cleaning("words"), BLOCKS["words and characters"])
    except Exception:  # no words are left
        return
    same_rows(tfidf, tuple(texts))


@pytest.mark.parametrize("blocks", BLOCKS.values(), ids=BLOCKS)
@pytest.mark.parametrize("strings", [False, True])
def test_vocabularies_are_counted_as_by_hand(
    blocks: tuple[NgramSettings, ...], strings: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(symbols, "CHUNK_CHARACTERS", 60)
    if strings:
        monkeypatch.setattr(counting, "_BITS", 24)  # some alphabets are too large for it in the middle of the texts
    cleaning = Cleaning("words")
    learned = NgramTfidf.learn(TEXTS, cleaning, blocks)
    for block, own in zip(learned.blocks, blocks, strict=True):
        counts: Counter[str] = Counter()
        for text in TEXTS:
            counts.update(set(own.terms(cleaning(text), cleaning.words(cleaning(text)))))
        expected = sorted(term for term, n in counts.items() if n >= own.min_texts)
        assert list(block.vocabulary) == expected
        df = np.array([counts[term] for term in expected], np.float64)
        np.testing.assert_array_equal(block.idf, (np.log((1 + len(TEXTS)) / (1 + df)) + 1).astype(np.float32))
        assert block.settings == own


def test_many_texts_keep_the_n_grams_that_most_of_them_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"common often{number % 4} rare{number}" for number in range(40)]
    monkeypatch.setattr(counting, "MANY_TEXTS", 30)
    monkeypatch.setattr(counting, "MOST_ROWS", 6)
    learned = NgramTfidf.learn(texts, Cleaning(), [NgramSettings("word")])
    assert learned.names == ("common", "often0", "often1", "often2", "often3")
    assert learned.blocks[0].settings.min_texts == 2
    few = NgramTfidf.learn(texts[:30], Cleaning(), [NgramSettings("word")])
    assert len(few.names) == 35


def test_more_n_grams_than_are_counted_lose_the_rarest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symbols, "CHUNK_CHARACTERS", 100)
    texts = [f"common often{number % 4} rare{number}" for number in range(200)]
    monkeypatch.setattr(counting, "MOST_DISTINCT", 50)
    monkeypatch.setattr(counting, "MERGED_FROM", 20)
    learned = NgramTfidf.learn(texts, Cleaning(), [NgramSettings("word", min_texts=40)])
    assert learned.names == ("common", "often0", "often1", "often2", "often3")


@given(st.lists(st.text(min_size=1, max_size=9), min_size=1, max_size=10))
def test_windows_are_hashed_as_terms(terms: list[str]) -> None:
    encoded = [term.encode("utf-8", "surrogatepass") for term in terms]
    sizes = np.array([len(each) for each in encoded])
    hashed = murmur3_windows(np.frombuffer(b"".join(encoded), np.uint8), np.cumsum(sizes) - sizes, sizes)
    assert hashed.tolist() == [murmur3(each) for each in encoded]


@pytest.mark.parametrize("analyzer", ["word", "char_wb", "char", "char_bare"])
@pytest.mark.parametrize("counted", [False, True])
def test_hashed_blocks_have_the_rows_of_each(analyzer: Analyzer, counted: bool) -> None:
    buckets = np.arange(0, 64, 3) if counted else np.arange(64)
    own = NgramSettings(analyzer, 1, 3, sublinear=True)
    for hashing in (Hashing("murmur3", 64, counted=counted), Hashing("murmur3", 64, signed=True), Hashing("fnv1a", 64)):
        block = NgramBlock(own, (), np.linspace(1, 2, len(buckets), dtype=np.float32), hashing, buckets)
        if not (hashing.signed and own.sublinear):
            same_rows(NgramTfidf(Cleaning(), (block,)), TEXTS * 2)
