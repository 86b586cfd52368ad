"""What stands behind one score, checked against scikit-learn and against cases small enough to count by hand."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_recall_curve, precision_score, recall_score, roc_curve

from baselines.dataset import Part
from bench.quality import analyses as quality

CLASSES = ("a", "b", "c")


def case(n: int = 200, classes: int = 3, seed: int = 0) -> tuple[Any, Any]:
    """Truth, and probabilities that know something of it, rounded so that some are equal."""
    rng = np.random.default_rng(seed)
    truth = rng.random((n, classes)) < 0.3
    probabilities = np.clip(0.5 * truth + rng.normal(0.25, 0.2, truth.shape), 0, 1)
    return truth, np.round(probabilities, 2).astype(np.float32)


def test_whole_curve_equals_scikit_learn() -> None:
    truth, probabilities = case()
    curves = quality.precision_recall_curves(truth, probabilities, CLASSES, points=10_000)
    for column, curve in enumerate(curves):
        precision, recall, _ = precision_recall_curve(truth[:, column], probabilities[:, column])
        # scikit-learn lists rising thresholds and adds the point (1, 0)
        np.testing.assert_allclose(curve["precision"], precision[-2::-1], atol=1e-4)
        np.testing.assert_allclose(curve["recall"], recall[-2::-1], atol=1e-4)


@settings(deadline=None)
@given(st.integers(2, 400), st.integers(2, 25), st.integers(0, 99))
def test_thinned_curve_keeps_its_ends(n: int, points: int, seed: int) -> None:
    truth, probabilities = case(n, seed=seed)
    truth[:, 2] = False
    whole = quality.precision_recall_curves(truth, probabilities, CLASSES, points=10_000)
    thin = quality.precision_recall_curves(truth, probabilities, CLASSES, points=points)
    assert [c["class"] for c in thin] == [c["class"] for c in whole]
    assert all(c["class"] != "c" for c in thin)
    for short, long in zip(thin, whole, strict=True):
        assert len(short["recall"]) <= points
        assert (np.diff(short["recall"]) >= 0).all()
        assert (short["recall"][-1], short["precision"][-1]) == (1.0, long["precision"][-1])
        assert (short["recall"][0], short["precision"][0]) == (long["recall"][0], long["precision"][0])


def test_calibration_by_hand() -> None:
    probabilities = np.array([[0.05, 0.95], [0.05, 1.0], [0.0, 0.95]], np.float32)
    truth = np.array([[False, True], [True, True], [False, False]])
    found = quality.calibration(truth, probabilities)
    assert [b["n"] for b in found["bins"]] == [3] + [0] * 8 + [3]
    assert found["bins"][4]["frequency"] is None
    assert found["bins"][9]["frequency"] == pytest.approx(2 / 3, abs=1e-5)
    assert found["ece"] == pytest.approx(0.5 * abs(1 / 3 - 0.1 / 3) + 0.5 * abs(2 / 3 - 2.9 / 3), abs=1e-5)


def test_true_probabilities_are_calibrated() -> None:
    rng = np.random.default_rng(0)
    probabilities = rng.random((20_000, 2)).astype(np.float32)
    truth = rng.random((20_000, 2)) < probabilities
    assert quality.calibration(truth, probabilities)["ece"] < 0.01
    assert quality.calibration(~truth, probabilities)["ece"] > 0.4


def test_flips_by_hand() -> None:
    truth = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]], bool)
    parent = np.array([[1, 0, 0], [1, 0, 0], [0, 0, 1], [1, 1, 0]], bool)
    model = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 0], [1, 0, 0]], bool)
    found = quality.flips(Part(("t0", "t1", "t2", "t3"), truth, CLASSES), parent, model, n_examples=2)
    assert found["documents"] == 3
    assert found["gained"] == {"a": 1, "b": 1}
    assert found["lost"] == {"a": 1, "b": 1, "c": 1}
    # The text that got worse the most comes first; the one that got better is left out.
    assert found["examples"] == [
        {"text": "t2", "truth": ["c"], "parent": ["c"], "model": ["a"]},
        {"text": "t3", "truth": ["a", "b"], "parent": ["a", "b"], "model": ["a"]},
    ]
    assert quality.flipped_share(parent, model) == 0.75
    assert quality.flipped_share(parent[:0], model[:0]) == 0.0


def test_no_flips_against_itself() -> None:
    truth, probabilities = case()
    decisions = probabilities > 0.5
    found = quality.flips(Part(("t",) * 200, truth, CLASSES), decisions, decisions)
    assert found == {"documents": 0, "gained": {}, "lost": {}, "examples": []}


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_texts_are_no_trouble(n: int) -> None:
    truth, probabilities = np.ones((n, 3), bool), np.ones((n, 3), np.float32)
    assert len(quality.precision_recall_curves(truth, probabilities, CLASSES)) == (3 if n else 0)
    assert quality.calibration(truth, probabilities)["ece"] == 0
    assert quality.flips(Part(("t",) * n, truth, CLASSES), truth, ~truth)["documents"] == n


def test_one_set_of_probabilities_at_several_thresholds() -> None:
    truth, probabilities = case()
    choices = {"0.5": np.full(3, 0.5, np.float32), "per_class": np.array([0.4, 0.5, 0.6], np.float32)}
    found = quality.at_thresholds(truth, probabilities, choices)
    expected = f1_score(truth, probabilities >= choices["per_class"], average="weighted", zero_division=0)
    assert found["per_class"]["f1_weighted"] == pytest.approx(expected)
    assert set(found) == {"0.5", "per_class"}
    of_two = quality.at_thresholds(truth[:, :1], probabilities[:, :1], {"0.5": choices["0.5"][:1]}, "binary")
    assert set(of_two["0.5"]) == {"f1", "accuracy", "precision", "recall", "balanced_accuracy", "mcc"}
    assert quality.at_thresholds(truth, probabilities, choices, "multiclass") == {}


def test_of_one_label_only_the_most_probable_class_is_calibrated() -> None:
    probabilities = np.array([[0.72, 0.2, 0.08], [0.15, 0.75, 0.1]], np.float32)
    truth = np.array([[True, False, False], [True, False, False]])
    found = quality.calibration(truth, probabilities, "multiclass")
    assert sum(b["n"] for b in found["bins"]) == 2
    assert found["bins"][7]["frequency"] == 0.5


def test_roc_equals_scikit_learn_and_marks_the_threshold() -> None:
    truth, probabilities = (a[:, :1] for a in case())
    decided = probabilities >= 0.4
    found = quality.roc(truth, probabilities, decided, points=10_000)
    assert found is not None
    wrong, right, _ = roc_curve(truth[:, 0], probabilities[:, 0], drop_intermediate=False)
    np.testing.assert_allclose(found["false_positive_rate"], wrong, atol=1e-4)
    np.testing.assert_allclose(found["true_positive_rate"], right, atol=1e-4)
    assert found["at_threshold"]["recall"] == pytest.approx(recall_score(truth[:, 0], decided[:, 0]))
    assert found["at_threshold"]["precision"] == pytest.approx(precision_score(truth[:, 0], decided[:, 0]))
    thin = quality.roc(truth, probabilities, decided, points=5)
    assert thin is not None
    assert (thin["false_positive_rate"][0], thin["true_positive_rate"][-1]) == (0.0, 1.0)
    assert quality.roc(np.zeros_like(truth), probabilities, decided) is None
