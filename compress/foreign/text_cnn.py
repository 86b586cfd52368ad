"""Reads a text CNN out of a foreign module: its layers as they answer one text, each checked against what it gave.

Embedding, parallel convolutions with one window a character, perhaps a BatchNorm right behind each, perhaps a ReLU
before or behind the maximum over time, one or two linear layers (Kim, "Convolutional Neural Networks for Sentence
Classification", 2014). Whatever else a module computes shows as a difference at one of these stages, and the refusal
names the stage.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from baselines.errors import NotCompressible
from compress.foreign.conv_branch import Branch, read_branch
from compress.foreign.layer_trace import (
    TOLERANCE,
    Call,
    LayerCall,
    difference,
    first_row,
    leaves,
    looks_like,
    require_equal,
    traced,
)

_CONVS = (nn.Conv1d, nn.Conv2d)
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
_NEUTRAL = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Identity, nn.Flatten, nn.Unflatten)
# What these two do shows where the next layer reads.
_POOLS = (nn.MaxPool1d, nn.MaxPool2d, nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d)
_PADS = (nn.ConstantPad1d, nn.ConstantPad2d, nn.ZeroPad1d, nn.ZeroPad2d)
# The one non-linearity of ours, at one place: see `_check_relus`.
_RELU = nn.ReLU
_KNOWN = (nn.Embedding, *_CONVS, *_NORMS, nn.Linear, *_NEUTRAL, *_POOLS, *_PADS, _RELU)


@dataclass(frozen=True)
class TextCNN:
    """A module's layers.

    Attributes:
        embedding: (rows, d), by the module's own ids.
        branches: in the order of their calls.
        linears: weight (out, in) and bias (out,) of one or two layers.
        dropout: before the last linear layer, 0 where no dropout layer is found.
        relu: whether the maxima went through a ReLU, before or behind the maximum; None where none of them was below 0
            in the text that was read, and no layer says it.
    """

    embedding: Tensor
    branches: tuple[Branch, ...]
    linears: tuple[tuple[Tensor, Tensor], ...]
    dropout: float
    relu: bool | None

    def __str__(self) -> str:
        filters = ", ".join(f"{len(b.weight)} of width {b.weight.shape[2]} (`{b.name}`)" for b in self.branches)
        sizes = " -> ".join(str(n) for n in (self.linears[0][0].shape[1], *(len(bias) for _, bias in self.linears)))
        relu = ", ReLU" if self.relu else ""
        return f"embedding {tuple(self.embedding.shape)}, filters {filters}, maximum over time{relu}, linear {sizes}"


def check_layers(module: nn.Module) -> None:
    """Raise NotCompressible for what shows without a run: embeddings, convolutions, and settings ours doesn't have."""
    layers = leaves(module)
    embeddings = [f"`{name}`" for name, layer in layers.items() if isinstance(layer, nn.Embedding)]
    convs = {name: layer for name, layer in layers.items() if isinstance(layer, _CONVS)}
    if len(embeddings) != 1:
        raise NotCompressible(f"one nn.Embedding is needed, found {', '.join(embeddings) or 'none'}")
    if not convs:
        raise NotCompressible("at least one nn.Conv1d or nn.Conv2d is needed, found none")
    for name, conv in convs.items():
        settings = {"stride": conv.stride, "dilation": conv.dilation, "groups": (conv.groups,)}
        for setting, values in settings.items():
            if set(values) != {1}:
                raise NotCompressible(f"`{name}` has {setting} {max(values)}; only 1 can be taken over")
        if conv.padding_mode != "zeros":
            raise NotCompressible(f"`{name}` pads with {conv.padding_mode!r}; only zeros can be taken over")


def widest_filter(module: nn.Module) -> int:
    """Characters that the widest convolution spans; the axis along the embedding doesn't count."""
    layers = leaves(module).values()
    dims = {layer.embedding_dim for layer in layers if isinstance(layer, nn.Embedding)}
    spans = [set(layer.kernel_size) for layer in layers if isinstance(layer, _CONVS)]
    return max(int(size) for span in spans for size in (span - dims or span))


