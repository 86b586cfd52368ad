"""Embedding, convolutions of several widths and max over time as table look-ups: no multiplication per character.

The first layer's input is a character, one of V. With E the embedding (V, d) and W_f the filters of width f
(N_f, d, f), `conv(E[x])[t] = sum_k T_f[k, x[t + k]]` with `T_f[k] = E @ W_f[:, :, k].T` (V, N_f): the tables are built
once a step, and their rows are added. Only the window that wins the maximum passes a gradient on: back into the tables
go f numbers per filter and text, instead of f · d per filter and character. Exact: outputs and gradients are those of
`nn.Conv1d`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.text.tokenizer import PAD_ID

Form = Literal["auto", "lookup", "conv"]

# Responses held at once, 2 MB of float32: larger blocks leave the cache (four times slower), smaller ones pay the
# fixed cost of a call more often.
BLOCK_ELEMENTS = 1 << 19


def same_padding(width: int) -> tuple[int, int]:
    """Zeros left and right of a text so that a filter of this width has one window per character."""
    left = (width - 1) // 2
    return left, width - 1 - left


def max_of_convolutions(
    ids: Tensor,
    lengths: Tensor,
    embedding: Tensor,
    weights: Sequence[Tensor],
    biases: Sequence[Tensor],
    *,
    form: Form = "auto",
) -> Tensor:
    """Largest response of each filter over the windows centred on a text's own characters; (B, N), biases included.

    The text counts as surrounded by zeros, a text of length 0 as one padding character. Where windows tie, the first
    one gets the gradient. The embedding's row of the padding must be zero; it gets no gradient.

    Args:
        ids: integers (B, L) in 0..V-1, `PAD_ID` beyond each text's length; L at least 1.
        lengths: integers (B,) in 0..L.
        embedding: (V, d).
        weights: (N_f, d, f) for each width f.
        biases: (N_f,) for each width f.
        form: `lookup`, `conv` (`nn.Conv1d`'s own arithmetic), or `auto`: the faster one, which is the look-up on a CPU
            and the convolution elsewhere; a graph that is being exported gets the convolution.
    """
    if resolve_form(form, ids.device) == "conv":
        return _convolve(ids, lengths, embedding, weights, biases)
    return add_rows(ids, lengths, build_tables(embedding, weights)) + torch.cat(list(biases))


def resolve_form(form: Form, device: torch.device) -> Literal["lookup", "conv"]:
    """What `auto` means on this device; the other two are themselves."""
    if form == "auto":
        # torch loads its exporter when it is first named, which takes a second; unloaded, it exports nothing.
        by_tracing = "torch.onnx" in sys.modules and torch.onnx.is_in_onnx_export()
        exporting = torch.compiler.is_exporting() or by_tracing
        return "lookup" if device.type == "cpu" and not exporting else "conv"
    if form not in ("lookup", "conv"):
        raise ValueError(f"form: allowed are auto, lookup and conv, got {form!r}")
    return form


@dataclass(frozen=True)
class RowTable:
    """Tables of consecutive widths that have the same number of filters, as one matrix.

    Attributes:
        rows: (V · F, N) with F the sum of the widths: row `id · F + s` belongs to character `id` and slot `s`; a slot
            is a position in a window of one width, widths in order.
        widths: the widths f.
    """

    rows: Tensor
    widths: tuple[int, ...]

    @property
    def n_slots(self) -> int:
        """F."""
        return sum(self.widths)

    @property
    def n_filters(self) -> int:
        """N of each width."""
        return int(self.rows.shape[1])


def build_tables(embedding: Tensor, weights: Sequence[Tensor]) -> list[RowTable]:
    """One small matrix product per width: `E @ W_f[:, :, k].T` for each k, the padding's rows zero. Differentiable."""
    known = torch.ones_like(embedding[:, :1])
    known[PAD_ID] = 0
    masked = embedding * known  # (V, d)
    tables = []
    for n_filters, group in groupby(weights, key=lambda weight: weight.shape[0]):
        same = list(group)
        flat = [masked @ weight.permute(1, 2, 0).flatten(1) for weight in same]  # (V, f · N) each
        rows = torch.cat(flat, dim=1).view(-1, n_filters)
        tables.append(RowTable(rows, tuple(weight.shape[2] for weight in same)))
    return tables


def add_rows(ids: Tensor, lengths: Tensor, tables: Sequence[RowTable]) -> Tensor:
    """Maximum over time of sums of table rows, biases not included; (B, N). Differentiable once, in the tables.

    Args:
        ids, lengths: as in `max_of_convolutions`.
        tables: from `build_tables`.
    """
    ids, own = ids.to(torch.int32), lengths.to(torch.int32).clamp(min=1)
    pooled = [_MaxOverTime.apply(table.rows, ids, own, table.widths) for table in tables]  # type: ignore[no-untyped-call]
    return torch.cat(pooled, dim=1)


def one_training_step(
    module: nn.Module,
    ids: Tensor,
    lengths: Tensor,
    labels: Tensor,
    form: Form,
    optimizer: torch.optim.Optimizer | None = None,
) -> float:
    """Forward, binary cross-entropy, backward and, given one, the optimizer's step; the loss. For measurements.

    Args:
        module: a `CharCNN`; takes `(ids, lengths, form=form)`.
        ids, lengths: as in `max_of_convolutions`.
        labels: float (B, C).
    """
    module.zero_grad(set_to_none=True)
    loss = F.binary_cross_entropy_with_logits(module(ids, lengths, form=form), labels)
    loss.backward()  # type: ignore[no-untyped-call]
    if optimizer is not None:
        optimizer.step()
    return float(loss.detach())


def _convolve(
    ids: Tensor, lengths: Tensor, embedding: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor]
) -> Tensor:
    embedded = F.embedding(ids, embedding, padding_idx=PAD_ID).transpose(1, 2)  # (B, d, L)
    beyond = torch.arange(ids.shape[1], device=ids.device) >= lengths.clamp(min=1)[:, None]  # (B, L)
    maxima = []
    for weight, bias in zip(weights, biases, strict=True):
        responses = F.conv1d(F.pad(embedded, same_padding(weight.shape[2])), weight, bias)  # (B, N_f, L)
        responses = responses.masked_fill(beyond[:, None, :], -torch.inf)
        # amax would share a gradient among ties; but only amax is a plain ReduceMax in ONNX.
        first_wins = responses.requires_grad and not torch.compiler.is_exporting()
        maxima.append(responses.max(dim=2).values if first_wins else responses.amax(dim=2))
    return torch.cat(maxima, dim=1)


