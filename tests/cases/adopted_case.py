"""Layouts of text CNNs that are taken over, and the answers of the module itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from baselines.text.tokenizer import Tokenizer
from tests.cases.compress_case import TOKENIZER
from tests.cases.text_cnn_case import Layout

LAYOUTS = {
    "one-dimensional": Layout(),
    "two-dimensional": Layout(two_d=True),
    "two linear layers": Layout(hidden=7),
    "batch norms": Layout(norm=True),
    "two-dimensional, batch norms, two linear layers": Layout(two_d=True, norm=True, hidden=7),
    "causal": Layout(before=lambda width: width - 1),
    "all zeros behind": Layout(before=lambda width: 0),
    "even widths to the left": Layout(before=lambda width: width // 2),
    "causal, widths that meet when widened": Layout(((2, 3), (3, 4), (4, 2), (7, 2)), before=lambda width: width - 1),
    "a width twice, joined in the opposite order": Layout(((3, 4), (2, 2), (3, 5)), reverse=True),
    "one filter": Layout(((3, 1),)),
    "ReLU before the maximum": Layout(before_pool=torch.relu),
    "ReLU behind the maximum": Layout(behind_pool=torch.relu),
    "batch norms, ReLU, two linear layers": Layout(norm=True, before_pool=torch.relu, hidden=7),
    "two-dimensional, ReLU": Layout(two_d=True, before_pool=torch.relu),
    "ReLU, joined in the opposite order": Layout(((3, 4), (2, 6), (3, 5)), behind_pool=torch.relu, reverse=True),
}


@torch.no_grad()
def answers(net: nn.Module, texts: Sequence[str], tokenizer: Tokenizer = TOKENIZER) -> np.ndarray:
    """The module's own probabilities, text by text without padding; none where nothing in a text is known."""
    rows = [torch.from_numpy(tokenizer.encode(text).astype(np.int64)) for text in texts]
    logits = [net((row if len(row) else torch.zeros(1, dtype=torch.long))[None]) for row in rows]
    probabilities: np.ndarray = torch.sigmoid(torch.cat([row.reshape(1, -1) for row in logits])).numpy()
    probabilities[~tokenizer.known_batch(tokenizer.encode_batch(texts))] = 0.0
    return probabilities
