"""The character CNN of the Made With ML course: embedding, convolutions of several widths, max over time, two linear layers.

Source: Goku Mohandas, Made With ML (2021), after Kim, "Convolutional Neural Networks for Sentence Classification" (2014).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.tokenizer import PAD_ID


@dataclass(frozen=True)
class CharCNNShape:
    """Sizes of the layers.

    Attributes:
        n_ids: characters V, padding and unknown included.
        n_classes: outputs C.
        embedding_dim: numbers a character, d.
        filters: (width f, number of filters N_f) per convolution, widths ascending.
        hidden_dim: H of the first linear layer; 0 leaves it out (one matrix from filters to classes).
        dropout: before the last linear layer, while training.
    """

    n_ids: int
    n_classes: int
    embedding_dim: int = 128
    filters: tuple[tuple[int, int], ...] = tuple((width, 128) for width in range(1, 11))
    hidden_dim: int = 128
    dropout: float = 0.5

    @property
    def n_filters(self) -> int:
        """All filters N, in the order of the pooled vector."""
        return sum(count for _, count in self.filters)


class CharCNN(nn.Module):
    """ids (B, L) and lengths (B,) -> logits (B, C).

    A window never looks past its own text: the text counts as surrounded by padding (zero vectors), and the maximum runs
    over the windows centred on its own characters only, so a text's logits do not depend on its batch. A text of
    length 0 counts as one padding character.
    """

    def __init__(self, shape: CharCNNShape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.n_ids, shape.embedding_dim, padding_idx=PAD_ID)
        self.convs = nn.ModuleList([nn.Conv1d(shape.embedding_dim, n, width) for width, n in shape.filters])
        self.fc1 = nn.Linear(shape.n_filters, shape.hidden_dim) if shape.hidden_dim else None
        self.dropout = nn.Dropout(shape.dropout)
        self.fc2 = nn.Linear(shape.hidden_dim or shape.n_filters, shape.n_classes)

    def pooled(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Largest response of each filter over a text; (B, N), convolution biases included."""
        embedded = self.embedding(ids).transpose(1, 2)  # (B, d, L)
        beyond = torch.arange(ids.shape[1], device=ids.device) >= lengths.clamp(min=1)[:, None]  # (B, L)
        maxima = []
        for conv in self.convs:
            left, right = same_padding(conv.kernel_size[0])
            responses = conv(F.pad(embedded, (left, right)))  # (B, N_f, L)
            maxima.append(responses.masked_fill(beyond[:, None, :], -torch.inf).amax(dim=2))
        return torch.cat(maxima, dim=1)

    def head(self, pooled: Tensor) -> Tensor:
        """(B, N) -> logits (B, C)."""
        hidden = pooled if self.fc1 is None else self.fc1(pooled)
        return self.fc2(self.dropout(hidden))

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        return self.head(self.pooled(ids, lengths))


def same_padding(width: int) -> tuple[int, int]:
    """Zeros left and right of a text so that a filter of this width has one window per character."""
    left = (width - 1) // 2
    return left, width - 1 - left
