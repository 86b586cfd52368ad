"""What is said of a text in which nothing is known, inside the graph: whoever runs it alone hears the same as we say.

A row of ids without any that says something (padding, the unknown and the space say nothing) gets the constant row
`baselines.task.unknown_answer`, in place of what the network makes of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from baselines.task import LabelSpace, Thresholds, unknown_answer
from baselines.text.tokenizer import PAD_ID, UNKNOWN_ID, Tokenizer

OUTPUT = "probabilities"
_OF_THE_NETWORK = "probabilities_of_the_network"
_PREFIX = "unknown_answer"


def add_unknown_answer(model: onnx.ModelProto, reader: Any, space: LabelSpace, thresholds: Thresholds) -> None:
    """Put a choice between the network's answer and the constant one behind a finished graph, in place.

    Args:
        model: with the inputs and the output of `compress.kinds.onnx_graph`.
        reader: the tokenizer of characters or bytes, or of words, which has no id for the space.
        space: what can be answered.
        thresholds: float32 (n_classes,).
    """
    graph = model.graph
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [_OF_THE_NETWORK if name == OUTPUT else name for name in names]
        node.name = _OF_THE_NETWORK if node.name == OUTPUT else node.name
    row = unknown_answer(space, thresholds)[None]
    graph.initializer.append(numpy_helper.from_array(row, f"{_PREFIX}.row"))
    known = _known_of_characters(graph, reader) if isinstance(reader, Tokenizer) else _known_of_words(graph)
    _add(graph, "Where", [known, _OF_THE_NETWORK, f"{_PREFIX}.row"], OUTPUT)
    onnx.checker.check_model(model, full_check=True)


def _known_of_characters(graph: onnx.GraphProto, tokenizer: Tokenizer) -> str:
    """Bool (batch, 1): one look-up an id."""
    says = np.ones(tokenizer.n_ids, np.uint8)
    says[[PAD_ID, UNKNOWN_ID, tokenizer.space_id]] = 0
    looked_up = _add(graph, "Gather", [_constant(graph, "says", says), "ids"], f"{_PREFIX}.each")
    any_says = _add(graph, "ReduceMax", [looked_up], f"{_PREFIX}.any", axes=[1], keepdims=1)
    return _add(graph, "Cast", [any_says], f"{_PREFIX}.known", to=TensorProto.BOOL)


def _known_of_words(graph: onnx.GraphProto) -> str:
    """Bool (batch, 1): a vocabulary may be long, but its words are exactly the ids above the unknown."""
    largest = _add(graph, "ReduceMax", ["ids"], f"{_PREFIX}.largest", axes=[1], keepdims=1)
    return _add(graph, "Greater", [largest, _constant(graph, "unknown", np.array(UNKNOWN_ID, np.int64))], _PREFIX)


def _constant(graph: onnx.GraphProto, name: str, value: NDArray[Any]) -> str:
    graph.initializer.append(numpy_helper.from_array(value, f"{_PREFIX}.{name}"))
    return f"{_PREFIX}.{name}"


def _add(graph: onnx.GraphProto, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
    graph.node.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
    return output
