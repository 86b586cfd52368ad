"""A threshold as a logit decides as the probability does, for every float32."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.task import link
from exports.targets.cutoffs import cutoffs_of

SINGLES = st.floats(0, 1, width=32)


@given(SINGLES, st.lists(st.floats(width=32, allow_nan=False), max_size=20))
def test_a_cutoff_decides_as_its_threshold(threshold: float, logits: list[float]) -> None:
    thresholds = np.float32([threshold])
    cutoff = cutoffs_of(thresholds)[0]
    near = [np.nextafter(cutoff, np.float32(side)) for side in (-np.inf, np.inf)] if np.isfinite(cutoff) else []
    values = np.float32([*logits, *near, cutoff])
    values = values[~np.isnan(values)]
    reached = link(values[:, None], "binary")[:, 0] >= thresholds
    np.testing.assert_array_equal(values >= cutoff, reached)


def test_half_is_the_first_logit_whose_probability_rounds_to_it() -> None:
    cutoff = cutoffs_of(np.float32([0.5]))[0]
    assert -1e-6 < cutoff <= 0
    assert link(np.float32([[cutoff]]), "binary")[0, 0] == np.float32(0.5)


@pytest.mark.parametrize(("threshold", "expected"), [(0.0, -np.inf), (1.5, np.nan), (-1.0, -np.inf)])
def test_what_all_or_none_reach(threshold: float, expected: float) -> None:
    np.testing.assert_array_equal(cutoffs_of(np.float32([threshold])), np.float32([expected]))
