"""Text CNNs as people write them, with random weights: what `compress.foreign.adopt` takes over and what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.cases.compress_case import TOKENIZER

CLASSES = tuple(f"class-{c}" for c in range(5))
DIM = 6


def same(values: Tensor) -> Tensor:
    """No non-linearity."""
    return values


def maximum(responses: Tensor) -> Tensor:
    """(B, N, L) -> (B, N)."""
    return responses.amax(dim=2)


@dataclass(frozen=True)
class Layout:
    """How a `TextNet` is put together; the defaults are taken over.

    Attributes:
        widths: (width, filters).
        before: zeros before a text for a width; the others stand behind it.
        hidden: numbers between two linear layers, 0 for one layer.
        norm: a BatchNorm behind each convolution.
        two_d: `nn.Conv2d` over (1, L, d).
        reverse: the maxima are joined in the opposite order.
        n_ids: rows of the embedding.
        before_pool, pool, behind_pool, between, behind: what stands at these places.
    """

    widths: Sequence[tuple[int, int]] = ((1, 4), (2, 8), (3, 4), (6, 3))
    before: Callable[[int], int] = lambda width: (width - 1) // 2
    hidden: int = 0
    norm: bool = False
    two_d: bool = False
    reverse: bool = False
    n_ids: int = TOKENIZER.n_ids
    before_pool: Callable[[Tensor], Tensor] = same
    pool: Callable[[Tensor], Tensor] = maximum
    behind_pool: Callable[[Tensor], Tensor] = same
    between: Callable[[Tensor], Tensor] = same
    behind: Callable[[Tensor], Tensor] = same


class TextNet(nn.Module):
    """ids (B, L) -> logits (B, 5)."""

    def __init__(self, layout: Layout, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._build(layout)
        self.layout = layout
        self.eval()

    def _build(self, layout: Layout) -> None:
        self.embed = nn.Embedding(layout.n_ids, DIM, padding_idx=0)
        make = (lambda n, w: nn.Conv2d(1, n, (w, DIM))) if layout.two_d else (lambda n, w: nn.Conv1d(DIM, n, w))
        self.convs = nn.ModuleList([make(n, width) for width, n in layout.widths])
        kind = nn.BatchNorm2d if layout.two_d else nn.BatchNorm1d
        self.norms = nn.ModuleList([kind(n) if layout.norm else nn.Identity() for _, n in layout.widths])
        for norm in self.norms:
            if layout.norm:
                norm.running_mean.normal_()
                norm.running_var.uniform_(0.3, 2)
                nn.init.normal_(norm.weight)  # negative ones too: they turn the maximum round
                nn.init.normal_(norm.bias)
        n_filters = sum(n for _, n in layout.widths)
        self.first = nn.Linear(n_filters, layout.hidden) if layout.hidden else nn.Identity()
        self.drop = nn.Dropout(0.25)
        self.out = nn.Linear(layout.hidden or n_filters, len(CLASSES))

    def forward(self, ids: Tensor) -> Tensor:
        layout, embedded = self.layout, self.embed(ids)  # (B, L, d)
        maxima = []
        for (width, _), conv, norm in zip(layout.widths, self.convs, self.norms, strict=True):
            around = layout.before(width), width - 1 - layout.before(width)
            if layout.two_d:
                responses = norm(conv(F.pad(embedded, (0, 0, *around))[:, None])).squeeze(3)
            else:
                responses = norm(conv(F.pad(embedded.transpose(1, 2), around)))
            maxima.append(layout.pool(layout.before_pool(responses)))
        pooled = layout.behind_pool(torch.cat(maxima[::-1] if layout.reverse else maxima, dim=1))
        return layout.behind(self.out(self.drop(layout.between(self.first(pooled)))))


def kims_net(*, activation: nn.Module | None = None, n_ids: int = TOKENIZER.n_ids, seed: int = 3) -> nn.Sequential:
    """Odd widths with `padding="same"`, all in modules of torch: embedding, transposing, convolutions, linear."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        convs = [nn.Sequential(nn.Conv1d(DIM, 8, w, padding="same"), nn.AdaptiveMaxPool1d(1)) for w in (3, 5)]
        head = [nn.Flatten(), activation or nn.Identity(), nn.Dropout(0.4), nn.Linear(16, len(CLASSES))]
        net = nn.Sequential(nn.Embedding(n_ids, DIM, padding_idx=0), Transposed(), Joined(convs), *head)
    return net.eval()


class Transposed(nn.Module):
    """(B, L, d) -> (B, d, L)."""

    def forward(self, values: Tensor) -> Tensor:
        return values.transpose(1, 2)


class Joined(nn.Module):
    """The results of several modules, one after the other along dimension 1."""

    def __init__(self, parts: Sequence[nn.Module]) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def forward(self, values: Tensor) -> Tensor:
        return torch.cat([part(values) for part in self.parts], dim=1)


def state_of(module: nn.Module) -> dict[str, Tensor]:
    """A copy of all parameters and buffers."""
    return {name: value.clone() for name, value in module.state_dict().items()}


def assert_same_state(module: nn.Module, before: dict[str, Tensor]) -> None:
    after = module.state_dict()
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], before[name]) for name in before)
