"""Graphs in onnxruntime: checked before they are opened, run in groups of similar length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import check_texts
from baselines.errors import ArtifactError, MissingExtra
from baselines.task import Known, Probabilities
from baselines.telemetry import import_onnxruntime
from baselines.text.tokenizer import Tokenizer, pad
from exports.runtime.bundle_format import (
    ALPHABET,
    ONNX_FILE,
    VOCABULARY,
    WORD_KIND,
    BundleContent,
)
from exports.runtime.forked_session import ForkedSession
from exports.runtime.predictor import Predictor, require_fit

if TYPE_CHECKING:
    from exports.runtime.word_ids import WordReader


# Characters with padding that one run of a graph sees at most: what lies between its nodes stays in the cache.
MAX_PADDED = 1 << 11


class OnnxPredictor(Predictor[Sequence[NDArray[Any]]]):
    """Any graph of `exports.graphs.to_onnx` in onnxruntime."""

    def __init__(self, bundle: BundleContent, threads: int) -> None:
        super().__init__(bundle)
        self.tokenizer = _reader(bundle)
        self.session = open_session((bundle.folder / ONNX_FILE).read_bytes(), threads, str(bundle.folder / ONNX_FILE))
        # Where activations are quantized by what a batch holds, a text must run alone to get the same answer always.
        self._max_padded = 0 if bundle.manifest.get("kind") == "onnx-int8" else MAX_PADDED
        inputs = [entry.name for entry in self.session.get_inputs()]
        outputs = [(entry.name, entry.shape[-1]) for entry in self.session.get_outputs()]
        require_fit(bundle, inputs == ["ids", "lengths"], f"inputs ids and lengths in {ONNX_FILE}, got {inputs}")
        expected = [("probabilities", len(self.classes))]
        require_fit(bundle, outputs == expected, f"outputs {expected} in {ONNX_FILE}, got {outputs}")

    def encode(self, texts: Sequence[str]) -> Sequence[NDArray[Any]]:
        return self.tokenizer.encode_batch(texts)

    def run(self, encoded: Sequence[NDArray[Any]]) -> Probabilities:
        if len(encoded) == 1:
            return self._run_rows(encoded)
        out = np.zeros((len(encoded), len(self.classes)), np.float32)
        for rows in _similar_lengths([len(ids) for ids in encoded], self._max_padded):
            out[rows] = self._run_rows([encoded[row] for row in rows])
        return out

    def predict_proba(self, texts: Sequence[str]) -> Probabilities:
        # The graph says itself what is said of a text in which nothing is known.
        return self.run(self.encode(check_texts(texts)))

    def known(self, encoded: Sequence[NDArray[Any]]) -> Known:
        return self.tokenizer.known_batch(encoded)

    def _run_rows(self, encoded: Sequence[NDArray[Any]]) -> Probabilities:
        ids, lengths = pad(encoded) if len(encoded) > 1 or not len(encoded[0]) else _as_batch(encoded[0])
        result: Probabilities = self.session.run(["probabilities"], {"ids": ids, "lengths": lengths})[0]
        return result


def open_session(model: bytes, threads: int, name: str) -> Any:
    """An onnxruntime session on the CPU with exactly `threads` threads that don't spin; ArtifactError when refused."""
    from exports.runtime.onnx_scan import scan

    try:
        onnxruntime = import_onnxruntime()
    except ImportError:
        raise MissingExtra(f"{name}: needs onnxruntime; install it with: pip install 'tagpress[onnx]'") from None
    try:
        scan(model)
    except ValueError as error:
        raise ArtifactError(f"{name}: {error}") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return ForkedSession(lambda: onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"]))
    except Exception as error:  # onnxruntime's exceptions have no common ancestor but this one
        raise ArtifactError(f"{name}: onnxruntime {onnxruntime.__version__} refuses it ({error})") from None


def _reader(bundle: BundleContent) -> Tokenizer | WordReader:
    if bundle.manifest.get("kind") != WORD_KIND:
        return Tokenizer.from_json(bundle.json(ALPHABET))
    from exports.runtime.word_ids import WordReader

    return WordReader(bundle.json(VOCABULARY))


def _as_batch(ids: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What `pad` gives for one text of at least one id, in a fifth of the time."""
    return ids.astype(np.int64)[None], np.array([len(ids)], np.int64)


def _similar_lengths(lengths: list[int], max_padded: int) -> list[NDArray[np.intp]]:
    """Row numbers in groups of similar length, each at most `max_padded` characters with padding or a single row."""
    order = np.argsort(lengths, kind="stable")
    groups, start = [], 0
    for stop in range(1, len(order) + 1):
        if stop == len(order) or (stop + 1 - start) * lengths[order[stop]] > max_padded:
            groups.append(order[start:stop])
            start = stop
    return groups
