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
# n-grams that are looked at together.
_BLOCK = 1 << 14
# Largest weights that fall outside the grid, as shares of the largest one that lies on it.
_FRACTIONS = np.linspace(0.3, 1.0, 15)


def mean_squares(rows: csr_matrix, sampled: bool = False) -> Array:
    """Of each n-gram's value over all texts; float32 (n_features,).

    Args:
        rows: float32 (n_texts, n_features).
        sampled: whether they are of some training texts only. An n-gram that occurs in none of them isn't worth
            nothing then: it counts as if it stood in half a text.
    """
    squares = rows.multiply(rows)
    found = np.asarray(squares.mean(axis=0), np.float32).ravel()
    if sampled and squares.nnz:
        found[found == 0] = np.float32(0.5 * squares.data.mean() / rows.shape[0])
    return found


def worth_of(rows: csr_matrix, weights: Array, sampled: bool = False) -> Array:
    """float32 (n_features, C), see above."""
    worth: Array = np.square(weights)
    worth *= mean_squares(rows, sampled)[:, None]
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
    low, high = float(worth.min(where=worth > 0, initial=np.inf)) / 2, float(worth.max())
    left, largest = worth, worth.max(axis=1)
    for _ in range(_HALVINGS):
        price = float(np.sqrt(low * high))
        low, high = (price, high) if _count(left, price, price_of_row) > n else (low, price)
        # Rows without a weight above the lower price stay at no price that is still to come.
        good = largest > low
        if 2 * np.count_nonzero(good) < len(good):
            left, largest = left[good], largest[good]
    kept = np.empty(worth.shape, np.bool_)
    for start in range(0, len(worth), _BLOCK):
        kept[start : start + _BLOCK] = _worth_their(worth[start : start + _BLOCK], high, price_of_row)
    return kept


def _count(worth: Array, price: float, price_of_row: float) -> int:
    """Weights that are worth a price, block by block: arrays of the size of all weights are large."""
    starts = range(0, len(worth), _BLOCK)
    return sum(int(_worth_their(worth[start : start + _BLOCK], price, price_of_row).sum()) for start in starts)


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
