"""A teacher that remembers its training labels, and the settings of a small student, for the tests of distillation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from baselines.classifier import Classifier, Progress, ignore_progress
from baselines.dataset import Part
from baselines.task import Known, LabelSpace, Probabilities
from compress.methods.distill.distill_config import DistillConfig

STUDENT = DistillConfig(
    embedding_dim=6, filters=4, widths=(2, 3), epochs=1, folds=2, mixtures=0.0, against_control=False
)


@dataclass(frozen=True)
class MemoryConfig:
    seed: int = 0


class Memory(Classifier):
    """Hands back the labels of the texts it was fitted to, and 0.25 for any other."""

    kind = "memory"

    def __init__(self, config: MemoryConfig = MemoryConfig()) -> None:
        self.config = config

    def fit(self, train: Part, validation: Part | None = None, *, progress: Progress = ignore_progress) -> Self:
        self.accept(train.space)
        self.known = dict(zip(train.texts, train.labels, strict=True))
        return self

    def answer(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        unknown = np.full(len(self.classes_), 0.25)
        return np.array([self.known.get(text, unknown) for text in texts], np.float32), np.ones(len(texts), np.bool_)

    def save_state(self, folder: Path) -> None:
        raise NotImplementedError

    @classmethod
    def load_state(cls, folder: Path, config: Mapping[str, Any], space: LabelSpace) -> Self:
        raise NotImplementedError
