"""Every kind of step and classifier is taken over exactly, on texts that the adoption never saw."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.feature_selection import SelectFromModel, SelectKBest, VarianceThreshold, chi2
from sklearn.linear_model import (
    LogisticRegression,
    LogisticRegressionCV,
    Perceptron,
    RidgeClassifier,
    RidgeClassifierCV,
    SGDClassifier,
)
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, MultinomialNB
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import Binarizer, FunctionTransformer, MaxAbsScaler, Normalizer, StandardScaler
from sklearn.svm import LinearSVC

from baselines.task import Task, link
from compress.foreign.pipelines import adopt_pipeline
from compress.foreign.pipelines.probes import random_texts
from compress.kinds.adopted_linear import AdoptedLinear
from tests.cases.pipeline_case import fitted, learned
from tests.cases.task_case import ALL_TASKS, task_data

LR = LogisticRegression
TFIDF = TfidfVectorizer
CHARS = {"analyzer": "char_wb", "ngram_range": (2, 3)}


def union(**settings: Any) -> FeatureUnion:
    return FeatureUnion([("words", TFIDF(**settings)), ("characters", TFIDF(**CHARS, **settings))])


# Steps, and for which tasks; where nothing is said for one label of many.
CASES: dict[str, tuple[tuple[Any, ...], tuple[Task, ...]]] = {
    "logistic": ((TFIDF(), LR()), ("multiclass", "binary")),
    "characters across, l1": ((TFIDF(analyzer="char", ngram_range=(1, 4), norm="l1"), LR()), ("multiclass",)),
    "accents, sublinear, no norm": (
        (TFIDF(strip_accents="unicode", sublinear_tf=True, norm=None, lowercase=False), LR()),
        ("multiclass",),
    ),
    "stop words, pairs": ((TFIDF(stop_words="english", ngram_range=(1, 2)), LR()), ("binary",)),
    "fixed vocabulary": ((TFIDF(vocabulary=["who", "found", "Who", "", "my coat"]), LR()), ("multiclass",)),
    "cv": ((TFIDF(), LogisticRegressionCV(cv=2)), ("multiclass",)),
    "no idf": ((CountVectorizer(), TfidfTransformer(use_idf=False), LR()), ("multiclass",)),
    "counts, then tf-idf": ((CountVectorizer(binary=True), TfidfTransformer(sublinear_tf=True), LR()), ("multiclass",)),
    "hashed": ((HashingVectorizer(n_features=1 << 10), LinearSVC()), ("multiclass",)),
    "hashed in few buckets": ((HashingVectorizer(n_features=16, norm="l1"), LR()), ("multiclass", "binary")),
    "hashed, binary": ((HashingVectorizer(n_features=16, binary=True), LR()), ("multiclass",)),
    "hashed, no norm": ((HashingVectorizer(n_features=64, norm=None, **CHARS), LR()), ("multiclass",)),
    "hashed, tf-idf": (
        (HashingVectorizer(n_features=256, norm=None, alternate_sign=False), TfidfTransformer(), LR()),
        ("multiclass",),
    ),
    "union": ((union(), LR()), ("multiclass",)),
    "union under one norm": ((union(norm=None), Normalizer("l1"), LR()), ("multiclass",)),
    "weighed union": (
        (
            FeatureUnion(
                [("a", TFIDF()), ("b", "drop"), ("c", CountVectorizer(**CHARS))], transformer_weights={"a": 3}
            ),
            LR(),
        ),
        ("multiclass",),
    ),
    "union over numbers": (
        (TFIDF(), FeatureUnion([("a", SelectKBest(chi2, k=9)), ("b", TruncatedSVD(3))]), LR()),
        ("multiclass",),
    ),
    "nested": ((make_pipeline(CountVectorizer(), TfidfTransformer()), "passthrough", LR()), ("multiclass",)),
    "nothing done": ((FunctionTransformer(), TFIDF(), LR()), ("multiclass",)),
    "selection": ((TFIDF(), SelectKBest(chi2, k=9), LR()), ("multiclass",)),
    "selection, then a norm": ((TFIDF(), SelectKBest(chi2, k=9), Normalizer(), LR()), ("multiclass",)),
    "selections": ((TFIDF(), VarianceThreshold(), SelectFromModel(LinearSVC(), threshold=0.1), LR()), ("multiclass",)),
    "scaled": ((TFIDF(), MaxAbsScaler(), StandardScaler(with_mean=False), LR()), ("multiclass",)),
    "binarised": ((TFIDF(), Binarizer(), LR()), ("multiclass",)),
    "projected": ((TFIDF(), TruncatedSVD(5), StandardScaler(), LR()), ("multiclass",)),
    "discriminant": ((TFIDF(), TruncatedSVD(5), LinearDiscriminantAnalysis()), ("multiclass", "binary")),
    "svc": ((TFIDF(), LinearSVC()), ("multiclass", "binary")),
    "ridge": ((TFIDF(), RidgeClassifier()), ALL_TASKS),
    "ridge cv": ((TFIDF(), RidgeClassifierCV()), ("multiclass",)),
    "perceptron": ((TFIDF(), Perceptron()), ("multiclass", "binary")),
    "passive aggressive": ((TFIDF(), SGDClassifier(penalty=None, learning_rate="pa1", eta0=1.0)), ("multiclass",)),
    "sgd": ((TFIDF(), SGDClassifier(random_state=0)), ("multiclass", "binary")),
    "sgd, logistic": ((TFIDF(), SGDClassifier(loss="log_loss", random_state=0)), ("multiclass", "binary")),
    "multinomial": ((CountVectorizer(), MultinomialNB()), ("multiclass", "binary")),
    "complement": ((TFIDF(), ComplementNB()), ("multiclass", "binary")),
    "bernoulli": ((TFIDF(), BernoulliNB()), ("multiclass", "binary")),
    "bernoulli on bits": ((CountVectorizer(binary=True), BernoulliNB(binarize=None)), ("multiclass",)),
    "one against the rest": ((TFIDF(), OneVsRestClassifier(LR())), ALL_TASKS),
    "one against the rest, margins": ((TFIDF(), OneVsRestClassifier(LinearSVC())), ALL_TASKS),
    "one against the rest, bayes": ((CountVectorizer(), OneVsRestClassifier(BernoulliNB())), ("multilabel",)),
    "several outputs": ((TFIDF(), MultiOutputClassifier(LR())), ("multilabel",)),
    "several outputs, margins": ((TFIDF(), MultiOutputClassifier(LinearSVC())), ("multilabel",)),
    "calibrated": ((TFIDF(), CalibratedClassifierCV(LinearSVC(), ensemble=False, cv=3)), ("multiclass", "binary")),
    "searched": ((TFIDF(), GridSearchCV(LR(), {"C": [0.5, 5.0]}, cv=2)), ("multiclass",)),
}
PAIRS = [(name, task) for name, (_, tasks) in CASES.items() for task in tasks]


@cache
def made(name: str, task: Task) -> tuple[Pipeline, AdoptedLinear, dict[str, Any]]:
    pipeline = fitted(task, *CASES[name][0])
    names = task_data(task).everything.classes if "several" in name else None
    model, receipt = adopt_pipeline(pipeline, texts=learned(task)[0][:20], classes=names, n_random=40)
    return pipeline, model, dict(receipt.facts)


def asked(pipeline: Pipeline, texts: list[str], margins: bool, task: Task) -> np.ndarray[Any, Any]:
    """What scikit-learn says, in the form of our columns."""
    if not margins:
        answer = pipeline.predict_proba(texts)
        if isinstance(answer, list):
            return np.stack([each[:, 1] for each in answer], axis=1)
        return np.asarray(answer[:, 1:] if task == "binary" else answer)
    if isinstance(pipeline[-1], MultiOutputClassifier):
        numbers = pipeline[:-1].transform(texts)
        found = np.stack([each.decision_function(numbers) for each in pipeline[-1].estimators_], axis=1)
    else:
        found = np.asarray(pipeline.decision_function(texts))
    return link(found.reshape(len(texts), -1), task)


@pytest.mark.parametrize(("name", "task"), PAIRS, ids=" | ".join)
def test_it_answers_as_the_pipeline(name: str, task: Task) -> None:
    pipeline, model, facts = made(name, task)
    texts = random_texts(learned(task)[0][0].split(), 60, seed=77, long_text=800) + learned(task)[0][-20:]
    assert model.task_ == task
    assert facts["largest_difference"] <= 1e-6
    assert facts["changed_decisions"] == 0
    expected = asked(pipeline, texts, facts["scores"] == "margins", task)
    np.testing.assert_allclose(model.predict_proba(texts), expected, atol=1e-6)
    said, own = pipeline.predict(texts), model.predict(texts)
    for theirs, ours, logits in zip(np.asarray(said), own, model.logits(texts), strict=True):
        tied = (np.abs(logits) <= 1e-6).any() if task != "multiclass" else np.ptp(np.sort(logits)[-2:]) <= 1e-6
        if task == "multilabel":
            names = [model.classes_[column] for column in np.flatnonzero(theirs)]
            assert tied or ours == names
        else:
            assert tied or ours == [str(theirs)]


@given(st.text(max_size=40))
@settings(max_examples=60, deadline=None)
def test_any_text_is_answered_alike(text: str) -> None:
    for name in ("union", "hashed in few buckets"):
        pipeline, model, _ = made(name, "multiclass")
        np.testing.assert_allclose(model.predict_proba([text]), pipeline.predict_proba([text]), atol=1e-6)


def test_one_column_of_a_table_is_read() -> None:
    from pandas import DataFrame

    texts, classes = learned("multiclass")
    for column, table in (
        ("text", DataFrame({"text": texts, "n": 0})),
        (1, np.array([["x", t] for t in texts], object)),
    ):
        reader = ColumnTransformer([("a", TFIDF(), column), ("b", CountVectorizer(**CHARS), column)])
        pipeline = make_pipeline(reader, LR()).fit(table, classes)
        model, _ = adopt_pipeline(pipeline, texts=texts[:10], n_random=40)
        np.testing.assert_allclose(model.predict_proba(texts), pipeline.predict_proba(table), atol=1e-6)


def test_names_tasks_and_scores_can_be_asked_for() -> None:
    texts, _ = learned("binary")
    pipeline = fitted("binary", TFIDF(), LR())
    two, _ = adopt_pipeline(pipeline, task="multiclass", n_random=20)
    assert (two.task_, two.classes_) == ("multiclass", ("bad", "good"))
    np.testing.assert_allclose(two.predict_proba(texts), pipeline.predict_proba(texts), atol=1e-6)
    named, _ = adopt_pipeline(pipeline, classes=["no", "yes"], n_random=20)
    assert named.space_.names == ("no", "yes")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        numbered = make_pipeline(TFIDF(), SGDClassifier(loss="modified_huber", random_state=0)).fit(
            texts, [1.0, 0.0] * 67
        )
    margins, receipt = adopt_pipeline(numbered, scores="margins", n_random=20)
    assert margins.space_.names == ("0.0", "1.0")
    assert any("uncalibrated" in note for note in receipt.notes)


def test_words_and_characters_are_read_at_once_where_they_can_be() -> None:
    vectorizer = made("union", "multiclass")[1].exact[0]
    assert [block.reading for block in vectorizer.blocks] == [None, None]
    apart = fitted("multiclass", FeatureUnion([("a", TFIDF()), ("b", TFIDF(analyzer="char", lowercase=False))]), LR())
    first, second = adopt_pipeline(apart, n_random=20)[0].exact[0].blocks
    assert first.reading is None
    assert second.reading is not None


def test_rows_that_change_nothing_leave() -> None:
    kept = made("selection", "multiclass")[1].exact[0].n_features
    assert kept > 9, "what a selection removed still counts in the norm before it"
    pipeline = fitted("multiclass", CountVectorizer(), SelectKBest(chi2, k=9), LR())
    assert adopt_pipeline(pipeline, n_random=20)[0].exact[0].n_features == 9
    assert made("hashed", "multiclass")[1].exact[0].n_features < 60
