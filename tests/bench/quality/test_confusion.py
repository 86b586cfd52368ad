"""Confused classes by hand, and a matrix that stays small."""

import json

import numpy as np
import pytest

from baselines.dataset import Part
from bench.quality.confusion import confusion_of, confusions, matrix
from bench.quality.majority import majority


def one_label(columns: list[int], classes: int) -> np.ndarray:
    """A row a column; -1 for none."""
    return np.array([[c == column for c in range(classes)] for column in columns], bool)


def test_the_most_frequent_confusion_comes_first() -> None:
    truth, said = one_label([0, 0, 0, 1, 1, 2], 3), one_label([1, 1, 0, 1, 0, -1], 3)
    part = Part(("t0", "t1", "t2", "t3", "t4", "t5"), truth, ("a", "b", "c"), task="multiclass")
    found = confusion_of(part, said)
    assert found["confusions"]["n_texts"] == 4
    assert found["confusions"]["n_pairs"] == 3
    assert found["confusions"]["pairs"] == [
        {"true": "a", "predicted": "b", "n": 2, "share_of_true": pytest.approx(2 / 3), "example": "t0"},
        {"true": "b", "predicted": "a", "n": 1, "share_of_true": 0.5, "example": "t4"},
        {"true": "c", "predicted": "", "n": 1, "share_of_true": 1.0, "example": "t5"},
    ]
    assert found["matrix"]["counts"] == [[1, 2, 0], [1, 1, 0], [0, 0, 0]]
    assert found["matrix"]["to_others"] == [0, 0, 1]
    assert json.loads(json.dumps(found)) == found
    assert len(confusions(part, said, most=1)["pairs"]) == 1


def test_of_many_classes_those_that_are_confused_are_shown_and_no_text_is_lost() -> None:
    rng = np.random.default_rng(0)
    true = rng.integers(77, size=3_000)
    said = np.where(rng.random(3_000) < 0.9, true, rng.integers(77, size=3_000))
    said[true == 5] = 6
    found = matrix(one_label(true.tolist(), 77), one_label(said.tolist(), 77), [str(i) for i in range(77)])
    assert len(found["classes"]) == 20
    assert found["n_classes"] == 77
    assert {"5", "6"} <= set(found["classes"])
    counts = np.array(found["counts"])
    for row, name in enumerate(found["classes"]):
        assert counts[row].sum() + found["to_others"][row] == (true == int(name)).sum()
        assert counts[:, row].sum() + found["from_others"][row] == (said == int(name)).sum()


def test_two_sides_have_four_counts_and_several_labels_a_mean() -> None:
    truth, said = np.array([[1], [1], [0], [0], [0]], bool), np.array([[1], [0], [1], [0], [0]], bool)
    part = Part(("t",) * 5, truth, ("spam",), task="binary", negative="ham")
    assert confusion_of(part, said) == {"confusion": {"tp": 1, "fp": 1, "fn": 1, "tn": 2}}
    several = Part(("t", "t"), np.array([[1, 1], [1, 0]], bool), ("a", "b"))
    assert confusion_of(several, np.array([[1, 0], [0, 0]], bool)) == {
        "labels_per_text": {"true": 1.5, "predicted": 0.5}
    }


def test_a_text_without_any_right_answer_has_no_confusion() -> None:
    truth = one_label([0, 1], 2)
    part = Part(("t", "t"), truth, ("a", "b"), task="multiclass")
    assert confusions(part, truth) == {"n_texts": 0, "n_pairs": 0, "pairs": []}
    assert confusions(part.take([]), truth[:0])["pairs"] == []


def test_always_the_most_frequent_answer() -> None:
    truth = np.array([[True]] + [[False]] * 9)
    part = Part(("t",) * 10, truth, ("spam",), task="binary", negative="ham")
    found = majority(part, np.array([10]), 100)
    assert found is not None
    assert (found["answer"], found["share"], found["rare"]) == ("ham", 0.9, True)
    assert (found["scores"]["f1"], found["scores"]["balanced_accuracy"]) == (0.0, 0.5)
    several = Part(("t",) * 4, one_label([0, 0, 1, 2], 3), ("a", "b", "c"), task="multiclass")
    often = majority(several, np.array([1, 5, 2]), 8)
    assert often is not None
    assert (often["answer"], often["share"], often["rare"]) == ("b", 0.25, False)
    assert majority(Part(("t",), truth[:1], ("a",)), np.array([1]), 1) is None
