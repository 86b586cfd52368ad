"""Packed linear models of every sort that a vocabulary can be, made up."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from baselines.task import BY_TASK, Link
from baselines.text.cleaning import Cleaning
from baselines.text.hashing import Hashing
from baselines.text.ngram_settings import NgramSettings
from baselines.text.ngrams import NgramBlock, NgramTfidf
from compress.formats.packed_linear import PackedLinear

# Letters that make words alike, blanks that make them phrases, marks, and what is rare: halves of pairs among it.
LETTERS = "aabbeenst  <>_é日\U0001f98a\0\ud800\t"
TERMS = st.lists(
    st.text(st.sampled_from(LETTERS), min_size=1, max_size=9)
    | st.text(st.sampled_from("abn"), min_size=1, max_size=5)
    | st.text(min_size=1, max_size=4)
    | st.sampled_from(["x" * 300, "y " * 80, "z\ud801" * 200]),
    max_size=40,
    unique=True,
)
ANALYZERS = ["word", "char_wb", "char", "char_bare", "subword", "hashed"]


@st.composite
def blocks(draw: Any, joined: bool, kind: Any) -> NgramBlock:
    """One block, of any analyzer or hashed."""
    analyzer = draw(st.sampled_from(ANALYZERS))
    low = draw(st.integers(1, 3))
    settings = NgramSettings(
        "word" if analyzer == "hashed" else analyzer, low, draw(st.integers(low, 5)), joined=joined
    )
    if analyzer == "hashed":
        buckets = np.array(sorted(draw(st.sets(st.integers(0, (1 << 31) - 1), max_size=30))), np.int64)
        return NgramBlock(settings, (), draw_idf(draw, len(buckets), kind), Hashing("fnv1a", 1 << 31), buckets)
    terms = tuple(sorted(draw(TERMS)))
    return NgramBlock(settings, terms, draw_idf(draw, len(terms), kind))


def draw_idf(draw: Any, n: int, kind: Any) -> np.ndarray:
    """Values that follow from counts, few values, or any."""
    rng = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    sort = draw(st.sampled_from(["counted", "few", "any"]))
    if sort == "counted":
        return (np.log(1001 / (1 + rng.geometric(0.1, n).clip(1, 1000))) + 1).astype(kind)
    return (rng.choice([0.0, 1.0, 2.5], n) if sort == "few" else rng.normal(size=n)).astype(kind)


@st.composite
def packed_models(draw: Any) -> PackedLinear:
    """A model of one to three blocks, at least one row, and any levels."""
    kind = draw(st.sampled_from([np.float32, np.float64]))
    all_blocks = tuple(
        draw(blocks(place > 0 and draw(st.booleans()), kind)) for place in range(draw(st.integers(1, 3)))
    )
    if not sum(map(len, all_blocks)):
        all_blocks = (NgramBlock(NgramSettings("word"), ("a",), np.ones(1, kind)), *all_blocks[1:])
    vectorizer = NgramTfidf(Cleaning(draw(st.sampled_from(["course", "raw"]))), all_blocks)
    rng = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    classes, limit = draw(st.integers(1, 9)), draw(st.sampled_from([0, 1, 7, 127]))
    levels = rng.integers(-limit, limit + 1, (classes, vectorizer.n_features)).astype(np.int8)
    levels[rng.random(levels.shape) < draw(st.sampled_from([0.0, 0.5, 0.95]))] = 0
    scale, intercept = rng.random((2, classes)).astype(np.float32)
    link = draw(
        st.sampled_from([BY_TASK, Link("logistic_shares"), Link("tree", (((0, True),), ((0, False), (1, True))))])
    )
    return PackedLinear(vectorizer, levels, scale, intercept, link)


def same(again: PackedLinear, model: PackedLinear) -> None:
    """Everything is as it was, bit by bit."""
    assert again.vectorizer.to_json() == model.vectorizer.to_json()
    assert again.link == model.link
    assert again.vectorizer.idf().dtype == model.vectorizer.idf().dtype
    for one, other in (
        (again.vectorizer.idf(), model.vectorizer.idf()),
        (again.levels, model.levels),
        (again.scale, model.scale),
        (again.intercept, model.intercept),
    ):
        assert one.dtype == other.dtype
        assert one.tobytes() == other.tobytes()


def language_like(n_words: int, n_classes: int, density: float, seed: int = 0) -> PackedLinear:
    """A model as training makes them: words of syllables, neighbouring words, and n-grams of characters in them."""
    rng = np.random.default_rng(seed)
    syllables = ["ba", "con", "de", "er", "ing", "lo", "mi", "net", "or", "pre", "st", "tion", "un", "vis", "work"]
    words = sorted({"".join(rng.choice(syllables, rng.integers(1, 5))) for _ in range(n_words)})
    pairs = {f"{words[a]} {words[b]}" for a, b in rng.integers(0, len(words), (len(words) // 2, 2))}
    grams = {f" {word} "[at : at + n] for word in words for n in (2, 3, 4) for at in range(len(word) + 3 - n)}
    terms = tuple(sorted({*words, *pairs})), tuple(sorted(grams))
    settings = NgramSettings("word", 1, 2), NgramSettings("char_wb", 2, 4)
    counts = [np.minimum(rng.geometric(0.2, len(each)), 900) for each in terms]
    made = tuple(
        NgramBlock(own, each, (np.log(1001 / (1 + df)) + 1).astype(np.float32))
        for own, each, df in zip(settings, terms, counts, strict=True)
    )
    vectorizer = NgramTfidf(Cleaning(), made)
    levels = np.clip(np.rint(rng.normal(0, 2, (n_classes, vectorizer.n_features))), -7, 7).astype(np.int8)
    levels[rng.random(levels.shape) >= density] = 0
    scale, intercept = rng.random((2, n_classes)).astype(np.float32)
    return PackedLinear(vectorizer, levels, scale, intercept)
