"""What the layers of a module read and give while it answers: the evidence by which `compress.foreign.text_cnn` reads
it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.errors import NotCompressible

# (module, ids (B, L), lengths (B,)) -> logits (B, C).
Call = Callable[[nn.Module, Tensor, Tensor], Tensor]
# Largest difference that is float32 rounding, relative to the largest value.
TOLERANCE = 1e-4

_FUNCTIONS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "ReLU": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "GELU": F.gelu,
    "SiLU": F.silu,
    "ELU": F.elu,
    "LeakyReLU": F.leaky_relu,
    "softmax": lambda values: values.softmax(-1),
    "log softmax": lambda values: values.log_softmax(-1),
}


@dataclass(frozen=True)
class LayerCall:
    """One layer at work.

    Attributes:
        name: of the layer in its module, such as `convs.0`.
        layer: a module without modules of its own.
        read: its first argument, as it was then.
        gave: its result; empty where that isn't one tensor.
    """

    name: str
    layer: nn.Module
    read: Tensor
    gave: Tensor

    def __str__(self) -> str:
        return f"`{self.name}` ({type(self.layer).__name__})"


def leaves(module: nn.Module) -> dict[str, nn.Module]:
    """Layers by name: modules without modules of their own. A layer with a parametrized weight counts as one."""
    found = {}
    for name, layer in module.named_modules():
        inner = [child for child, _ in layer.named_children() if child != "parametrizations"]
        if not inner and "parametrizations" not in name.split("."):
            found[name] = layer
    return found


@torch.no_grad()
def traced(module: nn.Module, call: Call, ids: Tensor, lengths: Tensor) -> tuple[Tensor, tuple[LayerCall, ...]]:
    """The module's answer, and every layer in the order in which they gave their results.

    Args:
        module: only run.
        call: see `Call`.
        ids: the module's own, (B, L).
        lengths: (B,).
    """
    seen: list[LayerCall] = []
    handles = [
        layer.register_forward_hook(partial(_record, seen, name), with_kwargs=True)
        for name, layer in leaves(module).items()
    ]
    try:
        return call(module, ids, lengths), tuple(seen)
    finally:
        for handle in handles:
            handle.remove()


def _record(
    seen: list[LayerCall], name: str, layer: nn.Module, args: tuple[Any, ...], named: dict[str, Any], gave: Any
) -> None:
    first = next(iter([*args, *named.values()]), None)
    seen.append(LayerCall(name, layer, _copied(first), _copied(gave)))


def _copied(value: Any) -> Tensor:
    # A copy: what comes next may work in place.
    return value.detach().clone() if isinstance(value, Tensor) else torch.empty(0)


def first_row(values: Tensor) -> Tensor:
    """What belongs to the first text of a batch, flattened."""
    return values[:1].flatten()


def difference(found: Tensor, expected: Tensor) -> float:
    """Largest |found - expected|, relative to the largest |expected|; infinite where the shapes differ."""
    if found.shape != expected.shape:
        return float("inf")
    size = float(expected.abs().max().clamp(min=1e-12))
    return float((found.double() - expected.double()).abs().max()) / size


def require_equal(what: str, found: Tensor, expected: Mapping[str, Tensor]) -> None:
    """Raise NotCompressible unless `found` is the first of `expected`.

    Args:
        what: name of `found`, for the message.
        found: (B, ...), of which the first row counts.
        expected: tensors by name; those after the first are guesses at what `found` may be instead.
    """
    (name, values), *_ = expected.items()
    row, wanted = first_row(found), first_row(values)
    apart = difference(row, wanted)
    if not apart <= TOLERANCE:
        by = f"differs by {apart:.2g} of its size"
        if row.shape != wanted.shape:
            by = f"has {len(row)} numbers, not {len(wanted)}"
        raise NotCompressible(f"{what} isn't {name}, it {by}{looks_like(found, expected)}")


def looks_like(found: Tensor, candidates: Mapping[str, Tensor]) -> str:
    """A clause that says which function of which candidate `found` is, "" where none fits."""
    row = first_row(found)
    for name, values in candidates.items():
        if difference(row, first_row(values)) <= TOLERANCE:
            return f"; it is {name}"
        for function, apply in _FUNCTIONS.items():
            if difference(row, apply(first_row(values))) <= TOLERANCE:
                return f"; it is the {function} of {name}"
    return ""
