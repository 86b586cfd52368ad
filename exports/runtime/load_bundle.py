"""Texts in, classes out, from a bundle: NumPy alone for the table and linear forms, onnxruntime besides for ONNX.

Neither torch nor scikit-learn nor onnx is imported, and onnxruntime only when a bundle needs it. A predictor may be
called from many threads at once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import Probabilities, Thresholds, check_texts, decide
from baselines.errors import ArtifactError, MissingExtra
from baselines.text.tokenizer import Ids, Tokenizer, pad
from compress.formats.packed import read_tables
from compress.formats.tables import IntTables
from exports import kernel
from exports.runtime.bundle_format import (
    ALPHABET,
    ONNX_FILE,
    TABLES_FILE,
    VOCABULARY,
    WORD_KIND,
    BundleContent,
    read_bundle,
)

if TYPE_CHECKING:
    from exports.runtime.word_ids import WordReader

Engine = Literal["auto", "kernel", "numpy"]
Encoded = TypeVar("Encoded")
# Characters with padding that one run of a graph sees at most: what lies between its nodes stays in the cache.
MAX_PADDED = 1 << 11
# NumPy takes its own scalars faster than Python's.
_HALF, _ONE = np.float32(0.5), np.float32(1)


class Predictor(ABC, Generic[Encoded]):
    """What a loaded bundle does.

    Attributes:
        classes: names, in the order of the columns.
        thresholds: float32 (n_classes,).
        bundle: the checked bundle, with its manifest.
    """

    def __init__(self, bundle: BundleContent) -> None:
        self.bundle = bundle
        self.classes = bundle.classes
        self.thresholds: Thresholds = bundle.thresholds

    @abstractmethod
    def encode(self, texts: Sequence[str]) -> Encoded:
        """What the model reads, made from the texts."""

    @abstractmethod
    def run(self, encoded: Encoded) -> Probabilities:
        """The model alone, on encoded texts; float32 (n_texts, n_classes)."""

    def predict_proba(self, texts: Sequence[str]) -> Probabilities:
        """float32 (n_texts, n_classes) in [0, 1].

        Raises:
            TypeError: naming the index of the first entry that is not a string.
        """
        check_texts(texts)
        return self.run(self.encode(texts))

    def predict(self, texts: Sequence[str]) -> list[list[str]]:
        """The classes of each text whose probability reaches their threshold, in the order of `classes`."""
        decided = decide(self.predict_proba(texts), self.thresholds)
        if len(decided) == 1:
            return [[self.classes[i] for i in decided[0].nonzero()[0].tolist()]]
        return [[self.classes[i] for i in row.nonzero()[0].tolist()] for row in decided]


class TablePredictor(Predictor[list[Ids]]):
    """The int8 table form, by the C kernel or by its NumPy twin; both give the same bits."""

    def __init__(self, bundle: BundleContent, threads: int, engine: Engine) -> None:
        super().__init__(bundle)
        self.tokenizer = Tokenizer.from_json(bundle.json(ALPHABET))
        self.tables: IntTables = read_tables(bundle.folder / TABLES_FILE).tables
        self.threads = threads
        _require(bundle, self.tables.n_ids == self.tokenizer.n_ids, f"tables for {self.tokenizer.n_ids} ids")
        _require(bundle, len(self.tables.bias) == len(self.classes), f"tables for {len(self.classes)} classes")
        if engine == "kernel" and not kernel.AVAILABLE:
            raise ArtifactError(
                "kernel: the C extension was not built; install again with a C compiler, or use engine numpy"
            )
        use_kernel = kernel.AVAILABLE if engine == "auto" else engine == "kernel"
        self.kernel = kernel.TableKernel(self.tables, self.tokenizer) if use_kernel else None

    def encode(self, texts: Sequence[str]) -> list[Ids]:
        return self.tokenizer.encode_batch(texts)

    def run(self, encoded: list[Ids]) -> Probabilities:
        if self.kernel is not None:
            return _sigmoid_in_place(self.kernel.logits(encoded, self.threads))
        logits = np.empty((len(encoded), len(self.classes)), np.float32)
        for row, ids in zip(logits, encoded, strict=True):
            row[:] = self.tables.logits(ids)
        return _sigmoid_in_place(logits)

    def predict_proba(self, texts: Sequence[str]) -> Probabilities:
        check_texts(texts)
        if self.kernel is not None:
            # The kernel cleans and encodes plain ASCII itself, outside the interpreter's lock.
            return _sigmoid_in_place(self.kernel.logits(self.kernel.prepare(texts), self.threads))
        return self.run(self.encode(texts))


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
        _require(bundle, inputs == ["ids", "lengths"], f"inputs ids and lengths in {ONNX_FILE}, got {inputs}")
        expected = [("probabilities", len(self.classes))]
        _require(bundle, outputs == expected, f"outputs {expected} in {ONNX_FILE}, got {outputs}")

    def encode(self, texts: Sequence[str]) -> Sequence[NDArray[Any]]:
        return self.tokenizer.encode_batch(texts)

    def run(self, encoded: Sequence[NDArray[Any]]) -> Probabilities:
        if len(encoded) == 1:
            return self._run_rows(encoded)
        out = np.zeros((len(encoded), len(self.classes)), np.float32)
        for rows in _similar_lengths([len(ids) for ids in encoded], self._max_padded):
            out[rows] = self._run_rows([encoded[row] for row in rows])
        return out

    def _run_rows(self, encoded: Sequence[NDArray[Any]]) -> Probabilities:
        ids, lengths = pad(encoded) if len(encoded) > 1 or not len(encoded[0]) else _as_batch(encoded[0])
        result: Probabilities = self.session.run(["probabilities"], {"ids": ids, "lengths": lengths})[0]
        return result


def load(folder: str | Path, *, threads: int = 1, engine: Engine = "auto") -> Predictor[Any]:
    """Check and open a bundle.

    Args:
        folder: what `exports.bundles.write_bundle.write_bundle` or `python -m exports.run` wrote.
        threads: for the kernel (texts of a batch are shared out) or for onnxruntime; at least 1.
        engine: for the table form, `kernel` or `numpy` where one must be used.

    Raises:
        ArtifactError: damaged, hostile, or of another version; nothing of it was run.
    """
    if threads < 1:
        raise ArtifactError(f"threads: at least 1 is allowed, got {threads}")
    bundle = read_bundle(Path(folder))
    if bundle.form == "table":
        return TablePredictor(bundle, threads, engine)
    if bundle.form == "onnx":
        return OnnxPredictor(bundle, threads)
    from exports.runtime.linear_predictor import LinearPredictor

    return LinearPredictor(bundle)


def _sigmoid_in_place(logits: NDArray[np.float32]) -> Probabilities:
    """The bits of `compress.formats.tables.sigmoid`, without its copies: they took as long as a small model."""
    np.multiply(logits, _HALF, logits)
    np.tanh(logits, logits)
    np.add(logits, _ONE, logits)
    return np.multiply(logits, _HALF, logits)


def open_session(model: bytes, threads: int, name: str) -> Any:
    """An onnxruntime session on the CPU with exactly `threads` threads that don't spin; ArtifactError when refused."""
    from exports.runtime.onnx_scan import scan

    try:
        import onnxruntime
    except ImportError:
        raise MissingExtra(f"{name}: needs onnxruntime; install it with: pip install onnxruntime") from None
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
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
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


def _require(bundle: BundleContent, fits: bool, expected: str) -> None:
    if not fits:
        raise ArtifactError(f"{bundle.folder}: files don't fit together: expected {expected}")
