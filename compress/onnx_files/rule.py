"""What a rule of an operator is: from what is known of its inputs to what is known of its outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from compress.onnx_files.graph import Attribute
from compress.onnx_files.value import Value

Values = Sequence[Value]
Attributes = Mapping[str, Attribute]
Rule = Callable[[Values, Attributes], list[Value]]


@dataclass(frozen=True)
class Operator:
    """One kind of node.

    Attributes:
        rule: from inputs and attributes to outputs; raises ValueError for what our graphs don't use.
        inputs: fewest and most.
        attributes: allowed names, each with the type of its value.
        macs: multiplications with additions, from inputs and outputs; None for none worth counting.
    """

    rule: Rule
    inputs: tuple[int, int]
    attributes: Mapping[str, type] = field(default_factory=dict)
    macs: Callable[[Values, Values], int] | None = None
