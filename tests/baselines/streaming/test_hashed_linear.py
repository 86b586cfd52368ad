"""Hashed linear models learn from chunks what linear models learn from all texts, and are ordinary artifacts."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from baselines.models.linear import LinearClassifier, LinearConfig, as_matrix
from baselines.models.one_vs_rest import fit_margins
from baselines.models.registry import BASELINES, KINDS
from baselines.notes import TrainingNote
from baselines.storage.artifact import load, save
from baselines.streaming import dual_ascent, hashed_linear
from baselines.streaming.source import InMemorySource
from baselines.task import TASKS, Task
from tests.cases.table_case import lineage
from tests.cases.task_case import task_data

SMALL = {"buckets": 4096, "candidates": ()}


def right(model: LinearClassifier, texts: tuple[str, ...], labels: np.ndarray) -> float:
    probabilities = model.predict_proba(texts)
    return float(probabilities[labels].mean() - probabilities[~labels].mean())


@pytest.mark.parametrize("task", TASKS)
def test_chunks_teach_what_all_texts_teach(task: Task, tmp_path: Path) -> None:
    data = task_data(task)
    train, validation, test = (data.part(name) for name in ("train", "validation", "test"))  # type: ignore[arg-type]
    model = BASELINES["linear"].make(0, "cpu", 1, SMALL, task=task)
    source = InMemorySource(train, chunk_texts=13)
    assert isinstance(model, LinearClassifier)
    model.fit_chunks(source, validation)
    whole = BASELINES["linear"].make(0, "cpu", 1, {"candidates": ()}, task=task).fit(train)
    assert isinstance(whole, LinearClassifier)
    assert right(model, test.texts, test.labels) > right(whole, test.texts, test.labels) - 0.15
    save(model, tmp_path / "artifact", lineage())
    again = load(tmp_path / "artifact", KINDS)
    np.testing.assert_array_equal(again.predict_proba(test.texts), model.predict_proba(test.texts))
    single = np.concatenate([model.predict_proba([text]) for text in test.texts])
    np.testing.assert_array_equal(single, model.predict_proba(test.texts))


def test_more_than_is_remembered_is_passed_over_once(monkeypatch: pytest.MonkeyPatch) -> None:
    data = task_data("multilabel")
    train, test = data.part("train"), data.part("test")
    monkeypatch.setattr(hashed_linear, "MOST_REMEMBERED", 10)
    monkeypatch.setattr(hashed_linear, "IDF_TEXTS", 20)
    model = LinearClassifier(LinearConfig(buckets=4096))
    with pytest.warns(TrainingNote) as said:
        model.fit_chunks(InMemorySource(train, chunk_texts=13))
    sentences = [str(each.message) for each in said]
    assert any("passed over once; the weights are a mean" in each for each in sentences)
    assert any("how rare n-grams are is counted on the first 26 of" in each for each in sentences)
    assert right(model, test.texts, test.labels) > 0.1


def test_many_classes_get_fewer_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    train = task_data("multiclass").part("train")
    monkeypatch.setattr(hashed_linear, "MOST_WEIGHTS", 2048 * 2 * len(train.classes))
    with pytest.warns(TrainingNote, match="2,048 buckets a block in place of 4,096"):
        model = LinearClassifier(LinearConfig(buckets=4096)).fit_chunks(InMemorySource(train))
    assert all(block.hashing is not None and block.hashing.buckets == 2048 for block in model.vectorizer_.blocks)


@pytest.mark.parametrize(("loss", "task"), [("logistic", "multilabel"), ("hinge", "multiclass"), ("hinge", "binary")])
def test_the_ascent_ends_where_the_exact_solvers_end(loss: str, task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    train, test = (task_data(task).part(name) for name in ("train", "test"))  # type: ignore[arg-type]
    monkeypatch.setattr(dual_ascent, "PASSES", {"logistic": 200, "hinge": 200})
    config = LinearConfig(loss=loss, C=1.0)  # type: ignore[arg-type]
    tfidf = config.learn_vocabulary(train.texts)
    rows, unseen = as_matrix(tfidf, train.texts), as_matrix(tfidf, test.texts)
    found = []
    for solver in ("exact", "ascent"):
        own = LinearConfig(loss=loss, C=1.0, solver=solver)  # type: ignore[arg-type]
        coef, intercept = fit_margins(rows, train.labels, train.classes, own, lambda done, of: None, task)
        found.append(unseen @ coef.T + intercept)
    # liblinear stops a little earlier on the logistic loss.
    np.testing.assert_allclose(found[0], found[1], atol=0.1 if loss == "logistic" else 0.02)


def test_classes_without_texts_are_never_likely() -> None:
    train = task_data("multilabel").part("train")
    labels = train.labels.copy()
    labels[:, 0] = False
    part = type(train)(train.texts, labels, train.classes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TrainingNote)
        model = LinearClassifier(LinearConfig(buckets=4096)).fit_chunks(InMemorySource(part))
    assert model.predict_proba(train.texts)[:, 0].max() < 0.05
