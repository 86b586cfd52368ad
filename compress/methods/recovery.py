"""Getting back what a step lost: a changed network learns to answer as its parent did.

The parent's probabilities say more than the labels, cost nothing, and can be asked for on mixed texts too; a network
that was distilled keeps what its teacher taught. So pruning and rounding are followed by a short distillation from
the parent itself.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from torch import nn

from baselines.models.cnn import CharCNNClassifier
from baselines.networks.training import JUDGED_TEXTS, AfterStep, class_weighted_loss, train
from baselines.networks.training_config import TrainingLog
from baselines.notes import collected_notes
from compress.method import Context
from compress.methods.distill.loss import mixed_loss, soft_logits
from compress.methods.mixing.extra_texts import mixtures_of

# Training texts that a network is brought back with: with at most as many mixtures, five epochs are 3,100 steps.
MOST_TEXTS = 20_000


def bounded(context: Context) -> tuple[Context, tuple[str, ...]]:
    """The context with `MOST_TEXTS` training texts at most, drawn by the seed, and what a receipt has to say of it.

    Importance, calibration and fine-tuning see these, so that none of them grows with the data.
    """
    n_texts, n_validation = len(context.train), len(context.validation)
    said: list[str] = []
    if n_texts > MOST_TEXTS:
        rows = np.random.default_rng([context.seed, 4]).choice(n_texts, MOST_TEXTS, replace=False)
        context = replace(context, train=context.train.take(np.sort(rows)))
        said.append(
            f"importance, calibration and fine-tuning saw {MOST_TEXTS} of {n_texts} training texts, drawn by the seed"
        )
    if n_validation > JUDGED_TEXTS:
        said.append(f"the best epoch was told by {JUDGED_TEXTS} of {n_validation} validation texts, drawn by the seed")
    return context, tuple(said)


def recover(
    module: nn.Module,
    parent: CharCNNClassifier,
    context: Context,
    *,
    epochs: int,
    learning_rate: float,
    alpha: float,
    mixtures: float,
    average: float = 0.0,
    after_step: AfterStep | None = None,
) -> TrainingLog:
    """Train `module` in place; its best epoch by validation score is kept.

    Args:
        module: takes the parent's ids and gives logits of its classes.
        parent: gives the alphabet and the answers to learn; only read.
        context: texts, seed, device, threads.
        epochs: all of them are made.
        learning_rate: smaller than for training from nothing.
        alpha: weight of the parent's answers, the rest is the labels'.
        mixtures: mixed texts per training text, which only the parent answers; none with alpha 0.
        average: decay of the moving average of the weights that is kept; 0 keeps the weights. Weights that are rounded
            or masked as they are read stay so on average; weights that `after_step` changes need a fixed mask.
        after_step: as in `baselines.networks.training.train`.
    """
    training = replace(
        parent.config,
        epochs=epochs,
        patience=epochs,
        learning_rate=learning_rate,
        word_dropout=0.0,
        average=average,
        seed=context.seed,
        device=context.device,
        threads=context.threads,
    )
    task = context.train.task
    extra = mixtures_of(context.train, mixtures if alpha else 0.0, [context.seed, 2]).texts
    loss = class_weighted_loss(context.train.labels, training.class_weights, task)
    if alpha:
        answers = soft_logits(parent.predict_proba([*context.train.texts, *extra]), task)
        loss = mixed_loss(answers, loss, alpha, 1.0, len(context.train), task)
    with collected_notes():  # `bounded` says them
        return train(
            module,
            parent.tokenizer,
            context.train,
            context.validation,
            training,
            loss=loss,
            after_step=after_step,
            extra_texts=extra,
            progress=context.progress,
        )
