"""One suite over every registered baseline and every task: the contract that the rooms to the right rely on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.classifier import Classifier, predict
from baselines.dataset import Part
from baselines.errors import ArtifactError
from baselines.models.registry import BASELINES, KINDS, ladder
from baselines.storage.artifact import Lineage, load, save
from baselines.task import TASKS, Probabilities, Task, unknown_answer
from tests.cases.task_case import PAIRS, task_data

# Smaller than the defaults, so that each fits in a second or two.
_NETWORK = {"epochs": 2, "embedding_dim": 8, "patience": 2, "average": 0.0}
_CNN = {**_NETWORK, "filters": [[2, 8], [3, 8]], "hidden_dim": 8}
SMALL: dict[str, Mapping[str, Any]] = {
    "tfidf-forest": {"trees": 5},
    "tfidf-boosting": {"trees": 3},
    "cnn": _CNN,
    "rnn": _NETWORK,
    "ensemble": {"members": ["linear", "rules", "cnn"], "changes": {"cnn": _CNN}},
    "transformer-tuned": {"epochs": 1},
}
# Trained long enough to tell a pair apart, with texts cleaned so that the pair is still there.
_LEARNED = {"epochs": 30, "patience": 30, "learning_rate": 1e-2, "min_count": 1, "average": 0.0, "word_dropout": 0.0}
LEARNED: dict[str, Mapping[str, Any]] = {
    "tfidf-logistic": {"cleaning": "words", "C": 100.0},
    "tfidf-svm": {"cleaning": "words", "C": 10.0},
    "tfidf-knn": {"cleaning": "words"},
    "tfidf-forest": {"cleaning": "words", "trees": 40},
    "tfidf-boosting": {"cleaning": "words", "trees": 30},
    "linear": {},
    "cnn": {**_CNN, **_LEARNED, "batch_size": 16, "filters": [[1, 16], [4, 16]], "hidden_dim": 0, "dropout": 0.0},
    "rnn": {**_NETWORK, **_LEARNED, "epochs": 8, "embedding_dim": 16, "hidden_dim": 16, "dropout": 0.0},
    "ensemble": {"members": ["linear", "tfidf-knn"]},
}
AWKWARD = (
    "",
    " \t\n ",
    "🚀🤖",
    "日本語のテキスト",
    "\ud800 lone surrogate",
    "ﬁ ǅ İ ß",
    "x",
    "the and of",
    "a" * 100_000,
)
# Nothing in these is known to a model of invented English texts.
NOTHING = ("", " \t\n ", "ოთხი ხუთი")

Fitted = Callable[[str, Task, int], Classifier]
Small = Callable[[str], Mapping[str, Any]]


def train_of(task: Task) -> Part:
    return task_data(task).part("train")


def validation_of(task: Task) -> Part:
    return task_data(task).part("validation")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """Changes of a config that make a baseline small; transformers get an encoder with random weights."""

    @cache
    def encoder() -> str:
        pytest.importorskip("transformers", reason="the extra [transformers] is not installed")
        from tests.cases.encoder_case import make_encoder

        folder = tmp_path_factory.mktemp("models") / "tiny-bert"
        make_encoder(folder, [text for task in TASKS for text in train_of(task).texts])
        return str(folder)

    def changes(name: str) -> Mapping[str, Any]:
        own = SMALL.get(name, {})
        return {**own, "model": encoder()} if BASELINES[name].extra == "transformers" else own

    return changes


@pytest.fixture(scope="session")
def fitted(small: Small) -> Fitted:
    """A small classifier of a name, task and seed, fitted once."""

    @cache
    def fit(name: str, task: Task, seed: int) -> Classifier:
        classifier = BASELINES[name].make(seed, "cpu", 1, small(name), task)
        return classifier.fit(train_of(task), validation_of(task))

    return fit


@pytest.fixture(params=TASKS)
def task(request: pytest.FixtureRequest) -> Task:
    found: Task = request.param
    return found


@pytest.fixture(params=list(BASELINES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def classifier(name: str, task: Task, fitted: Fitted) -> Classifier:
    return fitted(name, task, 0)


def check_probabilities(probabilities: Probabilities, n_texts: int, n_classes: int, task: Task) -> None:
    assert probabilities.dtype == np.float32
    assert probabilities.shape == (n_texts, n_classes)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    if task == "multiclass":
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=0, atol=2e-6)


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_shapes_and_order_of_classes(classifier: Classifier, task: Task) -> None:
    test = task_data(task).part("test")
    assert classifier.space_ == train_of(task).space
    assert classifier.thresholds_.dtype == np.float32
    assert set(classifier.thresholds_.tolist()) == {0.0 if task == "multiclass" else 0.5}
    check_probabilities(classifier.predict_proba(test.texts), len(test), len(test.classes), task)
    check_probabilities(classifier.predict_proba([]), 0, len(test.classes), task)


def test_as_many_labels_as_the_task_allows(classifier: Classifier, task: Task) -> None:
    texts = [*task_data(task).part("test").texts, *AWKWARD[:-1]]
    if task == "multiclass":
        assert (predict(classifier, texts).sum(axis=1) == 1).all()
    if task == "binary":
        assert {len(names) for names in classifier.predict(texts)} == {1}
        assert {name for names in classifier.predict(texts) for name in names} <= {"good", "bad"}


def test_awkward_texts(classifier: Classifier, task: Task) -> None:
    check_probabilities(classifier.predict_proba(AWKWARD), len(AWKWARD), len(classifier.classes_), task)


def test_what_nothing_is_known_of(classifier: Classifier, name: str) -> None:
    known = classifier.answer([*NOTHING, train_of(classifier.task_).texts[0]])[1]
    if name.startswith("chance"):
        assert known.all()
        return
    assert known[: len(NOTHING)].tolist() == [False] * len(NOTHING)
    assert known[-1] or name.startswith("rules")
    expected = unknown_answer(classifier.space_, classifier.thresholds_)
    for row in classifier.predict_proba(NOTHING):
        np.testing.assert_array_equal(row, expected)
    answers = {"multilabel": [], "multiclass": ["place"], "binary": ["good"]}
    assert classifier.predict(NOTHING) == [answers[classifier.task_]] * len(NOTHING)


@pytest.mark.parametrize("name", ["rules", "tfidf-logistic", "tfidf-forest", "cnn", "rnn"])
def test_stop_words_are_nothing_to_the_course(name: str, small: Small, task: Task) -> None:
    made = BASELINES[name].make(0, "cpu", 1, {**small(name), "cleaning": "course"}, task)
    made.fit(train_of(task), validation_of(task))
    assert made.answer(["the and of", "is it not"])[1].tolist() == [False, False]


def test_a_row_does_not_depend_on_its_batch(classifier: Classifier, task: Task) -> None:
    texts = [*task_data(task).part("test").texts[:8], "", "🚀", "word " * 2_000]
    batch = classifier.predict_proba(texts)
    singles = np.concatenate([classifier.predict_proba([text]) for text in texts])
    backwards = classifier.predict_proba(texts[::-1])[::-1]
    np.testing.assert_allclose(batch, singles, rtol=0, atol=2e-6)
    np.testing.assert_allclose(batch, backwards, rtol=0, atol=2e-6)


@pytest.mark.parametrize(
    ("texts", "message"), [(["fine", 3], r"texts\[1\]: .* int"), ([None], r"texts\[0\]"), ("lone", "list")]
)
def test_what_is_no_text_is_named(name: str, fitted: Fitted, texts: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        fitted(name, "multilabel", 0).predict_proba(texts)


def test_saved_and_read_back(classifier: Classifier, name: str, task: Task, tmp_path: Path) -> None:
    texts = [*task_data(task).part("test").texts, *AWKWARD[:-1]]
    save(classifier, tmp_path / "artifact", Lineage(name, "baseline"))
    again = load(tmp_path / "artifact", KINDS)
    assert type(again) is type(classifier)
    assert again.config == classifier.config
    assert again.space_ == classifier.space_
    np.testing.assert_array_equal(again.predict_proba(texts), classifier.predict_proba(texts))


def test_a_damaged_artifact_is_refused(name: str, fitted: Fitted, tmp_path: Path) -> None:
    classifier = fitted(name, "multiclass", 0)
    classifier.save_state(tmp_path)
    config = {**dataclasses.asdict(classifier.config), "unknown": 1}
    with pytest.raises(ArtifactError, match="unknown"):
        type(classifier).load_state(tmp_path, config, classifier.space_)
    for path in [path for path in tmp_path.rglob("*") if path.suffix in {".json", ".safetensors"}]:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ArtifactError):
        type(classifier).load_state(tmp_path, dataclasses.asdict(classifier.config), classifier.space_)


def test_same_seed_same_bytes(name: str, task: Task, fitted: Fitted, small: Small, tmp_path: Path) -> None:
    again = BASELINES[name].make(0, "cpu", 1, small(name), task).fit(train_of(task), validation_of(task))
    save(fitted(name, task, 0), tmp_path / "first", Lineage(name, "baseline"))
    save(again, tmp_path / "second", Lineage(name, "baseline"))
    assert content(tmp_path / "first") == content(tmp_path / "second")


def test_fitted_again_it_is_of_the_new_task(name: str, small: Small, fitted: Fitted, tmp_path: Path) -> None:
    again = BASELINES[name].make(0, "cpu", 1, small(name), "binary")
    again.fit(train_of("multiclass"), validation_of("multiclass")).fit(train_of("binary"), validation_of("binary"))
    expected = fitted(name, "binary", 0)
    assert again.space_ == expected.space_
    assert again.thresholds_.tolist() == [0.5]
    texts = task_data("binary").part("test").texts
    np.testing.assert_array_equal(again.predict_proba(texts), expected.predict_proba(texts))


@pytest.mark.parametrize("name", ["chance-coin", "tfidf-forest", "cnn"])
def test_another_seed_another_model(name: str, task: Task, fitted: Fitted) -> None:
    texts = task_data(task).part("test").texts
    assert (fitted(name, task, 0).predict_proba(texts) != fitted(name, task, 1).predict_proba(texts)).any()


@pytest.mark.parametrize("name", list(LEARNED))
def test_what_differs_in_one_thing_is_told_apart(name: str, task: Task) -> None:
    classifier = BASELINES[name].make(0, "cpu", 1, LEARNED[name], task).fit(train_of(task), validation_of(task))
    for pair in PAIRS[task]:
        one, other = classifier.predict_proba(pair)
        assert np.abs(one - other).max() > 0.1, pair


def test_every_kind_can_be_read() -> None:
    kinds = {getattr(BASELINES[name].kind, "kind") for name in BASELINES}  # noqa: B009
    assert kinds == set(KINDS)


def test_the_ladder_says_what_the_report_needs(name: str, task: Task) -> None:
    entry = BASELINES[name]
    assert entry.title
    assert entry.reasons.endswith(".")
    assert "numpy" in entry.make(0, "cpu", 1, task=task).packages
    assert (name in ladder(task)) == (task in entry.tasks)


def test_what_is_asked_for_is_not_tried() -> None:
    entry = BASELINES["linear"]
    assert [dict(each) for each in entry.make(0, "cpu", 1, {"C": 5}, "binary").config.candidates] == [
        {"across_words": False},
        {"across_words": True},
    ]
    assert entry.make(0, "cpu", 1, {"C": 5, "across_words": True}, "binary").config.candidates == ()
    assert entry.make(0, "cpu", 1).config.candidates == ()
