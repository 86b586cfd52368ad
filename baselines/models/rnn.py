"""A bidirectional GRU over embedded words: the classical recurrent reader, between the character CNN and a transformer.

Source: Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder" (2014); pooling over time as in Lai
et al., "Recurrent Convolutional Neural Networks for Text Classification" (2015).
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from baselines.classifier import Classifier, Progress, ignore_progress
from baselines.dataset import Part
from baselines.errors import ArtifactError
from baselines.networks.checkpoint import load_network, save_tensors
from baselines.networks.evaluation import in_blocks
from baselines.networks.sizes import require_sizes
from baselines.networks.torch_state import limited_threads, seeded
from baselines.networks.training import logits_of
from baselines.networks.training import train as train_network
from baselines.networks.training_config import TrainingConfig, TrainingLog
from baselines.storage.artifact import read_json, write_json
from baselines.storage.configs import config_from_json
from baselines.storage.ranges import Between, Count, Dimension, Epochs, Rate, ShareBelowOne
from baselines.task import Known, LabelSpace, Probabilities, Thresholds, link
from baselines.text.cleaning import Cleaning, CleaningName
from baselines.text.tokenizer import PAD_ID, UNKNOWN_ID

MODEL_FILE, VOCABULARY_FILE = "model.safetensors", "vocabulary.json"
_DEFAULT_CLEANING = Cleaning()


@dataclass(frozen=True)
class RNNConfig(TrainingConfig):
    """What the GRU is made from and how it is trained.

    Attributes:
        embedding_dim: numbers a word.
        hidden_dim: numbers a direction and word.
        dropout: of the embedded words and of the pooled vector, while training.
        min_count: times a word must occur in the cleaned training texts to get an id of its own.
        max_words: ids of words at most, those of the most frequent ones: each step moves the numbers of all of them,
            and the words of many texts never end.
        max_tokens: words read of a text; what follows is ignored, so that a text of 100,000 characters takes no longer
            than one of `max_tokens` words.
        cleaning: of the texts, see `baselines.text.cleaning`.
    """

    epochs: Epochs = 20
    batch_size: Count = 32
    learning_rate: Rate = 1e-2
    patience: Epochs = 8
    embedding_dim: Dimension = 128
    hidden_dim: Dimension = 64
    dropout: ShareBelowOne = 0.3
    min_count: Count = 2
    max_words: Count = 20_000
    max_tokens: Annotated[int, Between(1, 65_536)] = 512
    cleaning: CleaningName = "words"


@dataclass(frozen=True)
class WordTokenizer:
    """Cleaned words to ids: 0 is padding, 1 any word unseen in training, the word at position `i` has id `i + 2`."""

    words: tuple[str, ...]
    max_tokens: int
    cleaning: Cleaning = _DEFAULT_CLEANING

    @classmethod
    def learn(
        cls,
        texts: Iterable[str],
        *,
        min_count: int,
        max_tokens: int,
        cleaning: Cleaning = _DEFAULT_CLEANING,
        max_words: int = 1 << 31,
    ) -> WordTokenizer:
        """Build the vocabulary from the most frequent words, of those that occur at least `min_count` times."""
        counts = Counter(word for text in texts for word in cleaning.words(cleaning(text)))
        frequent = [word for word, n in counts.items() if n >= min_count]
        if len(frequent) > max_words:
            frequent = sorted(frequent, key=lambda word: (-counts[word], word))[:max_words]
        return cls(tuple(sorted(frequent)), max_tokens, cleaning)

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {word: position + 2 for position, word in enumerate(self.words)}

    def encode_batch(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """Ids (L,) of each text, L at most `max_tokens` and 0 for a text without words."""
        find, most, clean = self._ids.get, self.max_tokens, self.cleaning
        return [
            np.array([find(word, UNKNOWN_ID) for word in clean.words(clean(text))[:most]], np.int64) for text in texts
        ]

    def to_json(self) -> dict[str, Any]:
        """The content of `vocabulary.json`, as a bundle's reader needs it."""
        return {"words": list(self.words), "max_tokens": self.max_tokens, **self.cleaning.to_json()}


