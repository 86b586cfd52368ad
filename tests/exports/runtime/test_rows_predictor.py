"""Bundles of kind linear-int: kernel, NumPy and artifact say the same, bit for bit, and explain what they say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from baselines.errors import ArtifactError
from baselines.task import Link, Task, answered, decide
from compress.kinds.int_linear import IntLinearClassifier
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.methods.quantize.weights import apply as quantize
from exports import kernel, runtime
from exports.bundles.parity import AWKWARD, LONG_TEXT
from exports.bundles.write_bundle import write_bundle
from exports.kernel.row_kernel import RowKernel
from exports.runtime.explain import explain, explainer_of
from exports.runtime.rows_predictor import RowsPredictor
from tests.cases.compress_case import task_context, task_linear
from tests.cases.table_case import lineage
from tests.cases.task_case import ALL_TASKS


def quantized(task: Task) -> IntLinearClassifier:
    child, _ = quantize(task_linear(task), QuantizeConfig(bits=4), task_context(task))
    assert isinstance(child, IntLinearClassifier)
    return child


@pytest.mark.parametrize("task", ALL_TASKS)
def test_kernel_numpy_and_artifact_give_the_same_bits(task: Task, tmp_path: Path) -> None:
    child = quantized(task)
    folder = write_bundle(child, lineage(), tmp_path / "b", "linear")
    texts = [*task_context(task).train.texts[:10], *AWKWARD, LONG_TEXT[:9000]]
    want = child.predict_proba(texts)
    for engine in ("numpy", *(["kernel", "auto"] if kernel.AVAILABLE else [])):
        for threads in (1, 3):
            served = runtime.load(folder, threads=threads, engine=engine)  # type: ignore[arg-type]
            np.testing.assert_array_equal(served.predict_proba(texts), want)
            assert served.predict(texts) == [name for text in texts for name in served.predict([text])]
            np.testing.assert_array_equal(served.answered(texts)[1], served.known(served.encode(texts)))


def test_the_kernel_is_asked_for_by_name_only_where_it_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_bundle(quantized("multilabel"), lineage(), tmp_path / "b", "linear")
    monkeypatch.setattr(kernel, "AVAILABLE", False)
    with pytest.raises(ArtifactError, match="not built"):
        runtime.load(folder, engine="kernel")
    served = runtime.load(folder)
    assert isinstance(served, RowsPredictor)
    assert served.kernel is None


@pytest.mark.parametrize("task", ALL_TASKS)
def test_explanations_sum_to_what_is_answered(task: Task, tmp_path: Path) -> None:
    child = quantized(task)
    served = runtime.load(write_bundle(child, lineage(), tmp_path / "b", "linear"))
    for text in task_context(task).train.texts[:5]:
        logits = child.rows.answer([text])[0][0]
        for model in (child, served):
            np.testing.assert_allclose(explainer_of(model).parts(text).logits, logits, atol=1e-6)
        best = explain(served, text, served.classes, top=1)["labels"][0]
        assert best["probability"] == pytest.approx(float(served.predict_proba([text])[0].max()), abs=1e-6)
        column = served.classes.index(best["class"])
        name, share = child.reasons(text, column, 1)[0]
        assert (name, share) == pytest.approx((best["parts"][0]["ngram"], best["parts"][0]["share"]))
    assert not explainer_of(served).parts("?!").known or "?" in child.rows.vectorizer.names


def test_paths_of_a_tree_have_no_share_a_class() -> None:
    child = quantized("multiclass")
    object.__setattr__(child.rows, "link", Link("tree", (((0, False),), ((0, True),))))
    with pytest.raises(ArtifactError, match="no exact additive"):
        explainer_of(type("Served", (), {"rows": child.rows})())


@pytest.mark.skipif(not kernel.AVAILABLE, reason="the C extension was not built")
@pytest.mark.parametrize("name", ["logistic_shares", "tree"])
@pytest.mark.parametrize("threshold", [0.0, 0.2, 0.5])
def test_links_of_their_own_are_decided_in_c(name: str, threshold: float) -> None:
    child = quantized("multiclass")
    space, n_classes = child.space_, len(child.rows.scale)
    paths = tuple(tuple((node, node < column) for node in range(column + 1)) for column in range(n_classes))
    rows = replace(child.rows, link=Link("tree", paths) if name == "tree" else Link("logistic_shares"))
    texts = [*task_context("multiclass").train.texts, *AWKWARD]
    thresholds = np.full(n_classes, threshold, np.float32)
    model = RowKernel(rows)
    logits, known = rows.answer(texts)
    probabilities = answered(rows.link(logits, "multiclass"), known, space, thresholds)
    want = [space.said(row) for row in decide(probabilities, thresholds, "multiclass")]
    model.answer(texts)  # makes the pages that its characters need
    found = model.names_of(space, thresholds, 2)(texts)
    names, left = found if isinstance(found, tuple) else (found, [])
    assert names is not None
    assert len(left) < len(texts) / 10
    assert all(names[place] == want[place] for place in set(range(len(texts))) - set(left))
