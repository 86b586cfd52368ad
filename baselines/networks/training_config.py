"""How a network is trained, and what happened while it was."""

from __future__ import annotations

from dataclasses import dataclass, field

from baselines.networks.batches import ID_BUDGET


@dataclass(frozen=True)
class TrainingConfig:
    """How a network is trained.

    Attributes:
        epochs: at most; without validation texts exactly.
        batch_size: texts a step, fewer where they are long.
        batch_ids: ids (characters, words) a step or an evaluated batch, padding included; a longer text stands alone.
        learning_rate: of AdamW, at its highest: it rises over the first twentieth of the steps (100 at most).
        final_rate: share of it left at the last of all epochs, to which it falls as a half cosine; 1 keeps it constant.
        weight_decay: of AdamW.
        patience: epochs without a better validation score before training stops.
        word_dropout: share of the words of a training text left out, drawn anew each epoch; 0 to below 1.
        average: decay a step of the moving average of the weights that is validated and kept; 0 keeps the weights.
        class_weights: exponent e of a class's weight in the loss, (1 / its texts) ** e scaled to mean 1; 0 weighs all
            classes alike, 1 is the course's inverse frequency.
        seed: of the initial weights, the order of texts and every dropout.
        device: `cpu` or `cuda`.
        threads: of one operation on the CPU while predicting, and one fewer (at least one) while training, see
            `spare_one`; 0 leaves the process as it is.
    """

    epochs: int = 40
    batch_size: int = 64
    batch_ids: int = ID_BUDGET
    learning_rate: float = 1e-3
    final_rate: float = 0.0
    weight_decay: float = 1e-2
    patience: int = 15
    word_dropout: float = 0.2
    average: float = 0.0
    class_weights: float = 0.5
    seed: int = 0
    device: str = "cpu"
    threads: int = 0

    def __post_init__(self) -> None:
        if min(self.epochs, self.batch_size, self.batch_ids, self.patience) < 1 or self.learning_rate <= 0:
            raise ValueError(
                "training: epochs, batch_size, batch_ids and patience must be at least 1, learning_rate above 0"
            )
        if not (0 <= self.word_dropout < 1 and 0 <= self.average < 1 and self.weight_decay >= 0):
            raise ValueError("training: word_dropout and average must be in [0, 1), weight_decay at least 0")


@dataclass(frozen=True)
class EpochLog:
    """One epoch.

    Attributes:
        loss: mean over the training texts.
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
        epochs: in order.
        best_epoch: the one whose weights were kept, from 0.
        steps: optimizer steps in all.
        seconds: wall time.
    """

    epochs: tuple[EpochLog, ...] = field(default=())
    best_epoch: int = 0
    steps: int = 0
    seconds: float = 0.0
