"""The training loop of every network: batches of similar length, early stopping that really restores the best epoch.

General on purpose: pruning passes masks through `after_step`, distillation passes its own loss and extra texts. Few
texts are read again in every epoch; many are read in rounds (`baselines.networks.feeds`) until `most_steps` are made,
so that what a training costs has an end. Several processes may share the batches (`baselines.networks.processes`).
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from baselines.classifier import ChunkSource, Progress, ignore_progress
from baselines.dataset import Part
from baselines.errors import UserError
from baselines.networks.batches import shuffled_batches
from baselines.networks.encoded import EncodedTexts, IdArray
from baselines.networks.evaluation import Loss as Loss
from baselines.networks.evaluation import class_weighted_loss as class_weighted_loss
from baselines.networks.evaluation import logits_of as logits_of
from baselines.networks.evaluation import validate as validate
from baselines.networks.feeds import ChunkFeed, Feed, MemoryFeed, Round
from baselines.networks.pieces import Encoder, pieces_of
from baselines.networks.processes import active, placed
from baselines.networks.torch_state import limited_threads, seeded, spare_one
from baselines.networks.training_config import EpochLog, TrainingConfig, TrainingLog
from baselines.notes import note
from baselines.text.tokenizer import pad

# Rounds whose validation score is averaged before it is compared.
STEADY = 3
# Validation texts that a training is judged by after each round: more would take longer than the round itself.
JUDGED_TEXTS = 5_000

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
    """Train a network in place; it ends in eval mode, on the device of the config, with its best round's weights.

    Args:
        module: `(ids (B, L), lengths (B,)) -> logits (B, C)`.
        tokenizer: texts to ids, 0 being the padding.
        train: texts and labels to learn from.
        validation: for early stopping by its metric with the best threshold for all classes, averaged over `STEADY`
            rounds (ties: lower loss), on `JUDGED_TEXTS` of its texts drawn by the seed; None or no texts: all rounds
            are made and the last weights kept.
        config: epochs, steps, learning rate, seed, ...
        loss: `(logits (B, C), labels (B, C) of 0.0 and 1.0, rows (B,)) -> scalar`, a mean over the batch's texts, rows
            numbering the texts of `train`; default `class_weighted_loss`.
        after_step: called after each optimizer step with the module and the step's number from 0.
        extra_texts: texts without labels, for a loss that doesn't need any: their rows go on after the last of
            `train`, their labels are NaN.
        progress: called after each round with (rounds done, rounds at most).

    Raises:
        ValueError: no training texts, or extra texts without a loss of their own.
        UserError: the loss became infinite or not a number, or another process of the training ended.
    """
    if not len(train) or (len(extra_texts) and loss is None):
        raise ValueError("train: expected at least one training text, and with extra_texts a loss that uses them")
    if loss is None:
        loss = class_weighted_loss(train.labels, config.class_weights, train.task)
    texts = [*train.texts, *extra_texts] if len(extra_texts) else train.texts
    feed = MemoryFeed(EncodedTexts.of(tokenizer, texts), train.labels, pieces_of(tokenizer))
    return _train(module, tokenizer, feed, validation, config, loss, after_step, progress)


def train_chunks(
    module: nn.Module,
    tokenizer: Encoder,
    source: ChunkSource,
    validation: Part | None,
    config: TrainingConfig,
    *,
    loss: Loss,
    progress: Progress = ignore_progress,
) -> TrainingLog:
    """As `train`, from texts that never are in memory all at once; the loss must not look at rows."""
    return _train(module, tokenizer, ChunkFeed(source, tokenizer), validation, config, loss, None, progress)


def _train(
    module: nn.Module,
    tokenizer: Encoder,
    feed: Feed,
    validation: Part | None,
    config: TrainingConfig,
    loss: Loss,
    after_step: AfterStep | None,
    progress: Progress,
) -> TrainingLog:
    team = active()
    threads = config.threads if team is None else max(min(config.threads, 1), config.threads // team.local_size)
    if team is not None and team.size > config.batch_size:
        raise UserError(
            f"torchrun: {team.size} processes share a batch of {config.batch_size} texts; start at most "
            f"{config.batch_size}, or raise batch_size in a --config file"
        )
    with limited_threads(spare_one(threads)), seeded(config.seed):
        run = _Run(module.to(config.device), tokenizer, feed, config, loss, after_step)
        log = run.fit(validation if validation is not None and len(validation) else None, progress)
    _say_limits(log, run, feed, config, 0 if validation is None else len(validation))
    return log


def _say_limits(log: TrainingLog, run: _Run, feed: Feed, config: TrainingConfig, n_validation: int) -> None:
    """What was left out for the sake of time, for who reads the training's facts."""
    if run.n_rounds < config.epochs * feed.rounds_an_epoch:
        passes = log.steps / run.steps_an_epoch
        note(
            f"{log.steps} steps are {passes:.2g} passes over {feed.n_texts} texts, of {config.epochs} allowed: "
            f"most_steps, {config.most_steps}, ends a training; raise it in a --config file"
        )
    if n_validation > JUDGED_TEXTS:
        note(f"early stopping saw {JUDGED_TEXTS} of {n_validation} validation texts, drawn by the seed")


