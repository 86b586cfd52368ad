"""Linear models answer as scikit-learn's do, and give reasons that add up to the answer."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from baselines.dataset import Dataset
from baselines.models.linear import LinearClassifier, LinearConfig, as_matrix
from baselines.models.registry import BASELINES
from baselines.notes import TrainingNote


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


def test_no_convergence_is_said_with_what_to_do(tiny: Dataset) -> None:
    with pytest.warns(
        TrainingNote, match="no convergence after 1 iterations for .* and 1 more: .* Raise max_iterations"
    ):
        LinearClassifier(LinearConfig(max_iterations=1)).fit(tiny.part("train"))
