"""Every neural variant as one ONNX graph: no external data, dynamic batch and length, checked.

The plain CNN keeps its layers (`compress.kinds.onnx_graph.conv_model`), as everybody exports it. Table forms become
the pair look-up of `exports.graphs.pair_graph`, or, where the alphabet is too large for that, a convolution over
one-hot characters: V channels instead of the embedding's 128, and rows of the tables as its weights. Both add exactly
what the tables add. Every graph ends in the task's link, and in what is said of a text in which nothing is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx

from baselines.classifier import Classifier
from baselines.errors import ArtifactError
from baselines.task import Task
from compress.formats.tables import FloatTables, IntTables
from compress.kinds.onnx_graph import NEVER, GraphBuilder, add_outside, add_pooled, conv_model
from exports.graphs.pair_graph import Table, add_head, fits_pairs, pair_model, widened
from exports.graphs.rnn_graph import rnn_model
from exports.graphs.unknown_answer import add_unknown_answer


def to_onnx(classifier: Classifier) -> onnx.ModelProto:
    """The ONNX form of a neural classifier; raises ArtifactError for any other kind."""
    writer = GRAPHS.get(classifier.kind)
    if writer is None:
        raise ArtifactError(f"{classifier.kind}: no ONNX form; these kinds have one: {', '.join(GRAPHS)}")
    model = writer(classifier)
    source: Any = classifier
    add_unknown_answer(model, source.tokenizer, classifier.space_, classifier.thresholds_)
    return model


def table_model(tables: FloatTables | IntTables, task: Task) -> onnx.ModelProto:
    """The faster of both graphs where the alphabet is small enough for pairs."""
    return pair_model(tables, task) if fits_pairs(tables) else one_hot_model(tables, task)


# Every kind with a form `onnx`; a test holds the two against each other.
GRAPHS: dict[str, Callable[[Any], onnx.ModelProto]] = {
    "cnn": lambda classifier: conv_model(classifier.module, classifier.task_),
    "rnn": lambda classifier: rnn_model(classifier.module, len(classifier.classes_), classifier.task_),
    "tables-float": lambda classifier: table_model(classifier.tables, classifier.task_),
    "tables-int8": lambda classifier: table_model(classifier.tables, classifier.task_),
    "onnx-int8": lambda classifier: onnx.load_model_from_string(classifier.model),
}


def one_hot_model(tables: FloatTables | IntTables, task: Task = "multilabel") -> onnx.ModelProto:
    """Convolution over one-hot characters; the weights of filter n are `W[n, v, k] = T[k, v, n]`.

    Padding has no channel, as it adds nothing.
    """
    builder = GraphBuilder()
    n_ids = tables.tables[0].shape[1]
    hot = _one_hot(builder, n_ids)
    outside = builder.node("Unsqueeze", [add_outside(builder), "axis_1"], "mask")  # (batch, 1, length)
    never = builder.constant("never", np.array(NEVER, np.float32))
    maxima = []
    every: Sequence[Table] = tables.tables
    for index, table in enumerate(every):
        width = table.shape[0]
        left = (width - 1) // 2
        responses = builder.node(
            "Conv",
            [hot, widened(builder, table.transpose(2, 1, 0), f"conv_{index}.weight")],
            f"conv_{index}",
            kernel_shape=[width],
            pads=[left, width - 1 - left],
        )
        masked = builder.node("Where", [outside, never, responses], f"masked_{index}")
        maxima.append(builder.node("ReduceMax", [masked], f"maximum_{index}", axes=[2], keepdims=0))
    n_filters = tables.head.shape[1]
    add_head(builder, tables, add_pooled(builder, maxima, n_filters, tables.floors), task)
    return builder.model("character-cnn-tables", int(tables.bias.shape[0]), n_filters)


def _one_hot(builder: GraphBuilder, n_ids: int) -> str:
    """float32 (batch, V, length): channel of a character's id; none for padding."""
    no_channel = builder.constant("no_channel", np.array(n_ids, np.int64))
    is_padding = builder.node("Equal", ["ids", "zero"], "is_padding")
    channel = builder.node("Where", [is_padding, no_channel, "ids"], "channel")
    off_on = builder.constant("off_on", np.array([0, 1], np.float32))
    return builder.node("OneHot", [channel, no_channel, off_on], "hot", axis=1)


def add_metadata(model: onnx.ModelProto, facts: Mapping[str, str]) -> None:
    """Put strings into the model's metadata, replacing what is there."""
    del model.metadata_props[:]
    for key, value in sorted(facts.items()):
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
