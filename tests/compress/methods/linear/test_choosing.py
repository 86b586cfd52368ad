"""Which weights stay, and the grid they are rounded to: properties over random arrays."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from compress.methods.linear.choosing import chosen, grid_for, mean_squares, worth_of

WORTH = st.tuples(st.integers(1, 12), st.integers(1, 5), st.integers(0, 2**32 - 1))


def random_worth(shape: tuple[int, int, int]) -> np.ndarray:
    rng = np.random.default_rng(shape[2])
    return (rng.exponential(1, shape[:2]) * (rng.random(shape[:2]) < 0.8)).astype(np.float32)


@settings(deadline=None, max_examples=100)
@given(WORTH, st.integers(-1, 70))
def test_without_a_price_for_rows_the_worthiest_stay(shape: tuple[int, int, int], n: int) -> None:
    worth = random_worth(shape)
    kept = chosen(worth, n)
    assert kept.sum() == min(max(n, 0), np.count_nonzero(worth))
    assert not kept[worth == 0].any()
    if kept.any() and not kept.all():
        assert worth[kept].min() >= worth[~kept].max()


@settings(deadline=None, max_examples=100)
@given(WORTH, st.integers(1, 70), st.floats(0.1, 5))
def test_with_one_at_most_n_stay_in_rows_that_pay(shape: tuple[int, int, int], n: int, price: float) -> None:
    worth = random_worth(shape)
    kept = chosen(worth, n, price)
    assert kept.sum() <= max(n, np.count_nonzero(worth) if n >= np.count_nonzero(worth) else 0)
    assert not kept[worth == 0].any()
    if 0 < n < np.count_nonzero(worth):
        free = chosen(worth, int(kept.sum()))
        # As many weights, in no more rows than without a price.
        assert kept.any(axis=1).sum() <= free.any(axis=1).sum()


def test_a_lone_weight_leaves_before_one_in_company() -> None:
    worth = np.array([[5, 5, 5], [6, 0, 0], [0, 0, 0.1]], np.float32)
    assert chosen(worth, 4)[1, 0]
    np.testing.assert_array_equal(chosen(worth, 3, 3.0), [[True] * 3, [False] * 3, [False] * 3])


@settings(deadline=None, max_examples=60)
@given(WORTH, st.integers(2, 8))
def test_the_grid_is_at_least_as_near_as_that_of_the_largest_weight(shape: tuple[int, int, int], bits: int) -> None:
    rng = np.random.default_rng(shape[2])
    weights = rng.normal(0, 1, shape[:2]).astype(np.float32)
    squares = rng.random(shape[0]).astype(np.float32)
    grid, most = grid_for(weights, squares, bits), 2 ** (bits - 1) - 1
    levels = grid.levels(weights)
    assert grid.most == most
    assert (grid.scale > 0).all()
    assert np.abs(levels).max() <= most
    np.testing.assert_array_equal(levels, np.rint(levels))

    def error(scale: np.ndarray) -> np.ndarray:
        rounded = np.clip(np.rint(weights / scale), -most, most) * scale
        return np.asarray((np.square(weights - rounded) * squares[:, None]).sum(axis=0))

    assert (error(grid.scale) <= error(np.abs(weights).max(axis=0) / np.float32(most)) * (1 + 1e-4) + 1e-9).all()


def test_a_class_without_weights_has_a_grid_too() -> None:
    grid = grid_for(np.zeros((3, 2), np.float32), np.ones(3, np.float32), 4)
    assert np.isfinite(grid.scale).all()
    assert not grid.levels(np.zeros((3, 2), np.float32)).any()


def test_worth_is_the_mean_square_of_what_a_weight_adds() -> None:
    rng = np.random.default_rng(0)
    dense = (rng.random((20, 4)) * (rng.random((20, 4)) < 0.5)).astype(np.float32)
    weights = rng.normal(0, 1, (4, 3)).astype(np.float32)
    np.testing.assert_allclose(mean_squares(csr_matrix(dense)), (dense**2).mean(axis=0), rtol=1e-5)
    added = dense[:, :, None] * weights
    np.testing.assert_allclose(worth_of(csr_matrix(dense), weights), (added**2).mean(axis=0), rtol=1e-5)
