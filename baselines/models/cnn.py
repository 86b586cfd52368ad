"""The character CNN of the Made With ML course: embedding, convolutions, max over time, linear layers.

Source: Goku Mohandas, Made With ML (2021), after Kim, "Convolutional Neural Networks for Sentence Classification"
(2014).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.classifier import Classifier, Progress, ignore_progress
from baselines.dataset import Part
from baselines.errors import ArtifactError
from baselines.networks.batches import length_batches
from baselines.networks.checkpoint import load_network, save_tensors
from baselines.networks.lookup_conv import Form, RowTable, add_rows, build_tables, max_of_convolutions, resolve_form
from baselines.networks.lookup_conv import same_padding as same_padding
from baselines.networks.sizes import require_sizes
from baselines.networks.torch_state import limited_threads, seeded
from baselines.networks.training import train as train_network
from baselines.networks.training_config import TrainingConfig, TrainingLog, check_size
from baselines.scores.choices import choose, chosen_changes, drawn, share_of
from baselines.storage.artifact import read_json, write_json
from baselines.storage.configs import check_candidates, config_from_json
from baselines.storage.ranges import Count, Dimension, DimensionOrNone, Filters, Length, ShareBelowOne
from baselines.task import Known, LabelSpace, Probabilities, Thresholds, link
from baselines.text.cleaning import Cleaning, CleaningName
from baselines.text.tokenizer import PAD_ID, Ids, Tokenizer, pad

# Texts up to which every candidate is trained on all of them.
CHOICE_TEXTS = 20_000
# Fields that a config and a shape share.
SIZES = ("embedding_dim", "filters", "hidden_dim", "dropout", "relu")
MODEL_FILE, ALPHABET_FILE, SHAPE_FILE = "model.safetensors", "alphabet.json", "shape.json"


@dataclass(frozen=True)
class CharCNNShape:
    """Sizes of the layers.

    Attributes:
        n_ids: characters V, padding and unknown included.
        n_classes: outputs C.
        embedding_dim: numbers a character, d.
        filters: (width f, number of filters N_f) per convolution, widths ascending.
        hidden_dim: H of the first linear layer; 0 leaves it out (one matrix from filters to classes).
        dropout: before the last linear layer, while training.
        relu: a ReLU behind the maximum of each filter, bias included; before the maximum it is the same.
    """

    n_ids: int
    n_classes: int
    embedding_dim: int = 128
    filters: tuple[tuple[int, int], ...] = tuple((width, 128) for width in range(1, 11))
    hidden_dim: int = 128
    dropout: float = 0.5
    relu: bool = False

    @property
    def n_filters(self) -> int:
        """All filters N, in the order of the pooled vector."""
        return sum(count for _, count in self.filters)


class CharCNN(nn.Module):
    """ids (B, L) and lengths (B,) -> logits (B, C).

    A window never looks past its own text: the text counts as surrounded by padding (zero vectors), and the maximum
    runs over the windows centred on its own characters only, so a text's logits do not depend on its batch. A text of
    length 0 counts as one padding character.
    """

    def __init__(self, shape: CharCNNShape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.n_ids, shape.embedding_dim, padding_idx=PAD_ID)
        self.convs = nn.ModuleList([_convolution(shape.embedding_dim, n, width) for width, n in shape.filters])
        self.fc1 = nn.Linear(shape.n_filters, shape.hidden_dim) if shape.hidden_dim else None
        self.dropout = nn.Dropout(shape.dropout)
        self.fc2 = nn.Linear(shape.hidden_dim or shape.n_filters, shape.n_classes)

    @property
    def weights(self) -> list[Tensor]:
        """Filters (N_f, d, f) of each convolution."""
        return [conv.weight for conv in cast(list[nn.Conv1d], self.convs)]

    @property
    def biases(self) -> list[Tensor]:
        """Biases (N_f,) of each convolution."""
        return [cast(Tensor, conv.bias) for conv in cast(list[nn.Conv1d], self.convs)]

    def pooled(self, ids: Tensor, lengths: Tensor, form: Form = "auto") -> Tensor:
        """Largest response of each filter over a text; (B, N), biases and ReLU included. See `max_of_convolutions`."""
        pooled = max_of_convolutions(ids, lengths, self.embedding.weight, self.weights, self.biases, form=form)
        return pooled.relu() if self.shape.relu else pooled

    def head(self, pooled: Tensor) -> Tensor:
        """(B, N) -> logits (B, C)."""
        hidden = pooled if self.fc1 is None else self.fc1(pooled)
        logits: Tensor = self.fc2(self.dropout(hidden))
        return logits

    def forward(self, ids: Tensor, lengths: Tensor, form: Form = "auto") -> Tensor:
        return self.head(self.pooled(ids, lengths, form))

    def tables(self) -> list[RowTable]:
        """The look-up tables of the embedding and the convolutions, without biases."""
        return build_tables(self.embedding.weight, self.weights)

    def folded_head(self) -> tuple[Tensor, Tensor]:
        """All that follows the maximum as one matrix (C, N) and one bias (C,), convolution biases included; float64."""
        weight, bias = self.fc2.weight.double(), self.fc2.bias.double()
        if self.fc1 is not None:
            weight, bias = weight @ self.fc1.weight.double(), bias + weight @ self.fc1.bias.double()
        return weight, bias + weight @ torch.cat(self.biases).double()


def _convolution(embedding_dim: int, n_filters: int, width: int) -> nn.Conv1d:
    """`nn.Conv1d` whose (N, d, f) weight lies in memory as (d, f, N), the order in which tables are built from it.

    Saves a copy of every weight and of its gradient in each training step; the numbers are the same.
    """
    conv = nn.Conv1d(embedding_dim, n_filters, width)
    conv.weight = nn.Parameter(conv.weight.detach().permute(1, 2, 0).contiguous().permute(2, 0, 1))
    return conv


@dataclass(frozen=True)
class CNNConfig(TrainingConfig):
    """What a character CNN is made from and how it is trained; the sizes are the course's.

    Attributes:
        embedding_dim, filters, hidden_dim, dropout, relu: as in `CharCNNShape`.
        min_count: times a character must occur in the cleaned training texts to get an id of its own.
        cleaning: of the texts, see `baselines.text.cleaning`.
        stem: whether cleaning stems; not with raw.
        candidates: sets of fields to replace; each is trained, and the one that is best on validation kept. The first
            is taken where there is no validation part. Of more than `CHOICE_TEXTS` training texts, half as many are
            drawn to choose with, so that the choice never costs more than a training.
    """

    embedding_dim: Dimension = 128
    filters: Filters = tuple((width, 128) for width in range(1, 11))
    hidden_dim: DimensionOrNone = 128
    dropout: ShareBelowOne = 0.5
    relu: bool = False
    min_count: Count = 10
    cleaning: CleaningName = "words"
    stem: bool = False
    candidates: Annotated[tuple[Mapping[str, Any], ...], Length(0, 100)] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        check_size(self.embedding_dim, self.filters, self.hidden_dim)
        check_candidates(self)


class CharCNNClassifier(Classifier):
    """The character CNN with its tokenizer.

    Attributes:
        module: the network, in eval mode once fitted.
        tokenizer: characters to ids, learned from the training texts.
        log: of the training; None for a classifier that was read or put together.
    """

    kind: ClassVar[str] = "cnn"
    forms = ("onnx",)
    library = "torch"
    packages = ("numpy", "safetensors", "torch")
    config: CNNConfig
    tokenizer: Tokenizer
    module: CharCNN

    def __init__(self, config: CNNConfig | None = None) -> None:
        self.config = self._asked = config or CNNConfig()
        self.log: TrainingLog | None = None

    @classmethod
    def from_module(
        cls,
        module: CharCNN,
        tokenizer: Tokenizer,
        space: LabelSpace,
        thresholds: Thresholds | None = None,
        config: CNNConfig | None = None,
    ) -> Self:
        """A classifier around a network made elsewhere; the config's sizes are replaced by the network's own."""
        shape, config = module.shape, config or CNNConfig()
        sizes: Any = {name: getattr(shape, name) for name in SIZES}
        made = cls(dataclasses.replace(config, **sizes))
        made.module, made.tokenizer = module.eval(), tokenizer
        made.accept(space, thresholds)
        return made

    def fit(self, train: Part, validation: Part | None = None, *, progress: Progress = ignore_progress) -> Self:
        """Train; where the config has candidates, `config` says afterwards what was taken."""
        tried = self._asked.candidates or ({},)
        if validation is None or not len(validation) or len(tried) == 1:
            return self._take(self._trained(train, validation, tried[0], progress))
        seen = drawn(train, CHOICE_TEXTS, self._asked.seed)

        def one(number: int, changes: Mapping[str, Any]) -> tuple[CharCNNClassifier, Probabilities]:
            made = self._trained(seen, validation, changes, share_of(progress, number, len(tried)))
            return made, made.predict_proba(validation.texts)

        best, self.trials_ = choose(tried, validation, one)
        if seen is not train:
            best = self._trained(train, validation, chosen_changes(self.trials_, validation.judged_by), progress)
        return self._take(best)

    def _trained(self, train: Part, validation: Part | None, changes: Mapping[str, Any], progress: Progress) -> Self:
        config = dataclasses.replace(self._asked, candidates=(), **changes)
        made = type(self)(config)
        cleaning = Cleaning(config.cleaning, config.stem)
        made.tokenizer = Tokenizer.learn(train.texts, min_count=config.min_count, cleaning=cleaning)
        sizes: Any = {name: getattr(config, name) for name in SIZES}
        shape = CharCNNShape(n_ids=made.tokenizer.n_ids, n_classes=len(train.classes), **sizes)
        with seeded(config.seed):
            made.module = CharCNN(shape)
        made.log = train_network(made.module, made.tokenizer, train, validation, config, progress=progress)
        made.accept(train.space)
        return made

    def _take(self, made: CharCNNClassifier) -> Self:
        self.config, self.tokenizer, self.module, self.log = made.config, made.tokenizer, made.module, made.log
        self.accept(made.space_)
        return self

    @torch.no_grad()
    def answer(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        encoded = self.tokenizer.encode_batch(texts)
        with limited_threads(self.config.threads):
            logits = predict_logits(self.module, encoded)
        return link(logits, self.task_), self.tokenizer.known_batch(encoded)

    def save_state(self, folder: Path) -> None:
        save_tensors(self.module, folder / MODEL_FILE)
        write_json(folder / ALPHABET_FILE, self.tokenizer.to_json())
        write_json(folder / SHAPE_FILE, dataclasses.asdict(self.module.shape))

    @classmethod
    def load_state(cls, folder: Path, config: Mapping[str, Any], space: LabelSpace) -> Self:
        tokenizer = Tokenizer.from_json(read_json(folder / ALPHABET_FILE))
        shape = read_shape(folder / SHAPE_FILE)
        if (shape.n_ids, shape.n_classes) != (tokenizer.n_ids, len(space.classes)):
            raise ArtifactError(
                f"{folder / SHAPE_FILE}: expected {tokenizer.n_ids} ids and {len(space.classes)} classes as in "
                f"{ALPHABET_FILE} and the labels, got {shape.n_ids} and {shape.n_classes}"
            )
        module = load_network(lambda: CharCNN(shape), folder / MODEL_FILE)
        if module.embedding.weight[PAD_ID].any():
            raise ArtifactError(f"{folder / MODEL_FILE}: embedding.weight: the row of the padding must be zero")
        return cls.from_module(module, tokenizer, space, config=config_from_json(CNNConfig, config))


def predict_logits(module: CharCNN, encoded: Sequence[Ids]) -> NDArray[np.float64]:
    """Logits (n_texts, C) of encoded texts, in batches of similar length; call it without gradients.

    The pooled vectors of the look-up are bit-identical in any batch. The order of the head's sums depends on the batch,
    so they are made in float64: rounded to float32, a text's probabilities are the same alone and in a batch.
    """
    device = module.embedding.weight.device
    tables = module.tables() if resolve_form("auto", device) == "lookup" else None
    weight, bias = module.folded_head()
    out, filter_bias = np.zeros((len(encoded), module.shape.n_classes)), torch.cat(module.biases)
    for rows in length_batches([len(ids) for ids in encoded]):
        matrix, lengths = (torch.from_numpy(a).to(device) for a in pad([encoded[row] for row in rows]))
        unbiased = (
            add_rows(matrix, lengths, tables) if tables is not None else module.pooled(matrix, lengths) - filter_bias
        )
        if module.shape.relu:
            unbiased = torch.maximum(unbiased, -filter_bias)
        out[rows] = (unbiased.double() @ weight.T + bias).cpu().numpy()
    return out


def read_shape(path: Path) -> CharCNNShape:
    """Read `shape.json`; raises ArtifactError naming an unknown or missing field."""
    try:
        fields = read_json(path)
        require_sizes(fields, {"n_ids": 2, "n_classes": 1, "embedding_dim": 1, "hidden_dim": 0})
        if type(fields.get("relu", False)) is not bool:
            raise ValueError("relu: true or false is allowed")
        return CharCNNShape(**{**fields, "filters": tuple((int(w), int(n)) for w, n in fields["filters"])})
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(f"{path}: not the shape of a character CNN ({error})") from None
