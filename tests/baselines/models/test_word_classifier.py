"""Our arrays answer what scikit-learn's models answer: n-grams, linear models, neighbours and trees."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from baselines.dataset import Dataset, Part
from baselines.errors import ArtifactError, DataError
from baselines.models.forests import BoostingClassifier, BoostingConfig, ForestClassifier, ForestConfig
from baselines.models.knn import KnnClassifier
from baselines.models.linear import LinearClassifier, LinearConfig, as_matrix
from baselines.models.registry import BASELINES
from baselines.models.trees import Trees
from baselines.notes import TrainingNote, collected_notes
from baselines.text.cleaning import Cleaning
from baselines.text.ngrams import NgramSettings, NgramTfidf

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
    cleaning = Cleaning()
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
    words = Cleaning(stop_words=False)(text)
    theirs = TfidfVectorizer(analyzer="char_wb", ngram_range=(low, low + more)).build_analyzer()(words)
    assert sorted(NgramSettings("char_wb", low, low + more).terms(words.split())) == sorted(theirs)


@pytest.mark.parametrize("name", ["tfidf-logistic", "tfidf-svm", "linear"])
def test_linear_models_are_scikit_learns(tiny: Dataset, name: str) -> None:
    train, test = tiny.part("train"), tiny.part("test")
    model = BASELINES[name].make(0, "cpu", 2).fit(train)
    assert isinstance(model, LinearClassifier)
    rows, unseen = as_matrix(model.vectorizer_, train.texts), as_matrix(model.vectorizer_, test.texts)
    theirs = {
        "tfidf-logistic": LogisticRegression(),
        "tfidf-svm": LinearSVC(),
        "linear": LogisticRegression(C=10, class_weight="balanced", solver="liblinear"),
    }[name]
    expected = [theirs.fit(rows, targets).decision_function(unseen) for targets in train.labels.T]
    probabilities = model.predict_proba(test.texts).astype(np.float64)
    np.testing.assert_allclose(np.log(probabilities / (1 - probabilities)), np.stack(expected, 1), atol=2e-3)


def test_neighbours_are_scikit_learns(tiny: Dataset) -> None:
    train, test = tiny.part("train"), tiny.part("test")
    model = KnnClassifier().fit(train)
    theirs = KNeighborsClassifier().fit(as_matrix(model.vectorizer_, train.texts), train.labels)
    expected = [p[:, 1] for p in theirs.predict_proba(as_matrix(model.vectorizer_, test.texts))]
    same = np.isclose(model.predict_proba(test.texts), np.stack(expected, 1), atol=1e-6).all(axis=1)
    # Texts that share no word with several others are equally far from them; who of them counts is a matter of taste.
    assert same.mean() > 0.8


def test_forest_is_scikit_learns(tiny: Dataset) -> None:
    train, test = tiny.part("train"), tiny.part("test")
    model = ForestClassifier(ForestConfig(trees=7, seed=3)).fit(train)
    theirs = RandomForestClassifier(7, random_state=3).fit(as_matrix(model.vectorizer_, train.texts), train.labels)
    expected = [p[:, 1] for p in theirs.predict_proba(as_matrix(model.vectorizer_, test.texts))]
    np.testing.assert_allclose(model.predict_proba(test.texts), np.stack(expected, 1), atol=1e-6)


def test_boosting_is_scikit_learns(tiny: Dataset) -> None:
    train, test = tiny.part("train"), tiny.part("test")
    model = BoostingClassifier(BoostingConfig(trees=5, seed=3)).fit(train)
    rows, unseen = as_matrix(model.vectorizer_, train.texts), as_matrix(model.vectorizer_, test.texts)
    expected = [
        GradientBoostingClassifier(n_estimators=5, random_state=3 + c).fit(rows, targets).predict_proba(unseen)[:, 1]
        for c, targets in enumerate(train.labels.T)
    ]
    np.testing.assert_allclose(model.predict_proba(test.texts), np.stack(expected, 1), atol=1e-6)


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_change_nothing(tiny: Dataset, threads: int) -> None:
    texts = tiny.part("test").texts
    alone = LinearClassifier(LinearConfig()).fit(tiny.part("train")).predict_proba(texts)
    together = LinearClassifier(LinearConfig(threads=threads)).fit(tiny.part("train")).predict_proba(texts)
    np.testing.assert_array_equal(alone, together)


def test_reasons_add_up(tiny: Dataset) -> None:
    model = LinearClassifier().fit(tiny.part("train"))
    text = tiny.part("test").texts[0]
    p = float(model.predict_proba([text])[0, 2])
    total = sum(share for _, share in model.reasons(text, 2, n=10_000)) + model.intercept_[2]
    assert np.log(p / (1 - p)) == pytest.approx(total, abs=1e-4)
    assert len(model.reasons(text, 2)) == 10
    weights = [weight for _, weight in model.strongest(2)]
    assert weights == sorted(weights, reverse=True)
    assert weights[0] == model.coef_[2].max()


@pytest.mark.parametrize("name", ["tfidf-logistic", "tfidf-forest", "tfidf-boosting", "tfidf-svm", "linear"])
def test_a_class_without_positives_is_said_and_never_predicted(tiny: Dataset, name: str) -> None:
    whole = tiny.part("train")
    labels = whole.labels.copy()
    labels[:, 1], labels[:, 2] = False, True
    train = Part(whole.texts, labels, whole.classes)
    changes = (
        {"trees": 3} if "trees" in {f.name for f in dataclasses.fields(BASELINES[name].config(0, "cpu", 1))} else {}
    )
    with pytest.warns(TrainingNote, match=f"no training text has {whole.classes[1]}"):
        model = BASELINES[name].make(0, "cpu", 1, changes).fit(train)
    probabilities = model.predict_proba(tiny.part("test").texts)
    assert (probabilities[:, 1] < 0.05).all()
    assert (probabilities[:, 2] > 0.95).all()


def test_no_convergence_is_said_with_what_to_do(tiny: Dataset) -> None:
    with pytest.warns(
        TrainingNote, match="no convergence after 1 iterations for .* and 1 more: .* Raise max_iterations"
    ):
        LinearClassifier(LinearConfig(max_iterations=1)).fit(tiny.part("train"))


def test_notes_are_collected(tiny: Dataset) -> None:
    with collected_notes() as notes:
        LinearClassifier(LinearConfig(max_iterations=1)).fit(tiny.part("train"))
    assert len(notes) == 1


def test_texts_without_words_are_named() -> None:
    train = Part(("", "the", "and"), np.array([[1, 0], [0, 1], [0, 1]], bool), ("a", "b"))
    with pytest.raises(DataError, match="3 training texts: no words are left"):
        LinearClassifier().fit(train)


def test_a_tree_that_goes_round_in_circles_is_refused() -> None:
    one = np.zeros(2, np.int32)
    circle = Trees(
        one,
        np.zeros(2),
        np.array([1, 0], np.int32),
        np.array([1, 0], np.int32),
        one[:1],
        one,
        np.ones((1, 1), np.float32),
    )
    with pytest.raises(ArtifactError, match="after their parent"):
        circle.check(1, 1)
    with pytest.raises(ArtifactError, match=r"feature must lie in 0\.\.0"):
        dataclasses.replace(circle, feature=np.array([0, 5], np.int32)).check(1, 1)


def test_vocabulary_must_fit_its_idf() -> None:
    tfidf = NgramTfidf.learn(["one two"], Cleaning(), [NgramSettings("word")])
    with pytest.raises(ArtifactError, match="2 terms need as many idf values"):
        NgramTfidf.from_json(tfidf.to_json(), np.ones(3, np.float32))
    with pytest.raises(ArtifactError, match="'blocks'"):
        NgramTfidf.from_json({"stop_words": True, "stem": False}, np.ones(3, np.float32))
    assert csr_matrix(as_matrix(tfidf, [])).shape == (0, 2)