class _MaxOverTime(torch.autograd.Function):
    """Rows of one `RowTable` added for every window, and the maximum of each filter: (B, widths · N)."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, ids: Tensor, lengths: Tensor, widths: tuple[int, ...]) -> Tensor:
        table = RowTable(rows, widths)
        padded = F.pad(ids, same_padding(max(widths)), value=PAD_ID)  # (B, P)
        chunk = max(1, BLOCK_ELEMENTS // (len(widths) * table.n_filters))
        pooled, winners = _chunk_maximum(padded, lengths, table, 0, chunk)
        for begin in range(chunk, int(lengths.max()), chunk):
            texts = torch.nonzero(lengths > begin)[:, 0]
            best, at = _chunk_maximum(padded[texts], lengths[texts], table, begin, chunk)
            better = best > pooled[texts]  # an earlier window wins a tie
            pooled[texts] = torch.where(better, best, pooled[texts])
            winners[texts] = torch.where(better, at, winners[texts])
        ctx.save_for_backward(padded, winners)
        ctx.widths, ctx.shape = widths, rows.shape
        return pooled.flatten(1)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        padded, winners = ctx.saved_tensors  # (B, P) and (B, W, N)
        n_rows, n_filters = ctx.shape
        numbers = [number for number, width in enumerate(ctx.widths) for _ in range(width)]
        shifts = [first + k for first, width in zip(_first(ctx.widths), ctx.widths, strict=True) for k in range(width)]
        of_slot, shift = torch.tensor([numbers, shifts], dtype=torch.int32, device=padded.device)  # (F,) each
        at = (winners + _row_starts(padded)[:, :, None]).index_select(1, of_slot) + shift[:, None]  # (B, F, N)
        winning = padded.view(-1).index_select(0, at.view(-1)).view(at.shape)  # ids
        cell = torch.arange(len(shifts) * n_filters, dtype=torch.int32, device=padded.device).view(-1, n_filters)
        cells = torch.add(cell, winning, alpha=cell.numel())
        per_slot = grad.view(winners.shape).index_select(1, of_slot)
        flat = grad.new_zeros(n_rows * n_filters).index_add_(0, cells.view(-1), per_slot.view(-1))
        return flat.view(n_rows, n_filters), None, None, None


def _first(widths: tuple[int, ...]) -> list[int]:
    """For each width, where its window begins in a text padded for the widest, seen from the window's own position."""
    left = same_padding(max(widths))[0]
    return [left - same_padding(width)[0] for width in widths]


