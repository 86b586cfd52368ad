"""Tables over texts of any length: what is summed in stretches is what is summed at once."""

from __future__ import annotations

import numpy as np
import pytest

from compress.formats import tables as module
from compress.formats.tables import STRETCH
from tests.cases.table_case import TOKENIZER, float_tables, int_tables

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("length", [0, 1, 2, STRETCH - 1, STRETCH, STRETCH + 1, 3 * STRETCH + 5])
def test_integers_are_the_largest_of_all_responses(length: int) -> None:
    tables, ids = int_tables(), RNG.integers(1, TOKENIZER.n_ids, length).astype(np.uint8)
    assert np.array_equal(tables.pooled(ids), tables.responses(ids).max(axis=0))


@pytest.mark.parametrize("stretch", [1, 7, 64])
def test_floats_keep_their_bits_whatever_the_stretch(stretch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    tables, ids = float_tables(), RNG.integers(1, TOKENIZER.n_ids, 200).astype(np.uint8)
    at_once = tables.pooled(ids)
    monkeypatch.setattr(module, "STRETCH", stretch)
    assert np.array_equal(tables.pooled(ids), at_once)
