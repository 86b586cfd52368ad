"""One convolution of a foreign text CNN, made ours: windows centred on each character, BatchNorm folded in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_weights

from baselines.errors import NotCompressible
from baselines.networks.lookup_conv import same_padding
from compress.foreign.layer_trace import TOLERANCE, LayerCall, difference


@dataclass(frozen=True)
class Branch:
    """One convolution with its BatchNorm folded in; windows are centred as in `same_padding`.

    Attributes:
        name: of the convolution in its module.
        weight: float64 (N_f, d, f).
        bias: float64 (N_f,).
        columns: where the first linear layer reads its filters, (N_f,); in their own order until that is known.
    """

    name: str
    weight: Tensor
    bias: Tensor
    columns: Tensor


def read_branch(conv: LayerCall, norm: LayerCall | None, embedded: Tensor) -> Branch:
    """One convolution as it answered a text.

    Args:
        conv: the convolution.
        norm: the BatchNorm that reads what it gave, if there is one.
        embedded: the text, (L, d).

    Raises:
        NotCompressible: not one window a character, or not between zeros, or no statistics to fold in.
    """
    layer: Any = conv.layer
    weight, gave = _along_time(conv, embedded.shape[1])
    bias = torch.zeros(len(weight)) if layer.bias is None else layer.bias.detach()
    _check_windows(conv, weight.shape[2], gave.shape[1], len(embedded))
    before = _zeros_before(weight, bias, embedded, gave)
    if before is None:
        raise NotCompressible(
            f"what {conv} gave isn't the convolution of the embedded text between zeros: something stands between "
            "embedding and convolution, or what lies beyond the text isn't zero (the embedding of the padding, say)"
        )
    weight, bias = centred(weight, before).double(), bias.double()
    if norm is not None:
        weight, bias = _folded(weight, bias, norm)
    return Branch(conv.name, weight, bias, torch.arange(len(bias)))


def _check_windows(conv: LayerCall, width: int, n_windows: int, n_ids: int) -> None:
    if n_windows == n_ids:
        return
    valid = "; these are 'valid' windows, which never hang over an edge" if n_windows == n_ids - width + 1 else ""
    raise NotCompressible(
        f"{conv} has {n_windows} windows of width {width}; one a character is needed, as padding='same' has{valid}"
    )


def _along_time(conv: LayerCall, dim: int) -> tuple[Tensor, Tensor]:
    """Filters as (N, d, f) and responses to the text as (N, windows), whatever axis of length 1 there was."""
    layer: Any = conv.layer
    weight, gave = layer.weight.detach(), conv.gave
    if weight.ndim == 4 and gave.ndim == 4:
        # Time runs along the axis that the kernel doesn't use up.
        if gave.shape[3] == 1 and weight.shape[1] * weight.shape[3] == dim:
            weight, gave = weight.transpose(2, 3), gave.transpose(2, 3)
        if gave.shape[2] == 1:
            weight, gave = weight.flatten(1, 2), gave.flatten(1, 2)
    if weight.ndim != 3 or gave.ndim != 3 or weight.shape[1] != dim:
        raise NotCompressible(
            f"{conv} with a weight of {tuple(layer.weight.shape)} doesn't read the {dim} numbers of each embedded "
            "character as a whole"
        )
    return weight, gave[0]


def _zeros_before(weight: Tensor, bias: Tensor, embedded: Tensor, gave: Tensor) -> int | None:
    """How many zeros stand before the text, found by trying; None where no number of them gives these responses."""
    width = weight.shape[2]
    ours = same_padding(width)[0]
    for before in (ours, *(n for n in range(width) if n != ours)):
        padded = F.pad(embedded.T, (before, width - 1 - before))
        if difference(gave, F.conv1d(padded[None], weight, bias)[0]) <= TOLERANCE:
            return before
    return None


def centred(weight: Tensor, before: int) -> Tensor:
    """Filters with taps of zero added, so that `same_padding` puts their windows where `before` zeros had put them.

    Args:
        weight: (N, d, f).
        before: zeros before a text, 0 to f - 1; f - 1 - before stand behind it.

    Returns:
        (N, d, f') with f' from f to 2f - 1; f' = f where `before` is `same_padding(f)[0]`.
    """
    width = weight.shape[2]
    return F.pad(weight, (max(0, width - 2 - 2 * before), max(0, 2 * before - width + 1)))


def _folded(weight: Tensor, bias: Tensor, norm: LayerCall) -> tuple[Tensor, Tensor]:
    layer: Any = norm.layer
    if layer.running_mean is None:
        raise NotCompressible(f"{norm} keeps no statistics: its answers depend on the batch")
    scale, shift = (None if p is None else p.detach().double() for p in (layer.weight, layer.bias))
    mean, variance = layer.running_mean.double(), layer.running_var.double()
    fused = fuse_conv_bn_weights(weight, bias, mean, variance, layer.eps, scale, shift)
    return fused[0].detach(), fused[1].detach()