def _row_starts(padded: Tensor) -> Tensor:
    """Where each text begins in the flattened matrix; int32 (B, 1)."""
    return torch.arange(0, padded.numel(), padded.shape[1], dtype=torch.int32, device=padded.device)[:, None]


def _chunk_maximum(padded: Tensor, lengths: Tensor, table: RowTable, begin: int, chunk: int) -> tuple[Tensor, Tensor]:
    """Maximum over at most `chunk` windows from `begin` on, and the first position of it; (b, widths, N) each."""
    n_windows = min(chunk, int(lengths.max()) - begin)
    n_texts = min(chunk // n_windows, len(padded))
    codes = _window_codes(padded, lengths, table, begin, n_windows)
    counts = torch.tensor(table.widths, device=padded.device).repeat_interleave(n_windows).repeat(n_texts)
    offsets = (counts.cumsum(0) - counts).to(torch.int32)
    maxima = []
    for block in torch.split(codes, n_texts):
        n_bags = len(block) * len(table.widths) * n_windows
        responses = F.embedding_bag(block.view(-1), table.rows, offsets[:n_bags], mode="sum")
        per_width = responses.view(-1, n_windows, table.n_filters).transpose(1, 2)  # (b · widths, N, n_windows)
        # Twenty times faster than max(dim) or argmax on this layout.
        maxima.append(F.max_pool1d(per_width, n_windows, return_indices=True))
    shape = (len(padded), len(table.widths), table.n_filters)
    best = torch.cat([values for values, _ in maxima]).view(shape)
    at = torch.cat([positions for _, positions in maxima]).view(shape).to(torch.int32)
    return best, at.add_(begin)


def _window_codes(padded: Tensor, lengths: Tensor, table: RowTable, begin: int, n_windows: int) -> Tensor:
    """Rows to add for every window from `begin` on: int32 (b, n_windows · F), ordered by width, window, slot."""
    position = torch.arange(begin, begin + n_windows, dtype=torch.int32, device=padded.device)
    # Beyond the end of a text its last window is repeated: the maximum stays, and no mask is needed.
    own = torch.minimum(position, lengths[:, None] - 1) + _row_starts(padded)  # (b, n_windows)
    span = torch.arange(max(table.widths), dtype=torch.int32, device=padded.device)
    around = (padded * table.n_slots).view(-1).index_select(0, (own[:, :, None] + span).view(-1))
    around = around.view(len(padded), n_windows, len(span))
    codes = padded.new_empty(len(padded), n_windows * table.n_slots)
    slot = torch.arange(table.n_slots, dtype=torch.int32, device=padded.device)
    done = 0
    for first, width in zip(_first(table.widths), table.widths, strict=True):
        of_width = codes[:, done * n_windows : (done + width) * n_windows].view(-1, n_windows, width)
        torch.add(around[:, :, first : first + width], slot[done : done + width], out=of_width)
        done += width
    return codes
