"""Guessing: the floor below which nothing counts as a model.

The draw of a text comes from a hash of the seed and the text, so that it is the same in every batch, process and order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import Classifier, Progress, ignore_progress
from baselines.dataset import Part
from baselines.errors import ArtifactError
from baselines.storage.artifact import read_json, write_json
from baselines.storage.configs import config_from_json
from baselines.task import Known, LabelSpace, Probabilities

Rate = Literal["coin", "frequency"]
_STATE = "rate.json"


@dataclass(frozen=True)
class ChanceConfig:
    """How to guess.

    Attributes:
        rate: probability of every class: 0.5 for `coin`, the share of ones in the label matrix of training for
            `frequency` (the course's second guess).
        seed: of the draws.
    """

    rate: Rate = "coin"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.rate not in get_args(Rate):
            raise ValueError(f"rate of ChanceConfig: allowed are {', '.join(get_args(Rate))}, got {self.rate!r}")


class ChanceClassifier(Classifier):
    """Answers 0 or 1 at random; reads of a text nothing but its hash."""

    kind: ClassVar[str] = "chance"
    why_no_form: ClassVar[str] = "it reads nothing of a text, so there is nothing to ship"
    packages = ("numpy",)
    rate_: float

    def __init__(self, config: ChanceConfig = ChanceConfig()) -> None:
        self.config = config

    def fit(self, train: Part, validation: Part | None = None, *, progress: Progress = ignore_progress) -> Self:
        """Count the labels; 0 for no texts."""
        self.accept(train.space)
        self.rate_ = 0.5 if self.config.rate == "coin" else float(train.labels.sum() / max(train.labels.size, 1))
        return self

    def answer(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        out = np.zeros((len(texts), len(self.classes_)), np.float32)
        for row, text in zip(out, texts, strict=True):
            row[:] = _uniform(self.config.seed, text, len(row)) < self.rate_
        return out, np.ones(len(texts), np.bool_)

    def save_state(self, folder: Path) -> None:
        write_json(folder / _STATE, {"rate": self.rate_})

    @classmethod
    def load_state(cls, folder: Path, config: Mapping[str, Any], space: LabelSpace) -> Self:
        classifier = cls(config_from_json(ChanceConfig, config))
        rate = read_json(folder / _STATE).get("rate")
        if not isinstance(rate, float) or not 0 <= rate <= 1:
            raise ArtifactError(f"{folder / _STATE}: expected a rate between 0 and 1, got {rate!r}")
        classifier.accept(space)
        classifier.rate_ = rate
        return classifier


def _uniform(seed: int, text: str, n: int) -> NDArray[np.float64]:
    """`n` numbers in [0, 1) that belong to this seed and text."""
    digest = hashlib.sha256(f"{seed}\0".encode() + text.encode("utf-8", "surrogatepass")).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "little"))).random(n)
