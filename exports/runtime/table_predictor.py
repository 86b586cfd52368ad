"""The int8 table form, served by the C kernel or by its NumPy twin."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from baselines.task import Known, Probabilities, link
from baselines.text.tokenizer import Ids, Tokenizer
from compress.formats.packed import tables_of
from compress.formats.tables import IntTables
from exports import kernel
from exports.kernel.deciding import linked_by
from exports.runtime.bundle_format import ALPHABET, TABLES_FILE, BundleContent
from exports.runtime.kernel_predictor import Engine, KernelPredictor, Linked, uses_kernel
from exports.runtime.predictor import require_fit


class TablePredictor(KernelPredictor[list[Ids]]):
    """The int8 table form, by the C kernel or by its NumPy twin; both give the same bits."""

    def __init__(self, bundle: BundleContent, threads: int, engine: Engine) -> None:
        super().__init__(bundle)
        self.tokenizer = Tokenizer.from_json(bundle.json(ALPHABET))
        self.tables: IntTables = tables_of(bundle.data(TABLES_FILE), bundle.place(TABLES_FILE)).tables
        self.threads = threads
        require_fit(bundle, self.tables.n_ids == self.tokenizer.n_ids, f"tables for {self.tokenizer.n_ids} ids")
        require_fit(bundle, len(self.tables.bias) == len(self.classes), f"tables for {len(self.classes)} classes")
        self.kernel = kernel.TableKernel(self.tables, self.tokenizer) if uses_kernel(engine) else None
        # Chosen once: what is asked again for every text is as much as a tenth of a small model.
        self._link: Linked = partial(link, task=self.task)
        if self.kernel is not None:
            self._link = linked_by(self.space)
            self.decide_by(self.kernel.names_of(self.space, self.thresholds, threads))

    def encode(self, texts: Sequence[str]) -> list[Ids]:
        return self.tokenizer.encode_batch(texts)

    def run(self, encoded: list[Ids]) -> Probabilities:
        if self.kernel is not None:
            return self._link(self.kernel.logits(encoded, self.threads))
        logits = np.empty((len(encoded), len(self.classes)), np.float32)
        for row, ids in zip(logits, encoded, strict=True):
            row[:] = self.tables.logits(ids)
        return self._link(logits)

    def known(self, encoded: list[Ids]) -> Known:
        return self.tokenizer.known_batch(encoded)

    def by_kernel(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], Known | None] | None:
        return None if self.kernel is None else self.kernel.answer(texts, self.threads)

    def linked(self, logits: NDArray[np.float32]) -> Probabilities:
        return self._link(logits)
