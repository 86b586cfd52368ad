"""What stands in an ONNX file, as far as our own graphs use it: anything else is refused by its name.

Field numbers are those of onnx.proto (ONNX 1.x). Not known, and so refused: tensors kept in other files, subgraphs,
functions, training information, operators of other domains, tensors as attributes, types besides tensors.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compress.onnx_files.wire import Content, Field, Schema, read_message

OPSET, IR_VERSION = 17, 8
MAX_NODES = 2_000
_SCHEMA: Schema = {
    "model": {
        1: Field("ir_version", "int64"),
        2: Field("producer_name", "text"),
        3: Field("producer_version", "text"),
        4: Field("domain", "text"),
        5: Field("model_version", "int64"),
        6: Field("doc_string", "text"),
        7: Field("graph", "message", message="graph"),
        8: Field("opset_import", "message", repeated=True, message="opset"),
        14: Field("metadata", "message", repeated=True, message="entry"),
        20: Field("training", "bytes", refused="training information"),
        25: Field("functions", "bytes", refused="functions"),
    },
    "opset": {1: Field("domain", "text"), 2: Field("version", "int64")},
    "entry": {1: Field("key", "text"), 2: Field("value", "text")},
    "graph": {
        1: Field("nodes", "message", repeated=True, message="node"),
        2: Field("name", "text"),
        5: Field("constants", "message", repeated=True, message="tensor"),
        11: Field("inputs", "message", repeated=True, message="port"),
        12: Field("outputs", "message", repeated=True, message="port"),
    },
    "node": {
        1: Field("inputs", "text", repeated=True),
        2: Field("outputs", "text", repeated=True),
        3: Field("name", "text"),
        4: Field("operator", "text"),
        5: Field("attributes", "message", repeated=True, message="attribute"),
        7: Field("domain", "text"),
    },
    "attribute": {
        1: Field("name", "text"),
        3: Field("i", "int64"),
        4: Field("s", "text"),
        6: Field("graph", "bytes", refused="an operator holds a subgraph"),
        8: Field("ints", "int64", repeated=True),
        11: Field("graphs", "bytes", refused="an operator holds subgraphs"),
        20: Field("type", "int32"),
    },
    "tensor": {
        1: Field("dims", "int64", repeated=True),
        2: Field("type", "int32"),
        4: Field("floats", "floats"),
        5: Field("int32s", "ints"),
        7: Field("int64s", "ints"),
        8: Field("name", "text"),
        9: Field("raw", "bytes"),
        13: Field("external", "bytes", refused="a tensor is kept in another file (external data)"),
        14: Field("location", "int32"),
    },
    "port": {1: Field("name", "text"), 2: Field("type", "message", message="type")},
    "type": {1: Field("tensor", "message", message="tensor type")},
    "tensor type": {1: Field("type", "int32"), 2: Field("shape", "message", message="shape")},
    "shape": {1: Field("dims", "message", repeated=True, message="dim")},
    "dim": {1: Field("size", "int64"), 2: Field("name", "text")},
}
# onnx.proto's numbers of the types that our graphs use.
DTYPES: Mapping[int, np.dtype[Any]] = {
    1: np.dtype("<f4"),
    2: np.dtype("u1"),
    3: np.dtype("i1"),
    6: np.dtype("<i4"),
    7: np.dtype("<i8"),
    9: np.dtype("?"),
}
# Kind of attribute -> the field that holds it.
_HELD_IN: Mapping[int, str] = {2: "i", 3: "s", 7: "ints"}
Attribute = int | str | tuple[int, ...]


@dataclass(frozen=True)
class Node:
    """One operator with the names of what it reads and makes."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute]


