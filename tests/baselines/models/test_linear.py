"""Linear models answer as scikit-learn's do, and give reasons that add up to the answer."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from baselines.dataset import Dataset, Part
from baselines.models.linear import LinearClassifier, LinearConfig, as_matrix
from baselines.models.registry import BASELINES
from baselines.notes import TrainingNote
from baselines.task import Task
from tests.cases.task_case import task_data


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


@pytest.mark.parametrize("task", ["multiclass", "binary"])
def test_the_scale_of_one_label_changes_no_order(task: Task) -> None:
    data = task_data(task)
    train, test = data.part("train"), data.part("test")
    model = BASELINES["linear"].make(0, "cpu", 1, task=task).fit(train)
    assert isinstance(model, LinearClassifier)
    rows, unseen = as_matrix(model.vectorizer_, train.texts), as_matrix(model.vectorizer_, test.texts)
    targets = train.labels.argmax(axis=1) if task == "multiclass" else train.labels[:, 0]
    theirs = LinearSVC(C=1.0, random_state=0).fit(rows, targets)
    margins = theirs.decision_function(unseen).reshape(len(test), -1)
    logits = unseen @ model.coef_.T + model.intercept_
    slope, offset = np.polyfit(margins.ravel(), logits.ravel(), 1)
    np.testing.assert_allclose(logits, slope * margins + offset, atol=1e-3)
    assert slope > 0
    if task == "multiclass":
        assert offset == pytest.approx(0, abs=1e-3)


def test_probabilities_of_one_label_are_as_sure_as_held_out_texts_allow() -> None:
    generator = np.random.default_rng(0)
    # The first word says the class in 80 % of texts; whatever else the model finds is chance.
    classes = generator.integers(0, 3, 900)
    said = np.where(generator.random(900) < 0.8, classes, generator.integers(0, 3, 900))
    noise = generator.integers(0, 400, (900, 4))
    texts = tuple(f"say{s} " + " ".join(f"w{n}" for n in row) for s, row in zip(said, noise, strict=True))
    part = Part(texts, np.eye(3, dtype=bool)[classes], ("a", "b", "c"), task="multiclass")
    model = BASELINES["linear"].make(0, "cpu", 1, task="multiclass").fit(part.take(range(600)))
    held_out = part.take(range(600, 900))
    probabilities = model.predict_proba(held_out.texts)
    right = held_out.labels[np.arange(300), probabilities.argmax(axis=1)].mean()
    assert probabilities.max(axis=1).mean() == pytest.approx(right, abs=0.06)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([[1, 0, 0], [0, 0, 1], [1, 0, 0], [0, 0, 1]] * 4, ["a", "c"]),  # a class without a text
        ([[0, 0, 1]] * 16, ["c", "c"]),  # one class alone
        ([[0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 0, 1]], ["b", "c"]),  # classes that folds don't see
    ],
)
def test_classes_that_training_lacks(labels: list[list[int]], expected: list[str]) -> None:
    texts = ("red stone", "blue river", "red stone again", "blue river again") * (len(labels) // 4)
    part = Part(texts, np.array(labels, bool), ("a", "b", "c"), task="multiclass")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TrainingNote)
        model = BASELINES["linear"].make(0, "cpu", 1, task="multiclass").fit(part)
    assert [names[0] for names in model.predict(["red stone", "blue river"])] == expected
    assert np.isfinite(model.predict_proba(["red stone"])).all()


def test_the_best_candidate_on_validation_is_taken() -> None:
    data = task_data("binary")
    model = BASELINES["linear"].make(0, "cpu", 1, task="binary").fit(data.part("train"), data.part("validation"))
    assert len(model.trials_) == 4
    best = max(trial.score for trial in model.trials_)
    first = next(trial for trial in model.trials_ if trial.score == best)
    assert first.changes.items() <= dataclasses.asdict(model.config).items()
    assert model.config.candidates == ()
