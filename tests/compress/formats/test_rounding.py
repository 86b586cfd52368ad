"""Rounding stays within half a scale, and factors and balanced scales keep the product of two matrices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from compress.formats.rounding import balance, factorise, largest_level, round_symmetric
from compress.methods.fold import float_parts
from tests.cases.compress_case import random_module

FLOATS = arrays(np.float64, array_shapes(min_dims=2, max_dims=3, max_side=6), elements=st.floats(-1e6, 1e6, width=32))


@given(FLOATS, st.integers(2, 8))
@settings(max_examples=80, deadline=None)
def test_rounding_is_within_half_a_scale(values: np.ndarray, bits: int) -> None:
    levels, scale = round_symmetric(values, bits, (0,))
    assert np.abs(levels).max(initial=0) <= largest_level(bits)
    assert (np.abs(values - levels * scale) <= scale / 2 * (1 + 1e-9)).all()


def test_factorising_at_full_rank_is_exact_and_below_it_is_the_best() -> None:
    embedding, filters, _, _ = float_parts(random_module())
    tables = tuple(embedding @ f for f in filters)
    left, right = factorise(tables, 100)
    assert left.shape[1] == 9
    assert not left[0].any()
    for table, f in zip(tables, right, strict=True):
        np.testing.assert_allclose(left @ f, table, atol=1e-12)
    fewer = [
        np.linalg.norm(np.concatenate([(a @ f - t).ravel() for f, t in zip(b, tables, strict=True)]))
        for a, b in (factorise(tables, rank) for rank in (2, 4, 8))
    ]
    assert fewer[0] > fewer[1] > fewer[2] > 0


def test_balancing_changes_no_product() -> None:
    embedding, filters, _, _ = float_parts(random_module())
    even, scaled = balance(embedding, filters)
    assert np.abs(even).max(axis=0) == pytest.approx(1.0)
    np.testing.assert_allclose(even @ scaled[0], embedding @ filters[0], atol=1e-12)
