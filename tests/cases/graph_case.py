"""Graphs of every sort that we write, over the alphabet of the small table models, and small hostile ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from baselines.task import Task
from compress.kinds.onnx_graph import IR_VERSION, OPSET, conv_model
from compress.methods.quantize.runtimes import quantized_dynamic, quantized_static
from exports.graphs.pair_graph import pair_model
from exports.graphs.to_onnx import one_hot_model, to_onnx
from tests.cases.cnn_case import small_cnn
from tests.cases.forms_case import classifier_of, random_cnn
from tests.cases.table_case import TOKENIZER, float_tables, floored, int_tables

N_IDS = TOKENIZER.n_ids
_TEXTS = [f"a text about birds, number {n}" for n in range(20)]


def _onnx_int8(make: Callable[[Any], Any]) -> onnx.ModelProto:
    return onnx.load_model_from_string(make(random_cnn("multilabel")).model)


# Graphs of characters, which take long texts in stretches; each with the number of its ids.
OF_CHARACTERS: dict[str, Callable[[], onnx.ModelProto]] = {
    "layers": lambda: conv_model(small_cnn(), "multilabel"),
    "layers, softmax": lambda: conv_model(small_cnn(), "multiclass"),
    "layers, ReLU": lambda: conv_model(small_cnn(relu=True), "multilabel"),
    "pairs int8": lambda: pair_model(int_tables()),
    "pairs int8, floors": lambda: pair_model(floored(int_tables())),
    "pairs float": lambda: pair_model(float_tables(), "multiclass"),
    "one hot": lambda: one_hot_model(int_tables()),
    "int8, dynamic": lambda: _onnx_int8(lambda cnn: quantized_dynamic(cnn, ("Conv", "MatMul", "Gemm", "Gather"))),
    "int8, dynamic Gemm": lambda: _onnx_int8(lambda cnn: quantized_dynamic(cnn, ("MatMul", "Gemm"))),
    "int8, dynamic Conv": lambda: _onnx_int8(lambda cnn: quantized_dynamic(cnn, ("Conv",))),
    "int8, static": lambda: _onnx_int8(lambda cnn: quantized_static(cnn, _TEXTS)),
}
SORTS = (*OF_CHARACTERS, "words")


def task_of(sort: str) -> Task:
    """What the graph answers."""
    return "multiclass" if sort in ("layers, softmax", "pairs float") else "multilabel"


@cache
def graph_bytes(sort: str) -> bytes:
    """The file's bytes; made once."""
    model = to_onnx(classifier_of("words", "multilabel")) if sort == "words" else OF_CHARACTERS[sort]()
    return bytes(model.SerializeToString(deterministic=True))


def ids_of(sort: str) -> int:
    """How many ids a text of the graph can hold."""
    if sort == "words":
        return len(classifier_of("words", "multilabel").tokenizer.words) + 2  # type: ignore[attr-defined]
    if sort.startswith("int8"):
        return int(random_cnn("multilabel").tokenizer.n_ids)
    return N_IDS


def hostile(
    nodes: Sequence[onnx.NodeProto], constants: dict[str, NDArray[Any]], last: str, *, columns: int = 3
) -> bytes:
    """A small graph over `ids` with the frame that every graph of ours has: `last` (batch, columns), then Sigmoid."""
    ports = [
        helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "length"]),
        helper.make_tensor_value_info("lengths", TensorProto.INT64, ["batch"]),
    ]
    out = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", columns])
    end = helper.make_node("Sigmoid", [last], ["probabilities"])
    tensors = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph([*nodes, end], "hostile", ports, [out], tensors)
    opsets = [helper.make_opsetid("", OPSET)]
    return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION).SerializeToString())
