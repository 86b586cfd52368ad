"""A compression that ruins the model is marked as failed, and a small fall isn't."""

from __future__ import annotations

import pytest
import torch

from baselines.dataset import Dataset
from compress.method import Receipt, marked_if_failed, validation_score
from compress.methods.copies import clone
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.methods.quantize.weights import apply
from tests.cases.compress_case import tiny_context, trained_cnn


def test_a_collapse_is_marked_and_a_small_fall_is_not(tiny: Dataset) -> None:
    parent, context = trained_cnn(tiny), tiny_context(tiny)
    kept, receipt = apply(parent, QuantizeConfig("tables", 8), context)
    fall = validation_score(parent, context) - validation_score(kept, context)
    assert receipt.facts["validation_fall"] == pytest.approx(fall)
    assert "failed" not in receipt.facts
    ruined = clone(parent)
    torch.nn.init.zeros_(ruined.module.fc2.weight)
    torch.nn.init.constant_(ruined.module.fc2.bias, -5.0)
    _, receipt = marked_if_failed((ruined, Receipt("quantize", 1, 0)), parent, context)
    assert receipt.facts["validation_fall"] == pytest.approx(validation_score(parent, context))
    assert receipt.notes == (f"failed: {receipt.facts['failed']}",)
