"""Quantization: rounding within half a scale, storage that is really smaller, integers that cannot overflow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from baselines.dataset import Dataset
from baselines.errors import ArtifactError, NotCompressible
from compress.formats.packed import Factors, StoredTables, pack, read_tables, to_int8, unpack, write_tables
from compress.formats.rounding import balance, factorise, largest_level, round_symmetric, round_tables
from compress.kinds.coverage import linear_coverage, onnx_coverage
from compress.kinds.onnx_int8 import OnnxClassifier
from compress.kinds.table_classifiers import IntTableClassifier
from compress.kinds.torch_int8 import TorchInt8Classifier
from compress.method import Receipt, marked_if_failed, validation_f1
from compress.methods.copies import clone
from compress.methods.fold import float_parts, fold_module
from compress.methods.quantize.finetune import finetune_rounded, round_through
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.methods.quantize.runtimes import WAYS, quantized_dynamic, quantized_static
from compress.methods.quantize.weights import apply, finetuning, round_model
from compress.recipes import stored_bytes
from tests.cases.compress_case import (
    AWKWARD,
    TOKENIZER,
    assert_unchanged,
    random_cnn,
    random_context,
    random_module,
    state_of,
    tiny_context,
    trained_cnn,
)

FLOATS = arrays(np.float64, array_shapes(min_dims=2, max_dims=3, max_side=6), elements=st.floats(-1e6, 1e6, width=32))


@given(FLOATS, st.integers(2, 8))
@settings(max_examples=80, deadline=None)
def test_rounding_is_within_half_a_scale(values: np.ndarray, bits: int) -> None:
    levels, scale = round_symmetric(values, bits, (0,))
    assert np.abs(levels).max(initial=0) <= largest_level(bits)
    assert (np.abs(values - levels * scale) <= scale / 2 * (1 + 1e-9)).all()


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


def test_factors_expand_to_the_tables_of_their_product() -> None:
    embedding, filters, head, bias = float_parts(random_module())
    stored = round_model(random_cnn(), QuantizeConfig("factors", bits=8, head_bits=8, embedding_bits=8))
    stored.tables.check()
    exact = fold_module(random_module(), remove_filters=False).tables
    for text in AWKWARD:
        ids = TOKENIZER.encode(text)
        np.testing.assert_allclose(stored.tables.logits(ids), exact.logits(ids), atol=0.05)
    assert stored.factors is not None
    assert stored.factors.n_values == embedding.size + sum(f.size for f in filters)
    assert head.shape[1] == stored.tables.n_filters
    assert bias.shape == stored.tables.bias.shape


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


def test_fewer_bits_are_really_smaller_and_bits_that_dont_exist_are_refused() -> None:
    parent = random_cnn(filters=((3, 40), (4, 40)), embedding_dim=20)
    sizes = []
    for bits in (8, 6, 4, 3, 2):
        child, receipt = apply(parent, QuantizeConfig(bits=bits), random_context())
        sizes.append(stored_bytes(child))
        assert receipt.touched > 0
        assert abs(receipt.bytes_promised - sizes[-1]) < 1500
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[2] < 0.62 * sizes[0]
    for bits in (1, 9, 16):
        with pytest.raises(NotCompressible, match="from 2 to 8"):
            apply(parent, QuantizeConfig(bits=bits), random_context())


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


def test_int8_tables_stay_close_and_the_parent_stays_as_it_was() -> None:
    parent = random_cnn()
    before = state_of(parent)
    child, receipt = apply(parent, QuantizeConfig(), random_context())
    assert isinstance(child, IntTableClassifier)
    assert np.abs(child.predict_proba(AWKWARD) - parent.predict_proba(AWKWARD)).max() < 0.01
    assert receipt.facts["int8"]["mac_share"] == 1.0
    assert receipt.facts["int8"]["parameter_share"] > 0.9
    assert_unchanged(parent, before)


def test_rounding_passes_the_gradient_on() -> None:
    weight = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    round_through(weight, 3, (1,)).pow(2).sum().backward()
    rounded = round_through(weight.detach(), 3, (1,))
    assert weight.grad is not None
    torch.testing.assert_close(weight.grad, 2 * rounded)


@pytest.mark.parametrize("stored", ["tables", "factors"])
def test_a_finetuned_network_lies_on_the_grid(tiny: Dataset, stored: str) -> None:
    parent = trained_cnn(tiny)
    before = state_of(parent)
    config = QuantizeConfig(stored, bits=3, finetune_epochs=2)  # type: ignore[arg-type]
    tuned = finetune_rounded(parent, finetuning(config), tiny_context(tiny))
    assert_unchanged(parent, before)
    tables = round_model(tuned, replace(config, rank=0)).tables
    texts = tiny.part("validation").texts[:10]
    integers = np.stack([tables.logits(tuned.tokenizer.encode(text)) for text in texts])
    exact = fold_module(tuned.module).tables
    floats = np.stack([exact.logits(tuned.tokenizer.encode(text)) for text in texts])
    # Expanding factors rounds the tables once more, to 8 bits; the tables themselves are on the grid already.
    np.testing.assert_allclose(integers, floats, atol=1e-4 if stored == "tables" else 0.1)


def test_finetuning_helps_at_two_bits(tiny: Dataset) -> None:
    parent, context = trained_cnn(tiny), tiny_context(tiny)
    truth = context.train.labels

    def loss(config: QuantizeConfig) -> float:
        p = np.clip(apply(parent, config, context)[0].predict_proba(context.train.texts), 1e-6, 1 - 1e-6)
        return float(-np.where(truth, np.log(p), np.log(1 - p)).mean())

    plain = QuantizeConfig(bits=2)
    assert loss(replace(plain, finetune_epochs=8)) < loss(plain)


@pytest.mark.parametrize("way", WAYS)
def test_each_dynamic_way_reaches_what_its_coverage_says(way: str) -> None:
    parent = random_cnn(filters=((2, 8), (3, 8)))
    child, receipt = apply(parent, QuantizeConfig("dynamic", way=way), random_context())
    covered = receipt.facts["int8"]
    assert receipt.touched > 0
    assert covered["ops_total"] == 4
    assert covered["ops"] == (4 if way == WAYS[0] else 2)
    assert (covered["mac_share"] > 0.9) == (way == WAYS[0])
    assert isinstance(child, TorchInt8Classifier if way == WAYS[2] else OnnxClassifier)
    assert np.abs(child.predict_proba(AWKWARD) - parent.predict_proba(AWKWARD)).max() < 0.1


def test_the_best_dynamic_way_is_chosen_by_measurement() -> None:
    _, receipt = apply(random_cnn(filters=((2, 8), (3, 8))), QuantizeConfig("dynamic"), random_context())
    tried = {row["name"]: row["time_ratio"] for row in receipt.facts["tried"]}
    assert set(tried) == set(WAYS)
    assert tried[receipt.facts["scheme"]] == min(tried.values())
    with pytest.raises(NotCompressible, match="way"):
        apply(random_cnn(), QuantizeConfig("dynamic", way="by magic"), random_context())


def test_static_quantization_covers_all_and_needs_texts() -> None:
    parent, context = random_cnn(filters=((2, 8), (3, 8))), random_context()
    child, receipt = apply(parent, QuantizeConfig("static"), context)
    assert receipt.facts["int8"]["mac_share"] == 1.0
    assert np.abs(child.predict_proba(AWKWARD) - parent.predict_proba(AWKWARD)).max() < 0.2
    few = replace(context, validation=context.validation.take(range(5)))
    with pytest.raises(NotCompressible, match="at least 16 validation texts"):
        apply(parent, QuantizeConfig("static"), few)


def test_weights_of_the_runtimes_schemes_cannot_saturate() -> None:
    parent = random_cnn(filters=((2, 8), (3, 8)))
    for child in (quantized_dynamic(parent, ("Conv", "MatMul", "Gemm")), quantized_static(parent, AWKWARD * 3)):
        graph = onnx.load_model_from_string(child.model).graph
        weights = [onnx.numpy_helper.to_array(w) for w in graph.initializer if w.data_type == onnx.TensorProto.INT8]
        assert weights
        # 255 · 64 twice fits int16: adding a pair of products cannot saturate.
        assert max(int(np.abs(w.astype(int)).max()) for w in weights) <= 64


def test_coverage_of_a_float_graph_is_zero() -> None:
    from compress.kinds.onnx_graph import conv_model

    found = onnx_coverage(conv_model(random_module()))
    assert (found["ops"], found["mac_share"], found["parameter_share"]) == (0, 0.0, 0.0)
    module = random_module()
    n_parameters = sum(p.numel() for p in module.parameters())
    n_linear = sum(layer.weight.numel() for layer in (module.fc1, module.fc2) if layer is not None)
    assert linear_coverage(module.shape)["parameter_share"] == n_linear / n_parameters
    assert linear_coverage(random_module(hidden_dim=0).shape)["ops"] == 1


def test_schemes_that_dont_apply_say_what_does() -> None:
    parent, context = random_cnn(), random_context()
    integers, _ = apply(parent, QuantizeConfig(), context)
    with pytest.raises(NotCompressible, match="integers already"):
        apply(integers, QuantizeConfig(bits=4), context)
    with pytest.raises(NotCompressible, match="use scheme tables"):
        apply(parent, QuantizeConfig("dynamic", bits=4), context)
    with pytest.raises(NotCompressible, match="tables, factors"):
        apply(parent, QuantizeConfig("magic"), context)  # type: ignore[arg-type]


def test_a_collapse_is_marked_and_a_small_fall_is_not(tiny: Dataset) -> None:
    parent, context = trained_cnn(tiny), tiny_context(tiny)
    kept, receipt = apply(parent, QuantizeConfig("tables", 8), context)
    fall = validation_f1(parent, context) - validation_f1(kept, context)
    assert receipt.facts["validation_f1_fall"] == pytest.approx(fall)
    assert "failed" not in receipt.facts
    ruined = clone(parent)
    torch.nn.init.zeros_(ruined.module.fc2.weight)
    torch.nn.init.constant_(ruined.module.fc2.bias, -5.0)
    _, receipt = marked_if_failed((ruined, Receipt("quantize", 1, 0)), parent, context)
    assert receipt.facts["validation_f1_fall"] == pytest.approx(validation_f1(parent, context))
    assert receipt.notes == (f"failed: {receipt.facts['failed']}",)
