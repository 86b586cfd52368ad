"""The bidirectional GRU over words without onnxruntime."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.models.learned.gru import NAMES, Gru
from baselines.task import Known, Probabilities, link
from compress.formats.tensors import tensors_of
from exports.runtime.bundle_format import GRU_FILE, VOCABULARY, BundleContent
from exports.runtime.predictor import Predictor
from exports.runtime.word_ids import WordReader


class GruPredictor(Predictor[Sequence[NDArray[Any]]]):
    """One text after the other, word by word."""

    def __init__(self, bundle: BundleContent) -> None:
        super().__init__(bundle)
        self.tokenizer = WordReader(bundle.json(VOCABULARY))
        path = bundle.place(GRU_FILE)
        tensors, _ = tensors_of(bundle.data(GRU_FILE), path)
        if set(tensors) != set(NAMES):
            raise ArtifactError(f"{path}: {', '.join(NAMES)} are needed, got {', '.join(sorted(tensors))[:200]}")
        self.model = Gru(**tensors)
        try:
            self.model.check(self.tokenizer.n_ids, len(self.classes))
        except ArtifactError as error:
            raise ArtifactError(f"{path}: {error}") from None
        self.model.prepare()

    def encode(self, texts: Sequence[str]) -> Sequence[NDArray[Any]]:
        return self.tokenizer.encode_batch(texts)

    def run(self, encoded: Sequence[NDArray[Any]]) -> Probabilities:
        logits = np.empty((len(encoded), len(self.classes)), np.float32)
        for row, ids in zip(logits, encoded, strict=True):
            row[:] = self.model.logits(ids)
        return link(logits, self.task)

    def known(self, encoded: Sequence[NDArray[Any]]) -> Known:
        return self.tokenizer.known_batch(encoded)
