"""Every neural variant as one ONNX graph: no external data, dynamic batch and length, checked.

The plain CNN keeps its layers (`compress.onnx_graph.conv_model`). Table forms become a convolution over one-hot
characters: V channels (V = 39, say) instead of the embedding's 128, and rows of the tables as its weights, so the
arithmetic is the tables' own. int8 tables are stored as int8 and widened once, when a session loads the graph:
their sums are exact in float32. See docs/decisions.md for the graphs that were measured and rejected.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
from onnx import TensorProto

from baselines.classifier import Classifier
from baselines.errors import ArtifactError
from compress.onnx_graph import GraphBuilder, add_beyond, conv_model
from compress.tables import FloatTables, IntTables

# Far below any response, far above float32's minimum: adding to it can't overflow.
NEVER = np.float32(-1e30)


def to_onnx(classifier: Classifier) -> onnx.ModelProto:
    """The ONNX form of a neural classifier; raises ArtifactError for any other kind."""
    if hasattr(classifier, "module") and classifier.kind == "cnn":
        return conv_model(classifier.module)
    tables = getattr(classifier, "tables", None)
    if isinstance(tables, FloatTables | IntTables):
        return one_hot_model(tables)
    if isinstance(content := getattr(classifier, "onnx_bytes", None), bytes):
        return onnx.load_model_from_string(content)
    raise ArtifactError(
        f"{classifier.kind}: no ONNX form; the character CNN, its table forms and its quantized ONNX forms have one"
    )


def one_hot_model(tables: FloatTables | IntTables) -> onnx.ModelProto:
    """Convolution over one-hot characters; the weights of filter n are `W[n, v, k] = T[k, v, n]`.

    Channel 0 marks positions beyond a text's own characters: its weight at a window's centre is so low that such a
    window never wins. Padding has no channel, as it adds nothing.
    """
    builder = GraphBuilder()
    n_ids = tables.tables[0].shape[1]
    hot = _one_hot(builder, n_ids)
    maxima = []
    for index, table in enumerate(tables.tables):
        width = table.shape[0]
        left = (width - 1) // 2
        responses = builder.node(
            "Conv",
            [hot, _conv_weight(builder, table, f"conv_{index}")],
            f"conv_{index}",
            kernel_shape=[width],
            pads=[left, width - 1 - left],
        )
        maxima.append(builder.node("ReduceMax", [responses], f"maximum_{index}", axes=[2], keepdims=0))
    pooled = builder.node("Concat", maxima, "pooled", axis=1)  # (batch, N)
    bias = builder.constant("head.bias", tables.bias)
    if isinstance(tables, FloatTables):
        logits = builder.node("Gemm", [pooled, builder.constant("head.weight", tables.head), bias], "logits", transB=1)
    else:
        total = builder.node("Gemm", [pooled, _widened(builder, tables.head, "head.weight")], "total", transB=1)
        scaled = builder.node("Mul", [total, builder.constant("head.scale", tables.scale)], "scaled")
        logits = builder.node("Add", [scaled, bias], "logits")
    builder.node("Sigmoid", [logits], "probabilities")
    return builder.model("character-cnn-tables", int(tables.bias.shape[0]))


def _one_hot(builder: GraphBuilder, n_ids: int) -> str:
    """float32 (batch, V, length): channel of a character's id; channel 0 beyond the text; none for padding inside."""
    beyond = add_beyond(builder)
    no_channel = builder.constant("no_channel", np.array(n_ids, np.int64))
    is_padding = builder.node("Equal", ["ids", "zero"], "is_padding")
    inside = builder.node("Where", [is_padding, no_channel, "ids"], "inside")
    channel = builder.node("Where", [beyond, "zero", inside], "channel")
    off_on = builder.constant("off_on", np.array([0, 1], np.float32))
    return builder.node("OneHot", [channel, no_channel, off_on], "hot", axis=1)


def _conv_weight(builder: GraphBuilder, table: np.ndarray, name: str) -> str:
    weight = np.ascontiguousarray(table.transpose(2, 1, 0))  # (N_f, V, width)
    centre = np.zeros((1, *weight.shape[1:]), np.bool_)
    centre[0, 0, (weight.shape[2] - 1) // 2] = True
    if weight.dtype == np.float32:
        return builder.constant(f"{name}.weight", np.where(centre, NEVER, weight).astype(np.float32))
    # int8 can't hold NEVER, so it is put in after widening; a session folds all three nodes when it loads.
    widened = _widened(builder, weight, f"{name}.weight")
    never = builder.constant(f"{name}.never", np.array(NEVER, np.float32))
    return builder.node("Where", [builder.constant(f"{name}.centre", centre), never, widened], f"{name}.masked")


def _widened(builder: GraphBuilder, values: np.ndarray, name: str) -> str:
    return builder.node("Cast", [builder.constant(f"{name}.int8", values)], name, to=TensorProto.FLOAT)


def add_metadata(model: onnx.ModelProto, facts: Mapping[str, str]) -> None:
    """Put strings into the model's metadata, replacing what is there."""
    del model.metadata_props[:]
    for key, value in sorted(facts.items()):
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
