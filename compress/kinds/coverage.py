"""How much of a model really runs in int8: operators, parameters, and MACs at a stated text length."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from baselines.models.cnn import CharCNNShape

# Characters of a text when MACs are shared out between convolutions (once a character) and linear layers (once a text).
TYPICAL_LENGTH = 112
_COMPUTE = {"Conv", "ConvInteger", "QLinearConv", "MatMul", "MatMulInteger", "QLinearMatMul", "Gemm", "QGemm"}
_INTEGER = {"ConvInteger", "QLinearConv", "MatMulInteger", "QLinearMatMul", "QGemm"}


def onnx_coverage(model: onnx.ModelProto) -> dict[str, Any]:
    """Coverage of an ONNX graph.

    Returns:
        ops, ops_total: operators that multiply, in int8 and all; `parameters` in int8 and their `parameter_share`;
        `mac_share` at 112 characters; `bytes` of the file.
    """
    inputs = {port.name for port in model.graph.input}
    weights = {w.name: numpy_helper.to_array(w) for w in model.graph.initializer if w.name not in inputs}
    made_by = {output: node for node in model.graph.node for output in node.output}
    ops, macs = [], []
    for node in model.graph.node:
        if node.op_type in _COMPUTE:
            sources = [_source(name, made_by) for name in node.input[:2]]
            in_int8 = node.op_type in _INTEGER or all(dequantized for _, dequantized in sources)
            size = max((weights[name].size for name, _ in sources if name in weights), default=0)
            ops.append(in_int8)
            macs.append(size * (TYPICAL_LENGTH if "Conv" in node.op_type else 1))
    sized = [array for array in weights.values() if array.size > 1]
    int8 = sum(array.size for array in sized if array.dtype in (np.int8, np.uint8))
    total = sum(array.size for array in sized)
    return {
        "ops": int(sum(ops)),
        "ops_total": len(ops),
        "parameters": int8,
        "parameter_share": int8 / total if total else 0.0,
        "mac_share": _share(macs, ops),
        "bytes": model.ByteSize(),
    }


def _source(name: str, made_by: dict[str, onnx.NodeProto]) -> tuple[str, bool]:
    """The name behind reshapes and dequantizations of an input, and whether it came out of a dequantization."""
    dequantized = False
    while name in made_by and made_by[name].op_type in ("DequantizeLinear", "Transpose", "Reshape", "Unsqueeze"):
        dequantized = dequantized or made_by[name].op_type == "DequantizeLinear"
        name = made_by[name].input[0]
    return name, dequantized


def linear_coverage(shape: CharCNNShape) -> dict[str, Any]:
    """Coverage when only the linear layers are int8, which is what PyTorch's dynamic quantization reaches."""
    sizes = [size for size in (shape.n_filters, shape.hidden_dim, shape.n_classes) if size]
    linears = [rows * columns for rows, columns in pairwise(sizes)]
    convs = [width * shape.embedding_dim * count for width, count in shape.filters]
    total = shape.n_ids * shape.embedding_dim + sum(convs) + shape.n_filters + sum(linears) + sum(sizes[1:])
    macs = [*linears, *(size * TYPICAL_LENGTH for size in convs)]
    return {
        "ops": len(linears),
        "ops_total": len(linears) + len(convs),
        "parameters": sum(linears),
        "parameter_share": sum(linears) / total,
        "mac_share": _share(macs, [True] * len(linears) + [False] * len(convs)),
        "bytes": sum(linears) + 4 * (total - sum(linears)),
    }


def _share(sizes: Iterable[int], chosen: Iterable[bool]) -> float:
    pairs = list(zip(sizes, chosen, strict=True))
    total = sum(size for size, _ in pairs)
    return sum(size for size, is_chosen in pairs if is_chosen) / total if total else 0.0
