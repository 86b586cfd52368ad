"""The settings of `distill`: the student's shape, how it learns, and what of that is the task's."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from baselines.dataset import Part
from baselines.errors import NotCompressible
from baselines.models.cnn import CNNConfig
from baselines.networks.training_config import MOST_STEPS, check_size
from baselines.storage.configs import CheckedFields
from baselines.storage.ranges import (
    Between,
    Count,
    Dimension,
    DimensionOrNone,
    Epochs,
    Length,
    Mixtures,
    Rate,
    Seed,
    ShareBelowOne,
    WholeShare,
)
from baselines.task import Task
from baselines.text.cleaning import CleaningName
from baselines.text.ngram_settings import MAX_TERMS
from compress.method import Context
from compress.methods.mixing.extra_texts import n_mixtures


@dataclass(frozen=True)
class Teaching:
    """What of a student's training is the task's, see `DistillConfig`."""

    alpha: float
    mixtures: float
    class_weights: float
    relu: bool


# What a student is told of the texts: its teacher's answers; the labels in place of those, mixtures included; or the
# labels of the labelled texts and nothing else.
Lesson = Literal["teacher", "labels", "plain"]
LESSONS: tuple[Lesson, ...] = ("teacher", "labels", "plain")
# Epochs without a better one after which a student that sees the same few texts again and again is given up.
PLAIN_PATIENCE = 40
# Bits of a float: nothing is rounded.
FLOAT_BITS = 32
# Settings that fit the task where none are given. Of multilabel they were chosen on Made With ML. Of one label a text
# on validation of banking77 and TREC, one seed each: there the labels say most, and an alpha of 0.9 with sixteen
# mixtures cost 0.008 and 0.013 accuracy. The ReLU gave multilabel students of 24 x 48 0.020 F1 on validation of the
# sample (three seeds: 0.013, 0.019, 0.027) and 0.021 on that of Made With ML (one seed); of one label it isn't known.
EPOCHS = 8
LEAST_STEPS = 3000
_ONE_LABEL = Teaching(alpha=0.5, mixtures=1.0, class_weights=0.0, relu=False)
BY_TASK: Mapping[Task, Teaching] = {
    "multilabel": Teaching(alpha=0.9, mixtures=16.0, class_weights=1.0, relu=True),
    "multiclass": _ONE_LABEL,
    "binary": _ONE_LABEL,
}


OF_LINEAR = Teaching(alpha=0.5, mixtures=0.0, class_weights=0.0, relu=False)
CNN_RATE = 5e-3
# What only one kind of student has.
OF_CNN = (
    "embedding_dim",
    "filters",
    "widths",
    "hidden_dim",
    "dropout",
    "relu",
    "word_dropout",
    "class_weights",
)
_OF_LINEAR = ("ngrams", "sparsity", "bits", "cleaning", "word_high", "characters")


@dataclass(frozen=True)
class DistillConfig(CheckedFields):
    """Settings of `distill`: the student's shape, and how it learns.

    Attributes:
        student: `cnn`, whose shape the fields up to `dropout` say; or `linear`, whose shape the last six say.
        embedding_dim: numbers a character.
        filters: number of filters of each width.
        widths: of the filters, ascending.
        hidden_dim: of the layer between filters and classes; 0 leaves it out.
        dropout: before the last layer.
        relu: a ReLU behind the maximum of each filter; None has it for multilabel alone.
        alpha: weight of the soft targets in the loss, 0 to 1; 0 is training without a teacher; None is 0.9 for
            multilabel, else 0.5, and 0.5 of a linear student.
        temperature: T > 0; None is 1, and 2 of a linear student.
        word_dropout: share of words hidden from the student in each epoch; None takes its parent's.
        epochs: as in `TrainingConfig`, of texts and mixtures; None is 8 for multilabel, else as many as make 3,000
            steps, or one a labelled text. A student that sees fewer texts makes as many steps, and none makes more than
            `MOST_STEPS` of `baselines.networks.training_config`. Of a linear student they are passes over all texts,
            and None is 150.
        batch_size, weight_decay, patience, average: as in `TrainingConfig`; of a CNN.
        learning_rate: of the first step; None is 0.005, and 0.06 of a linear student.
        class_weights: as there; None is 1 for multilabel, else 0.
        folds: k of the out-of-fold predictions.
        teacher_seed: of the folds, their teachers and the mixtures; students of several seeds learn from one set of
            answers.
        mixtures: texts made of two halves of training texts, per training text, which the teacher alone labels; at
            most `MOST_MIXTURES` in all; None is 16 for multilabel, where many, each seen a few times, teach more than
            few seen often, else 1, and 0 of a linear student.
        against_control: train the control too and keep the better of both on validation, which doubles the time.
        lesson: `teacher`: the teacher's answers; `labels`: the control, see `control`; `plain`: see `plain`. Without
            weight of the soft targets (alpha 0) there is no teacher, and no mixtures, anyhow.
        ngrams: of a linear student, how many n-grams it has at most; 0 takes its parent's.
        sparsity: of a linear student, share of the weights of all classes and n-grams that are taken away.
        bits: of a linear student's weights, 2 to 8 with training through the rounding; 32 leaves floats.
        cleaning, word_high, characters: of a linear student, as in `LinearConfig`; None takes its parent's.
    """

    embedding_dim: Dimension = 24
    filters: Annotated[int, Between(1, 8192)] = 48
    widths: Annotated[tuple[Annotated[int, Between(1, 256)], ...], Length(1, 100)] = (3, 4, 5, 6, 7, 8)
    hidden_dim: DimensionOrNone = 0
    dropout: ShareBelowOne = 0.3
    relu: bool | None = None
    alpha: WholeShare | None = None
    temperature: Annotated[float, Between(0, 1000, above=True)] | None = None
    word_dropout: ShareBelowOne | None = None
    epochs: Epochs | None = None
    batch_size: Count = 64
    learning_rate: Rate | None = None
    weight_decay: Annotated[float, Between(0, 10)] = 1e-2
    patience: Epochs = 8
    average: ShareBelowOne = 0.998
    class_weights: Annotated[float, Between(0, 10)] | None = None
    folds: Annotated[int, Between(2, 100)] = 3
    teacher_seed: Seed = 0
    mixtures: Mixtures | None = None
    against_control: bool = True
    lesson: Lesson = "teacher"
    student: Literal["cnn", "linear"] = "cnn"
    ngrams: Annotated[int, Between(0, MAX_TERMS)] = 0
    sparsity: ShareBelowOne = 0.0
    bits: Annotated[int, Between(2, 8, also=(FLOAT_BITS,))] = FLOAT_BITS
    cleaning: CleaningName | None = None
    word_high: Annotated[int, Between(1, 10)] | None = None
    characters: tuple[Annotated[int, Between(0, 20)], Annotated[int, Between(0, 20)]] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_size(self.embedding_dim, [(width, self.filters) for width in self.widths], self.hidden_dim)

    @property
    def control(self) -> DistillConfig:
        """The same student without a teacher: labels stand where the teacher's answers stood, and nothing else differs.

        It sees the same texts and the same mixtures, these with the labels of both halves, in the same loss with the
        same weights, for as many steps. Texts of the user's without labels are the teacher's alone.
        """
        return replace(self, against_control=False, lesson="labels")

    @property
    def plain(self) -> DistillConfig:
        """The control without mixtures: the labelled texts alone, as often as makes as many steps."""
        return replace(self, against_control=False, lesson="plain")

    @property
    def heat(self) -> float:
        """The temperature."""
        return (1.0 if self.student == "cnn" else 2.0) if self.temperature is None else self.temperature

    @property
    def is_taught(self) -> bool:
        """Whether a teacher has any weight."""
        return self.alpha != 0 and self.lesson == "teacher"

    def mixes(self, train: Part) -> bool:
        """Whether its control sees mixtures; where it doesn't, control and plain student are one training."""
        if self.alpha == 0 or len(train) < 2:
            return False
        return n_mixtures(train, self.teaching(train.task).mixtures) > 0

    def teaching(self, task: Task) -> Teaching:
        """The task's own settings, and those that were given in place of them."""
        own = BY_TASK[task] if self.student == "cnn" else OF_LINEAR
        return Teaching(
            alpha=own.alpha if self.alpha is None else self.alpha,
            mixtures=own.mixtures if self.mixtures is None else self.mixtures,
            class_weights=own.class_weights if self.class_weights is None else self.class_weights,
            relu=own.relu if self.relu is None else self.relu,
        )

    def length(self, train: Part, n_unlabelled: int = 0) -> tuple[int, int]:
        """Epochs of the texts that the student sees, and its patience; `n_unlabelled` are the user's own texts."""
        seen = len(train) + n_mixtures(train, self.teaching(train.task).mixtures)
        epochs = self.epochs
        if epochs is None:
            steps = min(max(LEAST_STEPS, len(train)), MOST_STEPS)
            epochs = EPOCHS if train.task == "multilabel" else math.ceil(steps * self.batch_size / seen)
        mixed = self.lesson == "labels" and self.alpha != 0
        own = seen if mixed else len(train)
        longer = (seen + n_unlabelled) / own
        if self.is_taught or longer == 1:
            return epochs, self.patience
        epochs = round(epochs * longer)
        return epochs, min(epochs, PLAIN_PATIENCE)

    def made(self, parent: CNNConfig, context: Context) -> CNNConfig:
        """Shape and training of the student; cleaning and alphabet stay the parent's."""
        epochs, patience = self.length(context.train, len(context.unlabelled))
        return replace(
            parent,
            embedding_dim=self.embedding_dim,
            filters=tuple((width, self.filters) for width in self.widths),
            hidden_dim=self.hidden_dim,
            dropout=self.dropout,
            relu=self.teaching(context.train.task).relu,
            word_dropout=parent.word_dropout if self.word_dropout is None else self.word_dropout,
            epochs=epochs,
            most_steps=MOST_STEPS,
            batch_size=self.batch_size,
            learning_rate=CNN_RATE if self.learning_rate is None else self.learning_rate,
            weight_decay=self.weight_decay,
            patience=patience,
            average=self.average,
            class_weights=self.teaching(context.train.task).class_weights,
            seed=context.seed,
            device=context.device,
            threads=context.threads,
        )


