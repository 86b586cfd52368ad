"""Contextual embeddings: an encoder left as it is under a linear head, and the same encoder fine-tuned.

Any Hugging Face encoder by name or folder; see `baselines.networks.encoder`. Slow on a CPU: about 15 ms a text to
predict with six layers of 384 numbers, and three times that per text and epoch to fine-tune.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from baselines.classifier import Classifier, Progress, ignore_progress
from baselines.dataset import Part
from baselines.models.one_vs_rest import Weights, fit_each, fit_together, plane_of
from baselines.networks.batches import length_batches
from baselines.networks.checkpoint import load_tensors, save_tensors
from baselines.networks.encoder import EncoderWithHead, TextEncoder, find_encoder
from baselines.networks.evaluation import in_blocks
from baselines.networks.torch_state import limited_threads, seeded
from baselines.networks.training import logits_of
from baselines.networks.training import train as train_network
from baselines.networks.training_config import TrainingConfig, TrainingLog
from baselines.notes import note_not_converged
from baselines.storage.configs import CheckedFields, config_from_json
from baselines.storage.ranges import Between, Count, Device, Epochs, Length, Penalty, Rate, ShareBelowOne, Threads
from baselines.task import Known, LabelSpace, Probabilities, link
from baselines.text.tokenizer import pad

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
ENCODER_FOLDER, HEAD_FILE = "encoder", "head.safetensors"
# Tokens of one batch: attention needs memory that grows with the square of a text's length.
TOKEN_BUDGET = 4096
# Twelve epochs of 6,700 texts. A step takes 0.7 s of a CPU, and an encoder that has read much needs few of them.
MOST_TUNING_STEPS = 5_000
ModelName = Annotated[str, Length(1, 4096)]
Tokens = Annotated[int, Between(1, 65_536)]


@dataclass(frozen=True)
class FrozenTransformerConfig(CheckedFields):
    """An encoder that isn't trained, and logistic regression on its vectors.

    Attributes:
        model: name on the Hugging Face hub, or a folder.
        max_tokens: tokens read of a text.
        C: inverse strength of the regression's penalty.
        balanced: whether positives and negatives of a class weigh the same in total.
        max_iterations: of the regression's solver.
        device: `cpu` or `cuda`.
        threads: of one operation on the CPU; 0 leaves the process as it is.
    """

    model: ModelName = DEFAULT_MODEL
    max_tokens: Tokens = 256
    C: Penalty = 3.0
    balanced: bool = True
    max_iterations: Count = 1000
    device: Device = "cpu"
    threads: Threads = 0


@dataclass(frozen=True)
class TunedTransformerConfig(TrainingConfig):
    """An encoder trained together with its head.

    Attributes:
        model: name on the Hugging Face hub, or a folder.
        max_tokens: tokens read of a text.
        dropout: of the pooled vector, while training.
    """

    epochs: Epochs = 12
    most_steps: Count = MOST_TUNING_STEPS
    batch_size: Count = 16
    batch_ids: Annotated[int, Between(1, 100_000_000)] = TOKEN_BUDGET
    learning_rate: Rate = 1e-4
    patience: Epochs = 3
    class_weights: Annotated[float, Between(0, 10)] = 0.0
    model: ModelName = DEFAULT_MODEL
    max_tokens: Tokens = 256
    dropout: ShareBelowOne = 0.1


class _TransformerClassifier(Classifier):
    """What both share: encoder and head in a folder, and prediction. Rows agree between batches to about 1e-6."""

    library = "torch"
    packages = ("numpy", "safetensors", "torch", "transformers")
    why_no_form = "its encoder runs in torch and the library transformers alone; distil a student and ship that"
    normalise: ClassVar[bool]
    config_type: ClassVar[type[Any]]

    def __init__(self, config: Any = None) -> None:
        self.config = config or self.config_type()

    def answer(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        return in_blocks(texts, self._answer)

    def _answer(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        encoded = self.encoder.encode_batch(texts)
        with limited_threads(self.config.threads):
            logits = logits_of(self.module, encoded, TOKEN_BUDGET, n_classes=len(self.classes_))
        return link(logits, self.task_), np.array([self.encoder.knows(ids) for ids in encoded], np.bool_)

    def save_state(self, folder: Path) -> None:
        self.encoder.save(folder / ENCODER_FOLDER)
        save_tensors(self.module.head, folder / HEAD_FILE)

    @classmethod
    def load_state(cls, folder: Path, config: Mapping[str, Any], space: LabelSpace) -> Self:
        made = cls(config_from_json(cls.config_type, config))
        made._build(folder / ENCODER_FOLDER, space)
        load_tensors(made.module.head, folder / HEAD_FILE)
        made.module.eval()
        return made

    def _build(self, folder: Path, space: LabelSpace) -> None:
        self.encoder = TextEncoder(folder, self.config.max_tokens)
        dropout = getattr(self.config, "dropout", 0.0)
        self.module = EncoderWithHead(self.encoder, len(space.classes), normalise=self.normalise, dropout=dropout)
        self.accept(space)


class FrozenTransformer(_TransformerClassifier):
    """Mean-pooled vectors of length 1, and one logistic regression a class; a multinomial one for one of many."""

    kind: ClassVar[str] = "transformer-frozen"
    config_type = FrozenTransformerConfig
    normalise = True

    def fit(self, train: Part, validation: Part | None = None, *, progress: Progress = ignore_progress) -> Self:
        self._build(find_encoder(self.config.model), train.space)
        self.module.to(self.config.device).eval()
        with limited_threads(self.config.threads):
            vectors = self._vectors(train.texts, progress)
        weight, bias = self._regress(vectors, train, progress)
        with torch.no_grad():
            self.module.head.weight.copy_(torch.from_numpy(weight))
            self.module.head.bias.copy_(torch.from_numpy(bias))
        return self

    @torch.no_grad()
    def _vectors(self, texts: Sequence[str], progress: Progress) -> NDArray[np.float32]:
        encoded = self.encoder.encode_batch(texts)
        out, done = np.zeros((len(texts), self.encoder.dim), np.float32), 0
        for rows in length_batches([len(ids) for ids in encoded], TOKEN_BUDGET):
            ids, lengths = (torch.from_numpy(a).to(self.config.device) for a in pad([encoded[row] for row in rows]))
            out[rows] = self.module.vectors(ids, lengths).cpu().numpy()
            done += len(rows)
            progress(done, len(texts))
        return out

    def _regress(
        self, vectors: NDArray[np.float32], train: Part, progress: Progress
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        config = self.config
        balance = "balanced" if config.balanced else None

        def fit(targets: NDArray[Any]) -> Any:
            model = LogisticRegression(C=config.C, class_weight=balance, max_iter=config.max_iterations)
            return model.fit(vectors, targets)

        def fit_one(column: int, targets: NDArray[np.bool_]) -> Weights:
            model = fit(targets)
            return model.coef_[0], float(model.intercept_[0]), int(model.n_iter_[0])

        labels, classes = train.labels, train.classes
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            if train.task == "multiclass":
                fitted = fit_together(labels, classes, fit, task=train.task)
                progress(1, 1)
            else:
                fitted = fit_each(labels, classes, fit_one, threads=max(1, config.threads), progress=progress)
        most = config.max_iterations
        note_not_converged([n for n, model in zip(classes, fitted, strict=True) if model and model[2] >= most], most)
        return plane_of(fitted, labels, vectors.shape[1])


class TunedTransformer(_TransformerClassifier):
    """Encoder and head trained together by the loop all networks share.

    Attributes:
        log: of the training; None for a classifier that was read.
    """

    kind: ClassVar[str] = "transformer-tuned"
    config_type = TunedTransformerConfig
    normalise = False
    log: TrainingLog | None = None

    def fit(self, train: Part, validation: Part | None = None, *, progress: Progress = ignore_progress) -> Self:
        with seeded(self.config.seed):
            self._build(find_encoder(self.config.model), train.space)
            nn.init.normal_(self.module.head.weight, std=0.02)
        self.log = train_network(self.module, self.encoder, train, validation, self.config, progress=progress)
        return self
