"""The network of the character CNN: embedding, convolutions, max over time, linear layers; and its shape on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.errors import ArtifactError
from baselines.networks.batches import length_batches
from baselines.networks.lookup_conv import Form, RowTable, add_rows, build_tables, max_of_convolutions, resolve_form
from baselines.networks.sizes import require_sizes
from baselines.storage.artifact import read_json
from baselines.text.tokenizer import PAD_ID, Ids, pad


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
        relu: a ReLU behind the maximum of each filter, bias included; before the maximum it is the same.
    """

    n_ids: int
    n_classes: int
    embedding_dim: int = 128
    filters: tuple[tuple[int, int], ...] = tuple((width, 128) for width in range(1, 11))
    hidden_dim: int = 128
    dropout: float = 0.5
    relu: bool = False

    @property
    def n_filters(self) -> int:
        """All filters N, in the order of the pooled vector."""
        return sum(count for _, count in self.filters)


class CharCNN(nn.Module):
    """ids (B, L) and lengths (B,) -> logits (B, C).

    A window never looks past its own text: the text counts as surrounded by padding (zero vectors), and the maximum
    runs over the windows centred on its own characters only, so a text's logits do not depend on its batch. A text of
    length 0 counts as one padding character.
    """

    def __init__(self, shape: CharCNNShape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.n_ids, shape.embedding_dim, padding_idx=PAD_ID)
        self.convs = nn.ModuleList([_convolution(shape.embedding_dim, n, width) for width, n in shape.filters])
        self.fc1 = nn.Linear(shape.n_filters, shape.hidden_dim) if shape.hidden_dim else None
        self.dropout = nn.Dropout(shape.dropout)
        self.fc2 = nn.Linear(shape.hidden_dim or shape.n_filters, shape.n_classes)

    @property
    def weights(self) -> list[Tensor]:
        """Filters (N_f, d, f) of each convolution."""
        return [conv.weight for conv in cast(list[nn.Conv1d], self.convs)]

    @property
    def biases(self) -> list[Tensor]:
        """Biases (N_f,) of each convolution."""
        return [cast(Tensor, conv.bias) for conv in cast(list[nn.Conv1d], self.convs)]

    def pooled(self, ids: Tensor, lengths: Tensor, form: Form = "auto") -> Tensor:
        """Largest response of each filter over a text; (B, N), biases and ReLU included. See `max_of_convolutions`."""
        pooled = max_of_convolutions(ids, lengths, self.embedding.weight, self.weights, self.biases, form=form)
        return pooled.relu() if self.shape.relu else pooled

    def head(self, pooled: Tensor) -> Tensor:
        """(B, N) -> logits (B, C)."""
        hidden = pooled if self.fc1 is None else self.fc1(pooled)
        logits: Tensor = self.fc2(self.dropout(hidden))
        return logits

    def forward(self, ids: Tensor, lengths: Tensor, form: Form = "auto") -> Tensor:
        return self.head(self.pooled(ids, lengths, form))

    def tables(self) -> list[RowTable]:
        """The look-up tables of the embedding and the convolutions, without biases."""
        return build_tables(self.embedding.weight, self.weights)

    def folded_head(self) -> tuple[Tensor, Tensor]:
        """All that follows the maximum as one matrix (C, N) and one bias (C,), convolution biases included; float64."""
        weight, bias = self.fc2.weight.double(), self.fc2.bias.double()
        if self.fc1 is not None:
            weight, bias = weight @ self.fc1.weight.double(), bias + weight @ self.fc1.bias.double()
        return weight, bias + weight @ torch.cat(self.biases).double()


def _convolution(embedding_dim: int, n_filters: int, width: int) -> nn.Conv1d:
    """`nn.Conv1d` whose (N, d, f) weight lies in memory as (d, f, N), the order in which tables are built from it.

    Saves a copy of every weight and of its gradient in each training step; the numbers are the same.
    """
    conv = nn.Conv1d(embedding_dim, n_filters, width)
    conv.weight = nn.Parameter(conv.weight.detach().permute(1, 2, 0).contiguous().permute(2, 0, 1))
    return conv


def predict_logits(module: CharCNN, encoded: Sequence[Ids]) -> NDArray[np.float64]:
    """Logits (n_texts, C) of encoded texts, in batches of similar length; call it without gradients.

    The pooled vectors of the look-up are bit-identical in any batch. The order of the head's sums depends on the batch,
    so they are made in float64: rounded to float32, a text's probabilities are the same alone and in a batch.
    """
    device = module.embedding.weight.device
    tables = module.tables() if resolve_form("auto", device) == "lookup" else None
    weight, bias = module.folded_head()
    out, filter_bias = np.zeros((len(encoded), module.shape.n_classes)), torch.cat(module.biases)
    for rows in length_batches([len(ids) for ids in encoded]):
        matrix, lengths = (torch.from_numpy(a).to(device) for a in pad([encoded[row] for row in rows]))
        unbiased = (
            add_rows(matrix, lengths, tables) if tables is not None else module.pooled(matrix, lengths) - filter_bias
        )
        if module.shape.relu:
            unbiased = torch.maximum(unbiased, -filter_bias)
        out[rows] = (unbiased.double() @ weight.T + bias).cpu().numpy()
    return out


def read_shape(path: Path) -> CharCNNShape:
    """Read `shape.json`; raises ArtifactError naming an unknown or missing field."""
    try:
        fields = read_json(path)
        require_sizes(fields, {"n_ids": 2, "n_classes": 1, "embedding_dim": 1, "hidden_dim": 0})
        if type(fields.get("relu", False)) is not bool:
            raise ValueError("relu: true or false is allowed")
        return CharCNNShape(**{**fields, "filters": tuple((int(w), int(n)) for w, n in fields["filters"])})
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(f"{path}: not the shape of a character CNN ({error})") from None
