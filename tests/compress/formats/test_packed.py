"""Packed integers are small and read back without loss, and damage is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from baselines.errors import ArtifactError
from compress.formats.packed import Factors, StoredTables, pack, read_tables, to_int8, unpack, write_tables
from compress.formats.rounding import round_symmetric, round_tables
from compress.methods.fold import fold_module
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.methods.quantize.weights import round_model
from tests.cases.compress_case import random_cnn, random_module


@given(
    arrays(np.int8, array_shapes(max_dims=3, max_side=9), elements=st.integers(-127, 127)),
    st.sampled_from([1, 2, 3, 7, 15, 127]),
)
@settings(max_examples=80, deadline=None)
def test_packing_loses_nothing(values: np.ndarray, limit: int) -> None:
    values = np.clip(values, -limit, limit).astype(np.int8)
    np.testing.assert_array_equal(unpack(pack(values), values.shape), values)


@pytest.mark.parametrize("bits", [2, 3, 4, 5, 6, 8])
def test_packed_weights_take_fewer_bits_than_their_nominal_ones(bits: int) -> None:
    weights = np.random.default_rng(0).normal(size=(200, 100))
    levels, _ = round_symmetric(weights, bits, (1,))
    assert 8 * len(pack(levels)) / levels.size < bits


@pytest.mark.parametrize("damage", [b"", b"\x00abc", b"\x07", b"\x07\xff\xff\xff"])
def test_damaged_packing_is_named(damage: bytes) -> None:
    with pytest.raises(ArtifactError, match="packed values"):
        unpack(damage, (4, 4))


def test_too_many_packed_values_are_refused() -> None:
    with pytest.raises(ArtifactError, match="packed values"):
        unpack(pack(np.zeros((10, 10), np.int8)), (2, 2))
    with pytest.raises(ArtifactError, match="impossible shape"):
        unpack(b"\x01abc", (1 << 30,))


def test_integer_expansion_rounds_to_nearest() -> None:
    table = np.array([[[100, -3]], [[-50, 2]], [[33, 0]]])
    levels, largest = to_int8(table)
    np.testing.assert_array_equal(largest, [100, 3])
    np.testing.assert_array_equal(levels, np.sign(table) * np.floor(np.abs(table) * 127 / largest + 0.5))
    assert np.abs(table * 127 / largest - levels).max() <= 0.5


def test_tables_on_disk_are_read_back_and_damage_is_named(tmp_path: Path) -> None:
    for stored in (
        round_tables(fold_module(random_module()).tables, 4, 8),
        round_model(random_cnn(), QuantizeConfig("factors", bits=3)),
    ):
        path = tmp_path / "tables.safetensors"
        write_tables(stored, path)
        again = read_tables(path)
        for old, new in zip(stored.tables.tables, again.tables.tables, strict=True):
            np.testing.assert_array_equal(old, new)
        np.testing.assert_array_equal(stored.tables.head, again.tables.head)
        data = bytearray(path.read_bytes())
        path.write_bytes(data[: len(data) // 2])
        with pytest.raises(ArtifactError, match=r"tables\.safetensors"):
            read_tables(path)


def test_a_padding_row_that_says_something_is_refused(tmp_path: Path) -> None:
    stored = round_model(random_cnn(), QuantizeConfig("factors", bits=4))
    assert stored.factors is not None
    embedding = stored.factors.embedding.copy()
    embedding[0, 0] = 1
    broken = StoredTables(stored.tables, Factors(embedding, stored.factors.filters))
    write_tables(broken, tmp_path / "t.safetensors")
    with pytest.raises(ArtifactError, match="padding row"):
        read_tables(tmp_path / "t.safetensors")
