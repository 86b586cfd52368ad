"""Training with rounded weights ends on the grid of what is stored, and helps at few bits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from baselines.dataset import Dataset
from compress.methods.fold import fold_module
from compress.methods.quantize.finetune import finetune_rounded, round_through
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.methods.quantize.weights import apply, finetuning, round_model
from tests.cases.compress_case import assert_unchanged, state_of, tiny_context, trained_cnn


def test_rounding_passes_the_gradient_on() -> None:
    weight = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    round_through(weight, 3, (1,)).pow(2).sum().backward()
    rounded = round_through(weight.detach(), 3, (1,))
    assert weight.grad is not None
    torch.testing.assert_close(weight.grad, 2 * rounded)


@pytest.mark.parametrize("stored", ["tables", "factors"])
def test_a_finetuned_network_lies_on_the_grid(tiny: Dataset, stored: str) -> None:
    parent = trained_cnn(tiny)
    before = state_of(parent)
    config = QuantizeConfig(stored, bits=3, finetune_epochs=2)  # type: ignore[arg-type]
    tuned = finetune_rounded(
        parent, finetuning(config, config.training("multilabel", trainable=True)), tiny_context(tiny)
    )
    assert_unchanged(parent, before)
    tables = round_model(tuned, replace(config, rank=0)).tables
    texts = tiny.part("validation").texts[:10]
    integers = np.stack([tables.logits(tuned.tokenizer.encode(text)) for text in texts])
    exact = fold_module(tuned.module).tables
    floats = np.stack([exact.logits(tuned.tokenizer.encode(text)) for text in texts])
    # Expanding factors rounds the tables once more, to 8 bits; the tables themselves are on the grid already.
    np.testing.assert_allclose(integers, floats, atol=1e-4 if stored == "tables" else 0.1)


def test_finetuning_helps_at_two_bits(tiny: Dataset) -> None:
    parent, context = trained_cnn(tiny), tiny_context(tiny)
    truth = context.train.labels

    def loss(config: QuantizeConfig) -> float:
        p = np.clip(apply(parent, config, context)[0].predict_proba(context.train.texts), 1e-6, 1 - 1e-6)
        return float(-np.where(truth, np.log(p), np.log(1 - p)).mean())

    plain = QuantizeConfig(bits=2)
    assert loss(replace(plain, finetune_epochs=8)) < loss(plain)


def test_training_through_the_rounding_is_the_tasks_unless_told() -> None:
    config = QuantizeConfig("factors", bits=4)
    assert config.training("multilabel", trainable=True).epochs == 0
    assert config.training("multiclass", trainable=True).epochs > 0
    # Neither what can't be trained nor what loses nothing is.
    assert config.training("multiclass", trainable=False).epochs == 0
    assert replace(config, bits=8).training("binary", trainable=True).epochs == 0
    assert replace(config, scheme="tables").training("binary", trainable=True).epochs == 0
    told = replace(config, finetune_epochs=0, learning_rate=0.1, mixtures=3.0).training("multiclass", trainable=True)
    assert (told.epochs, told.learning_rate, told.mixtures) == (0, 0.1, 3.0)
