"""Copies of a character CNN that differ in form or in size; the module they are made from is only read."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.models.cnn import CharCNN, CharCNNClassifier, CharCNNShape
from baselines.text.tokenizer import PAD_ID, pad
from compress.methods.fold import float_floors, float_parts


def clone(parent: CharCNNClassifier, module: CharCNN | None = None) -> CharCNNClassifier:
    """The same classifier around a copy of its module, or around another module; thresholds and config carry over."""
    chosen = copy.deepcopy(parent.module) if module is None else module
    return CharCNNClassifier.from_module(
        chosen.eval(), parent.tokenizer, parent.space_, parent.thresholds_.copy(), parent.config
    )


def conv_weights(module: CharCNN) -> list[tuple[Tensor, Tensor]]:
    """(weight (N_f, d, f), bias (N_f,)) of each width."""
    return list(zip(module.weights, module.biases, strict=True))


def without_filters(module: CharCNN, keep: NDArray[np.bool_], mean_pooled: NDArray[Any] | None = None) -> CharCNN:
    """A really smaller module with the filters where `keep` (N,) is true.

    Args:
        module: read only.
        keep: at least one true; a width without any is left out.
        mean_pooled: (N,) mean response over training texts; the bias behind takes the place of what left on average.
    """
    shape = module.shape
    parts = np.split(keep, np.cumsum([count for _, count in shape.filters])[:-1])
    filters = tuple((w, int(part.sum())) for (w, _), part in zip(shape.filters, parts, strict=True) if part.any())
    smaller = CharCNN(replace(shape, filters=filters)).to(module.embedding.weight.device)
    kept = torch.from_numpy(np.flatnonzero(keep))
    with torch.no_grad():
        smaller.embedding.weight.copy_(module.embedding.weight)
        old = [(w, b, part) for (w, b), part in zip(conv_weights(module), parts, strict=True) if part.any()]
        for (weight, bias), (old_weight, old_bias, part) in zip(conv_weights(smaller), old, strict=True):
            rows = torch.from_numpy(np.flatnonzero(part))
            weight.copy_(old_weight[rows])
            bias.copy_(old_bias[rows])
        first, old_first = _first_linear(smaller), _first_linear(module)
        first.weight.copy_(old_first.weight[:, kept])
        first.bias.copy_(old_first.bias)
        if mean_pooled is not None:
            gone = torch.from_numpy(np.where(keep, 0.0, mean_pooled).astype(np.float32))
            first.bias.add_(old_first.weight @ gone.to(first.bias.device))
        if module.fc1 is not None:
            smaller.fc2.load_state_dict(module.fc2.state_dict())
    return smaller.eval()


def _first_linear(module: CharCNN) -> nn.Linear:
    return module.fc2 if module.fc1 is None else module.fc1


def from_parts(
    embedding: NDArray[Any],
    filters: Sequence[NDArray[Any]],
    head: NDArray[Any],
    bias: NDArray[Any],
    dropout: float,
    floors: NDArray[Any] | None = None,
) -> CharCNN:
    """A character CNN without hidden layer, from `compress.methods.fold.float_parts`.

    The filters' biases are zero, or with `float_floors` as in the module that they came from: the last bias, which they
    are folded into, gives them back.
    """
    shape = CharCNNShape(
        n_ids=embedding.shape[0],
        n_classes=head.shape[0],
        embedding_dim=embedding.shape[1],
        filters=tuple((f.shape[0], f.shape[2]) for f in filters),
        hidden_dim=0,
        dropout=dropout,
        relu=floors is not None,
    )
    module = CharCNN(shape)
    filter_bias = np.zeros(shape.n_filters) if floors is None else -floors
    own = np.split(filter_bias, np.cumsum([f.shape[2] for f in filters])[:-1])
    with torch.no_grad():
        module.embedding.weight.copy_(_tensor(embedding))
        for (weight, conv_bias), levels, values in zip(conv_weights(module), filters, own, strict=True):
            weight.copy_(_tensor(levels.transpose(2, 1, 0)))
            conv_bias.copy_(_tensor(values))
        module.fc2.weight.copy_(_tensor(head))
        module.fc2.bias.copy_(_tensor(bias - head @ filter_bias))
    return module.eval()


def in_table_form(module: CharCNN, dropout: float) -> CharCNN:
    """The same function with an identity for its embedding: the filters' weights are the tables themselves."""
    embedding, filters, head, bias = float_parts(module)
    identity = np.eye(len(embedding))
    identity[PAD_ID] = 0.0
    return from_parts(identity, [embedding @ f for f in filters], head, bias, dropout, float_floors(module))


def _tensor(values: NDArray[Any]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, np.float32))


@torch.no_grad()
def pooled_responses(classifier: CharCNNClassifier, texts: Sequence[str], batch_size: int = 128) -> Tensor:
    """Largest response of each filter for each text, biases included; float32 (n_texts, N)."""
    module = classifier.module.eval()
    device = module.embedding.weight.device
    encoded = classifier.tokenizer.encode_batch(texts)
    order = sorted(range(len(encoded)), key=lambda row: len(encoded[row]))  # short texts together: little padding
    out = torch.zeros(len(encoded), module.shape.n_filters)
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        ids, lengths = (torch.from_numpy(a).to(device) for a in pad([encoded[row] for row in rows]))
        out[rows] = module.pooled(ids, lengths).cpu()
    return out
