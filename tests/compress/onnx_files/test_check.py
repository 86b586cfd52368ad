"""Graphs whose memory, work or answers aren't bounded are refused before anything opens them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from baselines.errors import ArtifactError
from baselines.task import Task
from compress.onnx_files.check import check_graph
from compress.onnx_files.graph import Graph, read_graph
from compress.onnx_files.operators import OPERATORS
from compress.onnx_files.session import open_graph
from tests.cases.graph_case import N_IDS, OF_CHARACTERS, SORTS, graph_bytes, hostile, ids_of, task_of

I64 = np.int64


def checked(data: bytes, n_ids: int = N_IDS, most: int | None = 64, task: Task = "multilabel") -> Graph:
    graph = read_graph(data)
    check_graph(graph, n_ids, len(data), task, most)
    return graph


def test_our_graphs_pass_and_every_operator_that_is_allowed_is_in_one() -> None:
    used = set()
    for sort in SORTS:
        graph = checked(graph_bytes(sort), ids_of(sort), 64 if sort == "words" else None, task_of(sort))
        used |= {node.operator for node in graph.nodes}
    assert used == set(OPERATORS)


@pytest.mark.parametrize("sort", SORTS)
def test_a_graph_answers_no_other_task(sort: str) -> None:
    others: tuple[Task, ...] = ("multilabel", "binary") if task_of(sort) == "multiclass" else ("multiclass",)
    for task in others:
        with pytest.raises(ValueError, match=r"must come from|must add up to 1"):
            checked(graph_bytes(sort), ids_of(sort), 64 if sort == "words" else None, task)


def node(kind: str, inputs: list[str], output: str, **attributes: object) -> onnx.NodeProto:
    return helper.make_node(kind, inputs, [output], **attributes)


def embedded() -> list[onnx.NodeProto]:
    """(batch, 3): the largest of a look-up."""
    return [node("Gather", ["table", "ids"], "rows"), node("ReduceMax", ["rows"], "most", axes=[1], keepdims=0)]


TABLE = {"table": np.zeros((N_IDS, 3), np.float32)}


def test_a_small_graph_of_allowed_operators_is_no_mistake() -> None:
    checked(hostile(embedded(), TABLE, "most"))


def doubled(times: int) -> bytes:
    """Each step joins the last one's result to itself."""
    steps = [
        node("Concat", [f"most{n or ''}" if n else "most", f"most{n or ''}" if n else "most"], f"most{n + 1}", axis=1)
        for n in range(times)
    ]
    return hostile([*embedded(), *steps], TABLE, f"most{times}", columns=3 << times)


def widened(size: int) -> bytes:
    pads = {"pads": np.array([0, 0, 0, size], I64)}
    return hostile([*embedded(), node("Pad", ["most", "pads"], "wide")], {**TABLE, **pads}, "wide", columns=3 + size)


def outer() -> bytes:
    """Two long rows made a square: 4 kB of file, 4 GB of memory."""
    shapes = {"down": np.array([-1, 1], I64), "across": np.array([1, -1], I64), "row": np.zeros(3, np.float32)}
    size = {"pads": np.array([0, 32_000], I64)}
    steps = [
        node("Pad", ["row", "pads"], "long"),
        node("Reshape", ["long", "down"], "column"),
        node("Reshape", ["long", "across"], "line"),
        node("Add", ["column", "line"], "square"),
        node("ReduceMax", ["square"], "back", axes=[0], keepdims=1),
        node("Slice", ["back", "zero", "three", "one"], "cut"),
        node("Add", ["cut", "most"], "sum"),
    ]
    bounds = {"zero": np.array([0], I64), "three": np.array([3], I64), "one": np.array([1], I64)}
    return hostile([*embedded(), *steps], {**TABLE, **shapes, **size, **bounds}, "sum")


def one_hot(depth: int) -> bytes:
    steps = [
        node("OneHot", ["ids", "depth", "values"], "hot", axis=1),
        node("ReduceMax", ["hot"], "far", axes=[2], keepdims=0),
    ]
    constants = {"depth": np.array([depth], I64), "values": np.array([0, 1], np.float32)}
    return hostile(steps, constants, "far", columns=depth)


