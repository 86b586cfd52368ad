"""Document frequencies are found from the values alone, and give them back bit by bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.errors import ArtifactError
from compress.coding.idf import counts_of, idf_of


def learned(n: int, df: np.ndarray, smooth: int, kind: Any) -> np.ndarray:
    return (np.log((n + smooth) / (df + smooth)) + 1).astype(kind)


@settings(deadline=None, max_examples=60)
@given(
    st.integers(30, 200_000),
    st.integers(1, 30),
    st.sampled_from([0, 1]),
    st.sampled_from([np.float32, np.float64]),
    st.integers(0, 2**32 - 1),
)
def test_texts_are_counted_back(n: int, rarest: int, smooth: int, kind: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    df = np.r_[rarest, np.minimum(rarest + rng.geometric(0.02, 200), n)]
    idf = learned(n, df, smooth, kind)
    found = counts_of(idf)
    if found is None:  # so many texts that float32 can't tell
        assert kind == np.float32
        return
    header, counts = found
    assert set(header) <= {"texts", "smooth", "off"}
    again = idf_of(header, counts, np.dtype(kind))
    assert again.dtype == idf.dtype
    np.testing.assert_array_equal(again, idf)


def test_the_sample_is_counted() -> None:
    header, counts = counts_of(learned(1030, np.array([1, 7, 300, 2]), 1, np.float32)) or ({}, None)
    assert header == {"texts": 1030, "smooth": 1}
    assert counts is not None
    assert counts.tolist() == [1, 7, 300, 2]


@pytest.mark.parametrize("values", [[0.0, 1.5], [-3.0, 2.0], [1.5, 2.25, 3.0001], [1e6, 5.0], [50.0, 60.0]])
def test_other_values_are_not(values: list[float]) -> None:
    found = counts_of(np.array(values, np.float32))
    if found is not None:
        np.testing.assert_array_equal(idf_of(*found, np.dtype(np.float32)), np.array(values, np.float32))


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"texts": 5},
        {"texts": True, "smooth": 1},
        {"texts": 5, "smooth": 2},
        {"texts": 0, "smooth": 1},
        {"texts": 5, "smooth": 1, "off": 3},
        {"texts": 5, "smooth": 1, "off": [[0, 9]]},
        {"texts": 5, "smooth": 1, "off": [[7, 1]]},
        {"texts": 2, "smooth": 1},
    ],
)
def test_headers_that_do_not_fit_are_refused(header: dict[str, Any]) -> None:
    with pytest.raises(ArtifactError, match=r"^idf: .*; make it again"):
        idf_of(header, np.array([1, 3]), np.dtype(np.float64))
