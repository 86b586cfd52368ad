"""What predictors of both kernel forms share: texts to C, logits to probabilities, and a twin in NumPy for the rest."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import check_texts
from baselines.errors import ArtifactError
from baselines.task import Known, Probabilities, answered
from exports import kernel
from exports.kernel.deciding import Found
from exports.runtime.predictor import Encoded, Predictor

Engine = Literal["auto", "kernel", "numpy"]
# Logits (n_texts, n_logits) to probabilities (n_texts, n_classes); may change the logits in place.
Linked = Callable[[NDArray[np.float32]], Probabilities]


class KernelPredictor(Predictor[Encoded]):
    """Answers by a kernel where there is one, else by its twin; both give the same bits."""

    @abstractmethod
    def by_kernel(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], Known | None] | None:
        """Logits (n_texts, n_logits), and of which texts anything is known, None: of all. None where NumPy answers."""

    @abstractmethod
    def linked(self, logits: NDArray[np.float32]) -> Probabilities:
        """Logits to probabilities; may change them in place."""

    def decide_by(self, names_of: Callable[[Sequence[str]], Found] | None) -> None:
        """Let a kernel decide in its own way; its thresholds can't be changed in place any more."""
        self.quickly = names_of
        self.thresholds.flags.writeable = False

    def predict_proba(self, texts: Sequence[str]) -> Probabilities:
        return self._found(texts)[0]

    def answered(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        probabilities, known = self._found(texts)
        return probabilities, np.ones(len(probabilities), np.bool_) if known is None else known

    def _found(self, texts: Sequence[str]) -> tuple[Probabilities, Known | None]:
        found = self.by_kernel(check_texts(texts))
        if found is None:
            return super().answered(texts)
        probabilities, known = self.linked(found[0]), found[1]
        if known is not None:
            answered(probabilities, known, self.space, self.thresholds)
        return probabilities, known


def uses_kernel(engine: Engine) -> bool:
    """Whether an engine is the kernel; raises ArtifactError where that is asked for and wasn't built."""
    if engine == "kernel" and not kernel.AVAILABLE:
        raise ArtifactError(
            "kernel: the C extension was not built; install again with a C compiler, or use engine numpy"
        )
    return kernel.AVAILABLE if engine == "auto" else engine == "kernel"
