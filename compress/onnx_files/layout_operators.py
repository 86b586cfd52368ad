"""The operators of our graphs that move numbers about: look up, cut, pad, join and turn them. See `operators`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from compress.onnx_files.rule import Attributes, Operator, Values
from compress.onnx_files.value import BOOL, F32, I8, I32, I64, U8, Value, joined, made, same_type, with_known

_TYPES = (F32, I64, I32, U8, I8, BOOL)


def _shape(inputs: Values, attributes: Attributes) -> list[Value]:
    start, end = attributes.get("start"), attributes.get("end")
    if not isinstance(start, int) or not isinstance(end, int) or not 0 <= start < end <= len(inputs[0].shape):
        raise ValueError("start and end within the axes are needed")
    sizes = np.array(inputs[0].shape[start:end], np.int64)
    limits = (int(sizes.min()), int(sizes.max()))
    return [Value(I64, sizes.shape, limits, sizes, inputs[0].of_text)]


def _range(inputs: Values, attributes: Attributes) -> list[Value]:
    same_type(inputs, (I64,))
    numbers = [value.numbers("bounds") for value in inputs]
    if any(value.size != 1 for value in inputs) or numbers[0] != [0] or numbers[2] != [1]:
        raise ValueError("from 0 in steps of 1 is needed")
    count = max(0, numbers[1][0])
    return [made(I64, (count,), inputs, (0, max(0, count - 1)))]


def _gather(inputs: Values, attributes: Attributes) -> list[Value]:
    data, indices = inputs
    same_type((indices,), (I64,))
    rows = data.shape[0] if data.shape else 0
    if attributes.get("axis", 0) != 0 or not data.shape:
        raise ValueError("a look-up along the first axis is needed")
    if indices.size and (indices.range is None or indices.range[0] < 0 or indices.range[1] >= rows):
        raise ValueError(f"{rows} rows don't cover the ids {indices.range} that can come")
    found = made(same_type((data,), _TYPES), (*indices.shape, *data.shape[1:]), inputs, joined((data,)))
    return [with_known(found, lambda a, b: a[b], inputs)]


def _one_hot(inputs: Values, attributes: Attributes) -> list[Value]:
    same_type(inputs[:2], (I64,))
    same_type(inputs[2:], (F32,))
    (depth,) = inputs[1].numbers("depth") or (0,)
    if attributes.get("axis") != 1 or len(inputs[0].shape) != 2 or inputs[1].size != 1 or inputs[2].shape != (2,):
        raise ValueError("(batch, length) to (batch, depth, length) is needed")
    batch, length = inputs[0].shape
    return [made(F32, (batch, depth, length), inputs)]


def _pad(inputs: Values, attributes: Attributes) -> list[Value]:
    data, axes = inputs[0], len(inputs[0].shape)
    pads = inputs[1].numbers("pads")
    if inputs[1].shape != (2 * axes,):
        raise ValueError(f"{2 * axes} pads are needed, got {inputs[1].shape}")
    shape = [size + pads[k] + pads[axes + k] for k, size in enumerate(data.shape)]
    limits = None if data.range is None else (min(0, data.range[0]), max(0, data.range[1]))
    return [made(same_type((data,), _TYPES), shape, inputs, limits)]


def _slice(inputs: Values, attributes: Attributes) -> list[Value]:
    data, shape = inputs[0], list(inputs[0].shape)
    same_type(inputs[1:], (I64,))
    bounds = [value.numbers("bounds") for value in inputs[1:]]
    if any(value.shape != (1,) for value in inputs[1:]):
        raise ValueError("bounds of one axis are needed")
    (start,), (end,) = bounds[:2]
    axis = bounds[2][0] if len(bounds) > 2 else 0
    if not 0 <= axis < len(shape):
        raise ValueError(f"no axis {axis} in {data.shape}")
    shape[axis] = len(range(*slice(start, end).indices(shape[axis])))
    return [made(same_type((data,), _TYPES), shape, inputs, data.range)]


def _concat(inputs: Values, attributes: Attributes) -> list[Value]:
    axis, dtype = attributes.get("axis"), same_type(inputs, _TYPES)
    first = list(inputs[0].shape)
    if not isinstance(axis, int) or not 0 <= axis < len(first):
        raise ValueError(f"no axis {axis} in {inputs[0].shape}")
    for value in inputs:
        if len(value.shape) != len(first) or any(
            a != b for k, (a, b) in enumerate(zip(value.shape, first, strict=True)) if k != axis
        ):
            raise ValueError(f"shapes {inputs[0].shape} and {value.shape} don't fit together")
    shape = [*first[:axis], sum(value.shape[axis] for value in inputs), *first[axis + 1 :]]
    found = made(dtype, shape, inputs, joined(inputs))
    return [with_known(found, lambda *arrays: np.concatenate(arrays, axis), inputs)]


def _reshape(inputs: Values, attributes: Attributes) -> list[Value]:
    data, shape = inputs[0], inputs[1].numbers("shape")
    if inputs[1].shape != (len(shape),) or len(shape) > 8:
        raise ValueError("a shape of one axis is needed")
    if any(size == 0 and k >= len(data.shape) for k, size in enumerate(shape)):
        raise ValueError(f"{data.shape} has no such axis to keep")
    found = [data.shape[k] if size == 0 else size for k, size in enumerate(shape)]
    if -1 in found:
        others = int(np.prod([size for size in found if size != -1], dtype=object))
        found[found.index(-1)] = data.size // others if others > 0 else 0
    value = made(same_type((data,), _TYPES), found, inputs, data.range)
    if value.size != data.size:
        raise ValueError(f"{data.shape} has not as many values as {tuple(found)}")
    return [value]


def _transpose(inputs: Values, attributes: Attributes) -> list[Value]:
    perm = attributes.get("perm")
    if not isinstance(perm, tuple) or sorted(perm) != list(range(len(inputs[0].shape))):
        raise ValueError(f"an order of {len(inputs[0].shape)} axes is needed, got {perm}")
    shape = [inputs[0].shape[axis] for axis in perm]
    return [made(same_type(inputs, _TYPES), shape, inputs, inputs[0].range)]


def _unsqueeze(inputs: Values, attributes: Attributes) -> list[Value]:
    (axis,) = inputs[1].numbers("axes") or (-1,)
    if inputs[1].shape != (1,) or not 0 <= axis <= len(inputs[0].shape) < 8:
        raise ValueError(f"one axis to add is needed, got {axis}")
    shape = [*inputs[0].shape[:axis], 1, *inputs[0].shape[axis:]]
    return [made(same_type(inputs[:1], _TYPES), shape, inputs, inputs[0].range)]


def _squeeze(inputs: Values, attributes: Attributes) -> list[Value]:
    shape = [size for size in inputs[0].shape if size != 1]
    found = made(same_type(inputs, (I64,)), shape, inputs, inputs[0].range)
    if shape:
        raise ValueError(f"one number is needed, got {inputs[0].shape}")
    return [with_known(found, lambda a: a, inputs)]


def _reduced(inputs: Values, axes: object, keep: object) -> list[Value]:
    shape = inputs[0].shape
    if not isinstance(axes, tuple) or len(axes) != 1 or not 0 <= axes[0] < len(shape) or keep not in (0, 1):
        raise ValueError(f"one axis of {shape} is needed, got {axes}")
    if shape[axes[0]] == 0:
        raise ValueError("nothing to take the largest of")
    kept = [1] if keep else []
    found = [*shape[: axes[0]], *kept, *shape[axes[0] + 1 :]]
    return [made(same_type(inputs[:1], (F32, I64, U8)), found, inputs, inputs[0].range)]


def _reduce_max(inputs: Values, attributes: Attributes) -> list[Value]:
    return _reduced(inputs, attributes.get("axes"), attributes.get("keepdims", 1))


def _reduce_sum(inputs: Values, attributes: Attributes) -> list[Value]:
    same_type(inputs[:1], (F32,))
    return _reduced(inputs, tuple(inputs[1].numbers("axes")), attributes.get("keepdims", 1))


LAYOUT: Mapping[str, Operator] = {
    "Shape": Operator(_shape, (1, 1), {"start": int, "end": int}),
    "Range": Operator(_range, (3, 3)),
    "Gather": Operator(_gather, (2, 2), {"axis": int}),
    "OneHot": Operator(_one_hot, (3, 3), {"axis": int}),
    "Pad": Operator(_pad, (2, 2)),
    "Slice": Operator(_slice, (3, 4)),
    "Concat": Operator(_concat, (1, 64), {"axis": int}),
    "Reshape": Operator(_reshape, (2, 2)),
    "Transpose": Operator(_transpose, (1, 1), {"perm": tuple}),
    "Unsqueeze": Operator(_unsqueeze, (2, 2)),
    "Squeeze": Operator(_squeeze, (1, 1)),
    "ReduceMax": Operator(_reduce_max, (1, 1), {"axes": tuple, "keepdims": int}),
    "ReduceSum": Operator(_reduce_sum, (2, 2), {"keepdims": int}),
}
