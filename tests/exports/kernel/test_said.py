"""Names by the kernel are the names by probabilities: for all tasks, thresholds, unknown texts, and what is left."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.task import LabelSpace, Task
from baselines.text.cleaning import Cleaning
from baselines.text.tokenizer import Tokenizer
from compress.formats.packed import StoredTables
from compress.kinds.table_classifiers import IntTableClassifier
from exports import kernel, runtime
from exports.bundles.parity import AWKWARD
from exports.bundles.write_bundle import write_bundle
from exports.kernel.deciding import complete, decider_of
from exports.kernel.extension import EXTENSION
from exports.kernel.reading import reader_of
from exports.runtime.table_predictor import TablePredictor
from tests.cases.reader_case import SENTENCES
from tests.cases.table_case import SPACES, TEXTS, TOKENIZER, int_tables, lineage, task_classifier
from tests.cases.task_case import ALL_TASKS

pytestmark = pytest.mark.skipif(not kernel.AVAILABLE, reason="the C extension was not built")
WORDS = st.sampled_from(["graph", "the", "of", "vision", "?", "é", "深", "\ud800", "x" * 400, "  ", "Attention"])
SOME = st.lists(st.lists(WORDS, max_size=6).map(" ".join), max_size=12)
LIMITS = st.sampled_from([0.0, 1e-7, 0.01, 0.2, 0.35, 0.5, 0.73, 0.99, 1 - 2**-24, 1.0])


@pytest.fixture(scope="module")
def predictors(tmp_path_factory: pytest.TempPathFactory) -> dict[Task, TablePredictor]:
    made: dict[Task, Any] = {}
    for task in ALL_TASKS:
        folder = tmp_path_factory.mktemp(task) / "bundle"
        made[task] = runtime.load(write_bundle(task_classifier(task), lineage(), folder, "table"))
    return made


def _chosen(predictor: TablePredictor, thresholds: Sequence[float]) -> None:
    predictor.thresholds = np.array(thresholds[: len(predictor.classes)], np.float32)
    assert predictor.kernel is not None
    predictor.quickly = predictor.kernel.names_of(predictor.space, predictor.thresholds, 2)


@pytest.mark.parametrize("task", ALL_TASKS)
@given(texts=SOME, thresholds=st.lists(LIMITS, min_size=5, max_size=5), as_tuple=st.booleans())
@settings(max_examples=80, deadline=None)
def test_the_fast_way_is_the_slow_way(
    predictors: dict[Task, TablePredictor], task: Task, texts: list[str], thresholds: list[float], as_tuple: bool
) -> None:
    predictor = predictors[task]
    _chosen(predictor, thresholds)
    given_texts: Any = tuple(texts) if as_tuple else texts
    assert predictor.predict(given_texts) == predictor._slowly(texts)


@pytest.mark.parametrize("task", ALL_TASKS)
def test_only_what_has_to_be_read_in_python_is_left(predictors: dict[Task, TablePredictor], task: Task) -> None:
    predictor = predictors[task]
    _chosen(predictor, [0.0 if task == "multiclass" else 0.4] * 5)
    assert predictor.quickly is not None
    texts = [*TEXTS, *AWKWARD, *SENTENCES.values(), "", "of the"]
    assert predictor.predict(texts) == predictor._slowly(texts)
    for text in texts:
        reader_of(predictor.tokenizer.cleaning).learn(text, 0x1100)
    ordinary = [text for text in texts if text.isascii()] + [SENTENCES[name] for name in ("German", "Hindi", "Chinese")]
    found = predictor.quickly(ordinary)
    assert isinstance(found, list)
    assert found == predictor._slowly(ordinary)
    assert predictor.predict([]) == []
    mixed = predictor.quickly(["a graph", "\ud800", "b"])
    assert isinstance(mixed, tuple)
    assert mixed[1] == [1]
    assert mixed[0][1] is None


@pytest.mark.parametrize("task", ALL_TASKS)
def test_at_the_very_threshold_the_probability_decides(predictors: dict[Task, TablePredictor], task: Task) -> None:
    predictor, text = predictors[task], "Graph neural networks"
    probabilities = predictor.predict_proba([text])[0]
    for step in (-2, -1, 0, 1, 2):
        near = probabilities.copy()
        for _ in range(abs(step)):
            near = np.nextafter(near, np.float32(np.sign(step)), dtype=np.float32)
        _chosen(predictor, near.tolist())
        assert predictor.predict([text]) == predictor._slowly([text])


def test_of_equal_logits_the_first_is_said() -> None:
    tables = int_tables(n_classes=5)
    tables.head[3] = tables.head[1]
    tables.scale[3], tables.bias[3], tables.bias[1] = tables.scale[1], 50, 50
    space = SPACES["multiclass"]
    said = kernel.TableKernel(tables, TOKENIZER).names_of(space, space.thresholds(), 1)
    assert said is not None
    assert said(["graph"]) == [[space.classes[1]]]


def test_what_is_left_takes_its_place() -> None:
    def slowly(texts: Sequence[str]) -> list[list[str]]:
        return [[text.upper()] for text in texts]

    assert complete(([["a"], None, ["c"]], [1]), ["a", "b", "c"], slowly) == [["a"], ["B"], ["c"]]  # type: ignore[list-item]
    assert complete(None, ["a", "b"], slowly) == [["A"], ["B"]]
    assert complete([["x"]], ["a"], slowly) == [["x"]]


def test_what_is_no_list_of_strings_goes_the_slow_way(predictors: dict[Task, TablePredictor]) -> None:
    predictor = predictors["multilabel"]
    for wrong in ("graph", {"graph": 1}, iter(["graph"]), ["graph", 3], [None], np.array([1])):
        with pytest.raises(TypeError):
            predictor.predict(wrong)  # type: ignore[arg-type]
    assert predictor.predict(np.array(["graph", "é"])) == predictor.predict(["graph", "é"])  # type: ignore[arg-type]


def test_stemmed_texts_and_the_twin_have_no_fast_way(tmp_path: Path) -> None:
    pytest.importorskip("nltk")
    stemmed = Tokenizer(TOKENIZER.alphabet, Cleaning("course", stem=True))
    space = SPACES["multilabel"]
    assert kernel.TableKernel(int_tables(), stemmed).names_of(space, space.thresholds(), 1) is None
    folder = write_bundle(task_classifier("multilabel"), lineage(), tmp_path / "b", "table")
    assert runtime.load(folder, engine="numpy").quickly is None


def test_a_decider_must_fit() -> None:
    limits, space = np.zeros(2, np.float32), SPACES["multilabel"]
    linker = EXTENSION.linker(0, 2, 2, b"", b"")
    sound = EXTENSION.decider(0, linker, limits, ("a", "b"), (), False)
    for wrong in (
        (3, linker, limits, ("a", "b"), (), False),
        (0, linker, limits[:1], ("a", "b"), (), False),
        (0, linker, b"", (), (), False),
        (0, linker, limits, ("a",), (), False),
        (0, linker, limits, ("a", 1), (), False),
        (0, linker, limits, ("a", "b"), (None,), False),
        (2, linker, limits, ("a", "b"), (), False),
    ):
        with pytest.raises(ValueError, match="decider"):
            EXTENSION.decider(*wrong)
    with pytest.raises(ValueError, match="PyCapsule"):
        EXTENSION.decider(0, sound, limits, ("a", "b"), (), False)
    model = kernel.TableKernel(int_tables(), TOKENIZER)._model
    with pytest.raises(ValueError, match="for 5 logits"):
        EXTENSION.tables_said(model, sound, ["a"], 1)
    fitting = decider_of(space, space.thresholds())
    with pytest.raises(ValueError, match="at least 1 thread"):
        EXTENSION.tables_said(model, fitting, ["a"], 0)
    with pytest.raises(ValueError, match="PyCapsule"):
        EXTENSION.tables_said(model, model, ["a"], 1)
    with pytest.raises(TypeError, match="are needed"):
        EXTENSION.tables_said(model, fitting, ["a"])


def test_many_threads_get_their_own_answers(predictors: dict[Task, TablePredictor]) -> None:
    predictor = predictors["multilabel"]
    _chosen(predictor, [0.5] * 5)
    texts = [f"graph vision {n} attention" * (1 + n % 30) for n in range(200)]
    want, wrong = predictor._slowly(texts), list[int]()

    def ask() -> None:
        for n in range(0, 200, 7):
            if predictor.predict(texts[: n + 1]) != want[: n + 1]:
                wrong.append(n)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_names_come_sooner_than_by_probabilities(predictors: dict[Task, TablePredictor]) -> None:
    predictor, text = predictors["multilabel"], ["a survey of graph networks"]
    _chosen(predictor, [0.5] * 5)

    def best(run: Any) -> float:
        times = []
        for _ in range(400):
            start = time.perf_counter()
            run(text)
            times.append(time.perf_counter() - start)
        return min(times)

    assert best(predictor._slowly) > best(predictor.predict)


def test_many_classes_and_texts_need_no_stack() -> None:
    space = LabelSpace(tuple(f"class-{n}" for n in range(300)))
    tables = int_tables(n_classes=300)
    classifier = IntTableClassifier(StoredTables(tables), TOKENIZER, space)
    model = kernel.TableKernel(tables, TOKENIZER)
    said = model.names_of(space, space.thresholds(), 2)
    assert said is not None
    for n in (1, 9, 40):
        texts = (["graph", "a survey", ""] * 14)[:n]
        assert complete(said(texts), texts, classifier.predict) == classifier.predict(texts)
