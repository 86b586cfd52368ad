"""The int8 table form, served by the C kernel or by its NumPy twin."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import check_texts
from baselines.errors import ArtifactError
from baselines.task import Known, Probabilities, answered, link
from baselines.text.tokenizer import Ids, Tokenizer
from compress.formats.packed import tables_of
from compress.formats.tables import IntTables
from exports import kernel
from exports.runtime.bundle_format import ALPHABET, TABLES_FILE, BundleContent
from exports.runtime.predictor import Predictor, require_fit

Engine = Literal["auto", "kernel", "numpy"]
# NumPy takes its own scalars faster than Python's.
_HALF, _ONE = np.float32(0.5), np.float32(1)


class TablePredictor(Predictor[list[Ids]]):
    """The int8 table form, by the C kernel or by its NumPy twin; both give the same bits."""

    def __init__(self, bundle: BundleContent, threads: int, engine: Engine) -> None:
        super().__init__(bundle)
        self.tokenizer = Tokenizer.from_json(bundle.json(ALPHABET))
        self.tables: IntTables = tables_of(bundle.data(TABLES_FILE), bundle.folder / TABLES_FILE).tables
        self.threads = threads
        # Chosen once: what is asked again for every text is as much as a tenth of a small model.
        self._linked = partial(link, task=self.task) if self.task == "multiclass" else _sigmoid_in_place
        require_fit(bundle, self.tables.n_ids == self.tokenizer.n_ids, f"tables for {self.tokenizer.n_ids} ids")
        require_fit(bundle, len(self.tables.bias) == len(self.classes), f"tables for {len(self.classes)} classes")
        if engine == "kernel" and not kernel.AVAILABLE:
            raise ArtifactError(
                "kernel: the C extension was not built; install again with a C compiler, or use engine numpy"
            )
        use_kernel = kernel.AVAILABLE if engine == "auto" else engine == "kernel"
        self.kernel = kernel.TableKernel(self.tables, self.tokenizer) if use_kernel else None
        if self.kernel is not None:
            self.quickly = self.kernel.names_of(self.space, self.thresholds, threads)
            self.thresholds.flags.writeable = False

    def encode(self, texts: Sequence[str]) -> list[Ids]:
        return self.tokenizer.encode_batch(texts)

    def run(self, encoded: list[Ids]) -> Probabilities:
        if self.kernel is not None:
            return self._linked(self.kernel.logits(encoded, self.threads))
        logits = np.empty((len(encoded), len(self.classes)), np.float32)
        for row, ids in zip(logits, encoded, strict=True):
            row[:] = self.tables.logits(ids)
        return self._linked(logits)

    def known(self, encoded: list[Ids]) -> Known:
        return self.tokenizer.known_batch(encoded)

    def predict_proba(self, texts: Sequence[str]) -> Probabilities:
        if self.kernel is None:
            return super().predict_proba(texts)
        return self._by_kernel(self.kernel, texts)[0]

    def answered(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        if self.kernel is None:
            return super().answered(texts)
        probabilities, known = self._by_kernel(self.kernel, texts)
        return probabilities, np.ones(len(probabilities), np.bool_) if known is None else known

    def _by_kernel(self, tables: kernel.TableKernel, texts: Sequence[str]) -> tuple[Probabilities, Known | None]:
        """What it says, and of which texts it knows anything; None where of all."""
        # The kernel cleans and encodes plain ASCII itself, outside the interpreter's lock.
        logits, known = tables.answer(tables.prepare(check_texts(texts)), self.threads)
        probabilities = self._linked(logits)
        if known is not None:
            answered(probabilities, known, self.space, self.thresholds)
        return probabilities, known


def _sigmoid_in_place(logits: NDArray[np.float32]) -> Probabilities:
    """The bits of `compress.formats.tables.sigmoid`, without its copies: they took as long as a small model."""
    np.multiply(logits, _HALF, logits)
    np.tanh(logits, logits)
    np.add(logits, _ONE, logits)
    return np.multiply(logits, _HALF, logits)
