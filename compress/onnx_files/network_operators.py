"""The operators of our graphs that multiply by weights, and those that round to bytes. See `operators`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from compress.onnx_files.rule import Attributes, Operator, Rule, Values
from compress.onnx_files.value import F32, I8, I32, U8, Value, made, same_type


def _gemm(inputs: Values, attributes: Attributes) -> list[Value]:
    same_type(inputs, (F32,))
    (rows, shared), (columns, also) = _two(inputs[0]), _two(inputs[1])
    if attributes.get("transB") != 1 or shared != also or inputs[2].shape != (columns,):
        raise ValueError("expected (batch, N) by (C, N) transposed, plus (C,)")
    return [made(F32, (rows, columns), inputs)]


def _matmul(inputs: Values, attributes: Attributes) -> list[Value]:
    same_type(inputs, (F32,))
    (rows, shared), (also, columns) = _two(inputs[0]), _two(inputs[1])
    if shared != also:
        raise ValueError(f"shapes {inputs[0].shape} and {inputs[1].shape} don't fit together")
    return [made(F32, (rows, columns), inputs)]


def _matmul_integer(inputs: Values, attributes: Attributes) -> list[Value]:
    same_type(inputs[:1], (U8,))
    same_type(inputs[1:2], (I8, U8))
    (rows, shared), (also, columns) = _two(inputs[0]), _two(inputs[1])
    _zero_points(inputs, columns)
    if shared != also:
        raise ValueError(f"shapes {inputs[0].shape} and {inputs[1].shape} don't fit together")
    return [made(I32, (rows, columns), inputs)]


def _zero_points(inputs: Values, columns: int) -> None:
    """Of both operands, of the operand's type: one for all, or of the second one a column."""
    for operand, zero in zip(inputs[:2], inputs[2:], strict=False):
        allowed = ((), (1,)) if operand is inputs[0] else ((), (1,), (columns,))
        if zero.dtype != operand.dtype or zero.shape not in allowed:
            raise ValueError(f"a zero point of {zero.dtype} {zero.shape} doesn't fit")


def _two(value: Value) -> tuple[int, int]:
    if len(value.shape) != 2:
        raise ValueError(f"two axes are needed, got {value.shape}")
    return value.shape[0], value.shape[1]


def _conv_of(weight_types: Sequence[Any], source: Any, result: Any) -> Rule:
    def rule(inputs: Values, attributes: Attributes) -> list[Value]:
        same_type(inputs[:1], (source,))
        same_type(inputs[1:2], weight_types)
        if len(inputs[0].shape) != 3 or len(inputs[1].shape) != 3:
            raise ValueError("(batch, channels, length) and (filters, channels, width) are needed")
        (batch, channels, length), (filters, also, width) = inputs[0].shape, inputs[1].shape
        pads = attributes.get("pads")
        if channels != also or attributes.get("kernel_shape") != (width,) or width < 1 or filters < 1:
            raise ValueError(f"filters {inputs[1].shape} don't fit {inputs[0].shape}")
        if pads != ((width - 1) // 2, width - 1 - (width - 1) // 2):
            raise ValueError(f"a window of {width} is padded so that each position has one, got {pads}")
        if source == F32:
            same_type(inputs[2:] or inputs[:1], (F32,))
            if inputs[2:] and inputs[2].shape != (filters,):
                raise ValueError(f"a bias of {filters} filters is needed, got {inputs[2].shape}")
        else:
            _zero_points(inputs, filters)
        return [made(result, (batch, filters, length), inputs)]

    return rule


def _gru(inputs: Values, attributes: Attributes) -> list[Value]:
    same_type(inputs[:4], (F32,))
    same_type(inputs[4:], (I32,))
    size = attributes.get("hidden_size")
    if not isinstance(size, int) or attributes.get("direction") != "bidirectional" or len(inputs[0].shape) != 3:
        raise ValueError("a bidirectional one over (length, batch, values) with its hidden_size is needed")
    length, batch, width = inputs[0].shape
    expected = [(2, 3 * size, width), (2, 3 * size, size), (2, 6 * size), (batch,)]
    used = inputs[4].range
    if size < 1 or attributes.get("linear_before_reset") != 1 or [v.shape for v in inputs[1:]] != expected:
        raise ValueError(f"weights of {expected} are needed")
    if batch < 1 or used is None or used[0] < 0 or used[1] > length:
        # onnxruntime ends the process where the batch is empty.
        raise ValueError("at least one text, and lengths within it, are needed")
    return [made(F32, (length, 2, batch, size), inputs)]


def _dynamic_quantize(inputs: Values, attributes: Attributes) -> list[Value]:
    same_type(inputs, (F32,))
    return [made(U8, inputs[0].shape, inputs), made(F32, (), inputs), made(U8, (), inputs)]


def _quantize(inputs: Values, attributes: Attributes) -> list[Value]:
    same_type(inputs[:2], (F32,))
    return [made(same_type(inputs[2:], (U8, I8)), _one_scale(inputs, attributes), inputs)]


def _dequantize(inputs: Values, attributes: Attributes) -> list[Value]:
    same_type(inputs[1:2], (F32,))
    same_type((inputs[0], inputs[2]), (U8, I8, I32))
    return [made(F32, _one_scale(inputs, attributes), inputs)]


def _one_scale(inputs: Values, attributes: Attributes) -> tuple[int, ...]:
    """The shape of the first input, whose scale and zero point are one for all, or one along `axis`."""
    shape, axis = inputs[0].shape, attributes.get("axis", 1)
    allowed: list[tuple[int, ...]] = [(), (1,)]
    if isinstance(axis, int) and 0 <= axis < len(shape):
        allowed.append((shape[axis],))
    if inputs[1].size != inputs[2].size or any(value.shape not in allowed for value in inputs[1:]):
        raise ValueError(f"scales {inputs[1].shape} and zero points {inputs[2].shape} don't fit {shape}")
    return shape


def _macs_by_weights(inputs: Values, outputs: Values) -> int:
    """Each output is a sum over all weights of its filter or column."""
    weights = inputs[1].shape
    per_output = inputs[1].size // max(1, weights[0] if len(weights) == 3 else outputs[0].shape[-1])
    return outputs[0].size * per_output


def _macs_of_gru(inputs: Values, outputs: Values) -> int:
    return inputs[0].shape[0] * inputs[0].shape[1] * (inputs[1].size + inputs[2].size)


NETWORKS: Mapping[str, Operator] = {
    "Gemm": Operator(_gemm, (3, 3), {"transB": int}, _macs_by_weights),
    "MatMul": Operator(_matmul, (2, 2), {}, _macs_by_weights),
    "MatMulInteger": Operator(_matmul_integer, (2, 4), {}, _macs_by_weights),
    "Conv": Operator(_conv_of((F32,), F32, F32), (2, 3), {"kernel_shape": tuple, "pads": tuple}, _macs_by_weights),
    "ConvInteger": Operator(
        _conv_of((I8, U8), U8, I32), (2, 4), {"kernel_shape": tuple, "pads": tuple}, _macs_by_weights
    ),
    "GRU": Operator(_gru, (5, 5), {"hidden_size": int, "direction": str, "linear_before_reset": int}, _macs_of_gru),
    "DynamicQuantizeLinear": Operator(_dynamic_quantize, (1, 1)),
    "QuantizeLinear": Operator(_quantize, (3, 3), {"axis": int}),
    "DequantizeLinear": Operator(_dequantize, (3, 3), {"axis": int}),
}
