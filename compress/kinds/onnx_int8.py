"""A classifier around an ONNX graph: what onnxruntime's own quantization tools make of the character CNN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, NoReturn, Self

import numpy as np

from baselines.classifier import Classifier, Progress, ignore_progress
from baselines.dataset import Part
from baselines.errors import ArtifactError, NotCompressible
from baselines.storage.artifact import read_json, write_json
from baselines.storage.configs import CheckedFields, config_from_json
from baselines.storage.ranges import Named, Words
from baselines.task import Known, LabelSpace, Probabilities
from baselines.text.tokenizer import Tokenizer
from compress.onnx_files.session import OpenGraph, open_graph
from compress.onnx_files.stretches import run_text

MODEL_FILE = "model.onnx"
ALPHABET_FILE = "alphabet.json"


@dataclass(frozen=True)
class OnnxConfig(CheckedFields):
    """Which of onnxruntime's ways made the graph.

    Attributes:
        scheme: `dynamic`, `static`, or `none` for a graph as it was exported.
        operators: kinds of nodes that were quantized.
    """

    scheme: Annotated[str, Named(("none", "dynamic", "static"))]
    operators: tuple[Words, ...]


class OnnxClassifier(Classifier):
    """Inputs `ids` and `lengths`, output `probabilities`.

    Texts run one at a time: the scale of a dynamically quantized activation depends on its batch.
    """

    kind = "onnx-int8"
    can_fit = False
    forms = ("onnx",)
    packages = ("numpy", "onnxruntime")

    def __init__(self, model: bytes, config: OnnxConfig, tokenizer: Tokenizer, space: LabelSpace) -> None:
        self.model = model
        self.config = config
        self.tokenizer = tokenizer
        self.accept(space)

    def fit(self, train: Part, validation: Part | None = None, *, progress: Progress = ignore_progress) -> NoReturn:
        """Not trained: raises NotCompressible that says where it comes from."""
        raise NotCompressible(f"{self.kind}: made from a trained character CNN by quantize, not fitted itself")

    @cached_property
    def _graph(self) -> OpenGraph:
        return open_graph(self.model, 1, MODEL_FILE, n_ids=self.tokenizer.n_ids, task=self.task_)

    def answer(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        encoded, known = self.tokenizer.encode_batch(texts), self.tokenizer.known
        rows = [np.zeros((0, len(self.classes_)), np.float32), *(run_text(self._graph, ids, known) for ids in encoded)]
        return np.concatenate(rows), self.tokenizer.known_batch(encoded)

    def save_state(self, folder: Path) -> None:
        (folder / MODEL_FILE).write_bytes(self.model)
        write_json(folder / ALPHABET_FILE, self.tokenizer.to_json(), compact=True)

    @classmethod
    def load_state(cls, folder: Path, config: Mapping[str, Any], space: LabelSpace) -> Self:
        try:
            model = (folder / MODEL_FILE).read_bytes()
            known = config_from_json(OnnxConfig, config)
        except OSError as error:
            raise ArtifactError(f"{folder / MODEL_FILE}: unreadable ({error})") from None
        loaded = cls(model, known, Tokenizer.from_json(read_json(folder / ALPHABET_FILE)), space)
        try:
            n_classes = loaded._graph.bounds.n_classes
        except ArtifactError as error:
            raise ArtifactError(f"{folder}: {error}") from None
        if n_classes != len(space.classes):
            raise ArtifactError(f"{folder / MODEL_FILE}: made for {n_classes} classes, expected {len(space.classes)}")
        return loaded
