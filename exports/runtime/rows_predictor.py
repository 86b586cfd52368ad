"""A linear model in whole numbers, served by the C kernel or by its NumPy twin."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import check_texts
from baselines.errors import ArtifactError
from baselines.task import BY_TASK, Known, Probabilities, answered
from compress.formats.integer_rows import Found, IntRows
from compress.formats.packed_linear import packed_linear_of
from exports import kernel
from exports.kernel import coding
from exports.kernel.row_kernel import RowKernel
from exports.runtime.bundle_format import PACKED_LINEAR_FILE, BundleContent
from exports.runtime.predictor import Predictor, require_fit
from exports.runtime.table_predictor import Engine

# NumPy takes its own scalars faster than Python's.
_HALF, _ONE = np.float32(0.5), np.float32(1)


class RowsPredictor(Predictor[list[list[Found]]]):
    """The sum of a text's rows; kernel and twin give the same bits.

    Attributes:
        rows: the model.
        threads: that share a batch, in the kernel.
        kernel: None where NumPy answers.
    """

    def __init__(self, bundle: BundleContent, threads: int, engine: Engine) -> None:
        super().__init__(bundle)
        path = bundle.folder / PACKED_LINEAR_FILE
        self.rows = IntRows.of(packed_linear_of(bundle.data(PACKED_LINEAR_FILE), path, coding.decoder))
        self.threads = threads
        needed = self.rows.link.n_logits(len(self.classes))
        require_fit(bundle, len(self.rows.scale) == needed, f"weights for {needed} columns")
        if engine == "kernel" and not kernel.AVAILABLE:
            raise ArtifactError(
                "kernel: the C extension was not built; install again with a C compiler, or use engine numpy"
            )
        use_kernel = kernel.AVAILABLE if engine == "auto" else engine == "kernel"
        self.kernel = RowKernel(self.rows) if use_kernel else None
        if self.kernel is not None:
            self.quickly = self.kernel.names_of(self.space, self.thresholds, threads)
        # Chosen once, as for the table form.
        each = self.rows.link == BY_TASK and self.task != "multiclass"
        self._linked = logistic_in_place if each else partial(self.rows.link, task=self.task)

    def encode(self, texts: Sequence[str]) -> list[list[Found]]:
        return [self.rows.encode(text) for text in texts]

    def run(self, encoded: list[list[Found]]) -> Probabilities:
        return self.rows.link(self.rows.run(encoded)[0], self.task)

    def known(self, encoded: list[list[Found]]) -> Known:
        return np.array([any(len(group.columns) for group in groups) for groups in encoded], np.bool_)

    def predict_proba(self, texts: Sequence[str]) -> Probabilities:
        if self.kernel is None:
            return super().predict_proba(texts)
        return self._by_kernel(self.kernel, texts)[0]

    def answered(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        if self.kernel is None:
            return super().answered(texts)
        probabilities, known = self._by_kernel(self.kernel, texts)
        return probabilities, np.ones(len(probabilities), np.bool_) if known is None else known

    def _by_kernel(self, rows: RowKernel, texts: Sequence[str]) -> tuple[Probabilities, Known | None]:
        """What it says, and of which texts it knows anything; None where of all."""
        logits, known = rows.answer(check_texts(texts), self.threads)
        probabilities = self._linked(logits)
        if known is not None:
            answered(probabilities, known, self.space, self.thresholds)
        return probabilities, known


def logistic_in_place(logits: NDArray[np.float32]) -> Probabilities:
    """The bits of `baselines.task.link` without its copies, which take as long as a small model."""
    np.multiply(logits, _HALF, logits)
    np.tanh(logits, logits)
    np.add(logits, _ONE, logits)
    return np.multiply(logits, _HALF, logits)
