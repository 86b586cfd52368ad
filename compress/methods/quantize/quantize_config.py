"""The settings of `quantize`, beside both files that read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from baselines.storage.configs import CheckedFields
from baselines.storage.ranges import Between, Count, EpochsOrNone, Length, Mixtures, Rate, ShareBelowOne, WholeShare
from baselines.task import Task

Scheme = Literal["dynamic", "static", "tables", "factors"]


# Bits of a float: nothing to round.
FLOAT_BITS = 32


@dataclass(frozen=True)
class RoundingTraining:
    """Training through the rounding, see `QuantizeConfig`; no epochs leave it out."""

    epochs: int
    learning_rate: float
    mixtures: float


# On validation of banking77 two gentle epochs brought a student in 4 bits from 0.889 to 0.905 accuracy, and four of
# them one in 3 bits from 0.887 (settings of multilabel) to 0.897. On the sample, which is multilabel, two epochs in 4
# bits took 0.003 to 0.012 F1 away.
_ONE_LABEL = RoundingTraining(2, 2e-3, 1.0)
BY_TASK: Mapping[Task, RoundingTraining] = {
    "multilabel": RoundingTraining(0, 1e-2, 16.0),
    "multiclass": _ONE_LABEL,
    "binary": _ONE_LABEL,
}


@dataclass(frozen=True)
class QuantizeConfig(CheckedFields):
    """Settings of `quantize`.

    Attributes:
        scheme: `tables`, `factors`, `dynamic` or `static`.
        bits: of the tables or filters; 2 to 8, or 32 for the neutral setting. `dynamic` and `static` have 8.
        head_bits: of the head; 0 takes `bits`, but at least 4.
        embedding_bits: of the embedding, with `factors` only; 0 takes `bits + 4`, at most 8.
        rank: with `factors`, how many columns the embedding keeps (by singular values); 0 keeps the CNN's own.
        finetune_epochs: epochs of training through the rounding before it is final; 0 rounds what is there. None is 0,
            but where a text has one label and bits are less than 8, 2 for the `factors` of a CNN, and 60 for a linear
            model, whose epochs are short.
        learning_rate: of that training; None is 0.01 for multilabel, else 0.002, and 0.04 of a linear model.
        alpha: weight of the parent's own answers in its loss, the rest is the labels'; None is 0.9, and 1 of a linear
            model.
        mixtures: mixed texts per training text that take part in it; None is 16 for multilabel, else 1, and 0
            of a linear model.
        average: decay of the moving average of the weights, see `FinetuneConfig`.
        correct_bias: move the classes' biases by what rounding moves the mean response on the training texts.
        n_calibration: validation texts used by `static`.
        way: with `dynamic`, one of `compress.methods.quantize.runtimes.WAYS` instead of the best one by measurement.
    """

    scheme: Scheme = "tables"
    bits: Annotated[int, Between(2, 8, also=(FLOAT_BITS,))] = 8
    head_bits: Annotated[int, Between(2, 8, also=(0, FLOAT_BITS))] = 0
    embedding_bits: Annotated[int, Between(2, 8, also=(0, FLOAT_BITS))] = 0
    rank: Annotated[int, Between(0, 4096)] = 0
    finetune_epochs: EpochsOrNone | None = None
    learning_rate: Rate | None = None
    alpha: WholeShare | None = None
    mixtures: Mixtures | None = None
    average: ShareBelowOne = 0.998
    correct_bias: bool = True
    n_calibration: Count = 128
    way: Annotated[str, Length(0, 100)] = ""

    def training(self, task: Task, *, trainable: bool) -> RoundingTraining:
        """How it is trained through the rounding, with the task's own settings where none were given.

        Args:
            task: of the texts.
            trainable: whether the parent is a network.
        """
        own = BY_TASK[task]
        gains = trainable and self.scheme == "factors" and self.bits < 8
        return RoundingTraining(
            epochs=(own.epochs if gains else 0) if self.finetune_epochs is None else self.finetune_epochs,
            learning_rate=own.learning_rate if self.learning_rate is None else self.learning_rate,
            mixtures=own.mixtures if self.mixtures is None else self.mixtures,
        )

    @property
    def bits_of_head(self) -> int:
        return self.head_bits or max(4, self.bits)

    @property
    def bits_of_embedding(self) -> int:
        return self.embedding_bits or min(8, self.bits + 4)
