"""Getting back what a step lost: a changed network learns to answer as its parent did.

The parent's probabilities say more than the labels, cost nothing, and can be asked for on mixed texts too; a network
that was distilled keeps what its teacher taught. So pruning and rounding are followed by a short distillation from
the parent itself.
"""

from __future__ import annotations

from dataclasses import replace

from torch import nn

from baselines.models.cnn import CharCNNClassifier
from baselines.networks.training import AfterStep, class_weighted_loss, train
from baselines.networks.training_config import TrainingLog
from compress.method import Context
from compress.methods.distill.loss import mixed_loss, soft_logits
from compress.methods.mixing.extra_texts import mixtures_of


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
