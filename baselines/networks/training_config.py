"""How a network is trained, and what happened while it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from baselines.networks.batches import ID_BUDGET
from baselines.storage.configs import CheckedFields, shown
from baselines.storage.ranges import (
    MOST_PARAMETERS,
    Between,
    Count,
    Device,
    Epochs,
    Rate,
    Seed,
    ShareBelowOne,
    Threads,
    WholeShare,
)

# Forty epochs of 32,000 texts; of more texts there are fewer epochs, and of a million 1.3.
MOST_STEPS = 20_000


@dataclass(frozen=True)
class TrainingConfig(CheckedFields):
    """How a network is trained.

    Attributes:
        epochs: passes over the texts, at most; without validation texts exactly, but for `most_steps`.
        most_steps: optimizer steps at most, rounded up to a round, see `baselines.networks.feeds`: from here on a
            training of more texts takes no longer. See `MOST_STEPS`.
        batch_size: texts a step, fewer where they are long.
        batch_ids: ids (characters, words) a step or an evaluated batch, padding included; a longer text stands alone.
        learning_rate: of AdamW, at its highest: it rises over the first twentieth of the steps (100 at most).
        final_rate: share of it left at the last of all epochs, to which it falls as a half cosine; 1 keeps it constant.
        weight_decay: of AdamW.
        patience: rounds without a better validation score before training stops; of up to 30,000 texts a round is an
            epoch.
        word_dropout: share of the words of a training text left out, drawn anew each epoch; 0 to below 1.
        average: decay a step of the moving average of the weights that is validated and kept; 0 keeps the weights.
        class_weights: exponent e of a class's weight in the loss, (1 / its texts) ** e scaled to mean 1; 0 weighs all
            classes alike, 1 is the course's inverse frequency.
        seed: of the initial weights, the order of texts and every dropout.
        device: `cpu` or `cuda`.
        threads: of one operation on the CPU while predicting, and one fewer (at least one) while training, see
            `spare_one`; 0 leaves the process as it is.
    """

    epochs: Epochs = 40
    most_steps: Count = MOST_STEPS
    batch_size: Count = 64
    batch_ids: Annotated[int, Between(1, 100_000_000)] = ID_BUDGET
    learning_rate: Rate = 1e-3
    final_rate: WholeShare = 0.0
    weight_decay: Annotated[float, Between(0, 10)] = 1e-2
    patience: Epochs = 15
    word_dropout: ShareBelowOne = 0.2
    average: ShareBelowOne = 0.0
    class_weights: Annotated[float, Between(0, 10)] = 0.5
    seed: Seed = 0
    device: Device = "cpu"
    threads: Threads = 0


def check_size(embedding_dim: int, filters: Sequence[tuple[int, int]], hidden_dim: int) -> None:
    """Raise ValueError unless a convolutional network has filters, each width once, and no more weights than allowed.

    Args:
        embedding_dim: numbers a character.
        filters: (width, number of filters).
        hidden_dim: of the layer behind them; 0 for none.
    """
    widths = [width for width, _ in filters]
    if not widths or len(set(widths)) < len(widths):
        raise ValueError(f"filters: expected at least one width, each of them once, got {shown(filters)}")
    weights = embedding_dim * sum(width * n for width, n in filters) + hidden_dim * sum(n for _, n in filters)
    if weights > MOST_PARAMETERS:
        raise ValueError(
            f"embedding_dim, filters and hidden_dim: together at most {MOST_PARAMETERS:,} weights are allowed, got "
            f"{weights:,}; take fewer or narrower filters"
        )


@dataclass(frozen=True)
class EpochLog:
    """One round, of few texts an epoch.

    Attributes:
        loss: mean over the round's texts.
        validation_loss: plain cross-entropy on validation; None without validation, like what follows.
        validation_score: what the part is judged by, as something to maximise: losses have their sign changed.
        threshold: the one for all classes that the score was reached with; 0 where the largest probability decides.
    """

    loss: float
    validation_loss: float | None = None
    validation_score: float | None = None
    threshold: float | None = None


@dataclass(frozen=True)
class TrainingLog:
    """What happened.

    Attributes:
        epochs: the rounds, in order.
        best_epoch: the round whose weights were kept, from 0.
        steps: optimizer steps in all.
        seconds: wall time.
    """

    epochs: tuple[EpochLog, ...] = field(default=())
    best_epoch: int = 0
    steps: int = 0
    seconds: float = 0.0
