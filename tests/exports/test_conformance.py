"""Every form answers every task as its classifier in memory does: the same decisions, alone and in batches.

The proof of parity runs when a bundle is written; here stands what it takes for granted or doesn't look at.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.classifier import predict
from baselines.task import Task, decide, unknown_answer
from baselines.text.tokenizer import Unit, pad
from exports import runtime
from exports.bundles.parity import AWKWARD, compare
from exports.bundles.write_bundle import write_bundle
from exports.graphs import to_onnx
from exports.runtime.onnx_predictor import OnnxPredictor
from exports.runtime.predictor import Predictor
from tests.cases.forms_case import FORMS, OF_CHARACTERS, classifier_of
from tests.cases.table_case import lineage
from tests.cases.task_case import ALL_TASKS, PAIRS, task_data

Case = tuple[str, Task, Unit]
CASES: list[Case] = [(name, task, "characters") for name in FORMS for task in ALL_TASKS]
CASES += [(name, "multiclass", "bytes") for name in OF_CHARACTERS]
UNKNOWN = ("", " \t\n", "ꙮ", "\u200b")
UNICODE = (
    "हिन्दी में who",
    "深度学习 who",
    "who\u00ad found",
    "WHO FOUND",
    "👩\u200d🔬 C++ 😡",
    "ｗｈｏ ﬁnds",
    "n\u0303ot good",
)


@pytest.fixture(params=CASES, ids=" ".join, scope="module")
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture(scope="module")
def predictor(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Predictor[Any]:
    name, task, unit = case
    form, options = FORMS[name]
    with pytest.MonkeyPatch.context() as patch:
        if name == "one hot":
            patch.setattr(to_onnx, "fits_pairs", lambda tables: False)
        folder: Path = tmp_path_factory.mktemp("form") / "b"
        write_bundle(classifier_of(name, task, unit), lineage(), folder, form, threads=1)
    return runtime.load(folder, **options)


def texts_of(task: Task) -> list[str]:
    pairs = [text for pair in PAIRS[task] for text in pair]
    return [*task_data(task).part("test").texts[:30], *pairs, *UNICODE, *AWKWARD, *UNKNOWN]


def test_decisions_are_those_of_the_classifier(case: Case, predictor: Predictor[Any]) -> None:
    name, task, unit = case
    classifier, texts = classifier_of(name, task, unit), texts_of(task)
    assert predictor.space == classifier.space_
    assert np.array_equal(predictor.thresholds, classifier.thresholds_)
    want, got = classifier.predict_proba(texts), predictor.predict_proba(texts)
    assert compare(want, got, classifier.thresholds_, task).holds
    assert predictor.predict(texts) == classifier.predict(texts)
    assert len(np.unique(predict(classifier, texts), axis=0)) > 1, "a model that always says the same shows nothing"
    if task == "multiclass":
        assert np.allclose(got.sum(axis=1), 1, atol=1e-5)


def test_it_knows_what_the_classifier_knows(case: Case, predictor: Predictor[Any]) -> None:
    name, task, unit = case
    texts = texts_of(task)
    probabilities, known = predictor.answered(texts)
    assert np.array_equal(known, classifier_of(name, task, unit).answer(texts)[1])
    assert not known[-len(UNKNOWN) :].any()
    assert known[:30].all()
    row = unknown_answer(predictor.space, predictor.thresholds)
    if predictor.space.answers_unknown:
        row = classifier_of(name, task, unit).predict_proba([""])[0]
    assert (probabilities[~known] == row).all()
    assert [answer.known for answer in predictor.answers(texts)] == known.tolist()


def test_no_text_depends_on_its_batch_and_none_is_none(case: Case, predictor: Predictor[Any]) -> None:
    texts = texts_of(case[1])
    whole = predictor.predict_proba(texts)
    alone = np.concatenate([predictor.predict_proba([text]) for text in texts])
    tolerance = 0.0 if case[0].startswith("table") else 1e-6
    assert np.abs(whole - alone).max() <= tolerance
    assert predictor.predict_proba([]).shape == (0, len(predictor.classes))
    assert predictor.predict([]) == predictor.answers([]) == []


def test_texts_that_differ_in_one_thing_are_told_apart(case: Case, predictor: Predictor[Any]) -> None:
    for pair in PAIRS[case[1]]:
        first, second = predictor.predict_proba(pair)
        assert not np.array_equal(first, second), pair


@pytest.mark.parametrize("case", [case for case in CASES if FORMS[case[0]][0] == "onnx"], ids=" ".join, indirect=True)
def test_a_graph_alone_says_the_same(case: Case, predictor: Predictor[Any]) -> None:
    assert isinstance(predictor, OnnxPredictor)
    texts = texts_of(case[1])
    for text, row in zip(texts, predictor.predict_proba(texts), strict=True):
        ids, lengths = pad(predictor.encode([text]))
        (alone,) = predictor.graph.session.run(["probabilities"], {"ids": ids, "lengths": lengths})
        assert np.abs(alone[0] - row).max() < 1e-6
        decided = decide(alone, predictor.thresholds, predictor.task)[0]
        assert predictor.space.said(decided) == predictor.predict([text])[0]