def read_text_cnn(module: nn.Module, call: Call, ids: Tensor) -> TextCNN:
    """Read the layers from how they answer one text.

    Args:
        module: float32, in eval mode; only run.
        call: see `compress.foreign.layer_trace.Call`.
        ids: the module's own ids of the text, (L,).

    Raises:
        NotCompressible: names the first stage that isn't ours, by how much it differs, and what it looks like.
    """
    # The text twice: some modules squeeze the batch away when it is alone.
    answer, calls = traced(module, call, ids.repeat(2, 1), torch.tensor([len(ids)] * 2))
    if not calls:
        raise NotCompressible("`call` never ran the module it was given; it must not use a copy of its own")
    names, half = [c.name for c in calls], len(calls) // 2
    if names[:half] == names[half:]:
        calls = calls[:half]  # one text after the other
    foreign = ", ".join(str(c) for c in calls if not isinstance(c.layer, _KNOWN) and _computes(c.layer))
    try:
        read = _read(calls, ids, answer)
    except NotCompressible as refusal:
        also = f"; layers that ours doesn't have: {foreign}" if foreign else ""
        raise NotCompressible(f"on a text of {len(ids)} ids, {refusal}{also}") from None
    if foreign:
        raise NotCompressible(f"it has layers that ours doesn't have: {foreign}")
    return read


def _computes(layer: nn.Module) -> bool:
    """False for a layer of the user's own without parameters: it may just move numbers, and the comparison decides."""
    return type(layer).__module__.startswith("torch.") or any(True for _ in layer.parameters())


def _read(calls: Sequence[LayerCall], ids: Tensor, answer: Tensor) -> TextCNN:
    embeddings = [call for call in calls if isinstance(call.layer, nn.Embedding)]
    linears = [call for call in calls if isinstance(call.layer, nn.Linear)]
    if not embeddings:
        raise NotCompressible("the embedding isn't called")
    layer: Any = embeddings[0].layer
    if layer.max_norm is not None:
        raise NotCompressible(f"{embeddings[0]} has a max_norm, which changes its weights when it is called")
    if len(linears) not in (1, 2):
        raise NotCompressible(f"one or two nn.Linear are needed behind the maximum, {len(linears)} are called")
    first, last = linears[0], linears[-1]
    pairs, branches, found = _with_norms(calls), list[Branch](), list[str]()
    columns, relu = torch.zeros(0), None
    # All stages before anything is refused: who mends one reason should know of the next.
    with _noting(found):
        branches = [read_branch(conv, norm, layer.weight.detach()[ids]) for conv, norm in pairs]
    with _noting(found):
        shown = _check_relus(calls, [norm or conv for conv, norm in pairs])
        columns, relu = _columns(first, [(norm or conv).gave[0].flatten(1) for conv, norm in pairs], shown)
    if first is not last:
        with _noting(found):
            require_equal(f"what {last} reads", last.read, {f"what {first} gave": first.gave})
    with _noting(found):
        require_equal("the answer", answer, {f"what {last} gave": last.gave})
    if found:
        raise NotCompressible("; besides, ".join(found))
    parts = torch.split(columns, [len(branch.bias) for branch in branches])
    placed = tuple(replace(branch, columns=part) for branch, part in zip(branches, parts, strict=True))
    return TextCNN(layer.weight.detach(), placed, tuple(_affine(call.layer) for call in linears), _dropout(calls), relu)


@contextmanager
def _noting(found: list[str]) -> Iterator[None]:
    try:
        yield
    except NotCompressible as refusal:
        found.append(str(refusal))


def _with_norms(calls: Sequence[LayerCall]) -> list[tuple[LayerCall, LayerCall | None]]:
    """Each convolution, in the order of the calls, with the BatchNorm that reads what it gave."""
    convs = [call for call in calls if isinstance(call.layer, _CONVS)]
    norms = [call for call in calls if isinstance(call.layer, _NORMS)]
    if len({call.name for call in convs}) != len(convs) or any(len(call.gave) > 2 for call in convs):
        raise NotCompressible("each convolution must be called once, with the whole batch")
    pairs = []
    for conv in convs:
        norm = next((n for n in norms if difference(n.read.flatten(), conv.gave.flatten()) == 0), None)
        pairs.append((conv, norm))
        norms = [n for n in norms if n is not norm]
    if norms:
        given = {f"what {conv} gave": conv.gave for conv in convs}
        raise NotCompressible(f"{norms[0]} doesn't read what a convolution gave{looks_like(norms[0].read, given)}")
    return pairs


