"""Models in folders: what is read or loaded answers as what was saved or exported, and says where it came from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tagpress
from baselines.dataset import Dataset
from baselines.storage.artifact import lineage_of
from baselines.task import Task
from exports import kernel
from tests.cases.bundle_case import BLOCKED, ROOT
from tests.cases.quick_case import SMALL_CNN
from tests.cases.task_case import ALL_TASKS, task_data

AWKWARD = ["", "!?", "A U-Net that segments satellite images", "ünïcödé 中文", "word " * 60]


@pytest.fixture(scope="module")
def models(tiny: Dataset) -> dict[str, tagpress.Classifier]:
    cnn = tagpress.train("cnn", tiny, threads=1, seed=2, **SMALL_CNN)
    linear = tagpress.train("linear", tiny, threads=1)
    small = {
        "tables": tagpress.apply("quantize", cnn, tiny, bits=4, threads=1)[0],
        "linear-int": tagpress.apply("quantize", linear, tiny, bits=4, threads=1)[0],
    }
    return {"cnn": cnn, "linear": linear, "rules": tagpress.train("rules", tiny), **small}


@pytest.mark.parametrize("name", ["cnn", "linear", "rules", "tables", "linear-int"])
def test_what_is_read_answers_as_what_was_saved(
    name: str, models: dict[str, tagpress.Classifier], tiny: Dataset, tmp_path: Path
) -> None:
    texts = [*AWKWARD, *tiny.part("test").texts]
    again = tagpress.read(tagpress.save(models[name], tmp_path / "artifact"))
    assert np.array_equal(again.predict_proba(texts), models[name].predict_proba(texts))
    assert np.array_equal(again.thresholds_, models[name].thresholds_)
    assert (again.kind, again.classes_, again.config) == (models[name].kind, tiny.classes, models[name].config)


@pytest.mark.parametrize(
    ("name", "form"),
    [("cnn", "onnx"), ("linear", "linear"), ("tables", "table"), ("tables", "onnx"), ("linear-int", "")],
)
def test_a_bundle_gives_the_same_classes(
    name: str, form: str, models: dict[str, tagpress.Classifier], tiny: Dataset, tmp_path: Path
) -> None:
    texts = [*AWKWARD, *tiny.part("test").texts]
    model = models[name]
    predictor = tagpress.load(tagpress.export(model, tmp_path / "bundle", form=form, dataset=tiny), threads=2)
    decided = model.predict_proba(texts) >= model.thresholds_
    assert predictor.predict(texts) == [[tiny.classes[c] for c in np.flatnonzero(row)] for row in decided]
    np.testing.assert_allclose(predictor.predict_proba(texts), model.predict_proba(texts), atol=1e-5)
    assert form in ("", predictor.bundle.form)
    assert predictor.bundle.manifest["licence"] == tiny.licence


def test_where_a_model_came_from_travels_with_it(
    models: dict[str, tagpress.Classifier], tiny: Dataset, tmp_path: Path
) -> None:
    lineage = lineage_of(tagpress.save(models["tables"], tmp_path / "artifact"))
    assert (lineage.name, lineage.stage, lineage.method, lineage.parent) == (
        "cnn-quantize",
        "compress",
        "quantize",
        "cnn",
    )
    assert [step["method"] for step in lineage.recipe] == ["train", "quantize"]
    assert (lineage.recipe[0]["epochs"], lineage.recipe[1]["bits"]) == (2, 4)
    assert lineage.dataset == {"name": "tiny", "sha256": tiny.sha256, "licence": tiny.licence}
    assert lineage.receipt["touched"] > 0
    named = tagpress.export(tmp_path / "artifact", tmp_path / "named", name="tagger")
    assert _lineage(named)["name"] == "tagger"
    assert _lineage(named)["recipe"] == json.loads(json.dumps(lineage.recipe))
    assert "- made by: train → quantize, from cnn" in (named / "MODEL_CARD.md").read_text(encoding="utf-8")
    further, _ = tagpress.apply("quantize", tagpress.read(tagpress.save(models["cnn"], tmp_path / "cnn")), tiny, bits=8)
    assert _lineage(tagpress.export(further, tmp_path / "further"))["dataset"]["sha256"] == tiny.sha256


def _lineage(bundle: Path) -> dict[str, Any]:
    return dict(json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))["lineage"])


@pytest.mark.skipif(not kernel.AVAILABLE, reason="the kernel wasn't built")
def test_both_engines_give_the_same_bits(models: dict[str, tagpress.Classifier], tmp_path: Path) -> None:
    bundle = tagpress.export(models["tables"], tmp_path / "bundle")
    by_kernel, by_numpy = (tagpress.load(bundle, engine=engine) for engine in ("kernel", "numpy"))
    assert np.array_equal(by_kernel.predict_proba(AWKWARD), by_numpy.predict_proba(AWKWARD))


def test_a_bundle_is_loaded_without_what_trained_it(models: dict[str, tagpress.Classifier], tmp_path: Path) -> None:
    bundle = tagpress.export(models["tables"], tmp_path / "bundle")
    code = (
        f"import sys\nfor name in {(*BLOCKED, 'onnxruntime', 'pandas')!r}: sys.modules[name] = None\n"
        f"import json, tagpress\nprint(json.dumps(tagpress.load({str(bundle)!r}).predict({AWKWARD!r})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert json.loads(done.stdout) == tagpress.load(bundle).predict(AWKWARD)


def test_mistakes_say_what_to_do(models: dict[str, tagpress.Classifier], tiny: Dataset, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    bundle = tagpress.export(models["tables"], tmp_path / "bundle")

    def refused(call: Any, *words: str) -> None:
        with pytest.raises(tagpress.UserError) as caught:
            call()
        for word in words:
            assert word in str(caught.value)

    linear = models["linear"]
    refused(lambda: tagpress.read("nowhere"), "nowhere: no manifest.json; not an artifact")
    refused(lambda: tagpress.load("nowhere"), "nowhere: no manifest.json; not a bundle")
    refused(lambda: tagpress.export("nowhere", tmp_path / "x"), "nowhere: no manifest.json; not an artifact")
    refused(lambda: tagpress.read(bundle), "which is for serving")
    refused(lambda: tagpress.save(linear, tmp_path / "full"), "full: not empty; choose another folder for the artifact")
    refused(lambda: tagpress.save(linear, tmp_path / "file"), "file: a file; choose another folder for the artifact")
    refused(lambda: tagpress.export(linear, tmp_path / "full"), "full: not empty; choose another folder for the bundle")
    refused(lambda: tagpress.export(linear, tmp_path / "file"), "file: a file; choose another folder for the bundle")
    refused(lambda: tagpress.export(linear, tmp_path / "x", form="table"), "'table' isn't possible", "allowed: linear")
    coin = tagpress.train("chance-coin", tiny)
    refused(lambda: tagpress.export(coin, tmp_path / "x"), "a chance can't be exported: it reads nothing of a text")
    wrong: Any = "gpu"
    refused(lambda: tagpress.load(bundle, engine=wrong), "engine: allowed: auto, kernel, numpy; got 'gpu'")
    refused(lambda: tagpress.load(bundle, threads=0), "threads: a whole number from 1 to 256")
    assert not (tmp_path / "x").exists()
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("task", ALL_TASKS)
@pytest.mark.parametrize(("baseline", "form"), [("linear", "linear"), ("cnn", "table"), ("cnn", "onnx")])
def test_every_task_goes_from_training_to_an_answer(baseline: str, form: str, task: Task, tmp_path: Path) -> None:
    dataset = task_data(task)
    settings = {"cnn": {**SMALL_CNN, "epochs": 1, "min_count": 1}, "linear": {"min_texts": (1, 1)}}[baseline]
    parent = tagpress.train(baseline, dataset, threads=1, **settings)
    child, _ = tagpress.apply("quantize", parent, dataset, bits=8, threads=1)
    again = tagpress.read(tagpress.save(child, tmp_path / "artifact"))
    predictor = tagpress.load(tagpress.export(again, tmp_path / "bundle", form=form, dataset=dataset))
    texts = [*AWKWARD, *dataset.part("test").texts]
    assert predictor.space == child.space_ == dataset.part("train").space
    assert predictor.predict(texts) == again.predict(texts) == child.predict(texts)
    counts = {len(names) for names in predictor.predict(texts)}
    assert counts == {1} or task == "multilabel"
    assert predictor.bundle.manifest["judged_by"] == dataset.everything.judged_by
    assert [answer.known for answer in predictor.answers(["", "the"])] == [False, True]
    if task == "multiclass":
        careful = tagpress.load(tmp_path / "bundle", abstain=1.0)
        assert [] in careful.predict(texts)
    else:
        with pytest.raises(tagpress.UserError, match="abstain: allowed for task multiclass"):
            tagpress.load(tmp_path / "bundle", abstain=0.5)
