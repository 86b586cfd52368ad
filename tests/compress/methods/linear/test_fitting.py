"""Weights fitted to wanted probabilities: against the optimum that scikit-learn finds, through masks and rounding."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from baselines.task import Task, link
from compress.methods.linear import fitting
from compress.methods.linear.fitting import Array, Grid, Steps, fit_to, logits_of


def problem(task: Task, seed: int = 0, n: int = 90, width: int = 12) -> tuple[csr_matrix, Array, Array, Array]:
    """Rows, wanted probabilities that some plane gives exactly, and where to begin."""
    rng = np.random.default_rng(seed)
    n_classes = 1 if task == "binary" else 3
    rows = csr_matrix((rng.random((n, width)) * (rng.random((n, width)) < 0.4)).astype(np.float32))
    weights = rng.normal(0, 2, (width, n_classes)).astype(np.float32)
    intercept = rng.normal(0, 1, n_classes).astype(np.float32)
    return rows, link(logits_of(rows, weights, intercept), task), np.zeros_like(weights), np.zeros_like(intercept)


def distance(rows: csr_matrix, wanted: Array, weights: Array, intercept: Array, task: Task) -> float:
    return float(np.abs(link(logits_of(rows, weights, intercept), task) - wanted).max())


@pytest.mark.parametrize("task", ["multilabel", "multiclass", "binary"])
@pytest.mark.parametrize("heat", [1.0, 2.0])
def test_what_a_plane_can_answer_is_learned(task: Task, heat: float) -> None:
    rows, wanted, weights, intercept = problem(task)
    if heat != 1.0:
        # The same plane, asked at another temperature.
        rng_plane = fit_to(rows, wanted, weights, intercept, Steps(1500, 0.2, pull=0.0), task)
        wanted = link(logits_of(rows, *rng_plane) / np.float32(heat), task)
    fitted = fit_to(rows, wanted, weights, intercept, Steps(1500, 0.2, pull=0.0, temperature=heat), task)
    found = link(logits_of(rows, *fitted) / np.float32(heat), task)
    assert np.abs(found - wanted).max() < 0.02
    assert not weights.any()
    assert not intercept.any()


def test_the_bottom_is_where_scikit_learn_finds_it() -> None:
    from sklearn.linear_model import LogisticRegression

    rows, wanted, weights, intercept = problem("binary", seed=3)
    n, pull = rows.shape[0], 0.02
    labels = wanted[:, 0] > 0.5
    fitted, shift = fit_to(
        rows, labels[:, None].astype(np.float32), weights, intercept, Steps(3000, 0.1, pull=pull), "binary"
    )
    # Mean loss + pull / 2 · |w|² is scikit-learn's sum of losses + |w|² / (2 C) with C = 1 / (n · pull).
    reference = LogisticRegression(C=1 / (n * pull), tol=1e-8, max_iter=5000).fit(rows, labels)
    np.testing.assert_allclose(fitted[:, 0], reference.coef_[0], atol=5e-3)
    np.testing.assert_allclose(shift, reference.intercept_, atol=5e-3)


def test_masked_weights_stay_as_they_are_to_the_bit() -> None:
    rows, wanted, weights, intercept = problem("multilabel")
    rng = np.random.default_rng(1)
    weights = rng.normal(0, 1, weights.shape).astype(np.float32)
    mask = rng.random(weights.shape) < 0.5
    fitted, _ = fit_to(rows, wanted, weights, intercept, Steps(50), "multilabel", mask=mask)
    np.testing.assert_array_equal(fitted[~mask], weights[~mask])
    assert (fitted[mask] != weights[mask]).any()


def test_training_through_the_rounding_mostly_answers_better_than_rounding_afterwards() -> None:
    # Over many problems: each single one hangs on the last bits of its steps.
    assert np.median([_error_through_rounding(seed) for seed in range(10)]) < 0.95


def _error_through_rounding(seed: int) -> float:
    """Squared error of a fit through the rounding, for that of one rounded afterwards as 1."""
    rows, wanted, weights, intercept = problem("multilabel", seed=seed)
    fitted, shift = fit_to(rows, wanted, weights, intercept, Steps(800, 0.2, pull=0.0), "multilabel")
    grid = Grid(np.abs(fitted).max(axis=0) / 1, 1)
    after = grid.levels(fitted) * grid.scale
    through, own = fit_to(rows, wanted, fitted, shift, Steps(300, 0.1), "multilabel", grid=grid)
    rounded = grid.levels(through) * grid.scale
    assert {*np.unique(grid.levels(through)).tolist()} <= {-1.0, 0.0, 1.0}

    def error(plane: Array, intercept: Array) -> float:
        return float(np.square(link(logits_of(rows, plane, intercept), "multilabel") - wanted).mean())

    return error(rounded, own) / error(after, shift)


def test_texts_taken_in_parts_give_nearly_the_same_and_a_seed_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, wanted, weights, intercept = problem("multiclass", n=200)
    steps = Steps(600, 0.1, pull=0.0)
    whole = fit_to(rows, wanted, weights, intercept, steps, "multiclass")
    monkeypatch.setattr(fitting, "PART", 50)
    parts = fit_to(rows, wanted, weights, intercept, steps, "multiclass", seed=4)
    again = fit_to(rows, wanted, weights, intercept, steps, "multiclass", seed=4)
    np.testing.assert_array_equal(parts[0], again[0])
    assert distance(rows, wanted, *parts, "multiclass") < 0.05
    assert distance(rows, wanted, *whole, "multiclass") < 0.05


def test_without_texts_nothing_moves_and_progress_counts_every_step() -> None:
    rows, wanted, weights, intercept = problem("binary")
    nothing = fit_to(rows[:0], wanted[:0], weights, intercept, Steps(5), "binary")
    np.testing.assert_array_equal(nothing[0], weights)
    seen: list[tuple[int, int]] = []
    fit_to(rows, wanted, weights, intercept, Steps(3), "binary", progress=lambda done, of: seen.append((done, of)))
    assert seen == [(1, 3), (2, 3), (3, 3)]
