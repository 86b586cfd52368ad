"""The distillation loss for multi-label outputs: each class is a coin of its own.

Source: Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network" (2015), with a Bernoulli per class in
place of the softmax. With student logits z, soft targets p and temperature T, `q = sigmoid(logit(p) / T)` and

    soft = T² · mean over texts and classes of KL( q || sigmoid(z / T) )
    loss = (1 - alpha) · hard + alpha · soft

T² keeps the gradients' size when T changes. `hard` is the loss the CNN is trained with, so alpha 0 is plain training.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from baselines.networks.training import Loss
from baselines.task import Probabilities

# A teacher's 0 or 1 would have an infinite logit.
CLIP = 1e-4


def soft_logits(probabilities: Probabilities) -> Tensor:
    """logit(p) with p held in 0.0001..0.9999; float32."""
    p = np.clip(probabilities.astype(np.float64), CLIP, 1 - CLIP)
    return torch.from_numpy(np.log(p / (1 - p)).astype(np.float32))


def bernoulli_divergence(logits: Tensor, targets: Tensor, temperature: float) -> Tensor:
    """T² · KL(sigmoid(targets / T) || sigmoid(logits / T)), the mean over texts and classes; a scalar >= 0.

    Args:
        logits: the student's, (B, C).
        targets: the teacher's logits, (B, C); no gradient reaches them.
        temperature: T > 0; 1 keeps the teacher's probabilities, larger ones bring them towards 0.5.
    """
    soft = torch.sigmoid(targets / temperature).detach()
    cross = F.binary_cross_entropy_with_logits(logits / temperature, soft)
    entropy = F.binary_cross_entropy_with_logits(targets.detach() / temperature, soft)
    return temperature**2 * (cross - entropy)


def mixed_loss(targets: Tensor, hard: Loss, alpha: float, temperature: float, n_labelled: int) -> Loss:
    """Loss for `baselines.networks.training.train` that looks its soft targets up by row.

    Args:
        targets: teacher's logits of every training row, (n, C).
        hard: the loss for labels.
        alpha: weight of the soft part, 0 to 1.
        temperature: T.
        n_labelled: rows from here on have no labels and count for the soft part only.
    """
    if alpha == 0:
        return hard

    def loss(logits: Tensor, labels: Tensor, rows: Tensor) -> Tensor:
        soft = bernoulli_divergence(logits, targets.to(logits.device)[rows], temperature)
        known = rows < n_labelled
        if alpha == 1 or not bool(known.any()):
            return alpha * soft
        # A batch with few labels gives them their share only, as if the others' hard loss were zero.
        share = known.float().mean()
        return alpha * soft + (1 - alpha) * share * hard(logits[known], labels[known], rows[known])

    return loss