@dataclass(frozen=True)
class Port:
    """An input or an output of the graph; sizes that depend on the texts are names."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int | str, ...]


@dataclass(frozen=True)
class Graph:
    """An ONNX file's content. Every name is made once, before it is read.

    Attributes:
        nodes: in the order in which they can run.
        constants: by name.
        inputs, outputs: in the file's order; inputs that are constants too may be left out when it runs.
        metadata: strings beside the graph.
    """

    nodes: tuple[Node, ...]
    constants: Mapping[str, NDArray[Any]]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    metadata: Mapping[str, str]


def read_graph(data: bytes) -> Graph:
    """Read an ONNX file's bytes.

    Raises:
        ValueError: names the first thing that isn't allowed, or says that the bytes are no ONNX model.
    """
    model = read_message(memoryview(data), "model", _SCHEMA)
    if "graph" not in model:
        raise ValueError("no graph in it")
    opsets = [(one.get("domain", ""), one.get("version")) for one in model["opset_import"]]
    if model.get("ir_version") != IR_VERSION or opsets != [("", OPSET)]:
        raise ValueError(
            f"IR version {IR_VERSION} and operator set {OPSET} of ONNX are supported, got {model.get('ir_version')} "
            f"and {opsets}"
        )
    content = model["graph"]
    constants = {}
    for tensor in content["constants"]:
        name = tensor.get("name", "")
        if not name or name in constants:
            raise ValueError(f"constant {name!r}: every constant needs a name of its own")
        constants[name] = _array(tensor, name)
    if len(content["nodes"]) > MAX_NODES:
        raise ValueError(f"at most {MAX_NODES} operators are allowed, got {len(content['nodes'])}")
    graph = Graph(
        tuple(map(_node, content["nodes"])),
        constants,
        tuple(map(_port, content["inputs"])),
        tuple(map(_port, content["outputs"])),
        _unique([(one.get("key", ""), one.get("value", "")) for one in model["metadata"]], "metadata"),
    )
    _check_names(graph)
    return graph


def _unique(pairs: Sequence[tuple[str, Any]], what: str) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(f"{what}: a name occurs twice")
    return found


def _node(content: Content) -> Node:
    if content.get("domain"):
        raise ValueError(f"an operator of the domain {content['domain']!r}; only ONNX's own are allowed in a bundle")
    operator = content.get("operator", "")
    pairs = [(one.get("name", ""), _attribute(one, operator)) for one in content["attributes"]]
    return Node(
        operator, tuple(content["inputs"]), tuple(content["outputs"]), _unique(pairs, f"{operator}, attributes")
    )


def _attribute(content: Content, operator: str) -> Attribute:
    held_in = _HELD_IN.get(content.get("type", 0))
    filled = {name for name in _HELD_IN.values() if name in content and content[name] != []}
    if held_in is None or filled - {held_in}:
        raise ValueError(f"{operator}: attribute {content.get('name')!r} is of a kind that is not allowed in a bundle")
    value = content.get(held_in)
    if value is None:
        raise ValueError(f"{operator}: attribute {content.get('name')!r} has no value")
    return tuple(value) if held_in == "ints" else value


def _array(content: Content, name: str) -> NDArray[Any]:
    dtype = DTYPES.get(content.get("type", 0))
    if dtype is None or content.get("location", 0) != 0:
        raise ValueError(f"constant {name!r}: of a type that is not allowed in a bundle, or kept in another file")
    shape = tuple(content["dims"])
    count = math.prod(shape)
    if any(size < 0 for size in shape) or len(shape) > 8:
        raise ValueError(f"constant {name!r}: impossible shape {shape[:9]}")
    given = [key for key in ("raw", "floats", "int32s", "int64s") if key in content]
    if len(given) > 1 or (not given and count):
        raise ValueError(f"constant {name!r}: values must stand in one place")
    array = _values(content, given[0], dtype) if given else np.zeros(0, dtype)
    if len(array) != count:
        raise ValueError(f"constant {name!r}: {count} values of {dtype} expected, got {len(array)}")
    if dtype == np.dtype("<f4") and np.isnan(array).any():
        raise ValueError(f"constant {name!r}: a weight is NaN; not allowed in a bundle")
    return array.reshape(shape)


def _values(content: Content, key: str, dtype: np.dtype[Any]) -> NDArray[Any]:
    value = content[key]
    expected = {"<f4": "floats", "<i8": "int64s"}.get(dtype.str, "int32s")
    if key not in ("raw", expected):
        raise ValueError(f"values of {dtype} in a place for others")
    if key in ("raw", "floats"):
        if len(value) % dtype.itemsize:
            raise ValueError(f"{len(value)} bytes are no whole number of {dtype}")
        if dtype == np.dtype("?") and np.frombuffer(value, np.uint8).max(initial=0) > 1:
            raise ValueError("a truth value that is neither 0 nor 1")
        return np.frombuffer(value, dtype)
    low, high = (0, 1) if dtype == np.dtype("?") else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    if not all(low <= one <= high for one in value):
        raise ValueError(f"a value that {dtype} can't hold")
    return np.array(value, dtype)


def _port(content: Content) -> Port:
    name, tensor = content.get("name", ""), content.get("type", {}).get("tensor", {})
    dtype, shape = DTYPES.get(tensor.get("type", 0)), tensor.get("shape")
    if not name or dtype is None or shape is None or any(len(dim) != 1 for dim in shape["dims"]):
        raise ValueError(f"{name!r}: an input or output is a tensor of a known type, each size a number or a name")
    return Port(name, dtype, tuple(next(iter(dim.values())) for dim in shape["dims"]))


def _check_names(graph: Graph) -> None:
    made = {port.name for port in graph.inputs}
    if len(made) != len(graph.inputs):
        raise ValueError("inputs: a name occurs twice")
    made |= set(graph.constants)
    for node in graph.nodes:
        if unknown := [name for name in node.inputs if name not in made]:
            raise ValueError(f"{node.operator}: reads {unknown[0]!r}, which nothing before it makes")
        for name in node.outputs:
            if not name or name in made:
                raise ValueError(f"{node.operator}: makes {name!r}, which is no name, or made twice")
            made.add(name)
    own = {name for node in graph.nodes for name in node.outputs}
    if missing := [port.name for port in graph.outputs if port.name not in own]:
        raise ValueError(f"output {missing[0]!r}: no operator makes it")
