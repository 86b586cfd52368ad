"""Random pipelines over texts: vectorizers, steps and classifiers in every combination that scikit-learn can fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest, SelectPercentile, VarianceThreshold, f_classif
from sklearn.linear_model import LogisticRegression, Perceptron, RidgeClassifier, RidgeClassifierCV, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, MultinomialNB
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import Binarizer, MaxAbsScaler, Normalizer, StandardScaler
from sklearn.svm import LinearSVC

from baselines.dataset import Dataset

TOKENS = (
    r"(?u)\b\w\w+\b",
    r"\w+",
    r"[a-zA-Z]+",
    r"\S+",
    r"\b[^\d\W]+\b",
    r"\w+|[^\w\s]",
    r"[#@]?\w+",
    r"\b(\w{3,})\b",
    r"\b\w[\w'-]*\b",
    r"\w+(?:-\w+)*",  # refused
)
STOP_WORDS: tuple[Any, ...] = (None, None, "english", ["the", "of", "ing"])


@dataclass(frozen=True)
class Material:
    """Texts with one label of many, one of two, and several.

    Attributes:
        texts: to learn from.
        many: name of a class of each.
        two: 0 or 1 of each.
        several: 0 or 1 of each, (n_texts, n_classes).
    """

    texts: tuple[str, ...]
    many: NDArray[Any]
    two: NDArray[Any]
    several: NDArray[Any]

    @classmethod
    def of(cls, dataset: Dataset, n_texts: int, n_classes: int = 5) -> Material:
        """From a data set with several labels a text: the texts that have one of its most frequent classes."""
        part = dataset.everything
        frequent = np.argsort(-part.labels.sum(axis=0), kind="stable")[:n_classes]
        labels = part.labels[:, frequent]
        rows = np.flatnonzero(labels.any(axis=1))[:n_texts]
        labels = labels[rows]
        names = np.array([part.classes[column] for column in frequent])
        first = labels.argmax(axis=1)
        texts = tuple(part.texts[int(row)] for row in rows)
        return cls(texts, names[first], (first == 0).astype(int), labels.astype(int))

    def targets(self, task: str) -> NDArray[Any]:
        """What a pipeline of a task is fitted to."""
        return {"many": self.many, "two": self.two, "several": self.several}[task]


@dataclass(frozen=True)
class Configuration:
    """One pipeline, unfitted.

    Attributes:
        number: its seed.
        pipeline: with what it ends in.
        task: `many`, `two` or `several`.
        said: its steps with the settings that aren't defaults.
    """

    number: int
    pipeline: Any
    task: str
    said: str


def configuration(number: int) -> Configuration:
    """The pipeline of a seed."""
    random = Random(f"pipeline {number}")
    task = random.choice(("many", "many", "two", "several"))
    texts, signed = _reader(random)
    steps, signed = _steps(random, texts, signed, task)
    classifier = _classifier(random, task, signed)
    if any(name == "svd" for name, _ in steps) and task != "several" and random.random() < 0.3:
        classifier = LinearDiscriminantAnalysis()
    pipeline: Any = Pipeline([*steps, ("classifier", classifier)])
    said = " | ".join(str(step).replace("\n", "").replace("  ", "") for _, step in pipeline.steps)
    if random.random() < 0.05 and isinstance(classifier, LogisticRegression):
        pipeline = GridSearchCV(pipeline, {"classifier__C": [0.5, 2.0]}, cv=2)
    return Configuration(number, pipeline, task, f"{task}: {said}")


def _reader(random: Random) -> tuple[Any, bool]:
    """What reads the texts, and whether its numbers may be negative."""
    if random.random() > 0.25:
        return _vectorizer(random)
    made = [_vectorizer(random) for _ in range(random.choice((2, 2, 3)))]
    weights = {f"v{n}": random.choice((0.5, 2.0)) for n in range(len(made))} if random.random() < 0.3 else None
    union = FeatureUnion([(f"v{n}", each) for n, (each, _) in enumerate(made)], transformer_weights=weights)
    return union, any(signed for _, signed in made)


def _vectorizer(random: Random) -> tuple[Any, bool]:
    analyzer = random.choice(("word", "word", "char", "char_wb"))
    low = random.choice((1, 1, 2))
    settings: dict[str, Any] = {
        "analyzer": analyzer,
        "ngram_range": (low, low + random.choice((0, 1, 2))),
        "lowercase": random.random() < 0.8,
        "strip_accents": random.choice((None, None, "ascii", "unicode")),
        "binary": random.random() < 0.15,
    }
    if analyzer == "word":
        settings |= {"token_pattern": random.choice(TOKENS), "stop_words": random.choice(STOP_WORDS)}
    kind = random.choice(("tfidf", "tfidf", "count", "hashing"))
    norm = random.choice(("l2", "l2", "l1", None))
    if kind == "hashing":
        signed = random.random() < 0.5
        buckets = random.choice((50, 1000, 1 << 14))
        return HashingVectorizer(**settings, norm=norm, n_features=buckets, alternate_sign=signed), signed
    settings |= {"max_features": random.choice((None, 500, 2000)), "min_df": random.choice((1, 1, 2))}
    if kind == "count":
        return CountVectorizer(**settings), False
    more = {"sublinear_tf": random.random() < 0.3, "use_idf": random.random() < 0.85}
    dtype = np.float32 if random.random() < 0.05 else np.float64
    return TfidfVectorizer(**settings, norm=norm, smooth_idf=random.random() < 0.8, dtype=dtype, **more), False


def _steps(random: Random, reader: Any, signed: bool, task: str) -> tuple[list[tuple[str, Any]], bool]:
    steps: list[tuple[str, Any]] = [("reader", reader)]
    if isinstance(reader, CountVectorizer) and type(reader) is CountVectorizer and random.random() < 0.6:
        sublinear = random.random() < 0.3
        steps.append(("tfidf", TfidfTransformer(norm=random.choice(("l2", "l1", None)), sublinear_tf=sublinear)))
    selections: list[Callable[[], Any]] = [VarianceThreshold]
    if task != "several":
        selections += [lambda: SelectKBest(f_classif, k=40), lambda: SelectPercentile(f_classif, percentile=30)]
    if random.random() < 0.25:
        steps.append(("select", random.choice(selections)()))
    scalers: tuple[Callable[[], Any], ...] = (
        MaxAbsScaler,
        lambda: StandardScaler(with_mean=False),
        lambda: Normalizer(random.choice(("l2", "l1"))),
        Binarizer,
    )
    if random.random() < 0.25:
        steps.append(("scale", random.choice(scalers)()))
    if random.random() < 0.12:
        steps.append(("svd", TruncatedSVD(8, random_state=0)))
        signed = True
        if random.random() < 0.6:
            steps.append(("after", random.choice((StandardScaler, Normalizer))()))
    return steps, signed


def _classifier(random: Random, task: str, signed: bool) -> Any:
    single: list[Callable[[], Any]] = [
        lambda: LogisticRegression(C=random.choice((0.1, 1.0, 30.0)), max_iter=300),
        lambda: LogisticRegression(max_iter=300, fit_intercept=False),
        lambda: LinearSVC(dual=True),
        lambda: SGDClassifier(loss=random.choice(("hinge", "log_loss", "squared_hinge", "modified_huber"))),
        Perceptron,
    ]
    if not signed:
        single += [MultinomialNB, lambda: ComplementNB(norm=random.random() < 0.5), BernoulliNB]
    inner = random.choice(single)()
    if task == "several":
        return random.choice((OneVsRestClassifier(inner), MultiOutputClassifier(inner), RidgeClassifier()))
    whole: Sequence[Any] = (
        inner,
        inner,
        inner,
        RidgeClassifier(),
        RidgeClassifierCV(),
        OneVsRestClassifier(inner),
        CalibratedClassifierCV(LinearSVC(), ensemble=random.random() < 0.15, cv=3),
    )
    return random.choice(whole)
