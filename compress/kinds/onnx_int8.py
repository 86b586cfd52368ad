"""A classifier around an ONNX graph: what onnxruntime's own quantization tools make of the character CNN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, Self

import numpy as np

from baselines.classifier import Classifier, Progress, ignore_progress
from baselines.dataset import Part
from baselines.errors import ArtifactError, NotCompressible
from baselines.storage.artifact import read_json, write_json
from baselines.task import Known, LabelSpace, Probabilities
from baselines.telemetry import import_onnxruntime
from baselines.text.tokenizer import Ids, Tokenizer, pad

MODEL_FILE = "model.onnx"
ALPHABET_FILE = "alphabet.json"


@dataclass(frozen=True)
class OnnxConfig:
    """Which of onnxruntime's ways made the graph.

    Attributes:
        scheme: `dynamic` or `static`.
        operators: kinds of nodes that were quantized.
    """

    scheme: str
    operators: tuple[str, ...]


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
    def _session(self) -> Any:
        return open_session(self.model)

    def answer(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        encoded = self.tokenizer.encode_batch(texts)
        rows = [np.zeros((0, len(self.classes_)), np.float32), *(run_ids(self._session, ids) for ids in encoded)]
        return np.concatenate(rows), self.tokenizer.known_batch(encoded)

    def save_state(self, folder: Path) -> None:
        (folder / MODEL_FILE).write_bytes(self.model)
        write_json(folder / ALPHABET_FILE, self.tokenizer.to_json(), compact=True)

    @classmethod
    def load_state(cls, folder: Path, config: Mapping[str, Any], space: LabelSpace) -> Self:
        try:
            model = (folder / MODEL_FILE).read_bytes()
            known = OnnxConfig(str(config["scheme"]), tuple(config["operators"]))
        except (OSError, KeyError, TypeError) as error:
            raise ArtifactError(f"{folder / MODEL_FILE}: unreadable ({error})") from None
        loaded = cls(model, known, Tokenizer.from_json(read_json(folder / ALPHABET_FILE)), space)
        if loaded._session.get_outputs()[0].shape[1] != len(space.classes):
            raise ArtifactError(f"{folder / MODEL_FILE}: made for another number of classes than {len(space.classes)}")
        return loaded


def open_session(model: bytes, threads: int = 1) -> Any:
    """onnxruntime on the CPU; raises ArtifactError when it can't read the graph."""
    ort = import_onnxruntime()
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no base class of their own
        raise ArtifactError(f"{MODEL_FILE}: onnxruntime can't read it ({error})") from None


def run_ids(session: Any, encoded: Ids) -> Probabilities:
    """Answer to one encoded text; float32 (1, n_classes)."""
    ids, lengths = pad([encoded])
    (probabilities,) = session.run(["probabilities"], {"ids": ids, "lengths": lengths})
    return np.asarray(probabilities, np.float32)
