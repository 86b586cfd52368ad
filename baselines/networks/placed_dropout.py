"""Dropout whose random numbers belong to a row of the whole batch, whichever process has that row.

Each process draws for all rows and takes its own, so two processes drop what one would drop. That costs drawing more
numbers than are used, which is little beside a network's products.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode


class PlacedDropout(TorchFunctionMode):
    """While it is active, every dropout over rows of a batch, that inside scaled dot-product attention included.

    Args:
        n_rows: of the whole batch.
        own: numbers of the rows that this process has, (n_own,); the first dimension of what is dropped.
    """

    def __init__(self, n_rows: int, own: Tensor) -> None:
        super().__init__()
        self._n_rows, self._own = n_rows, own

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[Any],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = dict(kwargs or {})
        if func is F.dropout:
            return self._dropout(*args, **kwargs)
        if func is F.scaled_dot_product_attention and _dropout_of(args, kwargs):
            return self._attention(*args, **kwargs)
        return func(*args, **kwargs)

    def _dropout(self, values: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
        if not training or p == 0:
            return values
        if len(values) != len(self._own):
            raise ValueError(f"dropout: expected the batch's {len(self._own)} rows first, got {tuple(values.shape)}")
        drawn = values.new_empty((self._n_rows, *values.shape[1:])).bernoulli_(1 - p).div_(1 - p)
        kept = drawn[self._own.to(values.device)]
        return values.mul_(kept) if inplace else values * kept

    def _attention(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        scale: float | None = None,
        enable_gqa: bool = False,
    ) -> Tensor:
        """softmax(q kᵀ · scale + mask), dropped out, times v: (B, heads, L, d)."""
        if is_causal or enable_gqa:
            raise ValueError("attention: data-parallel training needs an encoder that looks both ways")
        weights = query @ key.transpose(-2, -1) * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
        if attn_mask is not None:
            weights = (
                weights.masked_fill(~attn_mask, -torch.inf) if attn_mask.dtype == torch.bool else weights + attn_mask
            )
        dropped: Tensor = self._dropout(torch.softmax(weights, dim=-1), dropout_p) @ value
        return dropped


def _dropout_of(args: Sequence[Any], kwargs: Mapping[str, Any]) -> float:
    return float(args[4] if len(args) > 4 else kwargs.get("dropout_p", 0.0))