def _steadied(rounds: Sequence[EpochLog]) -> tuple[float, float]:
    """What the best round has most of: mean validation score of the last rounds, then the least loss.

    One round's score on a small validation part jumps by chance, and an early jump would stop training too soon.
    """
    last = rounds[-STEADY:]
    return sum(each.validation_score or 0.0 for each in last) / len(last), -(rounds[-1].validation_loss or 0.0)


class _Run:
    """One training: what stays the same from step to step.

    Attributes:
        n_rounds: at most.
        steps_an_epoch: as batches are counted, without those that long texts are cut into.
    """

    def __init__(
        self,
        module: nn.Module,
        tokenizer: Encoder,
        feed: Feed,
        config: TrainingConfig,
        loss: Loss,
        after_step: AfterStep | None,
    ) -> None:
        self.module, self.tokenizer, self.config = module, tokenizer, config
        self.loss, self.after_step, self.team = loss, after_step, active()
        self.rng = np.random.default_rng(config.seed)
        self.steps = 0
        self.steps_an_epoch = -(-feed.n_texts // config.batch_size)
        a_round = self.steps_an_epoch / feed.rounds_an_epoch
        self.n_rounds = min(config.epochs * feed.rounds_an_epoch, math.ceil(config.most_steps / a_round))
        self.total_steps = math.ceil(self.n_rounds * a_round)
        self.rounds = feed.rounds(self.rng)
        self.parameters = [p for p in module.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            self.parameters, lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
        )
        if self.team is not None:
            self.team.start_alike(module)
        self.averaged = copy.deepcopy(module) if config.average else module

    def fit(self, validation: Part | None, progress: Progress) -> TrainingLog:
        started = time.perf_counter()
        judged = None if validation is None else _judged(validation, self.config.seed)
        held_out = None if judged is None else EncodedTexts.of(self.tokenizer, judged.texts)
        rounds: list[EpochLog] = []
        best, best_key, best_state = 0, (-np.inf, -np.inf), None
        for number in range(self.n_rounds):
            mean_loss = self._round(next(self.rounds))
            if judged is None or held_out is None:
                rounds.append(EpochLog(mean_loss))
                best = number
            else:
                rounds.append(validate(self.averaged, held_out, judged, mean_loss, self.config.batch_ids))
                key = _steadied(rounds)
                if key > best_key:
                    best, best_key = number, key
                    best_state = copy.deepcopy(self.averaged.state_dict())
            progress(number + 1, self.n_rounds)
            if number - best >= self.config.patience:
                progress(self.n_rounds, self.n_rounds)
                break
        self.module.load_state_dict(best_state or copy.deepcopy(self.averaged.state_dict()))
        self.module.eval()
        return TrainingLog(tuple(rounds), best, self.steps, time.perf_counter() - started)

    def _round(self, read: Round) -> float:
        self.module.train()
        encoded, config = read.encoded, self.config
        if config.word_dropout:
            encoded = read.dropout.draw(config.word_dropout, self.rng)
        total = 0.0
        for batch in shuffled_batches(encoded.lengths, config.batch_size, self.rng, config.batch_ids):
            total += self._step(read, encoded, batch) * len(batch)
        if not math.isfinite(total):
            raise UserError(
                f"training: the loss is no longer a finite number after {self.steps} steps; "
                f"use a learning_rate below {config.learning_rate:g}"
            )
        return total / len(encoded)

    def _step(self, read: Round, encoded: Sequence[IdArray], batch: NDArray[np.intp]) -> float:
        """One step by a whole batch, of which this process may hold a share; returns the mean loss of the batch."""
        device, team = torch.device(self.config.device), self.team
        own, weight = (slice(None), 1.0) if team is None else team.share(len(batch))
        # Padded for the whole batch: what is drawn for dropout has the same shape in every process.
        ids, lengths = (torch.from_numpy(a[own]).to(device) for a in pad([encoded[row] for row in batch]))
        self._set_rate()
        self.optimizer.zero_grad(set_to_none=True)
        with ExitStack() as stack:
            if team is not None:
                stack.enter_context(placed(team, len(batch), np.asarray(own)))
            logits = self.module(ids, lengths)
        rows = batch[own]
        loss = self.loss(logits, read.labels_of(rows).to(device), torch.from_numpy(read.rows[rows]).to(device))
        if team is None:
            loss.backward()  # type: ignore[no-untyped-call]
        else:
            (loss * weight).backward()  # type: ignore[no-untyped-call]
        reached = float(loss.detach()) if team is None else team.add_gradients(self.parameters, loss * weight)
        self.optimizer.step()
        if self.after_step is not None:
            self.after_step(self.module, self.steps)
        self.steps += 1
        if self.config.average:
            self._average()
        return reached

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


def _judged(validation: Part, seed: int) -> Part:
    """The validation texts that a training is judged by."""
    if len(validation) <= JUDGED_TEXTS:
        return validation
    rows = np.random.default_rng([seed, 1]).choice(len(validation), JUDGED_TEXTS, replace=False)
    return validation.take(np.sort(rows))
