"""One suite over every registered baseline: the contract that the rooms to the right rely on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.classifier import Classifier
from baselines.dataset import Dataset
from baselines.errors import ArtifactError
from baselines.models.registry import BASELINES, KINDS
from baselines.storage.artifact import Lineage, load, save
from baselines.task import Probabilities

# Smaller than the defaults, so that each fits in a second or two.
_NETWORK = {"epochs": 2, "embedding_dim": 8, "patience": 2}
_CNN = {**_NETWORK, "filters": [[2, 8], [3, 8]], "hidden_dim": 8}
SMALL: dict[str, Mapping[str, Any]] = {
    "tfidf-forest": {"trees": 5},
    "tfidf-boosting": {"trees": 3},
    "cnn": _CNN,
    "rnn": _NETWORK,
    "ensemble": {"members": ["linear", "rules", "cnn"], "changes": {"cnn": _CNN}},
    "transformer-tuned": {"epochs": 1},
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

Fitted = Callable[[str, int], Classifier]
Small = Callable[[str], Mapping[str, Any]]


@pytest.fixture(scope="session")
def small(tiny: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Small:
    """Changes of a config that make a baseline small; transformers get an encoder with random weights."""

    @cache
    def encoder() -> str:
        pytest.importorskip("transformers", reason="the extra [transformers] is not installed")
        from tests.cases.encoder_case import make_encoder

        folder = tmp_path_factory.mktemp("models") / "tiny-bert"
        make_encoder(folder, tiny.everything.texts)
        return str(folder)

    def changes(name: str) -> Mapping[str, Any]:
        own = SMALL.get(name, {})
        return {**own, "model": encoder()} if BASELINES[name].extra == "transformers" else own

    return changes


@pytest.fixture(scope="session")
def fitted(tiny: Dataset, small: Small) -> Fitted:
    """A small classifier of a name and seed, fitted once."""

    @cache
    def fit(name: str, seed: int) -> Classifier:
        classifier = BASELINES[name].make(seed, "cpu", 1, small(name))
        return classifier.fit(tiny.part("train"), tiny.part("validation"))

    return fit


@pytest.fixture(params=list(BASELINES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def classifier(name: str, fitted: Fitted) -> Classifier:
    return fitted(name, 0)


def check_probabilities(probabilities: Probabilities, n_texts: int, n_classes: int) -> None:
    assert probabilities.dtype == np.float32
    assert probabilities.shape == (n_texts, n_classes)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_shapes_and_order_of_classes(classifier: Classifier, tiny: Dataset) -> None:
    assert classifier.classes_ == tiny.classes
    assert classifier.thresholds_.dtype == np.float32
    assert classifier.thresholds_.tolist() == [0.5] * len(tiny.classes)
    check_probabilities(classifier.predict_proba(tiny.part("test").texts), len(tiny.part("test")), len(tiny.classes))
    check_probabilities(classifier.predict_proba([]), 0, len(tiny.classes))


def test_awkward_texts(classifier: Classifier) -> None:
    check_probabilities(classifier.predict_proba(AWKWARD), len(AWKWARD), len(classifier.classes_))


def test_a_row_does_not_depend_on_its_batch(classifier: Classifier, tiny: Dataset) -> None:
    texts = [*tiny.part("test").texts[:8], "", "🚀", "word " * 2_000]
    batch = classifier.predict_proba(texts)
    singles = np.concatenate([classifier.predict_proba([text]) for text in texts])
    backwards = classifier.predict_proba(texts[::-1])[::-1]
    np.testing.assert_allclose(batch, singles, rtol=0, atol=2e-6)
    np.testing.assert_allclose(batch, backwards, rtol=0, atol=2e-6)


@pytest.mark.parametrize(
    ("texts", "message"), [(["fine", 3], r"texts\[1\]: .* int"), ([None], r"texts\[0\]"), ("lone", "list")]
)
def test_what_is_no_text_is_named(classifier: Classifier, texts: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        classifier.predict_proba(texts)


def test_saved_and_read_back(classifier: Classifier, name: str, tiny: Dataset, tmp_path: Path) -> None:
    texts = [*tiny.part("test").texts, *AWKWARD[:-1]]
    save(classifier, tmp_path / "artifact", Lineage(name, "baseline"))
    again = load(tmp_path / "artifact", KINDS)
    assert type(again) is type(classifier)
    assert again.config == classifier.config
    np.testing.assert_array_equal(again.predict_proba(texts), classifier.predict_proba(texts))


def test_a_damaged_artifact_is_refused(classifier: Classifier, name: str, tmp_path: Path) -> None:
    classifier.save_state(tmp_path)
    config = {**dataclasses.asdict(classifier.config), "unknown": 1}
    with pytest.raises(ArtifactError, match="unknown"):
        type(classifier).load_state(tmp_path, config, classifier.space_)
    for path in [path for path in tmp_path.rglob("*") if path.suffix in {".json", ".safetensors"}]:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ArtifactError):
        type(classifier).load_state(tmp_path, dataclasses.asdict(classifier.config), classifier.space_)


def test_same_seed_same_bytes(name: str, fitted: Fitted, small: Small, tiny: Dataset, tmp_path: Path) -> None:
    again = BASELINES[name].make(0, "cpu", 1, small(name)).fit(tiny.part("train"), tiny.part("validation"))
    save(fitted(name, 0), tmp_path / "first", Lineage(name, "baseline"))
    save(again, tmp_path / "second", Lineage(name, "baseline"))
    assert content(tmp_path / "first") == content(tmp_path / "second")


@pytest.mark.parametrize("name", ["chance-coin", "tfidf-forest", "cnn"])
def test_another_seed_another_model(name: str, fitted: Fitted, tiny: Dataset) -> None:
    texts = tiny.part("test").texts
    assert (fitted(name, 0).predict_proba(texts) != fitted(name, 1).predict_proba(texts)).any()


def test_every_kind_can_be_read() -> None:
    kinds = {getattr(BASELINES[name].kind, "kind") for name in BASELINES}  # noqa: B009
    assert kinds == set(KINDS)


def test_the_ladder_says_what_the_report_needs(name: str) -> None:
    entry = BASELINES[name]
    assert entry.title
    assert entry.reasons.endswith(".")
    assert "numpy" in entry.make(0, "cpu", 1).packages
