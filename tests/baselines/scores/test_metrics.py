"""Scores equal scikit-learn's for any label matrix, and are never NaN."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import precision_recall_fscore_support

from baselines.scores.metrics import Counts, f1_macro, f1_micro, f1_weighted, scores

SHAPES = st.tuples(st.integers(1, 12), st.integers(2, 6))


@st.composite
def two_matrices(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    shape = draw(SHAPES)
    return draw(hnp.arrays(bool, shape)), draw(hnp.arrays(bool, shape))


@settings(deadline=None)
@given(two_matrices())
def test_equal_to_scikit_learn(matrices: tuple[np.ndarray, np.ndarray]) -> None:
    truth, predicted = matrices
    ours = scores(truth, predicted)
    for average in ("weighted", "micro", "macro"):
        precision, recall, f1, _ = precision_recall_fscore_support(truth, predicted, average=average, zero_division=0)
        assert getattr(ours, f"f1_{average}") == pytest.approx(f1, abs=1e-12)
        if average != "macro":
            assert getattr(ours, f"precision_{average}") == pytest.approx(precision, abs=1e-12)
            assert getattr(ours, f"recall_{average}") == pytest.approx(recall, abs=1e-12)
    precision, recall, f1, support = precision_recall_fscore_support(truth, predicted, average=None, zero_division=0)
    np.testing.assert_allclose([ours.precision, ours.recall, ours.f1], [precision, recall, f1], atol=1e-12)
    np.testing.assert_array_equal(ours.support, support)


@settings(deadline=None)
@given(two_matrices())
def test_counts_add_up(matrices: tuple[np.ndarray, np.ndarray]) -> None:
    truth, predicted = matrices
    counts = Counts.of(truth, predicted)
    np.testing.assert_array_equal(counts.tp | counts.fn, truth)
    np.testing.assert_array_equal(counts.tp | counts.fp, predicted)
    assert not (counts.fp & counts.fn).any()


def test_many_resamples_at_once() -> None:
    generator = np.random.default_rng(0)
    truth, predicted = generator.random((2, 30, 4)) < 0.4
    counts = Counts.of(truth, predicted)
    times = generator.multinomial(30, np.full(30, 1 / 30), size=5)  # (B, n)
    tp, fp, fn = (times @ c.astype(np.float64) for c in (counts.tp, counts.fp, counts.fn))
    for row, weighted, micro, macro in zip(
        times, f1_weighted(tp, fp, fn), f1_micro(tp, fp, fn), f1_macro(tp, fp, fn), strict=True
    ):
        expected = scores(truth.repeat(row, axis=0), predicted.repeat(row, axis=0))
        assert (weighted, micro, macro) == pytest.approx((expected.f1_weighted, expected.f1_micro, expected.f1_macro))


def test_nothing_to_find_is_zero_not_nan() -> None:
    nothing = scores(np.zeros((3, 2), bool), np.zeros((3, 2), bool))
    assert (nothing.f1_weighted, nothing.f1_micro, nothing.f1_macro) == (0, 0, 0)
    assert scores(np.zeros((0, 2), bool), np.zeros((0, 2), bool)).f1.tolist() == [0, 0]


def test_rows_for_the_report() -> None:
    rows = scores(np.eye(2, dtype=bool), np.eye(2, dtype=bool)).per_class(["a", "b"], np.array([0.5, 0.25], np.float32))
    assert rows[1] == {"class": "b", "precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 1, "threshold": 0.25}


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match=r"\(3, 2\) and \(2, 3\)"):
        scores(np.zeros((3, 2), bool), np.zeros((2, 3), bool))
