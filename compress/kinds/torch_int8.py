"""PyTorch's dynamic int8 of the character CNN: its Linear layers, nothing else, since no dynamic Conv1d exists."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Self

import numpy as np
import torch
from torch import Tensor, nn

from baselines.classifier import Classifier, Progress, ignore_progress
from baselines.dataset import Part
from baselines.errors import ArtifactError, NotCompressible
from baselines.models.cnn import CharCNN, CharCNNClassifier, CharCNNShape
from baselines.networks.checkpoint import read_torch, write_tensors
from baselines.networks.sizes import require_sizes
from baselines.networks.torch_state import limited_threads
from baselines.storage.artifact import read_json, write_json
from baselines.storage.configs import CheckedFields
from baselines.storage.ranges import Count, Dimension, DimensionOrNone, Filters
from baselines.task import Known, LabelSpace, Probabilities, link
from baselines.text.tokenizer import Tokenizer, pad

MODEL_FILE = "model.safetensors"
ALPHABET_FILE = "alphabet.json"


@dataclass(frozen=True)
class TorchInt8Config(CheckedFields):
    """Sizes of the layers, as in `CharCNNShape`."""

    n_ids: Count
    n_classes: Count
    embedding_dim: Dimension
    filters: Filters
    hidden_dim: DimensionOrNone
    relu: bool = False


class TorchInt8Classifier(Classifier):
    """float32 embedding and convolutions, int8 linear layers.

    Texts run one at a time: the scale of an activation depends on its batch.
    """

    kind = "torch-int8"
    can_fit = False
    why_no_form = "PyTorch's dynamic int8 can't leave torch; onnxruntime's can: quantize with scheme dynamic"
    library = "torch"
    packages = ("numpy", "safetensors", "torch")

    def __init__(self, module: CharCNN, config: TorchInt8Config, tokenizer: Tokenizer, space: LabelSpace) -> None:
        self.module = module.eval()
        self.config = config
        self.tokenizer = tokenizer
        self.accept(space)

    @classmethod
    def from_cnn(cls, parent: CharCNNClassifier) -> Self:
        """Quantize a copy of the parent's module."""
        shape = parent.module.shape
        sizes = shape.n_ids, shape.n_classes, shape.embedding_dim, shape.filters, shape.hidden_dim
        config = TorchInt8Config(*sizes, relu=shape.relu)
        return cls(quantize_linear(parent.module), config, parent.tokenizer, parent.space_)

    def fit(self, train: Part, validation: Part | None = None, *, progress: Progress = ignore_progress) -> NoReturn:
        """Not trained: raises NotCompressible that says where it comes from."""
        raise NotCompressible(f"{self.kind}: made from a trained character CNN by quantize, not fitted itself")

    @torch.no_grad()
    def answer(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        encoded = self.tokenizer.encode_batch(texts)
        logits = np.empty((len(texts), len(self.classes_)), np.float32)
        with limited_threads(1):  # more of them wait for each other longer than a single text takes
            for row, own in zip(logits, encoded, strict=True):
                ids, lengths = (torch.from_numpy(a) for a in pad([own]))
                row[:] = self.module(ids, lengths)[0].numpy()
        return link(logits, self.task_), self.tokenizer.known_batch(encoded)

    def save_state(self, folder: Path) -> None:
        tensors: dict[str, Tensor] = dict(self.module.named_parameters())
        for name, layer in int8_layers(self.module):
            with _quiet():
                weight, bias = layer.weight(), layer.bias()
            tensors[f"{name}.int8"] = weight.int_repr()
            tensors[f"{name}.scale"] = torch.tensor([weight.q_scale()], dtype=torch.float64)
            tensors[f"{name}.bias"] = bias
        write_tensors(folder / MODEL_FILE, tensors)
        write_json(folder / ALPHABET_FILE, self.tokenizer.to_json(), compact=True)

    @classmethod
    def load_state(cls, folder: Path, config: Mapping[str, Any], space: LabelSpace) -> Self:
        path, tokenizer = folder / MODEL_FILE, Tokenizer.from_json(read_json(folder / ALPHABET_FILE))
        tensors = read_torch(path)
        try:
            require_sizes(config, {"n_ids": 2, "n_classes": 1, "embedding_dim": 1, "hidden_dim": 0})
            filters = tuple((int(width), int(count)) for width, count in config["filters"])
            known = TorchInt8Config(**{**config, "filters": filters})
            if (known.n_ids, known.n_classes) != (tokenizer.n_ids, len(space.classes)):
                raise ArtifactError(
                    f"{path}: made for {known.n_ids!r} ids and {known.n_classes!r} classes, but there are "
                    f"{tokenizer.n_ids} and {len(space.classes)}"
                )
            module = _rebuilt(known, tensors)
        except (KeyError, TypeError, ValueError, RuntimeError, OverflowError) as error:
            raise ArtifactError(f"{path}: doesn't fit the config ({error!s:.200})") from None
        return cls(module, known, tokenizer, space)


def quantize_linear(module: nn.Module) -> Any:
    """`torch.ao.quantization.quantize_dynamic` for Linear, on a copy of any module, on the CPU."""
    with _quiet():
        quantize: Any = torch.ao.quantization.quantize_dynamic
        return quantize(copy.deepcopy(module).cpu().eval(), {nn.Linear}, dtype=torch.qint8)


def int8_layers(module: nn.Module) -> list[tuple[str, Any]]:
    """Names and layers that `quantize_linear` made int8."""
    dynamic = torch.ao.nn.quantized.dynamic.Linear
    return [(name, layer) for name, layer in module.named_modules() if isinstance(layer, dynamic)]


def _rebuilt(config: TorchInt8Config, tensors: dict[str, Tensor]) -> CharCNN:
    sizes = config.n_ids, config.n_classes, config.embedding_dim, config.filters, config.hidden_dim
    shape = CharCNNShape(*sizes, relu=config.relu)
    with torch.device("meta"):  # shapes without memory: no more is taken than the file holds
        promised = sum(p.numel() for p in CharCNN(shape).parameters())
    if promised > (held := sum(t.numel() for t in tensors.values())):
        raise ValueError(f"{promised} numbers are promised, {held} are there")
    module: CharCNN = quantize_linear(CharCNN(shape))
    linears = int8_layers(module)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(tensors[name])
    for name, layer in linears:
        expected = (layer.out_features, layer.in_features)
        if tensors[f"{name}.int8"].shape != expected or tensors[f"{name}.bias"].shape != expected[:1]:
            raise ValueError(f"{name}: expected {expected}, got {tuple(tensors[f'{name}.int8'].shape)}")
        scale = float(tensors[f"{name}.scale"].item())
        with _quiet():
            weight = torch._make_per_tensor_quantized_tensor(tensors[f"{name}.int8"], scale, 0)
            layer.set_weight_bias(weight, tensors[f"{name}.bias"])
    return module


@contextmanager
def _quiet() -> Iterator[None]:
    """PyTorch announces that this way of quantizing will move to another package; it is the one the card asks for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
