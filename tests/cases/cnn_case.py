"""A character CNN of odd sizes with random weights, over the alphabet and classes of the table models."""

from __future__ import annotations

import torch

from baselines.models.cnn import CharCNN, CharCNNShape
from tests.cases.table_case import CLASSES, TOKENIZER


def small_cnn(hidden_dim: int = 6, *, relu: bool = False) -> CharCNN:
    """A CNN of odd sizes with random weights."""
    generator = torch.Generator().manual_seed(1)
    module = CharCNN(CharCNNShape(TOKENIZER.n_ids, len(CLASSES), 8, ((1, 3), (2, 4), (5, 6)), hidden_dim, relu=relu))
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) / 3)
            if name == "embedding.weight":
                parameter[0] = 0
    return module.eval()
