"""A saved pipeline as a study's parent: with the classes of the data, as reference, compressed, and continued."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import skops.io
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from baselines.dataset import Dataset
from baselines.errors import DataError, NotCompressible, UserError
from baselines.task import LabelSpace, Task
from bench.making.adopted import ADOPTED, read_parent, with_classes_of
from bench.results.file import read_run
from bench.study.wished_variants import of_parent, variants_of
from bench.study.wishes import Wishes
from compress import run
from compress.adopt import main as adopt
from tests.cases.pipeline_case import adopted_model, fitted, learned
from tests.cases.quick_case import SMALL, quick_studies_in
from tests.cases.task_case import ALL_TASKS, task_data

PIPELINE = (TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(C=10.0))


def saved(place: Path, task: Task) -> Path:
    skops.io.dump(fitted(task) if task == "multilabel" else fitted(task, *PIPELINE), place / "model.skops")
    return place / "model.skops"


@pytest.mark.parametrize("task", ALL_TASKS)
def test_it_has_the_classes_of_the_data(task: Task, tmp_path: Path) -> None:
    data: Dataset = task_data(task)
    parent = read_parent(saved(tmp_path, task), data)
    assert parent.classifier.classes_ == data.classes
    assert "may have seen the test texts" in parent.warnings[0]
    assert any("classes are numbers" in warning for warning in parent.warnings) == (task == "multilabel")
    part = data.part("test")
    said = np.array([[name in names for name in data.classes] for names in parent.classifier.predict(part.texts)])
    assert (said == part.labels).mean() > 0.7
    assert adopt([str(tmp_path / "model.skops"), "--out", str(tmp_path / "adopted")]) == 0
    if task == "multiclass":
        again = read_parent(tmp_path / "adopted", data)
        np.testing.assert_array_equal(
            again.classifier.predict_proba(part.texts), parent.classifier.predict_proba(part.texts)
        )


def test_classes_are_put_in_order_and_sides_are_turned() -> None:
    texts = learned("multiclass")[0]
    model = adopted_model("multiclass")
    turned, _ = with_classes_of(model, replace(model.space_, classes=model.classes_[::-1], answers_unknown=False))
    np.testing.assert_array_equal(turned.predict_proba(texts), model.predict_proba(texts)[:, ::-1])
    binary = adopted_model("binary")
    other, _ = with_classes_of(binary, LabelSpace(("bad",), "binary", "good"))
    np.testing.assert_allclose(other.predict_proba(texts), 1 - binary.predict_proba(texts), atol=1e-6)
    with pytest.raises(NotCompressible, match="its classes differ"):
        with_classes_of(model, LabelSpace(("a", "b", "c"), "multiclass"))
    with pytest.raises(NotCompressible, match="it was trained for task binary"):
        with_classes_of(binary, model.space_)


def test_what_is_no_parent_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(b"")
    with pytest.raises(UserError, match="--trust"):
        read_parent(tmp_path / "model.pkl", task_data("binary"))
    with pytest.raises(UserError, match="no manifest"):
        read_parent(tmp_path, task_data("binary"))


@pytest.mark.parametrize(
    ("wishes", "match"),
    [
        (Wishes(trust=True), "--trust has no effect without --parent"),
        (Wishes(parent=Path("m.skops"), folds=3), "--parent is fitted already"),
    ],
)
def test_wishes_that_exclude_each_other_are_refused(wishes: Wishes, match: str) -> None:
    with pytest.raises(DataError, match=match):
        variants_of(wishes)


@pytest.mark.parametrize(
    ("wishes", "names"),
    [
        (Wishes(), ["adopted-int4", "adopted-pruned", "adopted-pruned-int4"]),
        (Wishes(method="quantize"), ["adopted-int4"]),
        (Wishes(method="quantize", bits=3), ["adopted-int3"]),
        (Wishes(method="prune", sparsity=0.3), ["adopted-pruned"]),
        (Wishes(method="fold"), []),
        (Wishes(max_bytes=9), []),
    ],
)
def test_it_is_compressed_as_the_linear_model_is(wishes: Wishes, names: list[str]) -> None:
    found = of_parent(wishes)
    assert set(names) <= {variant.name for variant in found}
    assert all(variant.parent.startswith(ADOPTED) and variant.title.startswith("Adopted") for variant in found)


def test_a_study_compares_everything_with_it_and_continues(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, model = task_data("multiclass").everything, saved(tmp_path, "multiclass")
    rows = [
        json.dumps({"text": text, "label": data.classes[row.argmax()]})
        for text, row in zip(data.texts, data.labels, strict=True)
    ]
    (tmp_path / "texts.jsonl").write_text("\n".join(rows), encoding="utf-8")
    (tmp_path / "tiny.json").write_text(json.dumps(SMALL))
    words = ["--dataset", "texts.jsonl", "--config", "tiny.json", "--run", "t", "--threads", "1", "--plan", "quick"]
    words += ["--method", "quantize", "--bits", "4", "--parent", model.name]
    with quick_studies_in(tmp_path):
        assert run.main(words) == 0
        folder = tmp_path / "runs" / "t"
        results = read_run(folder).content
        models = {row["name"]: row for row in results["models"]}
        assert results["reference"] == results["verdict"]["reference"] == ADOPTED
        assert not results["promoted"]
        assert models[ADOPTED]["status"] == models["adopted-int4"]["status"] == "measured"
        assert models[ADOPTED]["stage"] == "baseline"
        assert models["adopted-int4"]["parent"] == ADOPTED
        assert all("versus_reference" in row for name, row in models.items() if name != ADOPTED)
        assert "may have seen the test texts" in (folder / "report.md").read_text(encoding="utf-8")
        before = (folder / "baselines" / ADOPTED / "artifact" / "manifest.json").stat().st_mtime_ns
        assert run.main([*words, "--reference", "linear"]) == 0
        assert read_run(folder).content["reference"] == "linear"
        assert (folder / "baselines" / ADOPTED / "artifact" / "manifest.json").stat().st_mtime_ns == before
