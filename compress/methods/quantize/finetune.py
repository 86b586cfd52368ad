"""Training through the rounding: the forward pass sees rounded weights, the gradient passes as if they weren't.

Source: the straight-through estimator of Bengio, Léonard and Courville (2013), as in Jacob et al. (2018). What is
rounded is what will be stored, with the same scales as `compress.formats.rounding`, so that the trained module lies on
the grid exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from baselines.models.cnn import CharCNN, CharCNNClassifier
from baselines.storage.configs import CheckedFields
from baselines.storage.ranges import Between, EpochsOrNone, Mixtures, Rate, ShareBelowOne, WholeShare
from compress.formats.rounding import balance, factorise, largest_level
from compress.method import Context
from compress.methods.copies import clone, from_parts, in_table_form
from compress.methods.fold import float_floors, float_parts
from compress.methods.recovery import recover

_Bits = Annotated[int, Between(2, 8)]


@dataclass(frozen=True)
class FinetuneConfig(CheckedFields):
    """Settings of training through the rounding.

    Attributes:
        stored: `tables` or `factors`: what is rounded.
        bits, head_bits, embedding_bits: 2 to 8.
        rank: with `factors`, columns of the embedding; 0 keeps the CNN's own.
        epochs: at most; the best one by validation score is kept.
        learning_rate: large enough to carry weights over to another level.
        alpha: weight of the parent's answers in the loss, the rest is the labels'.
        mixtures: mixed texts per training text, which only the parent answers.
        average: decay of the moving average of the weights before rounding: near a border between two levels a weight
            goes to and fro, its average doesn't.
    """

    stored: str
    bits: _Bits
    head_bits: _Bits
    embedding_bits: _Bits
    rank: Annotated[int, Between(0, 4096)] = 0
    epochs: EpochsOrNone = 4
    learning_rate: Rate = 1e-2
    alpha: WholeShare = 0.9
    mixtures: Mixtures = 16.0
    average: ShareBelowOne = 0.998


def round_through(weight: Tensor, level: int, dims: tuple[int, ...]) -> Tensor:
    """Symmetric rounding to -level..level with one scale per slice along `dims`; the gradient is the identity's."""
    with torch.no_grad():
        scale = weight.abs().amax(dim=dims, keepdim=True).clamp(min=1e-12) / level
        rounded = torch.round(weight / scale).clamp(-level, level) * scale
    return weight + (rounded - weight).detach()


class _RoundEmbedding(nn.Module):
    """(V, d): columns brought to largest magnitude 1, one scale for all."""

    def __init__(self, level: int) -> None:
        super().__init__()
        self.level = level

    def forward(self, weight: Tensor) -> Tensor:
        unit = _column_unit(weight)
        return round_through(weight / unit, self.level, (0, 1)) * unit


class _RoundFilters(nn.Module):
    """(N_f, d, f): one scale a filter, in the embedding's units."""

    def __init__(self, level: int, embedding: nn.Embedding) -> None:
        super().__init__()
        self.level = level
        self._embedding = (embedding,)  # in a tuple: a reference, not a submodule

    def forward(self, weight: Tensor) -> Tensor:
        unit = _column_unit(self._embedding[0].weight)[:, :, None]
        return round_through(weight * unit, self.level, (1, 2)) / unit


class _RoundHead(nn.Module):
    """(C, N): one scale a class, each filter's range folded in."""

    def __init__(self, level: int, module: CharCNN) -> None:
        super().__init__()
        self.level = level
        self._module = (module,)

    def forward(self, weight: Tensor) -> Tensor:
        with torch.no_grad():
            embedding = self._module[0].embedding.weight
            ranges = [
                torch.einsum("vd,ndk->nvk", embedding, conv.weight).abs().amax(dim=(1, 2))
                for conv in self._module[0].convs
            ]
            unit = torch.cat(ranges).clamp(min=1e-12)
        return round_through(weight * unit, self.level, (1,)) / unit


def _column_unit(embedding: Tensor) -> Tensor:
    largest = embedding.detach().abs().amax(dim=0, keepdim=True)
    return torch.where(largest > 0, largest, torch.ones_like(largest))


def finetune_rounded(parent: CharCNNClassifier, config: FinetuneConfig, context: Context) -> CharCNNClassifier:
    """Train a copy through the rounding, to answer as its parent did; returns it with weights that lie on the grid.

    The copy has one matrix from filters to classes, and the factors or the tables as its weights.
    """
    module = trainable_copy(parent.module, config)
    install_rounding(module, config)
    recover(
        module,
        parent,
        context,
        epochs=config.epochs,
        learning_rate=config.learning_rate,
        alpha=config.alpha,
        mixtures=config.mixtures,
        average=config.average,
    )
    return clone(parent, without_rounding(module))


def trainable_copy(module: CharCNN, config: FinetuneConfig) -> CharCNN:
    """The module in the form that will be rounded."""
    dropout = module.shape.dropout if module.fc1 is None else 0.2
    if config.stored == "tables":
        return in_table_form(module, dropout)
    embedding, filters, head, bias = float_parts(module)
    if config.rank or embedding.shape[1] >= embedding.shape[0]:
        rank = config.rank or embedding.shape[0]
        embedding, filters = factorise(tuple(embedding @ f for f in filters), rank)
    embedding, filters = balance(embedding, filters)
    return from_parts(embedding, filters, head, bias, dropout, float_floors(module))


def install_rounding(module: CharCNN, config: FinetuneConfig) -> None:
    """Every read of a weight gives the rounded one from now on."""
    if config.stored == "tables":
        module.embedding.weight.requires_grad_(False)
    else:
        rounding = _RoundEmbedding(largest_level(config.embedding_bits))
        parametrize.register_parametrization(module.embedding, "weight", rounding)
    for conv in module.convs:
        rounded = _RoundFilters(largest_level(config.bits), module.embedding)
        parametrize.register_parametrization(conv, "weight", rounded)
    head = _RoundHead(largest_level(config.head_bits), module)
    parametrize.register_parametrization(module.fc2, "weight", head)


def without_rounding(module: CharCNN) -> CharCNN:
    """The same module with its rounded weights as plain parameters."""
    for layer in (module.fc2, *module.convs, module.embedding):
        if parametrize.is_parametrized(layer, "weight"):
            parametrize.remove_parametrizations(layer, "weight", leave_parametrized=True)
    return module.requires_grad_(True).eval()
