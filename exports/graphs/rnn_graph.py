"""The bidirectional GRU over words as an ONNX graph; inputs and output as in `compress.kinds.onnx_graph`, ids being
words.

ONNX orders the gates update, reset, hidden; PyTorch reset, update, new. `linear_before_reset` is PyTorch's variant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto

from baselines.task import Task
from compress.kinds.onnx_graph import GraphBuilder, add_beyond, add_link

if TYPE_CHECKING:
    from baselines.models.rnn import WordGRU

Array = NDArray[np.float32]


def rnn_model(module: WordGRU, n_classes: int, task: Task) -> onnx.ModelProto:
    """Gather, GRU, mean and maximum over a text's own words, Gemm, and the task's link."""
    builder = GraphBuilder()
    size = module.gru.hidden_size
    weights = {name: np.asarray(value.detach().cpu().numpy(), np.float32) for name, value in module.named_parameters()}
    beyond = add_beyond(builder)  # (batch, length)
    embedding = builder.constant("embedding", weights["embedding.weight"])
    embedded = builder.node("Gather", [embedding, "ids"], "embedded")
    by_time = builder.node("Transpose", [embedded], "by_time", perm=[1, 0, 2])  # (length, batch, d)
    lengths = builder.node("Cast", ["lengths_used"], "lengths_int32", to=TensorProto.INT32)
    by_time, lengths, batch = _at_least_one(builder, by_time, lengths)
    gates = [builder.constant(f"gru.{name}", value) for name, value in _gru_weights(weights, size).items()]
    states = builder.node(
        "GRU", [by_time, *gates, lengths], "states", hidden_size=size, direction="bidirectional", linear_before_reset=1
    )  # (length, 2, batch, H)
    by_text = builder.node("Transpose", [states], "by_text_filled", perm=[2, 0, 1, 3])
    by_text = builder.node("Slice", [by_text, "no_rows", batch], "by_text")
    flat = builder.node("Reshape", [by_text, builder.constant("flat_shape", np.array([0, 0, 2 * size]))], "flat")
    hidden = builder.node("Concat", [*_pooled(builder, flat, beyond)], "pooled", axis=1)
    head = [builder.constant(f"head.{name}", weights[f"head.{name}"]) for name in ("weight", "bias")]
    add_link(builder, builder.node("Gemm", [hidden, *head], "logits", transB=1), task)
    return builder.model("word-gru", n_classes)


def _at_least_one(builder: GraphBuilder, by_time: str, lengths: str) -> tuple[str, str, str]:
    """Both with a text of padding where there is none, and how many texts there are, int64 (1,).

    onnxruntime's GRU ends the whole process by a segmentation fault where the batch is empty.
    """
    batch = builder.node("Shape", ["ids"], "batch", start=0, end=1)
    no_rows = builder.constant("no_rows", np.array([0], np.int64))
    left = builder.node("Sub", [builder.constant("one_row", np.array([1], np.int64)), batch], "rows_left")
    missing = builder.node("Max", [left, no_rows], "rows_missing")
    none = builder.constant("no_pads", np.zeros(4, np.int64))
    around = builder.node("Concat", [none, missing, no_rows], "around_texts", axis=0)
    filled = builder.node("Pad", [by_time, around], "by_time_filled")
    beside = builder.node("Concat", [no_rows, missing], "around_lengths", axis=0)
    return filled, builder.node("Pad", [lengths, beside], "lengths_filled"), batch


def _pooled(builder: GraphBuilder, states: str, beyond: str) -> tuple[str, str]:
    """Mean and maximum (batch, 2H) over a text's own words; states beyond it are zero."""
    axis_2 = builder.constant("axis_2", np.array([2], np.int64))
    total = builder.node("ReduceSum", [states, "axis_1"], "total", keepdims=0)
    count = builder.node("Cast", ["lengths_column"], "count", to=TensorProto.FLOAT)
    mask = builder.node("Unsqueeze", [beyond, axis_2], "mask")
    never = builder.constant("minus_infinity", np.array(-np.inf, np.float32))
    masked = builder.node("Where", [mask, never, states], "masked")
    return builder.node("Div", [total, count], "mean"), builder.node(
        "ReduceMax", [masked], "maximum", axes=[1], keepdims=0
    )


def _gru_weights(weights: dict[str, Array], size: int) -> dict[str, Array]:
    """W (2, 3H, d), R (2, 3H, H) and B (2, 6H) in ONNX's order of gates."""

    def ordered(name: str) -> Array:
        reset, update, new = np.split(weights[name], [size, 2 * size])
        return np.concatenate([update, reset, new])

    both = ("", "_reverse")
    return {
        "W": np.stack([ordered(f"gru.weight_ih_l0{way}") for way in both]),
        "R": np.stack([ordered(f"gru.weight_hh_l0{way}") for way in both]),
        "B": np.stack(
            [np.concatenate([ordered(f"gru.bias_ih_l0{way}"), ordered(f"gru.bias_hh_l0{way}")]) for way in both]
        ),
    }
