"""A linear model in small integers, as `quantize` makes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NoReturn, Self

import numpy as np

from baselines.classifier import Progress, ignore_progress
from baselines.dataset import Part
from baselines.errors import ArtifactError, NotCompressible
from baselines.models.linear import LinearClassifier, LinearConfig
from baselines.storage.configs import config_from_json
from baselines.task import Known, LabelSpace, Link, Probabilities
from compress.formats.integer_rows import IntRows
from compress.formats.packed_linear import PACKED_LINEAR_FILE, PackedLinear, read_packed_linear, write_packed_linear


class IntLinearClassifier(LinearClassifier):
    """A linear model in whole numbers, from the counts to the sums; made by `quantize`.

    Attributes:
        packed: what is stored; `coef_` and the rest follow from it, for methods that go on from here.
        rows: what answers, as every engine does it.
    """

    kind: ClassVar[str] = "linear-int"
    can_fit: ClassVar[bool] = False
    packed: PackedLinear
    rows: IntRows

    @classmethod
    def from_packed(cls, packed: PackedLinear, space: LabelSpace, config: LinearConfig) -> Self:
        """A classifier for which no threshold was chosen yet."""
        classifier = cls(config)
        classifier.packed, classifier.rows = packed, IntRows.of(packed)
        classifier.accept(space)
        classifier.vectorizer_ = packed.vectorizer
        classifier.coef_, classifier.intercept_ = packed.weights(), packed.intercept
        return classifier

    @property
    def link(self) -> Link:
        """How logits become probabilities, where the task alone doesn't say."""
        return self.packed.link

    def fit(self, train: Part, validation: Part | None = None, *, progress: Progress = ignore_progress) -> NoReturn:
        """Integers aren't trained: raises NotCompressible that says where they come from."""
        raise NotCompressible(f"{self.kind}: made from a linear model by quantize, not fitted itself")

    def answer(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        logits, known = self.rows.answer(texts)
        return self.rows.link(logits, self.task_), known

    def reasons(self, text: str, column: int, n: int = 10) -> list[tuple[str, float]]:
        names, shares = self.rows.shares(text)
        order = np.argsort(-np.abs(shares[:, column]), kind="stable")[:n]
        return [(names[i], float(shares[i, column])) for i in order]

    def save_state(self, folder: Path) -> None:
        write_packed_linear(self.packed, folder / PACKED_LINEAR_FILE)

    @classmethod
    def load_state(cls, folder: Path, config: Mapping[str, Any], space: LabelSpace) -> Self:
        packed = read_packed_linear(folder / PACKED_LINEAR_FILE)
        needed = packed.link.n_logits(len(space.classes))
        if len(packed.scale) != needed:
            raise ArtifactError(
                f"{folder}: weights of {len(packed.scale)} columns, but {needed} for {len(space.classes)} names"
            )
        return cls.from_packed(packed, space, config_from_json(LinearConfig, config))
