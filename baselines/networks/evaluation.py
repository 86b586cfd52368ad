"""What a network says of texts, how far it is from their labels, and how good that makes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.dataset import Part
from baselines.networks.batches import ID_BUDGET, length_batches
from baselines.networks.encoded import BLOCK, EncodedTexts, IdArray
from baselines.networks.processes import active
from baselines.networks.training_config import EpochLog
from baselines.scores.judging import score, utility
from baselines.scores.thresholds import shared_threshold
from baselines.task import Known, LabelMatrix, Probabilities, Task, link
from baselines.text.tokenizer import pad

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]


def in_blocks(
    texts: Sequence[str], answer: Callable[[Sequence[str]], tuple[Probabilities, Known]]
) -> tuple[Probabilities, Known]:
    """What a classifier answers to many texts, `BLOCK` of them at a time: their ids need not all be there at once."""
    if len(texts) <= BLOCK:
        return answer(texts)
    parts = [answer(texts[start : start + BLOCK]) for start in range(0, len(texts), BLOCK)]
    return np.concatenate([probabilities for probabilities, _ in parts]), np.concatenate([known for _, known in parts])


def class_weighted_loss(labels: LabelMatrix, exponent: float, task: Task = "multilabel") -> Loss:
    """The task's cross-entropy, each class weighted by (1 / its texts) ** exponent, scaled to mean 1.

    Multiclass: of the softmax, mean over texts, each with the weight of its class. Multilabel and binary: of the
    logistic function, mean over texts and classes. A class without texts counts as one with a single text.
    """
    return count_weighted_loss(labels.sum(axis=0), exponent, task)


def count_weighted_loss(counts: NDArray[Any], exponent: float, task: Task = "multilabel") -> Loss:
    """`class_weighted_loss` from the number of texts of each class, (C,)."""
    weights = (1.0 / np.maximum(counts, 1)) ** exponent
    scaled = torch.tensor(weights / weights.mean(), dtype=torch.float32)

    def weighted(logits: Tensor, labels: Tensor, rows: Tensor) -> Tensor:
        if task == "multiclass":
            return F.cross_entropy(logits, labels, weight=scaled.to(logits.device))
        return F.binary_cross_entropy_with_logits(logits, labels, weight=scaled.to(logits.device))

    return weighted


@torch.no_grad()
def validate(
    module: nn.Module, encoded: Sequence[IdArray], validation: Part, loss: float, budget: int = ID_BUDGET
) -> EpochLog:
    """Judge a network on validation: its metric with the best threshold for all classes, and plain cross-entropy.

    Several processes take a share of the texts each, and all of them get the same numbers.
    """
    logits = _shared_logits(module, encoded, budget)
    truth = torch.from_numpy(validation.labels.astype(np.float32))
    cross_entropy = class_weighted_loss(validation.labels, 0.0, validation.task)(
        torch.from_numpy(logits), truth, torch.arange(len(truth))
    )
    probabilities, task, metric = link(logits, validation.task), validation.task, validation.judged_by
    # The exact maximum: an averaged one would hide a small step forward on a small validation part.
    threshold = shared_threshold(validation.labels, probabilities, task, metric, spread=0)
    thresholds = np.full(probabilities.shape[1], threshold, np.float32)
    reached = score(metric, validation.labels, probabilities, thresholds, task)
    return EpochLog(loss, float(cross_entropy), utility(metric, reached), threshold)


def _shared_logits(module: nn.Module, encoded: Sequence[IdArray], budget: int) -> NDArray[np.float32]:
    team = active()
    if team is None or len(encoded) < team.size:
        return logits_of(module, encoded, budget)
    rows = np.arange(team.rank, len(encoded), team.size)
    part = logits_of(module, [encoded[row] for row in rows.tolist()], budget)
    whole = np.zeros((len(encoded), part.shape[1]), np.float32)
    whole[rows] = part
    return team.summed(torch.from_numpy(whole)).numpy()


@torch.no_grad()
def logits_of(
    module: nn.Module, encoded: Sequence[IdArray], budget: int = ID_BUDGET, n_classes: int = 0
) -> NDArray[np.float32]:
    """Logits (n_texts, C) in eval mode, in batches of similar length; the module's own mode is restored.

    `n_classes` gives the shape where there is no text.
    """
    device = next(module.parameters()).device
    was_training = module.training
    module.eval()
    out: NDArray[np.float32] | None = None
    lengths_of = encoded.lengths if isinstance(encoded, EncodedTexts) else [len(ids) for ids in encoded]
    for rows in length_batches(lengths_of, budget):
        ids, lengths = (torch.from_numpy(a).to(device) for a in pad([encoded[row] for row in rows.tolist()]))
        logits = module(ids, lengths).cpu().numpy()
        if out is None:
            out = np.zeros((len(encoded), logits.shape[1]), np.float32)
        out[rows] = logits
    module.train(was_training)
    return np.zeros((0, n_classes), np.float32) if out is None else out
