"""The training loop of every network: batches of similar length, early stopping that really restores the best epoch.

General on purpose: pruning passes masks through `after_step`, distillation passes its own loss and extra texts.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.classifier import Progress, ignore_progress
from baselines.dataset import Part
from baselines.errors import UserError
from baselines.networks.batches import (
    ID_BUDGET,
    IdArray,
    WordDropout,
    length_batches,
    shuffled_batches,
)
from baselines.networks.pieces import Encoder, pieces_of
from baselines.networks.torch_state import limited_threads, seeded, spare_one
from baselines.networks.training_config import EpochLog, TrainingConfig, TrainingLog
from baselines.scores.judging import score, utility
from baselines.scores.thresholds import shared_threshold
from baselines.task import LabelMatrix, Task, link
from baselines.text.tokenizer import pad

# Epochs whose validation score is averaged before it is compared.
STEADY = 3

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
AfterStep = Callable[[nn.Module, int], None]


def train(
    module: nn.Module,
    tokenizer: Encoder,
    train: Part,
    validation: Part | None,
    config: TrainingConfig,
    *,
    loss: Loss | None = None,
    after_step: AfterStep | None = None,
    extra_texts: Sequence[str] = (),
    progress: Progress = ignore_progress,
) -> TrainingLog:
    """Train a network in place; it ends in eval mode, on the device of the config, with its best epoch's weights.

    Args:
        module: `(ids (B, L), lengths (B,)) -> logits (B, C)`.
        tokenizer: texts to ids, 0 being the padding.
        train: texts and labels to learn from.
        validation: for early stopping by its metric with the best threshold for all classes, averaged over `STEADY`
            epochs (ties: lower loss); None or no texts: all epochs are made and the last weights kept.
        config: epochs, learning rate, seed, ...
        loss: `(logits (B, C), labels (B, C) of 0.0 and 1.0, rows (B,)) -> scalar`, rows numbering the texts of `train`;
            default `class_weighted_loss`.
        after_step: called after each optimizer step with the module and the step's number from 0.
        extra_texts: texts without labels, for a loss that doesn't need any: their rows go on after the last of
            `train`, their labels are NaN.
        progress: called after each epoch with (epochs done, epochs at most).

    Raises:
        ValueError: no training texts, or extra texts without a loss of their own.
        UserError: the loss became infinite or not a number.
    """
    if not len(train) or (len(extra_texts) and loss is None):
        raise ValueError("train: expected at least one training text, and with extra_texts a loss that uses them")
    if loss is None:
        loss = class_weighted_loss(train.labels, config.class_weights, train.task)
    with limited_threads(spare_one(config.threads)), seeded(config.seed):
        run = _Run(module.to(config.device), tokenizer, train, extra_texts, config, loss, after_step)
        return run.fit(validation if validation is not None and len(validation) else None, progress)


def _steadied(epochs: Sequence[EpochLog]) -> tuple[float, float]:
    """What the best epoch has most of: mean validation score of the last epochs, then the least loss.

    One epoch's score on a small validation part jumps by chance, and an early jump would stop training too soon.
    """
    last = epochs[-STEADY:]
    return sum(epoch.validation_score or 0.0 for epoch in last) / len(last), -(epochs[-1].validation_loss or 0.0)


def class_weighted_loss(labels: LabelMatrix, exponent: float, task: Task = "multilabel") -> Loss:
    """The task's cross-entropy, each class weighted by (1 / its texts) ** exponent, scaled to mean 1.

    Multiclass: of the softmax, mean over texts, each with the weight of its class. Multilabel and binary: of the
    logistic function, mean over texts and classes. A class without texts counts as one with a single text.
    """
    weights = (1.0 / np.maximum(labels.sum(axis=0), 1)) ** exponent
    scaled = torch.tensor(weights / weights.mean(), dtype=torch.float32)

    def weighted(logits: Tensor, labels: Tensor, rows: Tensor) -> Tensor:
        if task == "multiclass":
            return F.cross_entropy(logits, labels, weight=scaled.to(logits.device))
        return F.binary_cross_entropy_with_logits(logits, labels, weight=scaled.to(logits.device))

    return weighted


class _Run:
    """One training: what stays the same from step to step."""

    def __init__(
        self,
        module: nn.Module,
        tokenizer: Encoder,
        train: Part,
        extra_texts: Sequence[str],
        config: TrainingConfig,
        loss: Loss,
        after_step: AfterStep | None,
    ) -> None:
        self.module, self.tokenizer, self.config = module, tokenizer, config
        self.loss, self.after_step = loss, after_step
        self.encoded = tokenizer.encode_batch([*train.texts, *extra_texts])
        self.labels = torch.full((len(self.encoded), len(train.classes)), torch.nan)
        self.labels[: len(train)] = torch.from_numpy(train.labels.astype(np.float32))
        self.dropout = WordDropout(self.encoded, pieces_of(tokenizer))
        self.rng = np.random.default_rng(config.seed)
        self.steps = 0
        self.total_steps = config.epochs * -(-len(self.encoded) // config.batch_size)
        parameters = [p for p in module.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            parameters, lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
        )

        self.averaged = copy.deepcopy(module) if config.average else module

    def fit(self, validation: Part | None, progress: Progress) -> TrainingLog:
        started = time.perf_counter()
        held_out = None if validation is None else self.tokenizer.encode_batch(validation.texts)
        epochs: list[EpochLog] = []
        best, best_key, best_state = 0, (-np.inf, -np.inf), None
        for epoch in range(self.config.epochs):
            mean_loss = self._epoch()
            if validation is None or held_out is None:
                epochs.append(EpochLog(mean_loss))
                best = epoch
            else:
                epochs.append(validate(self.averaged, held_out, validation, mean_loss, self.config.batch_ids))
                key = _steadied(epochs)
                if key > best_key:
                    best, best_key = epoch, key
                    best_state = copy.deepcopy(self.averaged.state_dict())
            progress(epoch + 1, self.config.epochs)
            if epoch - best >= self.config.patience:
                progress(self.config.epochs, self.config.epochs)
                break
        self.module.load_state_dict(best_state or copy.deepcopy(self.averaged.state_dict()))
        self.module.eval()
        return TrainingLog(tuple(epochs), best, self.steps, time.perf_counter() - started)

    def _epoch(self) -> float:
        self.module.train()
        encoded, config = self.encoded, self.config
        if config.word_dropout:
            encoded = self.dropout.draw(config.word_dropout, self.rng)
        total, device = 0.0, torch.device(config.device)
        for rows in shuffled_batches([len(ids) for ids in encoded], config.batch_size, self.rng, config.batch_ids):
            ids, lengths = (torch.from_numpy(a).to(device) for a in pad([encoded[row] for row in rows]))
            self._set_rate()
            self.optimizer.zero_grad(set_to_none=True)
            rows_on = torch.from_numpy(rows).to(device)
            loss = self.loss(self.module(ids, lengths), self.labels[rows].to(device), rows_on)
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
            if self.after_step is not None:
                self.after_step(self.module, self.steps)
            self.steps += 1
            if config.average:
                self._average()
            total += float(loss.detach()) * len(rows)
        if not math.isfinite(total):
            raise UserError(
                f"training: the loss is no longer a finite number after {self.steps} steps; "
                f"use a learning_rate below {config.learning_rate:g}"
            )
        return total / len(encoded)

    def _set_rate(self) -> None:
        warm_up = max(1, min(100, self.total_steps // 20))
        final, progress = self.config.final_rate, min(1.0, self.steps / self.total_steps)
        share = final + (1 - final) * (1 + math.cos(math.pi * progress)) / 2
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.learning_rate * share * min(1.0, (self.steps + 1) / warm_up)

    @torch.no_grad()
    def _average(self) -> None:
        # Small at first, so that the initial weights are soon forgotten.
        decay = min(self.config.average, (1 + self.steps) / (10 + self.steps))
        for mean, now in zip(self.averaged.parameters(), self.module.parameters(), strict=True):
            mean.lerp_(now, 1 - decay)


@torch.no_grad()
def validate(
    module: nn.Module, encoded: Sequence[IdArray], validation: Part, loss: float, budget: int = ID_BUDGET
) -> EpochLog:
    """Judge a network on validation: its metric with the best threshold for all classes, and plain cross-entropy."""
    logits = logits_of(module, encoded, budget)
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
    parts: list[tuple[NDArray[np.intp], NDArray[np.float32]]] = []
    for rows in length_batches([len(ids) for ids in encoded], budget):
        ids, lengths = (torch.from_numpy(a).to(device) for a in pad([encoded[row] for row in rows]))
        parts.append((rows, module(ids, lengths).cpu().numpy()))
    module.train(was_training)
    out = np.zeros((len(encoded), parts[0][1].shape[1] if parts else n_classes), np.float32)
    for rows, logits in parts:
        out[rows] = logits
    return out