# The CNN's own size, then students for about 36, 23, 18 and 14 KB once quantized to 4 bits.
# The smaller a student, the longer it gains: on five folds of Made With ML 12 epochs instead of 8 gave one of 16 x 48
# 0.006 F1. A study trains their controls as models of their own. The last one is no CNN.
PRESETS: dict[str, DistillConfig] = {
    "same": DistillConfig(128, 128, tuple(range(1, 11)), 128, 0.5, against_control=False),
    "medium": DistillConfig(embedding_dim=32, filters=64, against_control=False),
    "small": DistillConfig(against_control=False),
    "tiny": DistillConfig(embedding_dim=16, epochs=12, against_control=False),
    "nano": DistillConfig(embedding_dim=16, filters=32, epochs=12, against_control=False),
    "sparse": DistillConfig(student="linear", sparsity=0.983, bits=4, against_control=False),
}


def check(config: DistillConfig) -> None:
    """Raise NotCompressible naming the setting, what is allowed and what came."""
    if config.alpha is not None and not 0.0 <= config.alpha <= 1.0:
        raise NotCompressible(f"alpha: from 0 to 1 is allowed, got {config.alpha}")
    if config.lesson not in LESSONS:
        raise NotCompressible(f"lesson: {', '.join(LESSONS)} are allowed, got {config.lesson!r}")
    if config.temperature is not None and not config.temperature > 0:
        raise NotCompressible(f"temperature: must be larger than 0, got {config.temperature}")
    if config.word_dropout is not None and not 0.0 <= config.word_dropout < 1.0:
        raise NotCompressible(f"word_dropout: from 0 up to but not including 1 is allowed, got {config.word_dropout}")
    defaults = DistillConfig()
    others = _OF_LINEAR if config.student == "cnn" else OF_CNN
    if given := [name for name in others if getattr(config, name) != getattr(defaults, name)]:
        raise NotCompressible(f"student {config.student}: it has no {', '.join(given)}; leave them out")
    if min(config.embedding_dim, config.filters, len(config.widths)) < 1 or config.hidden_dim < 0:
        raise NotCompressible("student: embedding_dim, filters and the number of widths must be at least 1")
