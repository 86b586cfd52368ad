"""The ONNX graphs: checked, self-contained, exact, for any batch and length."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.models.cnn import CharCNNClassifier
from baselines.task import link
from baselines.text.tokenizer import Ids, pad
from compress.formats.tables import FloatTables, IntTables
from compress.kinds.onnx_graph import OPSET, conv_model
from compress.onnx_files.check import check_graph
from compress.onnx_files.graph import read_graph
from compress.onnx_files.session import open_session
from exports.graphs.pair_graph import fits_pairs, pair_model
from exports.graphs.to_onnx import add_metadata, one_hot_model, to_onnx
from tests.cases.cnn_case import small_cnn
from tests.cases.table_case import (
    CLASSES,
    SPACE,
    TEXTS,
    TOKENIZER,
    float_classifier,
    float_tables,
    int_classifier,
    int_tables,
)

WIDTHS: list[tuple[tuple[int, int], ...]] = [
    ((1, 7),),
    ((2, 7),),
    ((3, 7),),
    ((1, 3), (2, 4), (5, 6)),
    ((4, 300), (9, 300)),
]


def _batch(n_ids: int) -> list[Ids]:
    rng = np.random.default_rng(3)
    return [rng.integers(1, n_ids, length).astype(np.uint8) for length in (0, 1, 2, 3, 30, 17, 90)]


def _run(model: onnx.ModelProto, encoded: Sequence[Ids]) -> NDArray[np.float32]:
    session = open_session(model.SerializeToString(), 1, "graph")
    ids, lengths = pad(encoded)
    result: NDArray[np.float32] = session.run(None, {"ids": ids, "lengths": lengths})[0]
    assert result.dtype == np.float32
    return result


def _is_sound(model: onnx.ModelProto) -> None:
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    shape = [d.dim_param or d.dim_value for d in inferred.graph.output[0].type.tensor_type.shape.dim]
    assert shape == ["batch", len(CLASSES)]
    assert [entry.version for entry in model.opset_import] == [OPSET]
    assert "ConvInteger" not in {node.op_type for node in model.graph.node}
    check_graph(read_graph(model.SerializeToString()), TOKENIZER.n_ids, model.ByteSize(), "multilabel")


@pytest.mark.parametrize("hidden_dim", [0, 6])
def test_the_plain_graph_is_the_network(hidden_dim: int) -> None:
    module = small_cnn(hidden_dim)
    encoded = _batch(TOKENIZER.n_ids)
    ids, lengths = pad(encoded)
    with torch.no_grad():
        want = torch.sigmoid(module(torch.from_numpy(ids), torch.from_numpy(lengths))).numpy()
    model = conv_model(module, "multilabel")
    _is_sound(model)
    assert np.abs(_run(model, encoded) - want).max() < 1e-6
    assert {"Gather", "Conv", "Gemm"} <= {node.op_type for node in model.graph.node}


@pytest.mark.parametrize("build", [pair_model, one_hot_model])
@pytest.mark.parametrize("filters", WIDTHS)
@pytest.mark.parametrize("floats", [False, True])
def test_table_graphs_give_what_the_tables_give(
    build: object, filters: tuple[tuple[int, int], ...], floats: bool
) -> None:
    tables: IntTables | FloatTables = int_tables(0, filters)
    if floats:
        whole = int_tables(0, filters)
        wide = tuple((table / 127).astype(np.float32) for table in whole.tables)
        tables = FloatTables(wide, (whole.head / 2000).astype(np.float32), whole.bias)
    model = build(tables)  # type: ignore[operator]
    _is_sound(model)
    encoded = _batch(tables.tables[0].shape[1])
    want = link(np.stack([tables.logits(ids) for ids in encoded]), "multilabel")
    assert np.abs(_run(model, encoded) - want).max() < 2e-6
    for ids, row in zip(encoded, want, strict=True):
        assert np.abs(_run(model, [ids]) - row).max() < 2e-6


@pytest.mark.parametrize(
    "model", [conv_model(small_cnn(), "multilabel"), pair_model(int_tables()), one_hot_model(float_tables())]
)
def test_a_batch_of_none_gives_none(model: onnx.ModelProto) -> None:
    assert _run(model, []).shape == (0, len(CLASSES))


def test_windows_beyond_a_text_never_win() -> None:
    # Every response is negative, so a window on the padding, at zero, would be the maximum.
    table = np.full((3, TOKENIZER.n_ids, 2), -50, np.int8)
    table[:, 0] = 0
    tables = IntTables((table,), np.full((1, 2), 3, np.int8), np.full(1, 0.01, np.float32), np.zeros(1, np.float32))
    short, long = np.full(2, 4, np.uint8), np.full(40, 4, np.uint8)
    for model in (pair_model(tables), one_hot_model(tables)):
        assert np.array_equal(_run(model, [short, long])[0], _run(model, [short])[0])


def test_int8_tables_are_stored_as_int8_and_once() -> None:
    tables = int_tables(0, ((3, 48), (4, 48), (8, 48)))
    stored = sum(table.size for table in tables.tables) + tables.head.size
    assert len(pair_model(tables).SerializeToString()) < stored + 12_000


def test_a_large_alphabet_falls_back_to_the_convolution() -> None:
    table = np.zeros((4, 256, 600), np.int8)
    tables = IntTables((table,), np.ones((5, 600), np.int8), np.ones(5, np.float32), np.zeros(5, np.float32))
    assert not fits_pairs(tables)
    classifier = int_classifier()
    assert "Gather" in {node.op_type for node in to_onnx(classifier).graph.node}


def test_to_onnx_covers_the_cnn_family_and_names_what_it_does_not() -> None:
    cnn = CharCNNClassifier.from_module(small_cnn(), TOKENIZER, SPACE)
    for classifier in (cnn, int_classifier(), float_classifier()):
        encoded = TOKENIZER.encode_batch(TEXTS)
        assert np.abs(_run(to_onnx(classifier), encoded) - classifier.predict_proba(TEXTS)).max() < 2e-6

    class Other(type(cnn)):  # type: ignore[misc]
        kind = "other"

    with pytest.raises(ArtifactError, match="other: no ONNX form"):
        to_onnx(Other())


def test_metadata_can_be_read_by_onnxruntime() -> None:
    model = pair_model(int_tables())
    add_metadata(model, {"classes": '["a"]', "alphabet": "abc"})
    add_metadata(model, {"classes": '["b"]'})
    session = open_session(model.SerializeToString(), 1, "graph")
    assert session.get_modelmeta().custom_metadata_map == {"classes": '["b"]'}
