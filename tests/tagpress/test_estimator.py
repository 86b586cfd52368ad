"""`TextClassifier`: scikit-learn's own checks where they apply to texts, and its tools."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MultiLabelBinarizer
from sklearn.utils.estimator_checks import parametrize_with_checks

import tagpress
from tagpress.estimator import TextClassifier

TEXTS = [f"note {n} is {'not ' * (n % 2)}done" for n in range(80)]
STATES = ["done", "open"] * 40


# Why a check of tables means nothing for a column of texts.
_COLUMNS = "a text has no columns that could be counted or missing"
_VALUES = "a text has no values that could be infinite or sparse"
NOT_FOR_TEXTS = {
    **dict.fromkeys(("check_n_features_in_after_fitting", "check_n_features_in", "check_classifiers_train"), _COLUMNS),
    **dict.fromkeys(("check_fit1d", "check_fit2d_predict1d", "check_estimators_empty_data_messages"), _COLUMNS),
    **dict.fromkeys(("check_estimators_nan_inf", "check_estimator_sparse_tag"), _VALUES),
    **dict.fromkeys(("check_estimator_sparse_array", "check_estimator_sparse_matrix"), _VALUES),
}


class OfNumbers(TextClassifier):
    """The same over a table of numbers, each of which is a word: what scikit-learn's checks of data can feed."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array, tags.input_tags.two_d_array, tags.input_tags.string = False, True, False
        tags.classifier_tags.poor_score = True
        return tags

    def fit(self, X: Any, y: Any) -> OfNumbers:  # noqa: N803
        return super().fit(written(X), y)

    def predict(self, X: Any) -> Any:  # noqa: N803
        return super().predict(written(X))

    def predict_proba(self, X: Any) -> Any:  # noqa: N803
        return super().predict_proba(written(X))


def written(table: Any) -> list[str]:
    return [" ".join(f"f{k}v{value:.0f}" for k, value in enumerate(row)) for row in np.asarray(table, float)]


@parametrize_with_checks([OfNumbers()], expected_failed_checks=lambda estimator: NOT_FOR_TEXTS)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_check(estimator: OfNumbers, check: Callable[[OfNumbers], None]) -> None:
    check(estimator)


def test_it_is_found_by_its_short_name() -> None:
    assert tagpress.TextClassifier is TextClassifier
    with pytest.raises(AttributeError, match="has no attribute 'TextClassifer'"):
        tagpress.TextClassifer  # noqa: B018


@pytest.mark.parametrize("labels", [STATES, [1, 0] * 40, [True, False] * 40, [0.0, 1.0] * 40])
@pytest.mark.parametrize("validation", [0.0, 0.15])
def test_labels_come_back_as_they_were_given(labels: list[Any], validation: float) -> None:
    model = TextClassifier(validation=validation).fit(np.array(TEXTS), labels)
    found = model.predict(TEXTS)
    assert found.tolist() == labels
    assert found.dtype == np.array(labels).dtype
    assert model.classes_.tolist() == sorted(set(labels))
    probabilities = model.predict_proba(TEXTS)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert model.classes_[probabilities.argmax(axis=1)].tolist() == labels


@pytest.mark.parametrize("positive", ["done", "open"])
def test_a_positive_label_gets_a_threshold(positive: str) -> None:
    model = TextClassifier(positive=positive).fit(TEXTS, STATES)
    assert model.classifier_.task_ == "binary"
    assert model.classifier_.space_.names[1] == positive
    assert model.predict(TEXTS).tolist() == STATES
    both = model.predict_proba(TEXTS)
    assert model.classes_[both.argmax(axis=1)].tolist() == STATES


@pytest.mark.parametrize("kind", [np.asarray, csr_matrix])
def test_a_matrix_of_labels(kind: Callable[[Any], Any]) -> None:
    names = [("done",) if n % 2 else ("open", "late") if n % 3 else () for n in range(80)]
    texts = [" ".join(("note", *each)) for each in names]
    matrix = MultiLabelBinarizer().fit_transform(names)
    model = TextClassifier().fit(texts, kind(matrix))
    np.testing.assert_array_equal(model.predict(texts), matrix)
    assert model.score(texts, matrix) == 1.0
    assert model.predict_proba(texts).shape == matrix.shape


