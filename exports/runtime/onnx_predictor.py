"""Graphs in onnxruntime: checked before they are opened, run in groups of similar length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import check_texts
from baselines.task import Known, Probabilities
from baselines.text.tokenizer import Tokenizer, pad
from compress.onnx_files.check import MAX_POSITIONS
from compress.onnx_files.session import open_graph
from compress.onnx_files.stretches import run_rows, run_text
from exports.runtime.bundle_format import (
    ALPHABET,
    ONNX_FILE,
    VOCABULARY,
    WORD_KIND,
    BundleContent,
)
from exports.runtime.predictor import Predictor, require_fit

if TYPE_CHECKING:
    from exports.runtime.word_ids import WordReader


class OnnxPredictor(Predictor[Sequence[NDArray[Any]]]):
    """Any graph of `exports.graphs.to_onnx` in onnxruntime."""

    def __init__(self, bundle: BundleContent, threads: int) -> None:
        super().__init__(bundle)
        self.tokenizer = _reader(bundle)
        path, most = bundle.place(ONNX_FILE), getattr(self.tokenizer, "max_tokens", None)
        n_ids = self.tokenizer.n_ids
        self.graph = open_graph(bundle.data(ONNX_FILE), threads, str(path), n_ids=n_ids, task=self.task, most_ids=most)
        # Where activations are quantized by what a batch holds, a text must run alone to get the same answer always.
        self._max_padded = 0 if bundle.manifest.get("kind") == "onnx-int8" else MAX_POSITIONS
        n_classes = self.graph.bounds.n_classes
        require_fit(
            bundle, n_classes == len(self.classes), f"{len(self.classes)} classes in {ONNX_FILE}, got {n_classes}"
        )

    def encode(self, texts: Sequence[str]) -> Sequence[NDArray[Any]]:
        return self.tokenizer.encode_batch(texts)

    def run(self, encoded: Sequence[NDArray[Any]]) -> Probabilities:
        if len(encoded) == 1:
            return run_text(self.graph, encoded[0], self._says)
        out = np.zeros((len(encoded), len(self.classes)), np.float32)
        for rows in _similar_lengths([len(ids) for ids in encoded], self._max_padded):
            if len(rows) == 1:
                out[rows] = run_text(self.graph, encoded[rows[0]], self._says)
            else:
                out[rows] = run_rows(self.graph, *pad([encoded[row] for row in rows]))
        return out

    def predict_proba(self, texts: Sequence[str]) -> Probabilities:
        # The graph says itself what is said of a text in which nothing is known.
        return self.run(self.encode(check_texts(texts)))

    def known(self, encoded: Sequence[NDArray[Any]]) -> Known:
        return self.tokenizer.known_batch(encoded)

    def _says(self, ids: NDArray[Any]) -> bool:
        """Whether anything in these ids is known."""
        return bool(self.tokenizer.known_batch([ids])[0])


def _reader(bundle: BundleContent) -> Tokenizer | WordReader:
    if bundle.manifest.get("kind") != WORD_KIND:
        return Tokenizer.from_json(bundle.json(ALPHABET))
    from exports.runtime.word_ids import WordReader

    return WordReader(bundle.json(VOCABULARY))


def _similar_lengths(lengths: list[int], max_padded: int) -> list[NDArray[np.intp]]:
    """Row numbers in groups of similar length, each at most `max_padded` characters with padding or a single row."""
    order = np.argsort(lengths, kind="stable")
    groups, start = [], 0
    for stop in range(1, len(order) + 1):
        if stop == len(order) or (stop + 1 - start) * lengths[order[stop]] > max_padded:
            groups.append(order[start:stop])
            start = stop
    return groups