def by_text() -> bytes:
    """A shape that a text's ids would say."""
    steps = [node("ReduceMax", ["ids"], "size", axes=[0], keepdims=0), node("Reshape", ["most", "size"], "shaped")]
    return hostile([*embedded(), *steps], TABLE, "shaped")


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (doubled(20), "bytes of memory"),
        (widened(1 << 20), "bytes of memory"),
        (widened(1 << 50), "impossible shape"),
        (outer(), "bytes of memory when it is opened"),
        (one_hot(1 << 22), "bytes of memory"),
        (by_text(), "must not depend on a text"),
        (hostile([node("ConstantOfShape", ["shape"], "big")], {"shape": np.array([9], I64)}, "big"), "ConstantOfShape"),
        (hostile([node("Tile", ["row", "by"], "big")], {"row": np.zeros(3, np.float32)}, "big"), "by"),
        (hostile(embedded(), {"table": np.zeros((N_IDS - 1, 3), np.float32)}, "most"), "don't cover the ids"),
        (hostile(embedded(), TABLE, "most", columns=4), "output probabilities"),
        (hostile(embedded(), {"table": np.zeros((N_IDS, 3), I64)}, "most"), "types int64"),
        (hostile(embedded(), {"table": np.full((N_IDS, 3), np.nan, np.float32)}, "most"), "NaN"),
    ],
)
def test_what_isn_t_bounded_or_doesn_t_fit_is_refused(data: bytes, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        checked(data)


def test_long_texts_need_a_graph_that_takes_stretches() -> None:
    with pytest.raises(ValueError, match="stretches"):
        checked(hostile(embedded(), TABLE, "most"), most=None)


def looped(model: onnx.ModelProto) -> None:
    body = helper.make_graph([], "body", [], [])
    model.graph.node.append(helper.make_node("Loop", [], ["x"], body=body))


def kept_elsewhere(model: onnx.ModelProto) -> None:
    entry = model.graph.initializer[0].external_data.add()
    entry.key, entry.value = "location", "../../secret"


def elsewhere_by_number(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].data_location = TensorProto.EXTERNAL


def foreign(model: onnx.ModelProto) -> None:
    model.graph.node[0].domain = "evil.example"


def nan(model: onnx.ModelProto) -> None:
    tensor = next(t for t in model.graph.initializer if t.data_type == TensorProto.FLOAT)
    values = numpy_helper.to_array(tensor).copy()
    values.flat[-1] = np.nan
    tensor.ClearField("raw_data")
    tensor.float_data.extend(values.ravel().tolist())


def whole_numbers(model: onnx.ModelProto) -> None:
    model.graph.output[0].type.tensor_type.elem_type = TensorProto.INT64


def another_input(model: onnx.ModelProto) -> None:
    model.graph.input.append(helper.make_tensor_value_info("more", TensorProto.INT64, [1]))


def functions(model: onnx.ModelProto) -> None:
    model.functions.add().name = "f"


def opset(model: onnx.ModelProto) -> None:
    model.opset_import[0].version = 21


def too_few_values(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].raw_data = b""


def beyond_one(model: onnx.ModelProto) -> None:
    """Answers that no link makes: the last node is gone."""
    del model.graph.node[-1]
    model.graph.node[-1].output[0] = "probabilities"


def named_by_pages(model: onnx.ModelProto) -> None:
    model.graph.input[0].name = "ids\n" + "\x07" * 5_000


def unknown_beyond_one(model: onnx.ModelProto) -> None:
    row = next(t for t in model.graph.initializer if t.name == "pooled_before")
    row.raw_data = row.raw_data[:-4]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (looped, "subgraph"),
        (kept_elsewhere, "external data"),
        (elsewhere_by_number, "another file"),
        (foreign, "domain"),
        (nan, "NaN"),
        (whole_numbers, "float32"),
        (another_input, "inputs"),
        (functions, "functions"),
        (opset, "operator set 17"),
        (too_few_values, "values"),
        (beyond_one, "must come from"),
        (unknown_beyond_one, "values"),
        (named_by_pages, "^[^\\n\\x07]{1,600}$"),
    ],
)
def test_a_graph_of_ours_that_was_changed_is_refused(change: Callable[[onnx.ModelProto], None], match: str) -> None:
    model = onnx.load_model_from_string(graph_bytes("layers"))
    change(model)
    with pytest.raises(ArtifactError, match=match):
        open_graph(model.SerializeToString(), 1, "graph", n_ids=N_IDS, task="multilabel")


@pytest.mark.parametrize("data", [b"", b"\x08\xb1\x01\x00ORTM" + b"\x00" * 60, b"\x0b" * 100, b"ORTM"])
def test_bytes_of_another_format_are_refused(data: bytes) -> None:
    with pytest.raises(ArtifactError):
        open_graph(data, 1, "graph", n_ids=N_IDS, task="multilabel")


@pytest.mark.parametrize("sort", OF_CHARACTERS)
def test_half_a_file_is_refused(sort: str) -> None:
    data = graph_bytes(sort)
    with pytest.raises(ArtifactError):
        open_graph(data[: len(data) // 2], 1, "graph", n_ids=ids_of(sort), task=task_of(sort))
