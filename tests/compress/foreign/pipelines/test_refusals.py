"""What can't be taken over exactly is refused by name: the step, the setting, and the way out."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import ClassifierChain
from sklearn.naive_bayes import BernoulliNB, MultinomialNB
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, KBinsDiscretizer, Normalizer

from baselines.errors import NotCompressible
from compress.foreign.pipelines import adopt_pipeline
from compress.foreign.pipelines.refusal import MAX_NUMBERS
from tests.cases.pipeline_case import fitted, learned

LR = LogisticRegression
TFIDF = TfidfVectorizer


class OwnVectorizer(TfidfVectorizer):
    """Could do anything."""


class OwnClassifier(LogisticRegression):
    """So could this."""


def upper(texts: list[str]) -> list[str]:
    return [text.upper() for text in texts]


REFUSED: dict[str, tuple[tuple[Any, ...], str]] = {
    "tokenizer": (
        (TFIDF(tokenizer=str.split, token_pattern=None), LR()),
        "TfidfVectorizer: tokenizer=.*own.*fit it without",
    ),
    "preprocessor": ((TFIDF(preprocessor=str.upper), LR()), "TfidfVectorizer: preprocessor=.*lowercase, strip_accents"),
    "analyzer": ((CountVectorizer(analyzer=str.split), LR()), "CountVectorizer: analyzer=.*own"),
    "accents": ((TFIDF(strip_accents=str.upper), LR()), "strip_accents=.*'ascii', 'unicode' or None"),
    "pattern": ((TFIDF(token_pattern=r"\w+(?:-\w+)*"), LR()), "TfidfVectorizer: token_pattern: a repetition of more"),
    "subclass": ((OwnVectorizer(), LR()), "OwnVectorizer: code of its own"),
    "own classifier": ((TFIDF(), OwnClassifier()), "OwnClassifier: this classifier isn't known"),
    "texts changed": ((FunctionTransformer(upper), TFIDF(), LR()), "FunctionTransformer: it changes texts.*before the"),
    "step": (
        (TFIDF(), TruncatedSVD(3), KBinsDiscretizer(2), LR()),
        "KBinsDiscretizer: this step isn't known.*leave it out",
    ),
    "numbers changed": ((TFIDF(), FunctionTransformer(abs), LR()), "FunctionTransformer: this step isn't known"),
    "norm of a projection": (
        (TFIDF(), TruncatedSVD(3), Normalizer(), LR()),
        "Normalizer: a norm behind a step that mixes",
    ),
    "norm over norms": (
        (FeatureUnion([("a", TFIDF()), ("b", TFIDF(analyzer="char"))]), Normalizer(), LR()),
        "Normalizer: a norm over blocks.*norm=None",
    ),
    "largest": ((TFIDF(), Normalizer("max"), LR()), "Normalizer: norm='max'; fit it with l2, l1"),
    "logarithm of signs": (
        (
            HashingVectorizer(n_features=8, norm=None),
            TfidfTransformer(sublinear_tf=False),
            TfidfTransformer(sublinear_tf=True),
            LR(),
        ),
        "sublinear_tf of something else than counts",
    ),
    "threshold of signs": (
        (HashingVectorizer(n_features=64), BernoulliNB()),
        "BernoulliNB: a threshold.*alternate_sign=False",
    ),
    "threshold": ((TFIDF(), BernoulliNB(binarize=0.1)), "BernoulliNB: binarize=0.1; fit it with binarize=0.0"),
    "forest": (
        (TFIDF(), RandomForestClassifier(3)),
        "RandomForestClassifier: this classifier isn't known, or isn't linear; use",
    ),
    "vote": ((TFIDF(), VotingClassifier([("a", LR()), ("b", LR())])), "VotingClassifier: this classifier isn't known"),
    "mean": ((TFIDF(), CalibratedClassifierCV(LR(), cv=2)), "ensemble=True: .*mean over 2.*fit it with ensemble=False"),
    "isotonic": (
        (TFIDF(), CalibratedClassifierCV(LR(), method="isotonic", ensemble=False, cv=2)),
        "method='isotonic'.*sigmoid",
    ),
    "calibrated bayes": (
        (CountVectorizer(), CalibratedClassifierCV(MultinomialNB(), ensemble=False, cv=2)),
        "CalibratedClassifierCV: it scales probabilities",
    ),
    "huber": ((TFIDF(), SGDClassifier(loss="modified_huber")), "modified_huber.*cut off.*scores='margins'"),
    "buckets": (
        (HashingVectorizer(n_features=(1 << 24) + 1), SGDClassifier(max_iter=1, tol=None)),
        "n_features=16,777,217; at",
    ),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", REFUSED)
def test_it_is_named(name: str) -> None:
    steps, match = REFUSED[name]
    if name == "logarithm of signs":
        pipeline = fitted("multiclass", *steps[:2], LR())
        pipeline.steps.insert(2, ("again", steps[2].fit(pipeline[:1].transform(learned("multiclass")[0]))))
    else:
        pipeline = fitted("multiclass", *steps)
    with pytest.raises(NotCompressible, match=f"^adopt: .*{match}"):
        adopt_pipeline(pipeline, n_random=10)


def test_several_labels_in_a_chain_are_refused() -> None:
    with pytest.raises(NotCompressible, match="ClassifierChain: this classifier isn't known"):
        adopt_pipeline(fitted("multilabel", TFIDF(), ClassifierChain(LR())))


@pytest.mark.parametrize(
    ("pipeline", "match"),
    [
        (make_pipeline(TFIDF(), LR()), "TfidfVectorizer: not fitted"),
        (make_pipeline(HashingVectorizer(n_features=8), LR()), "LogisticRegression: not fitted"),
        (make_pipeline(TFIDF()), "pipeline: no classifier behind a vectorizer"),
        (make_pipeline(Normalizer(), LR()), "Normalizer: it changes texts, or reads something else"),
        (make_pipeline("passthrough", LR()), "pipeline: no classifier behind"),
        (GridSearchCV(make_pipeline(TFIDF(), LR()), {}), "GridSearchCV: no best_estimator_; fit it with refit=True"),
        (LR(), "LogisticRegression: not a pipeline"),
        (TransformedTargetRegressor(), "TransformedTargetRegressor: not a pipeline"),
        (None, "NoneType: not a pipeline"),
        (make_pipeline(ColumnTransformer([("a", TFIDF(), "text")]), LR()), "ColumnTransformer: not fitted"),
    ],
)
def test_what_is_no_fitted_pipeline_is_refused(pipeline: Any, match: str) -> None:
    with pytest.raises(NotCompressible, match=f"adopt: {match}"):
        adopt_pipeline(pipeline)


def test_several_columns_are_refused() -> None:
    table = np.array([[text, text] for text in learned("multiclass")[0]], object)
    reader = ColumnTransformer([("a", TFIDF(), 0), ("b", TFIDF(), 1)])
    with pytest.raises(NotCompressible, match="ColumnTransformer: columns beside one column of texts"):
        adopt_pipeline(make_pipeline(reader, LR()).fit(table, learned("multiclass")[1]))


def test_names_that_do_not_fit_are_refused() -> None:
    pipeline = fitted("multiclass", TFIDF(), LR())
    for names, match in (
        (["a"], "1 names for its 3 classes"),
        (["a", "a", "b"], "each once"),
        (["a", " ", "b"], "none blank"),
    ):
        with pytest.raises(NotCompressible, match=match):
            adopt_pipeline(pipeline, classes=names)
    with pytest.raises(NotCompressible, match="it answers task multiclass, binary was asked for"):
        adopt_pipeline(pipeline, task="binary")


def test_sizes_are_bounded_before_memory_is_taken() -> None:
    pipeline = fitted("multiclass", TFIDF(), LR())
    pipeline[0].vocabulary_ = Many()
    with pytest.raises(NotCompressible, match=r"a vocabulary of 10,000,000 n-grams, 1 to 2,097,152 .* max_features"):
        adopt_pipeline(pipeline)
    pipeline = fitted("multiclass", TFIDF(), LR())
    pipeline[1].coef_ = sparse.csr_matrix((3, MAX_NUMBERS))
    with pytest.raises(NotCompressible, match="coef_ has 201,326,592 numbers, at most 67,108,864"):
        adopt_pipeline(pipeline)


class Many(dict[str, int]):
    """A vocabulary as large as it says."""

    def __len__(self) -> int:
        return 10_000_000


def test_sparse_coefficients_are_made_dense_if_they_hold_together() -> None:
    texts, _ = learned("multiclass")
    pipeline = fitted("multiclass", TFIDF(), LR())
    expected = pipeline.predict_proba(texts)
    pipeline[1].sparsify()
    model, _ = adopt_pipeline(pipeline, n_random=20)
    np.testing.assert_allclose(model.predict_proba(texts), expected, atol=1e-6)
    pipeline[1].coef_.indices[0] = 10**6
    with pytest.raises(NotCompressible, match="coef_ is no sparse matrix that holds together"):
        adopt_pipeline(pipeline)


@pytest.mark.parametrize(
    ("place", "name", "value", "match"),
    [
        (1, "coef_", np.zeros((3, 4)), r"coef_ has shape \(3, 4\), \(3, 31\) is needed"),
        (1, "coef_", "weights", "coef_ holds no numbers"),
        (1, "coef_", np.full((3, 31), np.nan), "aren't finite"),
        (1, "intercept_", np.zeros(2), "2 intercepts for 3 rows"),
        (1, "classes_", np.array(["one"]), "1 class; fit it"),
        (0, "vocabulary_", {"who": 3}, "doesn't number strings from 0 on"),
        (0, "vocabulary_", {4: 0}, "doesn't number strings from 0 on"),
        (0, "vocabulary_", {"\ud800": 0}, "half a character"),
        (0, "ngram_range", (3, 1), r"ngram_range=\(3, 1\)"),
        (0, "ngram_range", None, "its parts don't hold together"),
        (0, "stop_words", [1, 2], "stop_words that are no strings"),
        (0, "input", "filename", "input='filename'"),
        (0, "analyzer", "sentence", "analyzer='sentence'; allowed: word, char, char_wb"),
    ],
)
def test_parts_that_were_changed_are_refused(place: int, name: str, value: Any, match: str) -> None:
    pipeline = fitted("multiclass", TFIDF(), LR())
    setattr(pipeline[place], name, value)
    with pytest.raises(NotCompressible, match=match):
        adopt_pipeline(pipeline, n_random=10)


def test_one_that_answers_otherwise_is_refused_with_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = fitted("multiclass", TFIDF(), LR())
    answer = LR.predict_proba
    monkeypatch.setattr(LR, "predict_proba", lambda self, numbers: answer(self, numbers) * 0.99)
    with pytest.raises(NotCompressible, match=re.escape("probabilities differ by up to")) as refusal:
        adopt_pipeline(pipeline, n_random=10)
    assert "dtype=numpy.float64" in str(refusal.value)
    monkeypatch.setattr(LR, "predict_proba", lambda self, numbers: 1 / 0)
    with pytest.raises(NotCompressible, match="scikit-learn itself fails on 10 texts"):
        adopt_pipeline(pipeline, n_random=10)
