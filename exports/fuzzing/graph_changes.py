"""Changes of ONNX files at the level of their fields: numbers, lengths, dimensions, operators, and nodes that expand.

A message is a list of fields, [number, wire type, value]; what onnx.proto says is a message is one here, so that the
lengths around a change are right again.
"""

from __future__ import annotations

from random import Random
from typing import Any

from exports.fuzzing.hostile import SIZES, some_bytes

Field = list[Any]
# message -> field number -> the message it holds, as in onnx.proto.
_INSIDE: dict[str, dict[int, str]] = {
    "model": {7: "graph", 8: "opset", 14: "pair"},
    "graph": {1: "node", 5: "tensor", 11: "value", 12: "value", 13: "value"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor"},
    "value": {2: "type"},
    "type": {1: "tensor type"},
    "tensor type": {2: "shape"},
    "shape": {1: "size"},
}
_OPERATORS = (
    b"Loop If Scan Expand Tile ConstantOfShape Range Resize Pad NonZero Unique RandomNormal SequenceEmpty Identity "
    b"Gather GatherND ScatterND Conv MatMul Gemm GRU LSTM Reshape Transpose Cast TopK Einsum Softmax Exp"
).split()
_VARINT, _BYTES = 0, 2


def changed_graph(random: Random, data: bytes) -> tuple[bytes, str] | None:
    """A changed file and what was done to it; None where it is no protobuf any more."""
    try:
        model = _read(data, "model")
    except (ValueError, IndexError):
        return None
    if random.random() < 0.25 and (said := _expanding(random, model)):
        return _written(model), said
    fields = _fields(model)
    if not fields:
        return None
    parent, position, path = random.choice(fields)
    said = _change(random, parent, position)
    return _written(model), f"{path}: {said}"


def _change(random: Random, parent: list[Field], position: int) -> str:
    number, kind, value = parent[position]
    what = random.choice(("value", "value", "value", "drop", "double", "many", "number", "kind"))
    if what == "drop":
        del parent[position]
    elif what in ("double", "many"):
        parent[position:position] = [parent[position]] * (1 if what == "double" else 500)
    elif what == "number":
        parent[position] = [random.choice((1, 2, 5, 6, 11, 13, 14, 20, 25, (1 << 29) - 1)), kind, value]
    elif what == "kind":
        parent[position] = [number, random.choice((0, 1, 2, 3, 4, 5)), random.randbytes(8)]
    elif isinstance(value, int):
        parent[position] = [number, kind, random.choice(SIZES) % (1 << 64)]
    elif isinstance(value, bytes):
        parent[position] = [number, kind, random.choice((*_OPERATORS, b"", b"ids", some_bytes(random), value * 50))]
    else:
        del parent[position]
    return what


def _expanding(random: Random, model: list[Field]) -> str | None:
    """Put a node that makes far more than it reads before the input of another one."""
    graphs = [value for number, _, value in model if number == 7 and isinstance(value, list)]
    nodes = [field for graph in graphs for field in graph if field[0] == 1 and isinstance(field[2], list)]
    inputs = [field for _, _, node in nodes for field in node if field[0] == 1 and isinstance(field[2], bytes)]
    if not inputs:
        return None
    chosen, operator = random.choice(inputs), random.choice((b"Expand", b"Tile", b"Pad", b"ConstantOfShape", b"Resize"))
    dims = [random.choice((1, 1000, 1 << 20, 1 << 31)) for _ in range(random.choice((1, 2, 4)))]
    raw = b"".join(n.to_bytes(8, "little") for n in dims)
    tensor = [[1, _VARINT, len(dims)], [2, _VARINT, 7], [8, _BYTES, b"hostile_shape"], [9, _BYTES, raw]]
    source = [] if operator == b"ConstantOfShape" else [[1, _BYTES, chosen[2]]]
    node = [*source, [1, _BYTES, b"hostile_shape"], [2, _BYTES, b"hostile"], [4, _BYTES, operator]]
    chosen[2] = b"hostile"
    graphs[0].insert(0, [1, _BYTES, node])
    graphs[0].append([5, _BYTES, tensor])
    return f"{operator.decode()} to {dims}"


def _fields(model: list[Field]) -> list[tuple[list[Field], int, str]]:
    """(message, position in it, path) of every field anywhere."""
    found: list[tuple[list[Field], int, str]] = []
    left: list[tuple[list[Field], str]] = [(model, "model")]
    while left:
        message, path = left.pop()
        for position, (number, _, value) in enumerate(message):
            found.append((message, position, f"{path}.{number}"))
            if isinstance(value, list):
                left.append((value, f"{path}.{number}"))
    return found


def _read(data: bytes, message: str) -> list[Field]:
    fields: list[Field] = []
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, position = _varint(data, position)
            fields.append([number, kind, value])
            continue
        size = {1: 8, 5: 4}.get(kind, -1)
        if kind == _BYTES:
            size, position = _varint(data, position)
        if size < 0 or size > len(data) - position:
            raise ValueError("no protobuf")
        content = data[position : position + size]
        inside = _INSIDE.get(message, {}).get(number)
        fields.append([number, kind, _read(content, inside) if inside and kind == _BYTES else content])
        position += size
    return fields


def _written(fields: list[Field]) -> bytes:
    out = bytearray()
    for number, kind, value in fields:
        out += _as_varint(number << 3 | kind)
        content = _written(value) if isinstance(value, list) else value
        if isinstance(content, int):
            out += _as_varint(content)
        else:
            out += (_as_varint(len(content)) if kind == _BYTES else b"") + content
    return bytes(out)


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        value |= (byte & 127) << shift
        position, shift = position + 1, shift + 7
        if byte < 128:
            return value, position


def _as_varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
