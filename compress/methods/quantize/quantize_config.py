"""The settings of `quantize`, beside both files that read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scheme = Literal["dynamic", "static", "tables", "factors"]


# Bits of a float: nothing to round.
FLOAT_BITS = 32


@dataclass(frozen=True)
class QuantizeConfig:
    """Settings of `quantize`.

    Attributes:
        scheme: `tables`, `factors`, `dynamic` or `static`.
        bits: of the tables or filters; 2 to 8, or 32 for the neutral setting. `dynamic` and `static` have 8.
        head_bits: of the head; 0 takes `bits`, but at least 4.
        embedding_bits: of the embedding, with `factors` only; 0 takes `bits + 4`, at most 8.
        rank: with `factors`, how many columns the embedding keeps (by singular values); 0 keeps the CNN's own.
        finetune_epochs: epochs of training through the rounding before it is final; 0 rounds what is there.
        learning_rate: of that training.
        alpha: weight of the parent's own answers in its loss, the rest is the labels'.
        mixtures: mixed texts per training text that take part in it.
        average: decay of the moving average of the weights, see `FinetuneConfig`.
        correct_bias: move the classes' biases by what rounding moves the mean response on the training texts.
        n_calibration: validation texts used by `static`.
        way: with `dynamic`, one of `compress.methods.quantize.runtimes.WAYS` instead of the best one by measurement.
    """

    scheme: Scheme = "tables"
    bits: int = 8
    head_bits: int = 0
    embedding_bits: int = 0
    rank: int = 0
    finetune_epochs: int = 0
    learning_rate: float = 1e-2
    alpha: float = 0.9
    mixtures: float = 16.0
    average: float = 0.998
    correct_bias: bool = True
    n_calibration: int = 128
    way: str = ""

    @property
    def bits_of_head(self) -> int:
        return self.head_bits or max(4, self.bits)

    @property
    def bits_of_embedding(self) -> int:
        return self.embedding_bits or min(8, self.bits + 4)
