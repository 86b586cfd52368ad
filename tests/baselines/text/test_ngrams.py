"""Words and character n-grams are counted and weighted as scikit-learn does it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from baselines.dataset import Dataset, Part
from baselines.errors import ArtifactError, DataError
from baselines.models.linear import LinearClassifier, LinearConfig, as_matrix
from baselines.text.cleaning import Cleaning, CleaningName
from baselines.text.ngram_settings import NgramSettings
from baselines.text.ngrams import NgramTfidf

SETTINGS = [
    (NgramSettings("word", shortest_word=2), {}),
    (
        NgramSettings("word", 1, 2, 2, sublinear=True, shortest_word=2),
        {"ngram_range": (1, 2), "min_df": 2, "sublinear_tf": True},
    ),
    (
        NgramSettings("char_wb", 2, 5, 2, sublinear=True),
        {"analyzer": "char_wb", "ngram_range": (2, 5), "min_df": 2, "sublinear_tf": True},
    ),
    (NgramSettings("char_wb", 4, 6), {"analyzer": "char_wb", "ngram_range": (4, 6)}),
]


@pytest.mark.parametrize(("ours", "theirs"), SETTINGS)
def test_same_rows_as_scikit_learn(tiny: Dataset, ours: NgramSettings, theirs: dict[str, object]) -> None:
    cleaning = Cleaning("course")
    train, test = tiny.part("train").texts, (*tiny.part("test").texts, "", "é ü 漢字 漢字", "x")
    vectorizer = TfidfVectorizer(**theirs).fit([cleaning(text) for text in train])
    tfidf = NgramTfidf.learn(train, cleaning, [ours])
    assert tfidf.names == tuple(vectorizer.get_feature_names_out())
    np.testing.assert_allclose(tfidf.idf(), vectorizer.idf_, rtol=1e-6)
    difference = vectorizer.transform([cleaning(text) for text in test]) - as_matrix(tfidf, test)
    assert abs(difference).max() < 1e-6


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=40), st.integers(1, 4), st.integers(0, 3))
def test_any_text_has_scikit_learns_character_ngrams(text: str, low: int, more: int) -> None:
    words = Cleaning("letters")(text)
    theirs = TfidfVectorizer(analyzer="char_wb", lowercase=False, ngram_range=(low, low + more)).build_analyzer()(words)
    assert sorted(NgramSettings("char_wb", low, low + more).terms(words, [])) == sorted(theirs)


def test_texts_without_words_are_named() -> None:
    train = Part(("", "the", "and"), np.array([[1, 0], [0, 1], [0, 1]], bool), ("a", "b"))
    with pytest.raises(DataError, match="3 training texts: no words are left"):
        LinearClassifier(LinearConfig(cleaning="course")).fit(train)


def test_vocabulary_must_fit_its_idf() -> None:
    tfidf = NgramTfidf.learn(["one two"], Cleaning(), [NgramSettings("word")])
    with pytest.raises(ArtifactError, match="2 terms need as many idf values"):
        NgramTfidf.from_json(tfidf.to_json(), np.ones(3, np.float32))
    with pytest.raises(ArtifactError, match="'blocks'"):
        NgramTfidf.from_json({"cleaning": "words", "stem": False}, np.ones(3, np.float32))
    assert csr_matrix(as_matrix(tfidf, [])).shape == (0, 2)


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=40), st.integers(1, 4), st.integers(0, 3))
def test_characters_across_words_are_those_of_the_padded_text(text: str, low: int, more: int) -> None:
    clean = Cleaning("words")(text)
    padded = f" {clean} "
    found = NgramSettings("char", low, low + more).terms(clean, [])
    if not clean:
        assert found == []
        return
    sizes = [n for n in range(low, low + more + 1) if n <= len(padded)]
    every = [padded[i : i + n] for n in sizes for i in range(len(padded) - n + 1)]
    assert sorted(found) == sorted(every or [padded])


@pytest.mark.parametrize("name", ["words", "raw"])
def test_each_analyzer_reads_its_part_of_a_text(name: CleaningName) -> None:
    blocks = [NgramSettings("word"), NgramSettings("char_wb", 2, 2), NgramSettings("char", 2, 2)]
    tfidf = NgramTfidf.learn(["c++ 深度"], Cleaning(name), blocks)
    words, inside, across = (set(block.vocabulary) for block in tfidf.blocks)
    assert words == {"c", "+", "深", "度"}
    assert {"深度", " 深"} <= inside & across
    assert ("++" in inside) == ("++" in across) == (name == "raw")
    assert "+ " in across
    read = NgramTfidf.from_json(tfidf.to_json(), tfidf.idf())
    assert read.cleaning == tfidf.cleaning
    assert all(map(np.array_equal, read.encode("深 c+"), tfidf.encode("深 c+")))
    assert not len(tfidf.encode("xyz")[0])
