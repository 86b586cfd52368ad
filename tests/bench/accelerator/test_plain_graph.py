"""A graph written without the package onnx is the graph that onnx writes."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import numpy_helper

from baselines.models.cnn import CharCNN, CharCNNShape
from bench.accelerator.plain_graph import PlainBuilder
from compress.kinds.onnx_graph import add_layers, conv_model

SHAPE = CharCNNShape(n_ids=9, n_classes=3, embedding_dim=4, filters=((1, 5), (4, 6)), hidden_dim=7)


@pytest.fixture(scope="module")
def module() -> CharCNN:
    torch.manual_seed(0)
    return CharCNN(SHAPE).eval()


def plain(module: CharCNN) -> bytes:
    builder = PlainBuilder()
    add_layers(builder, module, "multilabel")
    return builder.model("character-cnn", SHAPE.n_classes, sum(count for _, count in SHAPE.filters))


def test_it_is_what_onnx_writes(module: CharCNN) -> None:
    ours, theirs = onnx.load_from_string(plain(module)), conv_model(module, "multilabel")
    onnx.checker.check_model(ours, full_check=True)
    assert list(ours.graph.node) == list(theirs.graph.node)
    assert list(ours.graph.input) == list(theirs.graph.input)
    assert list(ours.graph.output) == list(theirs.graph.output)
    assert (ours.ir_version, ours.producer_name) == (theirs.ir_version, theirs.producer_name)
    assert list(ours.opset_import) == list(theirs.opset_import)
    for mine, other in zip(ours.graph.initializer, theirs.graph.initializer, strict=True):
        assert mine.name == other.name
        np.testing.assert_array_equal(numpy_helper.to_array(mine), numpy_helper.to_array(other))


def test_it_runs_and_answers_as_torch(module: CharCNN) -> None:
    session = onnxruntime.InferenceSession(plain(module), providers=["CPUExecutionProvider"])
    ids, lengths = np.array([[2, 3, 4, 5], [6, 0, 0, 0]], np.int64), np.array([4, 1], np.int64)
    (found,) = session.run(["probabilities"], {"ids": ids, "lengths": lengths})
    with torch.inference_mode():
        expected = torch.sigmoid(module(torch.from_numpy(ids), torch.from_numpy(lengths)))
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-6)
