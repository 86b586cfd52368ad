"""The kernel on this CPU: each instruction set that it has, asked for logits, probabilities and names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from bench.same_bits.answers import Answers
from bench.same_bits.engine import Absent, Chunk, Engine, Workshop
from exports import kernel
from exports.kernel.row_kernel import RowKernel, row_levels
from exports.runtime.load_bundle import load
from exports.runtime.rows_predictor import RowsPredictor
from exports.runtime.table_predictor import TablePredictor

LEVELS = ("avx512vnni", "avx2", "plain")


class KernelEngine(Engine):
    """A loaded bundle whose kernel has one instruction set; decisions are the names that `predict` says."""

    def __init__(self, workshop: Workshop, level: str) -> None:
        reference = workshop.reference
        has = kernel.levels() if reference.kind == "tables" else row_levels()
        if not has:
            raise Absent("the C extension wasn't built")
        if level not in has:
            raise Absent(f"{level}: not for {reference.kind}, or not on this CPU, which has {', '.join(has)}")
        self._reference = reference
        self._predictor: Any = load(reference.folder, engine="kernel")
        if isinstance(self._predictor, TablePredictor):
            self._predictor.kernel = kernel.TableKernel(self._predictor.tables, self._predictor.tokenizer, level)
        elif isinstance(self._predictor, RowsPredictor):
            self._predictor.kernel = RowKernel(self._predictor.rows, level)
        own: Any = self._predictor
        own.decide_by(own.kernel.names_of(own.space, own.thresholds, own.threads))

    def answer(self, chunk: Chunk) -> Answers:
        logits, known = self._predictor.by_kernel(chunk.texts)
        said = self._predictor.predict(chunk.texts)
        if known is None:
            known = np.ones(len(logits), np.bool_)
        found = self._reference.completed(logits, known)
        return replace(found, decided=self._reference.decided(said))


class NumPyEngine(Engine):
    """The bundle as `load` opens it without the kernel: what serves where the extension wasn't built."""

    def __init__(self, workshop: Workshop) -> None:
        self._reference = workshop.reference
        self._predictor: Any = load(workshop.reference.folder, engine="numpy")

    def answer(self, chunk: Chunk) -> Answers:
        probabilities, known = self._predictor.answered(chunk.texts)
        said = self._predictor.predict(chunk.texts)
        found = self._reference.answer(chunk.texts)
        return replace(found, probabilities=probabilities, decided=self._reference.decided(said), known=known)
