"""A linear model in whole numbers, served by the C kernel or by its NumPy twin."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from baselines.task import Known, Probabilities
from compress.formats.integer_rows import Found, IntRows
from compress.formats.packed_linear import packed_linear_of
from exports.kernel import coding
from exports.kernel.deciding import linked_by
from exports.kernel.row_kernel import RowKernel
from exports.runtime.bundle_format import PACKED_LINEAR_FILE, BundleContent
from exports.runtime.kernel_predictor import Engine, KernelPredictor, Linked, uses_kernel
from exports.runtime.predictor import require_fit


class RowsPredictor(KernelPredictor[list[list[Found]]]):
    """The sum of a text's rows; kernel and twin give the same bits.

    Attributes:
        rows: the model.
        threads: that share a batch, in the kernel.
        kernel: None where NumPy answers.
    """

    def __init__(self, bundle: BundleContent, threads: int, engine: Engine) -> None:
        super().__init__(bundle)
        path = bundle.place(PACKED_LINEAR_FILE)
        self.rows = IntRows.of(packed_linear_of(bundle.data(PACKED_LINEAR_FILE), path, coding.decoder))
        self.threads = threads
        needed = self.rows.link.n_logits(len(self.classes))
        require_fit(bundle, len(self.rows.scale) == needed, f"weights for {needed} columns")
        self.kernel = RowKernel(self.rows) if uses_kernel(engine) else None
        # Chosen once, as for the table form.
        self._link: Linked = partial(self.rows.link, task=self.task)
        if self.kernel is not None:
            self._link = linked_by(self.space, self.rows.link)
            self.decide_by(self.kernel.names_of(self.space, self.thresholds, threads))

    def encode(self, texts: Sequence[str]) -> list[list[Found]]:
        return [self.rows.encode(text) for text in texts]

    def run(self, encoded: list[list[Found]]) -> Probabilities:
        return self._link(self.rows.run(encoded)[0])

    def known(self, encoded: list[list[Found]]) -> Known:
        return np.array([any(len(group.columns) for group in groups) for groups in encoded], np.bool_)

    def by_kernel(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], Known | None] | None:
        return None if self.kernel is None else self.kernel.answer(texts, self.threads)

    def linked(self, logits: NDArray[np.float32]) -> Probabilities:
        return self._link(logits)
