"""ONNX files without the package onnx: the few messages of onnx.proto that the CNN's graph needs, as bytes.

A machine with a GPU has often onnxruntime and nothing that writes graphs. Protobuf's wire format is a key (field number
and wire type) and a value: a number in groups of 7 bits, or a length and so many bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compress.kinds.onnx_graph import IR_VERSION, OPSET, ports

_TYPES = {np.dtype(np.float32): 1, np.dtype(np.int64): 7}
_INT, _INTS = 2, 7


class PlainBuilder:
    """Collects nodes and constants, as `compress.kinds.onnx_graph.GraphBuilder` does; the model is bytes."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """Add a constant, float32 or int64, and return its name."""
        array = np.asarray(value)
        dims = b"".join(_number(1, size) for size in array.shape)
        raw = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()
        self._constants.append(dims + _number(2, _TYPES[array.dtype]) + _text(8, name) + _bytes(9, raw))
        return name

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Add a node with one output and return the output's name; attributes are integers or lists of them."""
        ports = b"".join(_text(1, name) for name in inputs) + _text(2, output)
        own = b"".join(_bytes(5, _attribute(name, value)) for name, value in sorted(attributes.items()))
        self._nodes.append(ports + _text(3, output) + _text(4, kind) + own)
        return output

    def model(self, name: str, n_classes: int, n_filters: int = 0) -> bytes:
        """The finished file, with the inputs and outputs that `compress.kinds.onnx_graph.ports` names."""
        graph = b"".join(_bytes(1, node) for node in self._nodes) + _text(2, name)
        graph += b"".join(_bytes(5, constant) for constant in self._constants)
        for field, own in zip((11, 12), ports(n_classes, n_filters), strict=True):
            graph += b"".join(_bytes(field, _value(*port)) for port in own)
        opset = _text(1, "") + _number(2, OPSET)
        return _number(1, IR_VERSION) + _text(2, "tagpress") + _bytes(7, graph) + _bytes(8, opset)


def _attribute(name: str, value: Any) -> bytes:
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, _INT)
    return _text(1, name) + b"".join(_number(8, item) for item in value) + _number(20, _INTS)


def _value(name: str, dtype: Any, shape: Sequence[str | int]) -> bytes:
    dims = b"".join(_bytes(1, _text(2, d) if isinstance(d, str) else _number(1, d)) for d in shape)
    tensor = _number(1, _TYPES[np.dtype(dtype)]) + _bytes(2, dims)
    return _text(1, name) + _bytes(2, _bytes(1, tensor))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, text: str) -> bytes:
    return _bytes(field, text.encode("utf-8"))


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """Groups of 7 bits, the lowest first; all but the last have the highest bit set. Negative numbers as 64 bits."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
