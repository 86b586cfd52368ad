"""The settings of `prune`, beside both files that read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from baselines.errors import NotCompressible
from baselines.storage.configs import CheckedFields
from baselines.storage.ranges import Between, EpochsOrNone, Mixtures, Rate, ShareBelowOne, WholeShare

Criterion = Literal["l2", "taylor"]


@dataclass(frozen=True)
class FineTuning:
    """Training after pruning, see `PruneConfig`."""

    epochs: int
    learning_rate: float
    alpha: float
    mixtures: float


OF_NETWORK = FineTuning(epochs=5, learning_rate=1e-3, alpha=0.8, mixtures=2.0)
# Of the single weights of a linear model.
OF_LINEAR = FineTuning(epochs=150, learning_rate=0.06, alpha=1.0, mixtures=0.0)


@dataclass(frozen=True)
class PruneConfig(CheckedFields):
    """Settings of `prune`.

    Attributes:
        sparsity: share to remove of filters or n-grams (structured) or of weights (unstructured), in [0, 1); 0 is
            neutral.
        structured: whole filters, or single weights.
        criterion: of filters: `l2` (root mean square of a filter's weights) or `taylor` (|gradient · weight| on
            training texts).
        auto: take the sparsity from validation scores, not from `sparsity`: of filters, each width's from a scan; of a
            linear model's single weights, the largest that keeps the tolerance. Of nothing else.
        tolerance: with `auto`, how much the validation score may fall, in the metric's own units: of filters before
            fine-tuning, of single weights after it.
        epochs: fine-tuning at most; 0 leaves it out. None is 5, and 150 for single weights of a linear model, whose
            epochs are short.
        learning_rate: of the fine-tuning; None is 0.001, and 0.06 of a linear model.
        gradual_epochs: unstructured only: epochs over which sparsity grows by the cubic schedule.
        alpha: weight of the parent's own answers in the loss of the fine-tuning, the rest is the labels'; None is 0.8,
            and 1 of a linear model.
        mixtures: mixed texts per training text that take part in it; None is 2, and 0 of a linear model.
        average: decay of the moving average of the weights that is kept, once what is pruned is fixed.
    """

    sparsity: ShareBelowOne = 0.5
    structured: bool = True
    criterion: Criterion = "taylor"
    auto: bool = False
    tolerance: Annotated[float, Between(0, 1000)] = 0.01
    epochs: EpochsOrNone | None = None
    learning_rate: Rate | None = None
    gradual_epochs: EpochsOrNone = 4
    alpha: WholeShare | None = None
    mixtures: Mixtures | None = None
    average: ShareBelowOne = 0.998

    def learning(self, own: FineTuning) -> FineTuning:
        """How what is left is trained, with the model's own settings where none were given."""
        return FineTuning(
            epochs=own.epochs if self.epochs is None else self.epochs,
            learning_rate=own.learning_rate if self.learning_rate is None else self.learning_rate,
            alpha=own.alpha if self.alpha is None else self.alpha,
            mixtures=own.mixtures if self.mixtures is None else self.mixtures,
        )


def check_sparsity(sparsity: float) -> None:
    """Raise NotCompressible unless 0 <= sparsity < 1."""
    if not 0.0 <= sparsity < 1.0:
        raise NotCompressible(f"sparsity: from 0 up to but not including 1 is allowed, got {sparsity}")
