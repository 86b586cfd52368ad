"""The character CNN as a plain ONNX graph, layer by layer as PyTorch runs it: what quantization and export start from.

Inputs `ids` int64 (batch, length) padded with 0 on the right, length at least 1, and `lengths` int64 (batch,), the
characters of each text before padding. Output `probabilities` float32 (batch, classes). Windows centred beyond the own
characters of a text are masked out: a row does not depend on its batch. An empty text counts as one padding character,
and a batch of no texts gives (0, classes).

A convolution followed by a maximum can be taken in stretches, so that a long text takes no more memory than a short
one (`compress.onnx_files.stretches` does it). Two inputs that may be left out serve that, and one more output: `halo`
int64 (4,), `[0, left, 0, right]`, says how many of the ids at either end belong to the neighbouring stretches and are
seen but not answered; `lengths` then ends where the right ones begin. `pooled` float32 (batch, filters) are the largest
responses, and `pooled_before` those of the stretches before.

onnx is imported where a graph of its own is made: another builder can take the same layers without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import onnx
    from torch import Tensor

    from baselines.models.cnn import CharCNN
    from baselines.task import Task

# The oldest pair that has every operator used here; any runtime of the last years reads it.
OPSET = 17
IR_VERSION = 8
HALO, POOLED, POOLED_BEFORE = "halo", "pooled", "pooled_before"
# Below any response, far above float32's minimum: adding to it can't overflow.
NEVER = np.float32(-1e30)


class Builder(Protocol):
    """Takes the constants and nodes of a graph, in order."""

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """Add a constant and return its name."""

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Add a node with one output and return the output's name."""


class GraphBuilder:
    """Collects nodes and constants of one graph; names are made from the output's name."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """Add a constant and return its name."""
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Add a node with one output and return the output's name."""
        from onnx import helper

        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=output, **attributes))
        return output

    def model(self, name: str, n_classes: int, n_filters: int = 0) -> onnx.ModelProto:
        """The finished model with the inputs and outputs that every graph of ours has; checked.

        Args:
            name: of the graph.
            n_classes: C.
            n_filters: of a graph that takes a text in stretches; 0 for one that doesn't.
        """
        import onnx
        from onnx import TensorProto, helper

        inputs, outputs = ports(n_classes, n_filters)
        types = {np.dtype(np.int64): TensorProto.INT64, np.dtype(np.float32): TensorProto.FLOAT}
        graph = helper.make_graph(
            self.nodes,
            name,
            [helper.make_tensor_value_info(port, types[np.dtype(dtype)], shape) for port, dtype, shape in inputs],
            [helper.make_tensor_value_info(port, types[np.dtype(dtype)], shape) for port, dtype, shape in outputs],
            self.constants,
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="tagpress"
        )
        onnx.checker.check_model(model, full_check=True)
        return model


Port = tuple[str, type[np.generic], list[str | int]]


def ports(n_classes: int, n_filters: int = 0) -> tuple[list[Port], list[Port]]:
    """Inputs and outputs of a graph, each with its type and shape; `n_filters` as in `GraphBuilder.model`."""
    inputs: list[Port] = [("ids", np.int64, ["batch", "length"]), ("lengths", np.int64, ["batch"])]
    outputs: list[Port] = [("probabilities", np.float32, ["batch", n_classes])]
    if n_filters:
        inputs += [(HALO, np.int64, [4]), (POOLED_BEFORE, np.float32, [1, n_filters])]
        outputs.append((POOLED, np.float32, ["batch", n_filters]))
    return inputs, outputs


def add_halo(builder: Builder) -> str:
    """The input that says what belongs to neighbouring stretches; nothing unless somebody says so."""
    return builder.constant(HALO, np.zeros(4, np.int64))


def add_pooled(builder: Builder, maxima: Sequence[str], n_filters: int, floors: NDArray[Any] | None = None) -> str:
    """The output `pooled`: the largest responses of each width side by side, here or in the stretches before.

    Floors (N,), below which no response counts, stand where nothing was before, and are never lost afterwards.
    """
    here = builder.node("Concat", maxima, "pooled_here", axis=1)
    lowest = np.full((1, n_filters), NEVER, np.float32) if floors is None else floors[None].astype(np.float32)
    before = builder.constant(POOLED_BEFORE, lowest)
    return builder.node("Max", [here, before], POOLED)


