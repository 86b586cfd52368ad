"""The metric on parts of the texts, by task."""

import json
from typing import Any

import numpy as np
import pytest

from baselines.dataset import Part
from baselines.scores.metrics import scores
from bench.quality.slices import slices
from tests.bench.quality.test_analyses import case


def found_in(part: Part, predicted: Any, probabilities: Any = None, **options: Any) -> list[dict[str, Any]]:
    given = predicted.astype(np.float32) if probabilities is None else probabilities
    return slices(part, predicted, given, np.random.default_rng(0), n_resamples=50, **options)


def test_slices_are_the_metric_on_their_texts() -> None:
    truth, probabilities = case(classes=5)
    predicted = probabilities > 0.5
    texts = tuple("x" * (1 + i % 90) for i in range(200))
    found = found_in(Part(texts, truth, tuple("abcde")), predicted)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    by_length = [s for s in found if s["slice"] == "length"]
    assert sum(s["n"] for s in by_length) == 200
    short = np.array([len(text) for text in texts]) <= int(by_length[0]["value"].split()[3])
    assert by_length[0]["score"]["value"] == pytest.approx(scores(truth[short], predicted[short]).f1_weighted)
    for entry in found:
        assert entry["score"]["low"] <= entry["score"]["value"] <= entry["score"]["high"]
    assert sum(s["n"] for s in found if s["slice"] == "labels") == truth.any(axis=1).sum()


def test_rare_and_frequent_classes_are_judged_apart() -> None:
    truth, _ = case(classes=4)
    predicted = truth.copy()
    predicted[:, [1, 2]] = False
    part = Part(("x",) * 200, truth, tuple("abcd"))
    rare, frequent = [
        s for s in found_in(part, predicted, train_counts=np.array([90, 3, 5, 80])) if s["slice"] == "classes"
    ]
    assert rare["value"] == "the 2 rarest classes (up to 5 texts)"
    assert (rare["score"]["value"], frequent["score"]["value"]) == (0.0, 1.0)


def test_of_one_label_the_texts_of_rare_classes_are_judged() -> None:
    truth = np.eye(4, dtype=bool)[np.arange(80) % 4]
    predicted = truth.copy()
    predicted[truth[:, 1]] = np.eye(4, dtype=bool)[0]
    part = Part(("x",) * 80, truth, tuple("abcd"), task="multiclass")
    found = found_in(part, predicted, train_counts=np.array([90, 3, 5, 80]))
    assert not [s for s in found if s["slice"] == "labels"]
    rare, frequent = [s for s in found if s["slice"] == "classes"]
    assert (rare["n"], rare["score"]["value"]) == (40, 0.5)
    assert (frequent["n"], frequent["score"]["value"]) == (40, 1.0)


def test_a_binary_task_has_slices_by_length_alone_and_metrics_that_rank() -> None:
    truth, probabilities = (a[:, :1] for a in case())
    part = Part(("x",) * 200, truth, ("a",), task="binary", negative="b", metric="average_precision")
    found = found_in(part, probabilities > 0.5, probabilities)
    assert {s["slice"] for s in found} == {"length"}
    assert 0.5 < found[0]["score"]["value"] < 1


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_texts_are_no_trouble(n: int) -> None:
    truth = np.ones((n, 3), bool)
    assert all(s["n"] for s in found_in(Part(("t",) * n, truth, tuple("abc")), truth))