def test_steps_are_applied_in_order_and_shipped(tmp_path: Path) -> None:
    steps = (("prune", {"sparsity": 0.5}), ("quantize", {"bits": 4}))
    model = TextClassifier(steps=steps).fit(TEXTS, STATES)
    assert [receipt.method for receipt in model.receipts_] == ["prune", "quantize"]
    assert model.classifier_.kind == "linear-int"
    loaded = tagpress.load(model.export(tmp_path / "bundle", name="notes"))
    assert [names[0] for names in loaded.predict(TEXTS)] == model.predict(TEXTS).tolist()


def test_grid_search_cross_validation_pipelines_and_pickles() -> None:
    search = GridSearchCV(TextClassifier(), {"config": [{"C": 1.0}, {"C": 10.0}]}, cv=2).fit(TEXTS, STATES)
    assert search.best_score_ == 1.0
    assert cross_val_score(TextClassifier(), TEXTS, STATES, cv=3).min() == 1.0
    shout = FunctionTransformer(lambda texts: [text.upper() for text in texts])
    piped = make_pipeline(shout, clone(TextClassifier())).fit(TEXTS, STATES)
    assert piped.score(TEXTS, STATES) == 1.0
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    np.testing.assert_array_equal(again.predict_proba(TEXTS), search.best_estimator_.predict_proba(TEXTS))
    both = MultiOutputClassifier(TextClassifier()).fit(TEXTS, np.array([STATES, STATES[::-1]]).T)
    assert both.predict(TEXTS).shape == (80, 2)


def test_the_same_seed_gives_the_same_answers() -> None:
    first, second = (TextClassifier(random_state=3).fit(TEXTS, STATES).predict_proba(TEXTS) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    TextClassifier(random_state=np.random.RandomState(3), n_jobs=-1).fit(TEXTS, STATES)


@pytest.mark.parametrize(
    ("changes", "y", "error", "message"),
    [
        ({"baseline": "lniear"}, STATES, tagpress.UserError, "baseline 'lniear' unknown; known: "),
        ({"config": {"c": 1}}, STATES, tagpress.UserError, "c"),
        ({"steps": [("melt", {})]}, STATES, tagpress.UserError, "method 'melt' unknown"),
        ({"steps": [("quantize", {"bit": 4})]}, STATES, tagpress.UserError, "has no setting bit"),
        ({"validation": 0.9}, STATES, ValueError, "validation: a share from 0 to 0.5 is allowed, got 0.9"),
        ({"n_jobs": 0}, STATES, tagpress.UserError, "n_jobs: None, -1, or 1 and more"),
        ({"positive": "late"}, STATES, ValueError, "positive: one of two labels is allowed, got 'late'"),
        ({"positive": "done"}, ["done", "open", "late", "late"] * 20, ValueError, "positive: one of two labels"),
        ({}, STATES[:-1], ValueError, "one label a text is needed, got 80 texts and 79 labels"),
        ({}, ["done"] * 80, ValueError, "at least 2 classes are needed, got one class: done"),
        ({}, np.linspace(0, 1, 80), ValueError, "Unknown label type: continuous"),
        ({}, [["done"], ["open", "late"]] * 40, ValueError, "label"),
        ({}, None, ValueError, "requires y to be passed"),
    ],
)
def test_bad_input_says_what_to_give(changes: dict[str, Any], y: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        TextClassifier(**changes).fit(TEXTS, y)


@pytest.mark.parametrize("texts", ["one text", np.zeros((80, 2)), [1] * 80, iter(TEXTS), set(TEXTS)])
def test_what_is_no_column_of_texts_is_refused(texts: Any) -> None:
    with pytest.raises(TypeError, match="texts"):
        TextClassifier().fit(texts, STATES)
    with pytest.raises(ValueError, match="at least 2 texts"):
        TextClassifier().fit([], [])
