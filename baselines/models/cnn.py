"""The character CNN of the Made With ML course: embedding, convolutions, max over time, linear layers.

Source: Goku Mohandas, Made With ML (2021), after Kim, "Convolutional Neural Networks for Sentence Classification"
(2014).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import torch

from baselines.classifier import ChunkSource, Classifier, Progress, ignore_progress
from baselines.dataset import Part
from baselines.errors import ArtifactError
from baselines.networks.char_cnn import CharCNN as CharCNN
from baselines.networks.char_cnn import CharCNNShape as CharCNNShape
from baselines.networks.char_cnn import predict_logits as predict_logits
from baselines.networks.char_cnn import read_shape as read_shape
from baselines.networks.checkpoint import load_network, save_tensors
from baselines.networks.evaluation import count_weighted_loss, in_blocks
from baselines.networks.feeds import first_texts
from baselines.networks.lookup_conv import same_padding as same_padding
from baselines.networks.torch_state import limited_threads, seeded
from baselines.networks.training import train as train_network
from baselines.networks.training import train_chunks
from baselines.networks.training_config import TrainingConfig, TrainingLog, check_size
from baselines.scores.choices import choose, chosen_changes, drawn, share_of
from baselines.storage.artifact import read_json, write_json
from baselines.storage.configs import check_candidates, config_from_json
from baselines.storage.ranges import Count, Dimension, DimensionOrNone, Filters, Length, ShareBelowOne
from baselines.task import Known, LabelSpace, Probabilities, Thresholds, link
from baselines.text.cleaning import Cleaning, CleaningName
from baselines.text.tokenizer import PAD_ID, Tokenizer

# Texts up to which every candidate is trained on all of them.
CHOICE_TEXTS = 20_000
# Fields that a config and a shape share.
SIZES = ("embedding_dim", "filters", "hidden_dim", "dropout", "relu")
MODEL_FILE, ALPHABET_FILE, SHAPE_FILE = "model.safetensors", "alphabet.json", "shape.json"


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
    can_stream = True
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

    def fit_chunks(
        self, source: ChunkSource, validation: Part | None = None, *, progress: Progress = ignore_progress
    ) -> Self:
        """As `fit`, with the texts of one round in memory; candidates are chosen on the first `CHOICE_TEXTS` / 2."""
        tried = self._asked.candidates or ({},)
        changes: Mapping[str, Any] = tried[0]
        if validation is not None and len(validation) and len(tried) > 1:
            chosen = type(self)(self._asked).fit(first_texts(source, CHOICE_TEXTS // 2), validation)
            self.trials_ = chosen.trials_
            changes = chosen_changes(self.trials_, validation.judged_by)
        counts = np.zeros(len(source.space.classes), np.int64)

        def read() -> Iterator[str]:
            for part in source.chunks(0):
                counts[:] += np.asarray(part.labels.sum(axis=0)).ravel()
                yield from part.texts

        made = self._untrained(read(), source.space, changes)
        loss = count_weighted_loss(counts, made.config.class_weights, source.space.task)
        made.log = train_chunks(
            made.module, made.tokenizer, source, validation, made.config, loss=loss, progress=progress
        )
        return self._take(made)

    def _trained(self, train: Part, validation: Part | None, changes: Mapping[str, Any], progress: Progress) -> Self:
        made = self._untrained(train.texts, train.space, changes)
        made.log = train_network(made.module, made.tokenizer, train, validation, made.config, progress=progress)
        return made

    def _untrained(self, texts: Iterable[str], space: LabelSpace, changes: Mapping[str, Any]) -> Self:
        """With the alphabet of the texts, and weights drawn by the seed."""
        config = dataclasses.replace(self._asked, candidates=(), **changes)
        made = type(self)(config)
        cleaning = Cleaning(config.cleaning, config.stem)
        made.tokenizer = Tokenizer.learn(texts, min_count=config.min_count, cleaning=cleaning)
        sizes: Any = {name: getattr(config, name) for name in SIZES}
        shape = CharCNNShape(n_ids=made.tokenizer.n_ids, n_classes=len(space.classes), **sizes)
        with seeded(config.seed):
            made.module = CharCNN(shape)
        made.accept(space)
        return made

    def _take(self, made: CharCNNClassifier) -> Self:
        self.config, self.tokenizer, self.module, self.log = made.config, made.tokenizer, made.module, made.log
        self.accept(made.space_)
        return self

    def answer(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        return in_blocks(texts, self._answer)

    @torch.no_grad()
    def _answer(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
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
