"""A ReLU at the maximum stays exact when the network is folded, rounded, pruned, stored and read."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.errors import ArtifactError
from baselines.models.cnn import CharCNN, CharCNNClassifier, CNNConfig, predict_logits
from baselines.storage import artifact
from baselines.text.tokenizer import pad
from compress.formats.packed import StoredTables, floor_digits, floors_of, pack, tables_of, write_tables
from compress.formats.rounding import round_floors, round_tables
from compress.formats.tables import MAX_FLOOR, IntTables
from compress.kinds.onnx_graph import conv_model
from compress.kinds.table_classifiers import FloatTableClassifier, IntTableClassifier
from compress.kinds.torch_int8 import TorchInt8Classifier
from compress.methods.copies import clone, in_table_form, without_filters
from compress.methods.fold import FoldConfig, apply, fold_module, keep_filters
from compress.methods.quantize.finetune import FinetuneConfig, trainable_copy
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.methods.quantize.weights import round_model
from tests.cases.compress_case import AWKWARD, TOKENIZER, random_cnn, random_context, random_module, random_part
from tests.cases.table_case import floored, int_classifier, int_tables
from tests.cases.table_case import lineage as named

TEXTS = [*AWKWARD, "graph networks learn", "zz9"]


@torch.no_grad()
def torch_logits(module: CharCNN, texts: list[str]) -> np.ndarray:
    ids, lengths = (torch.from_numpy(array) for array in pad(TOKENIZER.encode_batch(texts)))
    return np.asarray(module.double()(ids, lengths).numpy())


def table_logits(tables: Any, texts: list[str]) -> np.ndarray:
    return np.stack([tables.logits(TOKENIZER.encode(text)) for text in texts])


@pytest.mark.parametrize("hidden_dim", [0, 7])
@pytest.mark.parametrize("remove_filters", [False, True])
def test_folding_is_exact(hidden_dim: int, remove_filters: bool) -> None:
    module = random_module(hidden_dim=hidden_dim, relu=True)
    folded = fold_module(module, remove_filters=remove_filters)
    assert folded.tables.floors is not None
    acts = [(folded.tables.pooled(ids) == folded.tables.floors).mean() for ids in TOKENIZER.encode_batch(TEXTS)]
    assert 0 < np.mean(acts) < 1
    np.testing.assert_allclose(table_logits(folded.tables, TEXTS), torch_logits(module, TEXTS), atol=2e-6)


def test_the_look_up_form_of_the_network_is_its_layers() -> None:
    module = random_module(relu=True)
    with torch.no_grad():
        found = predict_logits(module, TOKENIZER.encode_batch(TEXTS))
    np.testing.assert_allclose(found, torch_logits(module, TEXTS), atol=1e-5)
    np.testing.assert_allclose(torch_logits(in_table_form(module, 0.1), TEXTS), found, atol=1e-5)


def test_a_floor_above_every_response_makes_a_constant() -> None:
    module = random_module(relu=True)
    with torch.no_grad():
        for bias in module.biases:
            bias[:2] = -50.0
        module.weights[1][3] = 0.0  # an all-zero filter, whose bias shows through the ReLU
        module.biases[1][3] = 0.8
    folded = fold_module(module)
    assert folded.dead >= 9
    np.testing.assert_allclose(table_logits(folded.tables, TEXTS), torch_logits(module, TEXTS), atol=2e-6)


def test_filters_are_alike_only_with_their_floors() -> None:
    module = random_module(((3, 4),), relu=True)
    with torch.no_grad():
        module.weights[0][1] = 2 * module.weights[0][0]
        module.biases[0][1] = 2 * module.biases[0][0]
        module.weights[0][3] = module.weights[0][2]
        module.biases[0][3] = module.biases[0][2] + 0.1
    folded = fold_module(module)
    assert folded.merged == 1
    np.testing.assert_allclose(table_logits(folded.tables, TEXTS), torch_logits(module, TEXTS), atol=2e-6)


def test_pruned_filters_take_their_floors_along() -> None:
    module = random_module(relu=True)
    keep = np.arange(23) % 3 > 0
    smaller = without_filters(module, keep)
    assert smaller.shape.relu
    kept, whole = fold_module(smaller, remove_filters=False).tables, fold_module(module, remove_filters=False).tables
    assert kept.floors is not None
    assert whole.floors is not None
    np.testing.assert_array_equal(kept.floors, whole.floors[keep])
    stored = StoredTables(floored(int_tables()))
    half = np.arange(stored.tables.n_filters) % 2 == 0
    assert np.array_equal(keep_filters(stored, half).tables.floors, stored.tables.floors[half])  # type: ignore[index]


def test_dead_integer_filters_go_only_where_their_floor_adds_nothing() -> None:
    tables = floored(int_tables(0, ((1, 4), (3, 5))))
    assert tables.floors is not None
    tables.tables[0][:, :, :2] = 0
    tables.floors[:2] = (7, -7)
    parent = int_classifier()
    parent.stored = StoredTables(tables)
    child, receipt = apply(parent, FoldConfig(), random_context())
    assert receipt.facts["dead"] == 1
    assert isinstance(child, IntTableClassifier)
    texts = ["graph", "a b", ""]
    assert np.array_equal(
        [child.tables.logits(parent.tokenizer.encode(text)) for text in texts],
        [tables.logits(parent.tokenizer.encode(text)) for text in texts],
    )


@pytest.mark.parametrize("scheme", ["tables", "factors"])
@pytest.mark.parametrize("folded", [False, True])
def test_rounded_to_eight_bits_little_changes(scheme: Any, folded: bool) -> None:
    cnn = random_cnn(relu=True)
    source: Any = cnn
    if folded:
        source = FloatTableClassifier(fold_module(cnn.module).tables, TOKENIZER, cnn.space_)
    stored = round_model(source, QuantizeConfig(scheme=scheme, bits=8, embedding_bits=8))
    stored.tables.check()
    assert stored.tables.floors is not None
    exact = torch_logits(random_cnn(relu=True).module, TEXTS)
    np.testing.assert_allclose(table_logits(stored.tables, TEXTS), exact, atol=0.05)


@given(st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4), st.floats(1e-6, 1.0))
@settings(max_examples=100, deadline=None)
def test_floors_are_off_by_half_a_unit_or_moved_into_the_bias(floors: list[float], unit: float) -> None:
    exact, head = np.array(floors), np.arange(1, 9, dtype=float).reshape(2, 4)
    found, left, bias = round_floors(exact, np.full(4, unit), head, np.zeros(2))
    assert found is not None
    above = np.rint(exact / unit) > MAX_FLOOR
    assert not left[:, above].any()
    np.testing.assert_array_equal(left[:, ~above], head[:, ~above])
    np.testing.assert_allclose(bias, head[:, above] @ exact[above], rtol=1e-12)
    inside = np.abs(exact / unit) <= MAX_FLOOR
    assert (np.abs(found * unit - exact)[inside] <= unit / 2 * (1 + 1e-9)).all()
    assert (found[~inside & ~above] == -MAX_FLOOR).all()


@given(st.lists(st.integers(-MAX_FLOOR, MAX_FLOOR), min_size=1, max_size=30))
def test_digits_hold_every_floor(floors: list[int]) -> None:
    values = np.array(floors, np.int16)
    digits = floor_digits(values)
    assert len(digits) == 1 + bool(np.abs(values.astype(int)).max() > 127)
    assert digits.dtype == np.int8
    assert int(digits.min()) >= -127
    assert np.array_equal(floors_of(digits), values)


@pytest.mark.parametrize("height", [20, 3000])
def test_stored_and_read_they_are_the_same(height: int, tmp_path: Path) -> None:
    plain = int_tables()
    floors = np.random.default_rng(0).integers(-height, height, plain.n_filters).astype(np.int16)
    stored = StoredTables(replace(plain, floors=floors))
    write_tables(stored, tmp_path / "t")
    write_tables(StoredTables(plain), tmp_path / "plain")
    content = (tmp_path / "t").read_bytes()
    read = tables_of(content, Path("t"))
    assert np.array_equal(read.tables.floors, floors)  # type: ignore[arg-type]
    assert tables_of((tmp_path / "plain").read_bytes(), Path("p")).tables.floors is None
    assert b"floors" not in (tmp_path / "plain").read_bytes()
    # The digits themselves, a little layout, and what brings the header to a multiple of eight.
    more = len(content) - (tmp_path / "plain").stat().st_size
    assert more <= len(pack(floor_digits(floors))) + 40


@pytest.mark.parametrize("shape", [(3, 110), (1, 109), (2, 111), (0, 110)])
def test_a_layout_with_other_floors_is_refused(shape: tuple[int, int], tmp_path: Path) -> None:
    write_tables(StoredTables(floored(int_tables())), tmp_path / "t")
    content = (tmp_path / "t").read_bytes()
    text = content.decode("latin-1")
    start = text.index("floors:")
    entry = text[start : text.index(";", start)]
    changed = f"{entry.rpartition(':')[0]}:{shape[0]}x{shape[1]}"
    damaged = text.replace(entry, changed).encode("latin-1")
    size = int.from_bytes(damaged[:8], "little") + len(changed) - len(entry)
    with pytest.raises(ArtifactError, match=r"layout|floors"):
        tables_of(size.to_bytes(8, "little") + damaged[8:], Path("t"))


def test_float_tables_keep_them_and_refuse_others(tmp_path: Path) -> None:
    cnn = random_cnn(relu=True)
    tables = fold_module(cnn.module).tables
    classifier = FloatTableClassifier(tables, TOKENIZER, cnn.space_)
    kinds = {"tables-float": FloatTableClassifier}
    artifact.save(classifier, tmp_path / "a", named())
    read = artifact.load(tmp_path / "a", kinds)
    np.testing.assert_array_equal(read.predict_proba(TEXTS), classifier.predict_proba(TEXTS))
    assert tables.floors is not None
    for wrong in (tables.floors[:-1], np.full_like(tables.floors, np.nan), tables.floors[None]):
        folder = tmp_path / f"wrong-{len(wrong)}-{wrong.ndim}-{math.isnan(wrong.flat[0])}"
        artifact.save(FloatTableClassifier(replace(tables, floors=wrong), TOKENIZER, cnn.space_), folder, named())
        with pytest.raises(ArtifactError):
            artifact.load(folder, kinds)


def test_the_network_is_trained_saved_and_read_with_its_relu(tmp_path: Path) -> None:
    part, validation = random_part(60, seed=1), random_part(20, seed=2)
    config = CNNConfig(
        epochs=2, threads=1, embedding_dim=6, filters=((2, 6), (3, 6)), hidden_dim=0, min_count=1, relu=True
    )
    cnn = CharCNNClassifier(config).fit(part, validation)
    assert cnn.module.shape.relu
    artifact.save(cnn, tmp_path / "a", named())
    read = artifact.load(tmp_path / "a", {"cnn": CharCNNClassifier})
    assert isinstance(read, CharCNNClassifier)
    assert read.module.shape.relu
    assert read.config == config
    np.testing.assert_array_equal(read.predict_proba(TEXTS), cnn.predict_proba(TEXTS))
    assert not np.allclose(cnn.predict_proba(TEXTS), without_relu(cnn).predict_proba(TEXTS), atol=1e-4)
    small = TorchInt8Classifier.from_cnn(cnn)
    artifact.save(small, tmp_path / "b", named())
    again = artifact.load(tmp_path / "b", {"torch-int8": TorchInt8Classifier})
    np.testing.assert_array_equal(again.predict_proba(TEXTS), small.predict_proba(TEXTS))
    conv_model(cnn.module, "multilabel")


def without_relu(cnn: CharCNNClassifier) -> CharCNNClassifier:
    other = clone(cnn)
    other.module.shape = replace(other.module.shape, relu=False)
    return other


@pytest.mark.parametrize("stored", ["tables", "factors"])
def test_what_is_trained_through_the_rounding_is_the_same_function(stored: str) -> None:
    module = random_module(relu=True)
    config = FinetuneConfig(stored, 8, 8, 8)
    np.testing.assert_allclose(
        torch_logits(trainable_copy(module, config), TEXTS), torch_logits(module, TEXTS), atol=1e-5
    )


def test_without_a_relu_nothing_is_added() -> None:
    tables = fold_module(random_module()).tables
    assert tables.floors is None
    stored = round_tables(tables, 8, 8)
    assert stored.tables.floors is None
    assert set(stored.parts()) == {"table.1", "table.2", "table.3", "table.6", "head"}
    assert isinstance(stored.tables, IntTables)
