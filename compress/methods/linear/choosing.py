"""Which weights of a linear model are worth their bytes, and where rounded ones lie. Arrays in, arrays out.

A weight's worth is `weight² · mean over texts of value²`: the mean square of what it adds to its class's logit, which
is what squared error grows by when it leaves. An n-gram costs bytes of its own, for its letters and its idf, before its
first weight does; so weights that stand alone in their n-gram have to be worth more than those in company.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from compress.methods.linear.fitting import Array, Grid

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

# Halvings of the price that is looked for: enough for float32.
_HALVINGS = 50
# Largest weights that fall outside the grid, as shares of the largest one that lies on it.
_FRACTIONS = np.linspace(0.3, 1.0, 15)


def mean_squares(rows: csr_matrix) -> Array:
    """Of each n-gram's value over all texts; float32 (n_features,)."""
    return np.asarray(rows.multiply(rows).mean(axis=0), np.float32).ravel()


def worth_of(rows: csr_matrix, weights: Array) -> Array:
    """float32 (n_features, C), see above."""
    worth: Array = np.square(weights) * mean_squares(rows)[:, None]
    return worth


def chosen(worth: Array, n: int, price_of_row: float = 0.0) -> NDArray[np.bool_]:
    """The weights that stay: about n, those that are worth most together with their rows; bool (n_features, C).

    With a price λ for a weight and `price_of_row · λ` for an n-gram, a row stays where its weights that are worth more
    than λ bring together more than they and the row cost; λ is the one that leaves at most n weights. A weight that is
    worth nothing never stays.

    Args:
        worth: float32 (n_features, C), >= 0.
        n: weights to keep, at least 0.
        price_of_row: bytes of an n-gram in bytes of a weight, >= 0; 0 takes the n weights that are worth most.
    """
    if n >= np.count_nonzero(worth):
        kept: NDArray[np.bool_] = worth > 0
        return kept
    if n <= 0:
        return np.zeros(worth.shape, np.bool_)
    if not price_of_row:
        # By position among equals, so that exactly n stay.
        order = np.argsort(-worth, axis=None, kind="stable")[:n]
        kept = np.zeros(worth.size, np.bool_)
        kept[order] = True
        return kept.reshape(worth.shape)
    low, high = float(worth[worth > 0].min()) / 2, float(worth.max())
    for _ in range(_HALVINGS):
        price = float(np.sqrt(low * high))
        low, high = (price, high) if _worth_their(worth, price, price_of_row).sum() > n else (low, price)
    return _worth_their(worth, high, price_of_row)


def _worth_their(worth: Array, price: float, price_of_row: float) -> NDArray[np.bool_]:
    good = worth > price
    gain = np.where(good, worth - np.float32(price), 0).sum(axis=1)
    rows: NDArray[np.bool_] = good & (gain > price_of_row * price)[:, None]
    return rows


def grid_for(weights: Array, squares: Array, bits: int) -> Grid:
    """The grid of each class that moves its weights least, each counted by its n-gram's mean square value.

    Args:
        weights: float32 (n_features, C).
        squares: float32 (n_features,).
        bits: 2 to 8.
    """
    most = 2 ** (bits - 1) - 1
    largest = np.abs(weights).max(axis=0, initial=0.0)
    largest[largest == 0] = 1.0
    best, scale = np.full(len(largest), np.inf), np.ones(len(largest), np.float32)
    for fraction in _FRACTIONS:
        tried = Grid((largest * np.float32(fraction / most)).astype(np.float32), most)
        error = (np.square(weights - tried.levels(weights) * tried.scale) * squares[:, None]).sum(axis=0)
        better = error < best
        best[better], scale[better] = error[better], tried.scale[better]
    return Grid(scale, most)
