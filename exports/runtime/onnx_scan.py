"""Looks through an ONNX file's bytes for what a bundle may not hold, before anything loads it and without onnx.

Walks the protobuf wire format along the messages that can hold tensors (onnx.proto field numbers). Refused: tensors
kept in other files, subgraphs (loops could run for ever), functions, operators of domains other than ONNX's and
onnxruntime's, and weights that are NaN.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

# message -> field number -> message it holds
_INSIDE: dict[str, dict[int, str]] = {
    "model": {7: "graph", 14: "metadata"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 10: "tensor", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
    "metadata": {},
}
_REFUSED: dict[tuple[str, int], str] = {
    ("tensor", 13): "a tensor is kept in another file (external data)",
    ("attribute", 6): "an operator holds a subgraph",
    ("attribute", 11): "an operator holds subgraphs",
    ("model", 20): "training information",
    ("model", 25): "functions",
}
_NODE_DOMAIN, _TENSOR_LOCATION = ("node", 7), ("tensor", 14)
_TENSOR_TYPE, _FLOAT, _TENSOR_VALUES = 2, 1, (4, 9)
_DOMAINS = (b"", b"ai.onnx", b"com.microsoft")


def scan(data: bytes) -> None:
    """Raise ValueError that names the first thing not allowed, or says that the bytes are no ONNX model."""
    seen = _scan(memoryview(data), "model")
    if 7 not in seen:
        raise ValueError("no graph in it")


def _scan(data: memoryview, message: str) -> set[int]:
    seen = set()
    fields = list(_fields(data))
    if message == "tensor":
        _refuse_nan(fields)
    for field, value in fields:
        seen.add(field)
        if reason := _REFUSED.get((message, field)):
            raise ValueError(f"{reason}; not allowed in a bundle")
        if (message, field) == _TENSOR_LOCATION and value != 0:
            raise ValueError("a tensor is kept in another file (external data); not allowed in a bundle")
        if (message, field) == _NODE_DOMAIN and (isinstance(value, int) or bytes(value) not in _DOMAINS):
            raise ValueError("an operator of a domain of its own; not allowed in a bundle")
        inside = _INSIDE[message].get(field)
        if inside is not None:
            if isinstance(value, int):
                raise ValueError(f"field {field} of {message} is a number, expected a message")
            _scan(value, inside)
    return seen


def _refuse_nan(fields: list[tuple[int, int | memoryview]]) -> None:
    """Look at float32 tensors, raw or packed; infinities have a use as masks."""
    is_float = (_TENSOR_TYPE, _FLOAT) in fields
    for field, value in fields:
        if is_float and field in _TENSOR_VALUES and not isinstance(value, int):
            if len(value) % 4:
                raise ValueError("a float32 tensor of a broken size")
            if np.isnan(np.frombuffer(value, "<f4")).any():
                raise ValueError("a weight is NaN; not allowed in a bundle")


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """(field number, number or bytes) of one message."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        kind = tag & 7
        if kind == 0:
            value, position = _varint(data, position)
            yield tag >> 3, value
            continue
        if kind == 2:
            size, position = _varint(data, position)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise ValueError(f"wire type {kind} at byte {position}")
        if size > len(data) - position:
            raise ValueError("cut off")
        yield tag >> 3, data[position : position + size]
        position += size


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(data) or shift > 63:
            raise ValueError("cut off")
        byte = data[position]
        value |= (byte & 127) << shift
        position, shift = position + 1, shift + 7
        if byte < 128:
            return value, position
