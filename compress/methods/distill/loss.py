"""The distillation loss of each task.

Source: Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network" (2015). With student logits z, the
teacher's probabilities p as logits t (`soft_logits`) and temperature T,

    soft = T² · mean over texts of KL( q || r )
    loss = (1 - alpha) · hard + alpha · soft

Multiclass is theirs: q = softmax(t / T), r = softmax(z / T), with t = log p. Where each class is a coin of its own
(multilabel, and the one column of binary), q = sigmoid(t / T) and r = sigmoid(z / T) with t = logit(p), and the mean
is over texts and classes. T² keeps the gradients' size when T changes. `hard` is the loss the CNN is trained with, so
alpha 0 is plain training. A control has labels where the teacher's answers stand: p of 0 and 1, held off by a little.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from baselines.networks.training import Loss
from baselines.task import Probabilities, Task

# A teacher's 0 or 1 would have an infinite logit.
CLIP = 1e-4
# Of a distribution over classes; lower, since all that lies below it is spread over every class.
LEAST = 1e-6
# Texts whose probabilities are in float64 at once.
BLOCK = 65_536

# (student's logits (B, C), teacher's (B, C), T) -> scalar >= 0.
Divergence = Callable[[Tensor, Tensor, float], Tensor]


def soft_logits(probabilities: Probabilities, task: Task = "multilabel") -> Tensor:
    """The teacher's logits, float32 (n, C): log p of multiclass, else logit(p); 0 and 1 are held off by a little."""
    out = np.empty(probabilities.shape, np.float32)
    # In blocks: float64 of a million texts would be three times what is kept.
    for start in range(0, len(out), BLOCK):
        p = probabilities[start : start + BLOCK].astype(np.float64)
        if task == "multiclass":
            out[start : start + BLOCK] = np.log(p.clip(LEAST))
        else:
            p = p.clip(CLIP, 1 - CLIP)
            out[start : start + BLOCK] = np.log(p / (1 - p))
    return torch.from_numpy(out)


def divergence_of(task: Task) -> Divergence:
    """How far a student is from its teacher, by task."""
    return softmax_divergence if task == "multiclass" else bernoulli_divergence


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


def softmax_divergence(logits: Tensor, targets: Tensor, temperature: float) -> Tensor:
    """T² · KL(softmax(targets / T) || softmax(logits / T)), summed over classes, the mean over texts; a scalar >= 0.

    Args:
        logits: the student's, (B, C).
        targets: the teacher's logits, (B, C); no gradient reaches them.
        temperature: T > 0; 1 keeps the teacher's probabilities, larger ones bring them towards equal shares.
    """
    soft = F.log_softmax(targets.detach() / temperature, dim=1)
    own = F.log_softmax(logits / temperature, dim=1)
    return temperature**2 * F.kl_div(own, soft, reduction="batchmean", log_target=True)


def mixed_loss(
    targets: Tensor, hard: Loss, alpha: float, temperature: float, n_labelled: int, task: Task = "multilabel"
) -> Loss:
    """Loss for `baselines.networks.training.train` that looks its soft targets up by row.

    Args:
        targets: teacher's logits of every training row, (n, C).
        hard: the loss for labels.
        alpha: weight of the soft part, 0 to 1.
        temperature: T.
        n_labelled: rows from here on have no labels and count for the soft part only.
        task: which divergence the soft part is.
    """
    if alpha == 0:
        return hard
    divergence = divergence_of(task)

    def loss(logits: Tensor, labels: Tensor, rows: Tensor) -> Tensor:
        soft = divergence(logits, targets.to(logits.device)[rows], temperature)
        known = rows < n_labelled
        if alpha == 1 or not bool(known.any()):
            return alpha * soft
        # A batch with few labels gives them their share only, as if the others' hard loss were zero.
        share = known.float().mean()
        return alpha * soft + (1 - alpha) * share * hard(logits[known], labels[known], rows[known])

    return loss
