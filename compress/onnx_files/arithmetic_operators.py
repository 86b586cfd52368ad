"""The operators of our graphs that compute element by element. See `operators`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from compress.onnx_files.graph import DTYPES
from compress.onnx_files.rule import Attributes, Operator, Rule, Values
from compress.onnx_files.value import BOOL, F32, I32, I64, Range, Value, broadcast, joined, made, same_type, with_known


def _arithmetic(compute: Callable[..., Any], limits: Callable[[list[Range]], Range]) -> Rule:
    """Element by element, of one type; `limits` of the result from those of whole numbers."""

    def rule(inputs: Values, attributes: Attributes) -> list[Value]:
        dtype = same_type(inputs, (F32, I64, I32))
        ranges = [value.range for value in inputs if value.range is not None]
        found = limits(ranges) if len(ranges) == len(inputs) and dtype != F32 else None
        return [with_known(made(dtype, broadcast(inputs), inputs, found), compute, inputs)]

    return rule


def _product(ranges: list[Range]) -> Range:
    (a, b), (c, d) = ranges
    corners = (a * c, a * d, b * c, b * d)
    return min(corners), max(corners)


def _div(inputs: Values, attributes: Attributes) -> list[Value]:
    # Of whole numbers it would end the process where the divisor is 0.
    return [made(same_type(inputs, (F32,)), broadcast(inputs), inputs)]


def _logical(inputs: Values, attributes: Attributes) -> list[Value]:
    same_type(inputs, (BOOL,))
    return [made(BOOL, broadcast(inputs), inputs)]


def _compare(inputs: Values, attributes: Attributes) -> list[Value]:
    same_type(inputs, (I64, F32))
    return [made(BOOL, broadcast(inputs), inputs)]


def _where(inputs: Values, attributes: Attributes) -> list[Value]:
    same_type(inputs[:1], (BOOL,))
    dtype = same_type(inputs[1:], (F32, I64))
    return [made(dtype, broadcast(inputs), inputs, joined(inputs[1:]))]


def _float_function(inputs: Values, attributes: Attributes) -> list[Value]:
    return [made(same_type(inputs, (F32,)), inputs[0].shape, inputs)]


def _softmax(inputs: Values, attributes: Attributes) -> list[Value]:
    if attributes.get("axis") != 1 or len(inputs[0].shape) != 2:
        raise ValueError("axis 1 of two is needed")
    return _float_function(inputs, attributes)


def _cast(inputs: Values, attributes: Attributes) -> list[Value]:
    to = attributes.get("to")
    dtype = DTYPES.get(to) if isinstance(to, int) else None
    if dtype is None:
        raise ValueError(f"type {to} is not allowed")
    source = inputs[0].range
    fits = dtype.kind == "i" and source and np.iinfo(dtype).min <= source[0] and source[1] <= np.iinfo(dtype).max
    return [made(dtype, inputs[0].shape, inputs, source if fits else None)]


def _both_sums(ranges: list[Range]) -> Range:
    return sum(low for low, _ in ranges), sum(high for _, high in ranges)


_ADD = _arithmetic(lambda *a: sum(a), _both_sums)
_MANY = 64
ARITHMETIC: Mapping[str, Operator] = {
    "Add": Operator(_ADD, (2, 2)),
    "Sum": Operator(_ADD, (1, _MANY)),
    "Sub": Operator(
        _arithmetic(lambda a, b: a - b, lambda r: (r[0][0] - r[1][1], r[0][1] - r[1][0])),
        (2, 2),
    ),
    "Mul": Operator(_arithmetic(lambda a, b: a * b, _product), (2, 2)),
    "Max": Operator(
        _arithmetic(lambda a, b: np.maximum(a, b), lambda r: (max(low for low, _ in r), max(high for _, high in r))),
        (2, 2),
    ),
    "Div": Operator(_div, (2, 2)),
    "And": Operator(_logical, (2, 2)),
    "Or": Operator(_logical, (2, 2)),
    "Not": Operator(_logical, (1, 1)),
    "Equal": Operator(_compare, (2, 2)),
    "Less": Operator(_compare, (2, 2)),
    "Greater": Operator(_compare, (2, 2)),
    "GreaterOrEqual": Operator(_compare, (2, 2)),
    "Where": Operator(_where, (3, 3)),
    "Sigmoid": Operator(_float_function, (1, 1)),
    "Softmax": Operator(_softmax, (1, 1), {"axis": int}),
    "Cast": Operator(_cast, (1, 1), {"to": int}),
}
