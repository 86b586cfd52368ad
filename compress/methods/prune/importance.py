"""How much each filter of a character CNN matters, by two named criteria."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from baselines.models.cnn import CharCNN, CharCNNClassifier
from baselines.networks.training import Loss, class_weighted_loss
from compress.method import Context
from compress.methods.copies import conv_weights, pooled_responses

BATCH_SIZE = 32


def filter_importance(parent: CharCNNClassifier, criterion: str, context: Context) -> NDArray[np.float64]:
    """(N,), larger is more important; `l2` or `taylor`."""
    return l2_importance(parent.module) if criterion == "l2" else taylor_importance(parent, context)


def l2_importance(module: CharCNN) -> NDArray[np.float64]:
    """Root mean square of each filter's weights, so that filters of different widths compare; (N,)."""
    norms = [weight.detach().double().square().mean(dim=(1, 2)).sqrt() for weight, _ in conv_weights(module)]
    return np.asarray(torch.cat(norms).cpu().numpy(), np.float64)


def taylor_importance(parent: CharCNNClassifier, context: Context) -> NDArray[np.float64]:
    """First-order change of the loss when a filter leaves: the sum over training batches of |sum g · w|; (N,).

    A filter's response is linear in its weights and bias along the winning window, so over all of them
    `sum g · w = dL/dpooled · pooled`: the gradient at the pooled vector is enough, and no convolution is
    differentiated.
    """
    rows = np.random.default_rng(context.seed).permutation(len(context.train))
    pooled = pooled_responses(parent, [context.train.texts[row] for row in rows.tolist()])
    labels = torch.from_numpy(context.train.labels[rows].astype(np.float32))
    loss = class_weighted_loss(context.train.labels, 0.0, context.train.task)
    total = np.zeros(pooled.shape[1])
    for start in range(0, len(rows), BATCH_SIZE):
        batch = slice(start, start + BATCH_SIZE)
        total += np.abs(_gate_gradient(parent.module, pooled[batch], labels[batch], loss))
    return total


def _gate_gradient(module: CharCNN, pooled: torch.Tensor, labels: torch.Tensor, loss: Loss) -> NDArray[Any]:
    at = pooled.to(module.embedding.weight.device).requires_grad_(True)
    rows = torch.arange(len(labels), device=at.device)
    (gradient,) = torch.autograd.grad(loss(module.eval().head(at), labels.to(at.device), rows), at)
    return np.asarray((gradient * at.detach()).sum(dim=0).cpu().numpy(), np.float64)