def add_outside(builder: Builder) -> str:
    """Bool (batch, length): true where a position isn't answered, beyond the own text or in a neighbouring stretch."""
    left = builder.node(
        "Gather", [add_halo(builder), builder.constant("halo.left", np.array(1, np.int64))], "left", axis=0
    )
    beyond = add_beyond(builder)
    return builder.node("Or", [builder.node("Less", ["position", left], "in_halo"), beyond], "outside")


def add_beyond(builder: Builder) -> str:
    """Bool (batch, length): true where a position is no character of its own text."""
    zero = builder.constant("zero", np.array(0, np.int64))
    one = builder.constant("one", np.array(1, np.int64))
    axis_1 = builder.constant("axis_1", np.array([1], np.int64))
    length = builder.node("Squeeze", [builder.node("Shape", ["ids"], "length_1d", start=1, end=2)], "length_0d")
    position = builder.node("Range", [zero, length, one], "position")  # (length,)
    at_least_one = builder.node("Max", ["lengths", one], "lengths_used")
    column = builder.node("Unsqueeze", [at_least_one, axis_1], "lengths_column")  # (batch, 1)
    return builder.node("GreaterOrEqual", [position, column], "beyond")


def add_link(builder: Builder, logits: str, task: Task) -> str:
    """From logits (batch, classes) to the output `probabilities`: softmax for multiclass, else the logistic function.

    What `baselines.task.link` does, in float32: within 1e-6 of it.
    """
    if task == "multiclass":
        return builder.node("Softmax", [logits], "probabilities", axis=1)
    return builder.node("Sigmoid", [logits], "probabilities")


def conv_model(module: CharCNN, task: Task) -> onnx.ModelProto:
    """The CNN as everybody exports it: Gather, Conv, ReduceMax, Gemm, and the task's link; float32."""
    builder = GraphBuilder()
    add_layers(builder, module, task)
    return builder.model("character-cnn", module.shape.n_classes, sum(len(bias) for bias in module.biases))


def add_layers(builder: Builder, module: CharCNN, task: Task) -> None:
    """All of it but the frame: from `ids` and `lengths` to `probabilities`."""
    embedded = builder.node(
        "Gather", [builder.constant("embedding", _array(module.embedding.weight)), "ids"], "embedded"
    )
    channels = builder.node("Transpose", [embedded], "channels", perm=[0, 2, 1])  # (batch, d, length)
    axis_1 = "axis_1"
    mask = builder.node("Unsqueeze", [add_outside(builder), axis_1], "mask")  # (batch, 1, length)
    minus_infinity = builder.constant("minus_infinity", np.array(-np.inf, np.float32))
    maxima = []
    for index, (filters, filter_bias) in enumerate(zip(module.weights, module.biases, strict=True)):
        width = int(filters.shape[2])
        left = (width - 1) // 2
        weight = builder.constant(f"conv_{index}.weight", _array(filters))
        bias = builder.constant(f"conv_{index}.bias", _array(filter_bias))
        responses = builder.node(
            "Conv", [channels, weight, bias], f"conv_{index}", kernel_shape=[width], pads=[left, width - 1 - left]
        )
        masked = builder.node("Where", [mask, minus_infinity, responses], f"masked_{index}")
        maxima.append(builder.node("ReduceMax", [masked], f"maximum_{index}", axes=[2], keepdims=0))
    n_filters = sum(len(bias) for bias in module.biases)
    hidden = add_pooled(builder, maxima, n_filters, np.zeros(n_filters) if module.shape.relu else None)
    for name in ("fc1", "fc2"):
        layer = getattr(module, name)
        if layer is not None:
            weight = builder.constant(f"{name}.weight", _array(layer.weight))
            bias = builder.constant(f"{name}.bias", _array(layer.bias))
            hidden = builder.node("Gemm", [hidden, weight, bias], name, transB=1)
    add_link(builder, hidden, task)


def _array(tensor: Tensor) -> NDArray[np.float32]:
    return np.asarray(tensor.detach().cpu().float().numpy(), np.float32)
