"""Guessing: the floor below which nothing counts as a model.

The draw of a text comes from a hash of the seed and the text, so that it is the same in every batch, process and order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from baselines.checked_reading import is_share, shown
from baselines.classifier import Classifier, Progress, ignore_progress
from baselines.dataset import Part
from baselines.errors import ArtifactError
from baselines.storage.artifact import read_json, write_json
from baselines.storage.configs import CheckedFields, config_from_json
from baselines.storage.ranges import Seed
from baselines.task import Known, LabelSpace, Probabilities

Rate = Literal["coin", "frequency", "majority"]
_STATE = "rate.json"


@dataclass(frozen=True)
class ChanceConfig(CheckedFields):
    """How to guess.

    Attributes:
        rate: of several labels, the probability of each: 0.5 for `coin`, the share of ones in the label matrix of
            training for `frequency` (the course's second guess). Of one label, `coin` draws all classes equally often,
            `frequency` as often as training has them (the stratified guess). `majority` draws nothing: it answers every
            text by the shares of training, so by the most frequent class, or by no label where none has half the texts.
        seed: of the draws.
    """

    rate: Rate = "coin"
    seed: Seed = 0


class ChanceClassifier(Classifier):
    """Answers 0 or 1 at random, or always the same; reads of a text nothing but its hash."""

    kind: ClassVar[str] = "chance"
    why_no_form = "it reads nothing of a text, so there is nothing to ship"
    packages = ("numpy",)
    rates_: NDArray[np.float64]

    def __init__(self, config: ChanceConfig = ChanceConfig()) -> None:
        self.config = config

    def fit(self, train: Part, validation: Part | None = None, *, progress: Progress = ignore_progress) -> Self:
        """Count the labels; 0 for no texts."""
        self.accept(train.space)
        shares = train.labels.mean(axis=0) if len(train) else np.zeros(len(train.classes))
        self.rates_ = {
            "coin": np.full(len(shares), 1 / len(shares) if train.task == "multiclass" else 0.5),
            "frequency": shares if train.task == "multiclass" else np.full(len(shares), shares.mean()),
            "majority": shares,
        }[self.config.rate].astype(np.float64)
        return self

    def answer(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        out = np.zeros((len(texts), len(self.classes_)), np.float32)
        for row, text in zip(out, texts, strict=True):
            row[:] = self.rates_ if self.config.rate == "majority" else self._drawn(text)
        return out, np.ones(len(texts), np.bool_)

    def _drawn(self, text: str) -> NDArray[np.bool_]:
        if self.task_ != "multiclass":
            return _uniform(self.config.seed, text, len(self.rates_)) < self.rates_
        steps = np.cumsum(self.rates_)
        at = np.searchsorted(steps, _uniform(self.config.seed, text, 1)[0] * steps[-1], side="right")
        return np.equal(np.arange(len(steps)), min(int(at), len(steps) - 1))

    def save_state(self, folder: Path) -> None:
        write_json(folder / _STATE, {"rates": self.rates_.tolist()})

    @classmethod
    def load_state(cls, folder: Path, config: Mapping[str, Any], space: LabelSpace) -> Self:
        classifier = cls(config_from_json(ChanceConfig, config))
        content = read_json(folder / _STATE)
        rates = content.get("rates") if isinstance(content, dict) else None
        if not isinstance(rates, list) or not all(map(is_share, rates)):
            raise ArtifactError(f"{folder / _STATE}: expected rates between 0 and 1, got {shown(rates)}")
        if len(rates) != len(space.classes):
            raise ArtifactError(f"{folder / _STATE}: expected {len(space.classes)} rates, got {len(rates)}")
        classifier.accept(space)
        classifier.rates_ = np.array(rates, np.float64)
        return classifier


def _uniform(seed: int, text: str, n: int) -> NDArray[np.float64]:
    """`n` numbers in [0, 1) that belong to this seed and text."""
    digest = hashlib.sha256(f"{seed}\0".encode() + text.encode("utf-8", "surrogatepass")).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "little"))).random(n)