def _check_relus(calls: Sequence[LayerCall], convs: Sequence[LayerCall]) -> bool:
    """Whether there are ReLU layers; raises NotCompressible unless each stands at the maximum of the filters.

    Args:
        calls: of all layers.
        convs: those that give the responses, a convolution or its BatchNorm.
    """
    relus = [call for call in calls if isinstance(call.layer, _RELU)]
    linears = [calls.index(call) for call in calls if isinstance(call.layer, nn.Linear)]
    behind = next((call for call in relus if calls.index(call) > linears[0]), None)
    if behind is not None:
        raise NotCompressible(
            f"{behind} stands behind {calls[linears[0]]}; only at the maximum of the filters is it ours"
        )
    before = [any(difference(relu.read.flatten(), conv.gave.flatten()) == 0 for conv in convs) for relu in relus]
    if any(before) and sum(before) < len(convs):
        raise NotCompressible(f"{relus[0]} stands behind some of the {len(convs)} convolutions only")
    return bool(relus)


def _columns(first: LayerCall, responses: Sequence[Tensor], shown: bool) -> tuple[Tensor, bool | None]:
    """Where the first linear layer reads each filter, (N,), by value, as the maxima may be joined in any order; `relu`.

    Args:
        first: that layer.
        responses: of each convolution, (N_f, windows).
        shown: whether there are ReLU layers.
    """
    maxima = [each.amax(dim=1) for each in responses]
    read = first_row(first.read)
    plain = None if shown else _placed(read, maxima)
    if plain is not None:
        return plain, None if bool((torch.cat(maxima) >= 0).all()) else False
    floored = _placed(read, [each.relu() for each in maxima])
    if floored is not None:
        return floored, True
    means = torch.cat([each.mean(dim=1) for each in responses])
    of_relu = torch.cat([each.relu().mean(dim=1) for each in responses])
    joined = torch.cat(maxima)
    named = {"the maxima over time": joined, "the means over time": means, "the means over time of the ReLU": of_relu}
    require_equal(f"what {first} reads", first.read, {name: row[None] for name, row in named.items()})
    return torch.arange(len(joined)), None


def _placed(read: Tensor, maxima: Sequence[Tensor]) -> Tensor | None:
    """Where each of these numbers was read, (N,); None where others were read, or equal ones hide their order."""
    joined = torch.cat(list(maxima))
    if difference(read, joined) <= TOLERANCE:
        return torch.arange(len(joined))
    if difference(read.sort().values, joined.sort().values) > TOLERANCE:
        return None
    columns = torch.empty(len(joined), dtype=torch.long)
    if int((joined == 0).sum()) < 2:
        columns[joined.argsort()] = read.argsort()
        return columns
    # A ReLU leaves many zeros: then all filters of a convolution together tell where they are.
    starts = _order(read, maxima, frozenset(), 0)
    return (
        None
        if starts is None
        else torch.cat([start + torch.arange(len(m)) for start, m in zip(starts, maxima, strict=True)])
    )


def _order(read: Tensor, maxima: Sequence[Tensor], used: frozenset[int], start: int) -> list[int] | None:
    """Where each convolution's maxima begin in what was read, convolutions in any order; None where none fits."""
    if len(used) == len(maxima):
        return [0] * len(maxima)
    for n, own in enumerate(maxima):
        if n in used or difference(read[start : start + len(own)], own) > TOLERANCE:
            continue
        rest = _order(read, maxima, used | {n}, start + len(own))
        if rest is not None:
            rest[n] = start
            return rest
    return None


def _affine(layer: Any) -> tuple[Tensor, Tensor]:
    bias = torch.zeros(layer.out_features) if layer.bias is None else layer.bias.detach()
    return layer.weight.detach(), bias


def _dropout(calls: Sequence[LayerCall]) -> float:
    behind = max(i for i, call in enumerate(calls) if isinstance(call.layer, _CONVS))
    rates = [call.layer.p for call in calls[behind:] if isinstance(call.layer, nn.Dropout)]
    return float(rates[-1]) if rates else 0.0
