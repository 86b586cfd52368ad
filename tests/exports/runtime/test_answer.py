"""Answers for people: names with their probabilities, of every task, and whether anything was known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from baselines.errors import ArtifactError
from baselines.task import Task, unknown_answer
from exports import runtime
from exports.bundles.write_bundle import write_bundle
from exports.runtime.answer import Answer
from tests.cases.table_case import SPACES, TEXTS, lineage, task_classifier
from tests.cases.task_case import ALL_TASKS


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[Task, Path]:
    root = tmp_path_factory.mktemp("answers")
    return {task: write_bundle(task_classifier(task), lineage(), root / task, "table") for task in ALL_TASKS}


@pytest.mark.parametrize("task", ALL_TASKS)
@pytest.mark.parametrize("engine", ["auto", "numpy"])
def test_answers_agree_with_predict(folders: dict[Task, Path], task: Task, engine: str) -> None:
    predictor = runtime.load(folders[task], engine=engine)  # type: ignore[arg-type]
    answers = predictor.answers(TEXTS)
    assert [sorted(answer.labels) for answer in answers] == [sorted(names) for names in predictor.predict(TEXTS)]
    assert [answer.known for answer in answers] == [True, True, True, True, False]
    for answer, row in zip(answers, predictor.predict_proba(TEXTS), strict=True):
        assert list(answer.probabilities) == sorted(answer.probabilities, reverse=True)
        by_name = dict(zip(predictor.classes, row, strict=True))
        for name, probability in zip(answer.labels, answer.probabilities, strict=True):
            assert np.float32(probability) == by_name.get(name, np.float32(1) - row[0])
    assert predictor.answers([]) == []


def test_an_unknown_text_gets_what_training_says(folders: dict[Task, Path]) -> None:
    said = {task: runtime.load(folder).answers(["", "深度学习"]) for task, folder in folders.items()}
    assert said["multilabel"] == [Answer((), (), False)] * 2
    assert said["multiclass"] == [Answer(("graphs",), (0.4,), False)] * 2
    assert said["binary"] == [Answer(("ham",), (0.8,), False, 0.2)] * 2
    for task, folder in folders.items():
        predictor = runtime.load(folder)
        assert np.array_equal(predictor.predict_proba([""])[0], unknown_answer(SPACES[task], predictor.thresholds))


def test_top_gives_the_most_probable_names_of_every_task(folders: dict[Task, Path]) -> None:
    for task, folder in folders.items():
        names = SPACES[task].names
        for answer in runtime.load(folder).answers(TEXTS, 99):
            assert sorted(answer.labels) == sorted(names)
        assert [len(a.labels) for a in runtime.load(folder).answers(TEXTS, 2)] == [2] * len(TEXTS)
    for answer in runtime.load(folders["binary"]).answers(TEXTS, 2):
        assert sum(answer.probabilities) == pytest.approx(1)
        assert answer.positive == answer.probabilities[answer.labels.index("spam")]


def test_a_model_abstains_below_the_probability_asked_for(folders: dict[Task, Path]) -> None:
    sure = runtime.load(folders["multiclass"])
    largest = sure.predict_proba(TEXTS).max(axis=1)
    least = float(np.median(largest))
    careful = runtime.load(folders["multiclass"], abstain=least)
    assert np.array_equal(careful.predict_proba(TEXTS), sure.predict_proba(TEXTS))
    want = [names if p >= np.float32(least) else [] for names, p in zip(sure.predict(TEXTS), largest, strict=True)]
    assert careful.predict(TEXTS) == want
    assert [] in want
    assert runtime.load(folders["multiclass"], abstain=0).predict(TEXTS) == sure.predict(TEXTS)


@pytest.mark.parametrize(
    ("task", "least", "match"),
    [
        ("multiclass", 1.01, "from 0 to 1 is allowed, got 1.01"),
        ("multiclass", float("nan"), "from 0 to 1 is allowed, got nan"),
        ("multilabel", 0.5, "allowed for task multiclass, but .* is of task multilabel"),
        ("binary", 0.5, "is of task binary"),
    ],
)
def test_abstaining_that_has_no_meaning_is_refused(
    folders: dict[Task, Path], task: Task, least: float, match: str
) -> None:
    with pytest.raises(ArtifactError, match=match):
        runtime.load(folders[task], abstain=least)


def test_thresholds_that_a_writer_chose_for_abstaining_are_kept(tmp_path: Path) -> None:
    classifier = task_classifier("multiclass")
    classifier.thresholds_ = np.full(5, 0.9, np.float32)
    predictor = runtime.load(write_bundle(classifier, lineage(), tmp_path / "b", "onnx"))
    assert np.array_equal(predictor.thresholds, classifier.thresholds_)
    assert predictor.predict([""]) == [[]]


def test_json_says_the_same() -> None:
    assert Answer(("a", "b"), (0.9, 0.5), True).to_json() == {
        "labels": [{"class": "a", "probability": 0.9}, {"class": "b", "probability": 0.5}],
        "known": True,
    }
    assert Answer(("ham",), (0.8,), False, 0.2).to_json() == {
        "labels": [{"class": "ham", "probability": 0.8}],
        "positive": 0.2,
        "known": False,
    }
