"""All operators that our own graphs use: what each makes of what it reads, and what of that it refuses.

A shape may follow from the sizes of a batch, never from what stands in a text, so that memory is known before a text is
read. Meaning of operators: ONNX's operator set 17.
"""

from __future__ import annotations

from collections.abc import Mapping

from compress.onnx_files.arithmetic_operators import ARITHMETIC
from compress.onnx_files.graph import Node
from compress.onnx_files.layout_operators import LAYOUT
from compress.onnx_files.network_operators import NETWORKS
from compress.onnx_files.rule import Operator, Values
from compress.onnx_files.value import Value

OPERATORS: Mapping[str, Operator] = {**ARITHMETIC, **NETWORKS, **LAYOUT}


def apply(node: Node, inputs: Values) -> tuple[list[Value], int]:
    """What a node makes, and its multiplications.

    Raises:
        ValueError: an operator, attribute, type or shape that our graphs don't use; names the operator.
    """
    operator = OPERATORS.get(node.operator)
    if operator is None:
        raise ValueError(f"operator {node.operator!r:.80} is not allowed in a bundle: no graph of ours has it")
    try:
        fewest, most = operator.inputs
        if not fewest <= len(inputs) <= most:
            raise ValueError(f"{fewest} to {most} inputs are allowed, got {len(inputs)}")
        for name, value in node.attributes.items():
            if type(value) is not operator.attributes.get(name):
                raise ValueError(f"attribute {name!r} is not allowed, or of another kind")
        outputs = operator.rule(inputs, node.attributes)
    except ValueError as error:
        raise ValueError(f"operator {node.operator} that makes {', '.join(node.outputs)!r:.80}: {error}") from None
    if len(node.outputs) != len(outputs):
        raise ValueError(f"operator {node.operator}: {len(outputs)} outputs are needed, got {len(node.outputs)}")
    return outputs, operator.macs(inputs, outputs) if operator.macs else 0