class WordGRU(nn.Module):
    """ids (B, L) and lengths (B,) -> logits (B, C); padding is never read, a text of length 0 is a zero vector."""

    def __init__(self, n_ids: int, n_classes: int, config: RNNConfig) -> None:
        super().__init__()
        self.embedding = nn.Embedding(n_ids, config.embedding_dim, padding_idx=PAD_ID)
        self.gru = nn.GRU(config.embedding_dim, config.hidden_dim, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(4 * config.hidden_dim, n_classes)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        lengths = lengths.clamp(min=1)
        embedded = self.dropout(self.embedding(ids))  # (B, L, d)
        packed = pack_padded_sequence(embedded, lengths.cpu(), batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.gru(packed)[0], batch_first=True, total_length=ids.shape[1])  # (B, L, 2H)
        own = (torch.arange(ids.shape[1], device=ids.device) < lengths[:, None])[:, :, None]
        mean = states.sum(dim=1) / lengths[:, None]  # states beyond a text are zero
        largest = states.masked_fill(~own, -torch.inf).amax(dim=1)
        logits: Tensor = self.head(self.dropout(torch.cat([mean, largest], dim=1)))
        return logits


class RNNClassifier(Classifier):
    """The bidirectional GRU with its vocabulary.

    Attributes:
        module: the network, in eval mode once fitted.
        tokenizer: words to ids, learned from the training texts.
        log: of the training; None for a classifier that was read.
    """

    kind: ClassVar[str] = "rnn"
    forms = ("onnx", "gru")
    library = "torch"
    packages = ("numpy", "safetensors", "torch")
    config: RNNConfig

    def __init__(self, config: RNNConfig | None = None) -> None:
        self.config = config or RNNConfig()
        self.log: TrainingLog | None = None

    def fit(self, train: Part, validation: Part | None = None, *, progress: Progress = ignore_progress) -> Self:
        config = self.config
        self.tokenizer = WordTokenizer.learn(
            train.texts,
            min_count=config.min_count,
            max_tokens=config.max_tokens,
            cleaning=Cleaning(config.cleaning),
            max_words=config.max_words,
        )
        with seeded(config.seed):
            self.module = WordGRU(len(self.tokenizer.words) + 2, len(train.classes), config)
        self.log = train_network(self.module, self.tokenizer, train, validation, config, progress=progress)
        self.accept(train.space)
        return self

    def accept(self, space: LabelSpace, thresholds: Thresholds | None = None) -> None:
        super().accept(space, thresholds)
        # The order of a matrix product's sums depends on the batch: in float64 that is lost in the rounding.
        self._precise = copy.deepcopy(self.module).double().eval()

    def answer(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        return in_blocks(texts, self._answer)

    def _answer(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        encoded = self.tokenizer.encode_batch(texts)
        with limited_threads(self.config.threads):
            logits = logits_of(self._precise, encoded, n_classes=len(self.classes_))
        return link(logits, self.task_), np.array([(ids > UNKNOWN_ID).any() for ids in encoded], np.bool_)

    def save_state(self, folder: Path) -> None:
        save_tensors(self.module, folder / MODEL_FILE)
        write_json(folder / VOCABULARY_FILE, self.tokenizer.to_json(), compact=True)

    @classmethod
    def load_state(cls, folder: Path, config: Mapping[str, Any], space: LabelSpace) -> Self:
        made = cls(config_from_json(RNNConfig, config))
        content = read_json(folder / VOCABULARY_FILE)
        words = content.get("words") if isinstance(content, dict) else None
        if (
            not isinstance(words, list)
            or not all(isinstance(word, str) for word in words)
            or len(set(words)) != len(words)
        ):
            raise ArtifactError(f"{folder / VOCABULARY_FILE}: expected a list of strings under `words`, each once")
        made.tokenizer = WordTokenizer(tuple(words), made.config.max_tokens, Cleaning.from_json(content))
        try:
            require_sizes(config, {"embedding_dim": 1, "hidden_dim": 1, "max_tokens": 1})
        except ValueError as error:
            raise ArtifactError(f"{folder}: config of an rnn: {error}; make it again") from None
        made.module = load_network(
            lambda: WordGRU(len(words) + 2, len(space.classes), made.config), folder / MODEL_FILE
        )
        made.accept(space)
        return made
