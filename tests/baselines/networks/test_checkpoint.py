"""Weights that nobody could load again aren't written."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from baselines.errors import Diverged
from baselines.networks.checkpoint import load_tensors, save_tensors


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2e6])
def test_a_network_that_nobody_could_load_is_not_saved(value: float, tmp_path: Path) -> None:
    module = nn.Linear(2, 3)
    with torch.no_grad():
        module.weight[0, 1] = value
    with pytest.raises(Diverged, match=r"training diverged: weights of weight .* lower the learning rate"):
        save_tensors(module, tmp_path / "weights.safetensors")
    assert not list(tmp_path.iterdir())


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    module, other = nn.Linear(2, 3), nn.Linear(2, 3)
    save_tensors(module, tmp_path / "weights.safetensors")
    load_tensors(other, tmp_path / "weights.safetensors")
    assert torch.equal(module.weight, other.weight)
