"""The portable exponential is one to 13 digits, monotonic where it matters, and defined at the edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.arithmetic.exponential import HIGH, LOW, LOWEST, exp, log1p
from baselines.task import link


@given(st.floats(LOWEST, 0))
def test_exp_is_the_exponential(x: float) -> None:
    assert float(exp(np.array([x]))[0]) == pytest.approx(math.exp(x), rel=4e-13)


@given(st.floats(0, 1))
def test_log1p_is_the_logarithm(e: float) -> None:
    assert float(log1p(np.array([e]))[0]) == pytest.approx(math.log1p(e), rel=4e-14)


def test_the_edges() -> None:
    np.testing.assert_array_equal(exp(np.array([0.0, -0.0, -200.5, -np.inf])), [1, 1, 0, 0])
    assert exp(np.array([LOWEST]))[0] > 0
    assert math.log(2) == HIGH + LOW
    np.testing.assert_array_equal(link(np.array([[-np.inf, 0, np.inf]]), "multilabel"), [[0, 0.5, 1]])


def test_infinite_logits_share_what_there_is() -> None:
    shares = link(np.array([[np.inf, 1, np.inf], [-np.inf, -np.inf, -np.inf], [-np.inf, 2, -np.inf]]), "multiclass")
    np.testing.assert_allclose(shares, [[0.5, 0, 0.5], [1 / 3] * 3, [0, 1, 0]], rtol=1e-6)


@given(st.lists(st.floats(-50, 50, width=32), min_size=2, max_size=40))
def test_links_are_those_of_the_textbook(values: list[float]) -> None:
    logits = np.array([values])
    powers = [math.exp(value - max(values)) for value in values]
    np.testing.assert_allclose(link(logits, "multiclass")[0], np.array(powers) / sum(powers), rtol=2e-7, atol=1e-45)
    logistic = [1 / (1 + math.exp(-value)) for value in values]
    np.testing.assert_allclose(link(logits, "multilabel")[0], logistic, rtol=2e-7)
