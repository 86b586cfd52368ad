"""Explanations are exact: the parts of a class add up to its logit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.classifier import Classifier
from baselines.dataset import Dataset
from baselines.errors import ArtifactError
from baselines.models.chance import ChanceClassifier, ChanceConfig
from baselines.models.cnn import CharCNNClassifier
from baselines.models.linear import LinearClassifier, LinearConfig
from baselines.task import Task, link
from baselines.text.tokenizer import UNITS, Tokenizer, Unit
from compress.formats.tables import IntTables
from exports import runtime
from exports.bundles.explainable import explainable
from exports.bundles.parity import AWKWARD
from exports.bundles.write_bundle import write_bundle
from exports.runtime.explain import explain, explainer_of, influential_ngrams, why, winning_windows
from tests.cases.cnn_case import small_cnn
from tests.cases.pipeline_case import adopted_model
from tests.cases.table_case import (
    CLASSES,
    SPACE,
    TEXTS,
    TOKENIZER,
    float_classifier,
    int_classifier,
    int_tables,
    lineage,
    task_classifier,
)
from tests.cases.task_case import ALL_TASKS, task_data


def _cnn() -> CharCNNClassifier:
    return CharCNNClassifier.from_module(small_cnn(), TOKENIZER, SPACE)


def _sums_to_the_logits(model: Any, texts: list[str], source: Any) -> None:
    explainer = explainer_of(explainable(model) if isinstance(model, Classifier) else model)
    for text in texts:
        parts = explainer.parts(text)
        want = source.predict_proba([text])[0]
        assert parts.known == bool(source.answer([text])[1][0])
        if not parts.known:
            assert parts.shares.shape == (0, len(want))
            continue
        assert np.abs(link(parts.logits.astype(np.float32), "multilabel") - want).max() < 1e-5, text
        assert len(parts.ngrams) == len(parts.starts) == len(parts.shares)
        for ngram, start in zip(parts.ngrams, parts.starts, strict=True):
            assert start == -1 or parts.text[start : start + len(ngram)] == ngram


@pytest.mark.parametrize("make", [int_classifier, float_classifier, _cnn])
def test_the_parts_of_the_cnn_family_add_up(make: Any) -> None:
    _sums_to_the_logits(make(), [*TEXTS, *AWKWARD], make())


def test_the_parts_of_a_loaded_table_bundle_add_up(tmp_path: Path) -> None:
    folder = write_bundle(int_classifier(), lineage(), tmp_path / "b", "table")
    _sums_to_the_logits(runtime.load(folder), TEXTS, int_classifier())


def test_the_parts_of_linear_models_add_up(tiny: Dataset, tmp_path: Path) -> None:
    classifier = LinearClassifier(LinearConfig(max_iterations=50)).fit(tiny.part("train"))
    texts = list(tiny.part("test").texts[:5])
    _sums_to_the_logits(classifier, texts, classifier)
    folder = write_bundle(classifier, lineage("linear"), tmp_path / "b", "linear")
    _sums_to_the_logits(runtime.load(folder), texts, classifier)
    ngrams = influential_ngrams(classifier, texts, 3)
    assert len(ngrams) == len(classifier.classes_)


@pytest.mark.parametrize("task", ALL_TASKS)
@pytest.mark.parametrize("unit", UNITS)
def test_every_task_and_unit_is_taken_apart(task: Task, unit: Unit) -> None:
    train = task_data(task).part("train").texts
    tokenizer = Tokenizer.learn([*train, *TEXTS], min_count=1, unit=unit)
    model = task_classifier(task, tokenizer)
    texts = ["深度学习 who 😀", "हिन्दी में C++", *train[:3], "", "ꙮ"]
    for text, row, known in zip(texts, model.predict_proba(texts), model.answer(texts)[1], strict=True):
        found = explain(model, text, model.classes_, top=9, parts=500)
        assert found["known"] == known
        assert {label["class"]: label["probability"] for label in found["labels"]} == pytest.approx(
            dict(zip(model.classes_, row, strict=True)), abs=1e-6
        )
        for label in found["labels"]:
            assert ("parts" in label) == known
            if known:
                shares = sum(part["share"] for part in label["parts"])
                assert shares + label["bias"] == pytest.approx(label["logit"], abs=1e-6)
                for part in label["parts"]:
                    assert part["ngram"]
                    assert found["text"][part["start"] :].startswith(part["ngram"])


def test_a_text_in_which_nothing_is_known_has_no_parts_in_any_form(tmp_path: Path) -> None:
    part = task_data("multiclass").part("train")
    classifier = LinearClassifier(LinearConfig(min_texts=(1, 1), max_iterations=30)).fit(part)
    folder = write_bundle(classifier, lineage("linear"), tmp_path / "b", "linear")
    for model in (classifier, runtime.load(folder)):
        found = explain(model, "ꙮ", classifier.classes_, top=1)
        assert found == {
            "text": "ꙮ",
            "known": False,
            "labels": [{"class": "place", "probability": found["labels"][0]["probability"]}],
        }
        assert found["labels"][0]["probability"] == pytest.approx(0.5, abs=0.02)


def test_winning_windows_are_those_of_the_tables() -> None:
    tables = int_tables()
    for text in TEXTS:
        ids = TOKENIZER.encode(text)
        responses, windows = winning_windows(tables, ids)
        assert np.array_equal(responses, tables.pooled(ids))
        widths = np.repeat([len(table) for table in tables.tables], [table.shape[2] for table in tables.tables])
        assert np.array_equal(windows[:, 1] - windows[:, 0], widths)


def test_a_filter_for_one_word_is_credited_with_it() -> None:
    # One filter of width 5 that answers to "graph" alone, and speaks for class 1 alone.
    ids = TOKENIZER.encode("graph")
    table = np.full((5, TOKENIZER.n_ids, 1), -20, np.int8)
    table[:, 0] = 0
    for k, i in enumerate(ids):
        table[k, i] = 100
    head = np.array([[0], [100]], np.int8)
    tables = IntTables((table,), head, np.full(2, 1e-4, np.float32), np.array([-1, -2], np.float32))

    class Model:
        tokenizer = TOKENIZER

    Model.tables = tables  # type: ignore[attr-defined]
    found = explain(Model(), "A survey of GRAPH methods", ("other", "graphs"))
    best = found["labels"][0]
    assert (best["class"], found["text"]) == ("graphs", "survey graph methods")
    assert best["parts"][0]["ngram"] == "graph"
    assert found["text"][best["parts"][0]["start"] :].startswith("graph")
    assert best["parts"][0]["share"] == pytest.approx(500 * 100 * 1e-4, rel=1e-5)
    assert best["logit"] == pytest.approx(best["parts"][0]["share"] + best["bias"])
    assert influential_ngrams(Model(), ["graph", "a graph too", "nothing"], 1)[1][0][0] == "graph"


def test_shares_counted_from_the_usual_sum_to_the_logit_minus_its_mean() -> None:
    model = int_classifier()
    plain, known = explainer_of(model), TEXTS[:-1]
    logits = [plain.parts(text).logits for text in known]
    for text, logit in zip(known, logits, strict=True):
        parts = plain.typical(TEXTS).parts(text)
        assert np.allclose(parts.bias, np.mean(logits, axis=0))
        assert np.allclose(parts.logits, logit)


def test_the_section_for_the_report_is_json(tmp_path: Path) -> None:
    import json

    section = why(int_classifier(), "student", CLASSES, TEXTS)
    assert json.loads(json.dumps(section)) == section
    assert [entry["class"] for entry in section["classes"]] == list(CLASSES)
    assert len(section["texts"]) == 3


def test_a_kind_without_parts_says_so(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="no exact additive explanation"):
        explainer_of(ChanceClassifier(ChanceConfig()))
    folder = write_bundle(float_classifier(), lineage(), tmp_path / "b", "onnx")
    with pytest.raises(ArtifactError, match="form table and linear"):
        explainer_of(runtime.load(folder))


@pytest.mark.parametrize("task", ALL_TASKS)
@pytest.mark.parametrize("text", ["one good day", "", "図"])
def test_a_model_from_elsewhere_is_explained_as_it_answers(task: Task, text: str) -> None:
    model = adopted_model(task)
    found = explain(model, text, model.classes_, top=9)
    said = dict(zip(model.classes_, model.predict_proba([text])[0].tolist(), strict=True))
    assert {each["class"]: each["probability"] for each in found["labels"]} == pytest.approx(said, abs=1e-6)
