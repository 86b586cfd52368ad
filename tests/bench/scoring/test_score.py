"""Scores agree with scikit-learn's on the same answers, and two bundles are compared on the same texts."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as reference

from baselines.errors import UserError
from baselines.scores.judging import metrics_of
from baselines.task import Task
from bench.scoring.score import Score
from exports import runtime
from exports.bundles.write_bundle import write_bundle
from tests.cases.score_case import FEW, labelled_rows, scored, value
from tests.cases.table_case import lineage, task_classifier
from tests.cases.task_case import ALL_TASKS


def matrix(sets: Sequence[Sequence[str]], names: Sequence[str]) -> np.ndarray:
    return np.array([[name in own for name in names] for own in sets])


def test_multiclass_is_scored_as_scikit_learn_does(bundles: Mapping[str, Path]) -> None:
    rows = labelled_rows("multiclass", bundles["multiclass"], 150)
    rows[3] = (rows[3][0], ["unheard"])
    found = scored(bundles, ["multiclass"], rows)
    predictor = runtime.load(bundles["multiclass"])
    truth = [names[0] for _, names in rows]
    said = [names[0] for names in predictor.predict([text for text, _ in rows])]
    classes = [*predictor.classes, "unheard"]
    assert value(found, "accuracy") == pytest.approx(reference.accuracy_score(truth, said))
    for average in ("macro", "weighted"):
        want = reference.f1_score(truth, said, labels=classes, average=average, zero_division=0)
        assert value(found, f"f1_{average}") == pytest.approx(want)
    probabilities = np.column_stack([predictor.predict_proba([t for t, _ in rows]), np.zeros(len(rows))])
    of_truth = probabilities[np.arange(len(rows)), [classes.index(name) for name in truth]]
    assert value(found, "log_loss") == pytest.approx(-np.log(of_truth.clip(1e-7, 1)).mean())
    check_classes(found, [*zip(truth, strict=True)], [*zip(said, strict=True)], classes)
    wrong = found.content["models"][0]["quality"]["confusions"]
    assert wrong["n_texts"] == sum(a != b for a, b in zip(truth, said, strict=True))
    assert found.content["data"]["unknown_labels"] == {"unheard": 1}


def test_multilabel_is_scored_as_scikit_learn_does(bundles: Mapping[str, Path]) -> None:
    rows = labelled_rows("multilabel", bundles["multilabel"], 150)
    rows[5] = (rows[5][0], [*rows[5][1], "unheard"])
    found = scored(bundles, ["multilabel"], rows)
    predictor = runtime.load(bundles["multilabel"])
    classes = [*predictor.classes, "unheard"]
    truth = [names for _, names in rows]
    said = predictor.predict([text for text, _ in rows])
    a, b = matrix(truth, classes), matrix(said, classes)
    for average in ("micro", "macro", "weighted"):
        want = reference.f1_score(a, b, average=average, zero_division=0)
        assert value(found, f"f1_{average}") == pytest.approx(want)
    assert value(found, "recall_weighted") == pytest.approx(
        reference.recall_score(a, b, average="weighted", zero_division=0)
    )
    assert value(found, "exact_match") == pytest.approx((a == b).all(axis=1).mean())
    check_classes(found, truth, said, classes)


def test_binary_is_scored_as_scikit_learn_does(bundles: Mapping[str, Path]) -> None:
    rows = labelled_rows("binary", bundles["binary"], 150)
    found = scored(bundles, ["binary"], rows)
    predictor = runtime.load(bundles["binary"])
    truth = np.array([names == ["good"] for _, names in rows])
    said = np.array([names == ["good"] for names in predictor.predict([t for t, _ in rows])])
    probability = predictor.predict_proba([t for t, _ in rows])[:, 0]
    for metric, judge, against in (
        ("f1", reference.f1_score, said),
        ("accuracy", reference.accuracy_score, said),
        ("precision", reference.precision_score, said),
        ("recall", reference.recall_score, said),
        ("balanced_accuracy", reference.balanced_accuracy_score, said),
        ("mcc", reference.matthews_corrcoef, said),
        ("average_precision", reference.average_precision_score, probability),
        ("roc_auc", reference.roc_auc_score, probability),
    ):
        assert value(found, metric) == pytest.approx(judge(truth, against)), metric
    tn, fp, fn, tp = reference.confusion_matrix(truth, said).ravel().tolist()
    assert found.content["models"][0]["quality"]["confusion"] == {"tp": tp, "fp": fp, "fn": fn, "tn": tn}
    assert (found.content["positive"], found.content["negative"]) == ("good", "bad")


def check_classes(
    found: Score, truth: Sequence[Sequence[str]], said: Sequence[Sequence[str]], classes: Sequence[str]
) -> None:
    want = reference.precision_recall_fscore_support(
        matrix(truth, classes), matrix(said, classes), average=None, zero_division=0
    )
    rows = found.content["models"][0]["quality"]["per_class"]
    assert [row["class"] for row in rows] == list(classes)
    for row, precision, recall, f1, support in zip(rows, *want, strict=True):
        assert [row["precision"], row["recall"], row["f1"]] == pytest.approx([precision, recall, f1])
        assert row["support"] == support
        assert (row["threshold"] is None) == (row["class"] == "unheard")
        for name in ("precision", "recall", "f1"):
            ends = row["intervals"][name]
            assert ends["low"] <= ends["value"] <= ends["high"]


@pytest.mark.parametrize("task", ALL_TASKS)
def test_two_bundles_are_compared_on_the_same_texts(bundles: Mapping[str, Path], task: Task) -> None:
    rows = labelled_rows(task, bundles[task], 300)
    found = scored(bundles, [task, f"old-{task}"], rows)
    new, old = (scored(bundles, [name], rows) for name in (task, f"old-{task}"))
    versus = found.content["models"][0]["versus_reference"]
    for metric in metrics_of(task):
        delta = versus["delta"] if metric == found.content["metric"] else versus["deltas"][metric]
        sign = -1 if metric == "log_loss" else 1
        assert delta["value"] == pytest.approx(sign * (value(new, metric) - value(old, metric)))
        assert delta["low"] <= delta["lower"] <= delta["upper"] <= delta["high"]
    said = [runtime.load(bundles[name]).predict([t for t, _ in rows]) for name in (task, f"old-{task}")]
    n_changed = sum(a != b for a, b in zip(*said, strict=True))
    flips = found.content["comparison"]["flips"]
    assert 0 < flips["documents"] == n_changed
    truth = [runtime.load(bundles[task]).space.names, [set(names) for _, names in rows]][1]
    right = [[set(a) == b for a, b in zip(own, truth, strict=True)] for own in said]
    assert flips["mended"] == sum(a and not b for a, b in zip(*right, strict=True))
    assert flips["broken"] == sum(b and not a for a, b in zip(*right, strict=True))
    assert (found.content["comparison"]["claim"], found.sentence.split("` ")[1][:14]) == ("better", "is better than")
    turned = scored(bundles, [f"old-{task}", task], rows)
    assert turned.content["comparison"]["claim"] == "worse"


def test_below_a_hundred_texts_nothing_is_claimed(bundles: Mapping[str, Path]) -> None:
    rows = labelled_rows("multiclass", bundles["multiclass"], 99)
    found = scored(bundles, ["multiclass", "old-multiclass"], rows)
    assert found.content["models"][0]["versus_reference"]["delta"]["value"] > 0
    assert found.content["comparison"]["claim"] == "undecided"
    assert found.sentence.endswith("below 100 texts nothing is claimed; 400 to 600 are advised.")


def test_a_bundle_in_another_form_is_as_good(bundles: Mapping[str, Path], tmp_path: Path) -> None:
    classifier = task_classifier("multiclass")
    forms = {form: write_bundle(classifier, lineage(), tmp_path / form, form) for form in ("table", "onnx")}
    rows = labelled_rows("multiclass", forms["table"], 400)
    few = scored(forms, ["onnx", "table"], rows[:200])
    assert few.content["comparison"]["claim"] == "undecided", "200 texts without a changed answer can't show 0.01"
    assert "texts would show it, were they truly equal." in few.sentence
    found = scored(forms, ["onnx", "table"], rows)
    assert found.content["comparison"]["claim"] == "as good"
    assert found.content["comparison"]["flips"]["documents"] == 0
    assert "`onnx` is as good as `table` within 0.01 in accuracy" in found.sentence


def test_bundles_that_know_other_classes_are_compared_over_all_of_them(tmp_path: Path) -> None:
    both = {"one": task_classifier("multiclass"), "two": task_classifier("multiclass")}
    both["two"].space_ = dataclasses.replace(both["two"].space_, classes=("attention", "b", "c", "d", "e"))
    places = {name: write_bundle(own, lineage(), tmp_path / name, "table") for name, own in both.items()}
    found = scored(places, ["one", "two"], [("a text", ["e"]), ("another", ["nlp"])] * 60)
    unknown = [model["unknown_classes"] for model in found.content["models"]]
    assert unknown == [["b", "c", "d", "e"], ["computer-vision", "graphs", "nlp", "transformers"]]
    assert found.content["data"]["unknown_labels"] == {}


def test_bundles_that_can_not_be_compared_stop(bundles: Mapping[str, Path], tmp_path: Path) -> None:
    rows = [("a", ["person"])]
    for names, said in (
        (["multiclass", "multilabel"], "compare bundles of one task"),
        (["multiclass", "multiclass"], "compared with itself"),
    ):
        with pytest.raises(UserError, match=said):
            scored(bundles, names, rows)


def test_the_same_seed_gives_the_same_content(bundles: Mapping[str, Path]) -> None:
    rows = labelled_rows("multilabel", bundles["multilabel"], 50)
    contents: list[Any] = [scored(bundles, ["multilabel"], rows).to_json() for _ in range(2)]
    assert contents[0] == contents[1]
    other = scored(bundles, ["multilabel"], rows, dataclasses.replace(FEW, seed=1)).to_json()
    assert other["models"][0]["quality"]["f1_weighted"] != contents[0]["models"][0]["quality"]["f1_weighted"]
