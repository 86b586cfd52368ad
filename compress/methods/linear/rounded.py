"""Weights of a linear model as small integers, one scale a class; as they are, or refitted while they are rounded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import NotCompressible
from baselines.models.linear import LinearClassifier, as_matrix
from compress.formats.packed_linear import MAX_WEIGHTS, PackedLinear
from compress.formats.rounding import round_symmetric
from compress.kinds.int_linear import IntLinearClassifier
from compress.method import Context, Outcome, Receipt, refit_thresholds
from compress.methods.linear.choosing import grid_for
from compress.methods.linear.fitting import Grid
from compress.methods.linear.lessons import Learning, Lesson, State, link_of, own_answers

# Where the settings leave them open, of one label a text. There 4 bits as they are cost 0.029 accuracy on TREC and
# 0.010 F1 on SST-2 (validation); fitted while they were rounded, half of the weights cost 0.002 and 0.009.
PASSES, RATE = 60, 0.04
# The share of the passes that is left for the n-grams that stay, once those whose levels are all zero have left.
_LAST = 1 / 3


def quantize_linear(
    parent: LinearClassifier, bits: int, correct_bias: bool, learning: Learning, context: Context
) -> Outcome:
    """Weights to `bits` with one scale a class, symmetric; thresholds are chosen anew.

    Where there are passes, the weights that aren't zero are fitted to the parent's own answers while they are rounded,
    and n-grams whose levels are all zero leave. Without, rounding moves no weight by more than half a step.

    Args:
        parent: only read.
        bits: 2 to 8.
        correct_bias: move each intercept by what rounding without a fit moves the mean logit on the training texts.
        learning: how it is fitted; no passes leave it out.
        context: its texts.
    """
    said: tuple[str, ...] = ()
    if parent.coef_.size > MAX_WEIGHTS:
        raise NotCompressible(
            f"quantize: {parent.coef_.shape[1]:,} n-grams x {parent.coef_.shape[0]} classes are more than the "
            f"{MAX_WEIGHTS:,} weights that this form holds; prune first"
        )
    if learning.passes:
        lesson, state = own_answers(parent, learning, context)
        said = lesson.said
        packed = packed_of(*rounded(state, bits, lesson, learning, context))
    else:
        packed = _as_it_is(parent, bits, correct_bias, context)
    child = IntLinearClassifier.from_packed(replace(packed, link=link_of(parent)), parent.space_, parent.config)
    refit_thresholds(child, context, like=parent)
    return child, _receipt(parent, child, bits, learning.passes, said)


def rounded(state: State, bits: int, lesson: Lesson, learning: Learning, context: Context) -> tuple[State, Grid]:
    """A state whose weights are fitted while they are seen rounded, and the grid that they are rounded to.

    Args:
        state: its weights that are zero stay so; only read.
        bits: 2 to 8.
        lesson: what is answered.
        learning: how, at least one pass.
        context: seed and progress.
    """
    grid = grid_for(state.weights, state.mean_squares, bits)
    state = state.fitted(lesson, learning.steps(1 - _LAST), context, grid)
    seen = grid.levels(state.weights) != 0
    if seen.any(axis=1).all() or not seen.any():
        return state.fitted(lesson, learning.steps(_LAST, 2.0), context, grid), grid
    # What rounds to zero may come back, but not in an n-gram that has left.
    mask = (state.weights != 0) & seen.any(axis=1)[:, None]
    return state.thinned(mask, lesson).fitted(lesson, learning.steps(_LAST, 2.0), context, grid), grid


def packed_of(state: State, grid: Grid) -> PackedLinear:
    """What is stored of a rounded state."""
    levels = np.ascontiguousarray(grid.levels(state.weights).T.astype(np.int8))
    return PackedLinear(state.vectorizer, levels, grid.scale, state.intercept)


def _as_it_is(parent: LinearClassifier, bits: int, correct_bias: bool, context: Context) -> PackedLinear:
    levels, scale = round_symmetric(parent.coef_, bits, (1,))
    intercept = parent.intercept_.astype(np.float32)
    packed = PackedLinear(parent.vectorizer_, levels, scale.ravel().astype(np.float32), intercept)
    if not (correct_bias and len(context.train)):
        return packed
    rows = as_matrix(parent.vectorizer_, context.train.texts[:512])
    mean: NDArray[np.float64] = np.asarray(rows.mean(axis=0), np.float64).ravel()
    moved = (parent.coef_.astype(np.float64) - packed.weights()) @ mean
    return PackedLinear(packed.vectorizer, levels, packed.scale, (intercept + moved).astype(np.float32))


def _receipt(
    parent: LinearClassifier, child: IntLinearClassifier, bits: int, passes: int, said: tuple[str, ...]
) -> Receipt:
    packed = child.packed
    levels, n_float = packed.levels, packed.scale.size + packed.intercept.size
    facts: dict[str, Any] = {
        "scheme": "weights",
        "bits": bits,
        "bits_per_weight": 8 * _level_bytes(packed) / levels.size,
        "nonzero": int(np.count_nonzero(levels)),
        "ngrams_before": parent.vectorizer_.n_features,
        "ngrams_after": packed.vectorizer.n_features,
        "finetune_epochs": passes,
        "int8": {
            "ops": 0,
            "ops_total": 1,
            "parameter_share": levels.size / (levels.size + n_float),
            "mac_share": 0.0,
        },
    }
    how = ", refitted to its parent's answers while they were rounded" if passes else ""
    notes = [f"{levels.size} of {levels.size + n_float} weights are integers of {bits} bits on disk{how}", *said]
    if gone := parent.vectorizer_.n_features - packed.vectorizer.n_features:
        notes.append(f"{gone} n-grams left, all of whose weights became zero")
    return Receipt("quantize", int(parent.coef_.size), promised_bytes(packed), tuple(notes), facts)


def promised_bytes(packed: PackedLinear) -> int:
    """Levels at their entropy, which contexts lower further; a coded n-gram with its idf takes about 1.4 bytes."""
    n_float = packed.scale.size + packed.intercept.size
    return round(_level_bytes(packed) + 4 * n_float + 1.4 * packed.vectorizer.n_features)


def _level_bytes(packed: PackedLinear) -> float:
    """Entropy of the levels, each by itself, in bytes."""
    counts = np.bincount(packed.levels.ravel().astype(np.int64) + 128)
    shares = counts[counts > 0] / packed.levels.size
    return float(-(shares * np.log2(shares)).sum() * packed.levels.size / 8)
