"""Scales are the likeliest ones, keep the order of scores, and say nothing where there is nothing to fit to."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from baselines.scores.calibration import fit_scale, fit_softmax_slope, log_odds, log_shares, logistic, softmax
from baselines.task import Task


def drawn(seed: int, n: int = 4_000, n_classes: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and true classes that were drawn from their softmax."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 2, (n, n_classes))
    uniform = generator.random((n, 1))
    classes = (softmax(logits).cumsum(axis=1) < uniform).sum(axis=1)
    return logits, np.eye(n_classes, dtype=bool)[classes]


@pytest.mark.parametrize("scale", [0.2, 1.0, 5.0])
def test_the_slope_undoes_a_scale(scale: float) -> None:
    logits, truth = drawn(1)
    assert fit_softmax_slope(logits * scale, truth) == pytest.approx(1 / scale, rel=0.1)
    assert fit_scale(logits * scale, truth, "multiclass") == (fit_softmax_slope(logits * scale, truth), 0.0)


def test_the_slope_is_the_likeliest() -> None:
    logits, truth = drawn(2, n=60)
    best = minimize_scalar(lambda a: -log_softmax(a * logits, axis=1)[truth].mean(), bounds=(0.01, 100)).x
    assert fit_softmax_slope(logits, truth) == pytest.approx(best, rel=1e-3)


def test_scores_without_a_mistake_or_without_a_meaning_stay_within_bounds() -> None:
    truth = np.eye(3, dtype=bool)[[0, 1, 2, 0]]
    assert fit_softmax_slope(truth * 3.0, truth) == pytest.approx(100, rel=1e-3)
    assert fit_softmax_slope(truth * -3.0, truth) == pytest.approx(0.01, rel=1e-3)
    assert fit_softmax_slope(np.zeros((0, 3)), np.zeros((0, 3), bool)) == 1.0


def test_the_order_is_kept_where_scores_mislead() -> None:
    generator = np.random.default_rng(3)
    truth = generator.random((200, 1)) < 0.5
    slope, _ = fit_scale(np.where(truth, -1.0, 1.0) + generator.normal(0, 0.1, (200, 1)), truth, "binary")
    assert slope > 0


def test_links_and_their_inverses() -> None:
    p = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]], np.float32)
    np.testing.assert_allclose(softmax(log_shares(p)), p, atol=1e-5)
    np.testing.assert_allclose(logistic(log_odds(p)), p, atol=1e-5)
    assert np.isfinite(log_shares(p)).all()
    assert np.isfinite(log_odds(p)).all()


@pytest.mark.parametrize("task", ["multilabel", "multiclass"])
def test_blocks_of_texts_fit_what_all_together_do(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    truth = np.eye(4, dtype=bool)[rng.integers(4, size=150)]
    logits = rng.normal(np.where(truth, 1.0, -1.0), 2.0)
    together = fit_scale(logits, truth, task)
    monkeypatch.setattr("baselines.scores.calibration.MOST_DRAWN", 40)
    monkeypatch.setattr("baselines.scores.calibration._CELLS", 40)
    assert fit_scale(logits, truth, task) == pytest.approx(together, rel=1e-9)
