"""What tuning may change of each baseline's config, and within which bounds. Fields left out keep their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from baselines.text.cleaning import CHOICES


@dataclass(frozen=True)
class Real:
    """A number from `low` to `high`; on a logarithmic scale where `log` is set."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class Whole:
    """A whole number from `low` to `high`, both included."""

    low: int
    high: int


@dataclass(frozen=True)
class OneOf:
    """One of some values of JSON types."""

    values: tuple[Any, ...]


Dimension = Real | Whole | OneOf
Space = Mapping[str, Dimension]

LINEAR: Space = {
    "C": Real(0.3, 100.0, log=True),
    "balanced": OneOf((True, False)),
    "word_high": Whole(1, 3),
    "characters": OneOf(((0, 0), (2, 4), (2, 5), (2, 6), (3, 5), (3, 6))),
    "across_words": OneOf((False, True)),
    "min_texts": OneOf(((1, 1), (1, 2), (2, 2), (2, 3))),
    "sublinear": OneOf((True, False)),
    "cleaning": OneOf(CHOICES),
    "stem": OneOf((True, False)),
}
# The course's rungs keep its features: only the strength of the penalty is free.
COURSE_LINEAR: Space = {"C": Real(0.1, 100.0, log=True), "balanced": OneOf((True, False))}
KNN: Space = {"neighbours": Whole(1, 30)}
FOREST: Space = {"trees": Whole(50, 400)}
BOOSTING: Space = {"trees": Whole(50, 300), "depth": Whole(1, 6), "learning_rate": Real(0.02, 0.3, log=True)}
_NETWORK: Space = {
    "learning_rate": Real(3e-4, 5e-3, log=True),
    "weight_decay": Real(1e-4, 0.3, log=True),
    "dropout": Real(0.2, 0.7),
    "word_dropout": Real(0.0, 0.4),
    "class_weights": Real(0.0, 1.0),
    "batch_size": OneOf((32, 64, 128)),
}
CNN: Space = {
    **_NETWORK,
    "embedding_dim": OneOf((32, 64, 128)),
    "filters": OneOf(
        tuple(tuple((width, n) for width in range(1, high + 1)) for high in (6, 8, 10) for n in (64, 128, 256))
    ),
    "hidden_dim": OneOf((0, 64, 128, 256)),
}
FROZEN_TRANSFORMER: Space = {"C": Real(0.3, 100.0, log=True), "balanced": OneOf((True, False))}
TUNED_TRANSFORMER: Space = {
    "learning_rate": Real(1e-5, 3e-4, log=True),
    "batch_size": OneOf((8, 16, 32)),
    "dropout": Real(0.0, 0.4),
}
RNN: Space = {**_NETWORK, "embedding_dim": OneOf((64, 128, 256)), "hidden_dim": OneOf((64, 128, 256))}
