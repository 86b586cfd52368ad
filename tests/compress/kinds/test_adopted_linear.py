"""A model from elsewhere is an artifact, a parent and a bundle like every other."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from baselines.errors import ArtifactError, NotCompressible
from baselines.storage.artifact import Lineage, describe_files, load, save
from baselines.task import Link, Task
from compress.foreign.pipelines import adopt_pipeline
from compress.kinds.adopted_linear import LINK_FILE, WEIGHTS_FILE, AdoptedLinear
from compress.method import Context
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.registry import KINDS, METHODS
from exports import runtime
from exports.bundles.parity import AWKWARD
from exports.bundles.write_bundle import write_bundle
from exports.runtime.adopted_predictor import AdoptedPredictor
from exports.runtime.explain import explain
from tests.cases.pipeline_case import adopted_model, fitted
from tests.cases.task_case import ALL_TASKS, task_data

TEXTS = [*AWKWARD, "who found my coat?", "C++ code about my coat", "my coat 😡"]


def shares_model() -> AdoptedLinear:
    """Of one label a text, each class against the rest."""
    pipeline = fitted("multiclass", TfidfVectorizer(), OneVsRestClassifier(LogisticRegression()))
    return adopt_pipeline(pipeline, n_random=20)[0]


def models() -> list[AdoptedLinear]:
    return [*(adopted_model(task) for task in ALL_TASKS), shares_model()]


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    for number, model in enumerate(models()):
        save(model, tmp_path / str(number), Lineage("adopted", "baseline"))
        again = load(tmp_path / str(number), KINDS)
        assert isinstance(again, AdoptedLinear)
        assert (again.space_, again.link) == (model.space_, model.link)
        np.testing.assert_array_equal(again.predict_proba(TEXTS), model.predict_proba(TEXTS))
        np.testing.assert_array_equal(again.thresholds_, model.thresholds_)


def test_a_bundle_answers_with_the_same_bits(tmp_path: Path) -> None:
    for number, model in enumerate(models()):
        predictor = runtime.load(write_bundle(model, Lineage("a", "baseline"), tmp_path / str(number), "linear"))
        assert isinstance(predictor, AdoptedPredictor)
        np.testing.assert_allclose(predictor.predict_proba(TEXTS), model.predict_proba(TEXTS), atol=1e-7)
        assert predictor.predict(TEXTS) == model.predict(TEXTS)
        card = (tmp_path / str(number) / "MODEL_CARD.md").read_text(encoding="utf-8")
        assert "answered by its intercepts" in card
        assert explain(predictor, TEXTS[-1], model.classes_)["known"]


@pytest.mark.parametrize("task", ALL_TASKS)
def test_a_text_without_anything_known_is_answered_by_the_intercepts(task: Task) -> None:
    model = adopted_model(task)
    answers, (nothing, something) = model.predict_proba(["", "my coat"]), model.answer(["", "my coat"])[1].tolist()
    assert (nothing, something) == (False, True)
    np.testing.assert_array_equal(answers[0], model.link(model.exact[2][None], task)[0])


@pytest.mark.parametrize("task", ALL_TASKS)
@pytest.mark.parametrize("bits", [4, 8])
def test_its_children_answer_nearly_alike(task: Task, bits: int) -> None:
    model, data = adopted_model(task), task_data(task)
    context = Context(data.part("train"), data.part("validation"))
    child, receipt = METHODS["quantize"].apply(model, QuantizeConfig(bits=bits), context)
    assert receipt.touched > 0
    assert child.space_.answers_unknown
    texts = data.part("test").texts
    assert np.abs(child.predict_proba(texts) - model.predict_proba(texts)).max() < (0.2 if bits == 4 else 0.02)


def test_it_is_not_fitted() -> None:
    assert not AdoptedLinear.can_fit
    with pytest.raises(NotCompressible, match="trained elsewhere"):
        adopted_model("binary").fit(task_data("binary").part("train"))


def test_to_methods_it_is_a_linear_model_in_float32() -> None:
    model = adopted_model("multiclass")
    assert {model.coef_.dtype, model.intercept_.dtype, model.vectorizer_.idf().dtype} == {np.dtype(np.float32)}
    assert model.strongest(0, 1)[0][1] == pytest.approx(float(model.exact[1][0].max()), rel=1e-6)
    assert model.reasons("who found it?", 0)


def test_parts_that_do_not_fit_are_refused() -> None:
    model = adopted_model("multiclass")
    vectorizer, weights, intercept = model.exact
    for wrong in ((weights[:2], intercept), (weights[:, 1:], intercept), (weights, intercept[:2])):
        with pytest.raises(ArtifactError, match="are needed"):
            AdoptedLinear.of(vectorizer, *wrong, model.space_)
    with pytest.raises(ArtifactError, match="must be float64"):
        AdoptedLinear.of(vectorizer, weights.astype(np.float32), intercept, model.space_)
    with pytest.raises(ArtifactError, match="is for task multiclass"):
        AdoptedLinear.of(
            vectorizer, weights, intercept, replace(model.space_, task="multilabel"), Link("logistic_shares")
        )


def damaged(folder: Path, change: Any) -> Path:
    """An artifact with a change that its manifest knows of."""
    save(adopted_model("multiclass"), folder, Lineage("adopted", "baseline"))
    change(folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (folder / "manifest.json").write_text(json.dumps({**manifest, "files": describe_files(folder)}), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda f: (f / LINK_FILE).unlink(), "file missing"),
        (lambda f: (f / LINK_FILE).write_text('{"name": "odd", "paths": []}'), "link: task, logistic_shares"),
        (lambda f: (f / LINK_FILE).write_text('{"name": "tree", "paths": [[[0, true]]]}'), "3 paths are needed"),
        (lambda f: (f / WEIGHTS_FILE).write_bytes(b"x"), "not a safetensors file"),
    ],
)
def test_a_damaged_artifact_is_refused(change: Any, match: str, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=match):
        load(damaged(tmp_path / "a", change), KINDS)
