"""Distill: a student learns from a teacher's probabilities besides the labels.

Sources: Hinton, Vinyals and Dean (2015); the loss is in `compress.methods.distill.loss`. The teacher's answers for the
training texts are predicted out of fold: a teacher asked about texts it was trained on hands back memorised labels.
The control is the same student with alpha 0 and as many steps; the gain due to the teacher is the difference.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from baselines.classifier import Classifier
from baselines.dataset import Part
from baselines.errors import NotCompressible
from baselines.models.cnn import CharCNN, CharCNNClassifier, CharCNNShape, CNNConfig
from baselines.networks.torch_state import seeded
from baselines.networks.training import class_weighted_loss, train
from baselines.task import Probabilities, Task
from compress.method import Context, Outcome, Receipt, refit_thresholds
from compress.methods.distill.against_control import the_better
from compress.methods.distill.extra_texts import mixtures_of, n_mixtures
from compress.methods.distill.loss import mixed_loss, soft_logits
from compress.methods.distill.out_of_fold import answers, check_teacher, fresh_like, out_of_fold

# Epochs without a better one after which a control, which sees the same few texts again and again, is given up.
CONTROL_PATIENCE = 40
# Settings that fit the task where none are given. Of multilabel they were chosen on Made With ML; of one label a text
# on TREC, banking77 and THUC, where weighing rare classes up costs accuracy and few steps cost most of all.
EPOCHS = 8
LEAST_STEPS = 3000
CLASS_WEIGHTS: Mapping[Task, float] = {"multilabel": 1.0, "multiclass": 0.0, "binary": 0.0}


@dataclass(frozen=True)
class DistillConfig:
    """Settings of `distill`: the student's shape, and how it learns.

    Attributes:
        embedding_dim: numbers a character.
        filters: number of filters of each width.
        widths: of the filters, ascending.
        hidden_dim: of the layer between filters and classes; 0 leaves it out.
        dropout: before the last layer.
        alpha: weight of the soft targets in the loss, 0 to 1; 0 is training without a teacher.
        temperature: T > 0.
        word_dropout: share of words hidden from the student in each epoch; None takes its parent's.
        epochs: as in `TrainingConfig`, of texts and mixtures; None is 8 for multilabel, else as many as make 3,000
            steps, or one a labelled text. With alpha 0 there are no mixtures, and the steps stay as many.
        batch_size, learning_rate, weight_decay, patience, average: as in `TrainingConfig`.
        class_weights: as there; None is 1 for multilabel, else 0.
        folds: k of the out-of-fold predictions.
        teacher_seed: of the folds, their teachers and the mixtures; students of several seeds learn from one set of
            answers.
        mixtures: texts made of two halves of training texts, per training text, which the teacher alone labels; at
            most `MOST_MIXTURES` in all. Many, each seen a few times, teach more than few seen often.
        against_control: train the control too and keep the better of both on validation, which doubles the time.
    """

    embedding_dim: int = 24
    filters: int = 48
    widths: tuple[int, ...] = (3, 4, 5, 6, 7, 8)
    hidden_dim: int = 0
    dropout: float = 0.3
    alpha: float = 0.9
    temperature: float = 1.0
    word_dropout: float | None = None
    epochs: int | None = None
    batch_size: int = 64
    learning_rate: float = 5e-3
    weight_decay: float = 1e-2
    patience: int = 8
    average: float = 0.998
    class_weights: float | None = None
    folds: int = 3
    teacher_seed: int = 0
    mixtures: float = 16.0
    against_control: bool = True

    @property
    def control(self) -> DistillConfig:
        """The same student without a teacher; nobody labels mixtures for it, so its own texts come as often instead."""
        return replace(self, alpha=0.0, against_control=False)

    def length(self, train: Part) -> tuple[int, int]:
        """Epochs of the texts that the student sees, and its patience."""
        seen = len(train) + n_mixtures(train, self.mixtures)
        epochs = self.epochs
        if epochs is None:
            steps = max(LEAST_STEPS, len(train))
            epochs = EPOCHS if train.task == "multilabel" else math.ceil(steps * self.batch_size / seen)
        if self.alpha:
            return epochs, self.patience
        epochs = round(epochs * seen / len(train))
        return epochs, min(epochs, CONTROL_PATIENCE)

    def student(self, parent: CNNConfig, context: Context) -> CNNConfig:
        """Shape and training of the student; cleaning and alphabet stay the parent's."""
        epochs, patience = self.length(context.train)
        weights = CLASS_WEIGHTS[context.train.task] if self.class_weights is None else self.class_weights
        return replace(
            parent,
            embedding_dim=self.embedding_dim,
            filters=tuple((width, self.filters) for width in self.widths),
            hidden_dim=self.hidden_dim,
            dropout=self.dropout,
            word_dropout=parent.word_dropout if self.word_dropout is None else self.word_dropout,
            epochs=epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            patience=patience,
            average=self.average,
            class_weights=weights,
            seed=context.seed,
            device=context.device,
            threads=context.threads,
        )


# The CNN's own size, then students for about 36, 23, 18 and 14 KB once quantized to 4 bits.
# The smaller a student, the longer it gains: on five folds of Made With ML 12 epochs instead of 8 gave one of 16 x 48
# 0.006 F1. A study trains their controls as models of their own.
PRESETS: dict[str, DistillConfig] = {
    "same": DistillConfig(128, 128, tuple(range(1, 11)), 128, 0.5, against_control=False),
    "medium": DistillConfig(embedding_dim=32, filters=64, against_control=False),
    "small": DistillConfig(against_control=False),
    "tiny": DistillConfig(embedding_dim=16, epochs=12, against_control=False),
    "nano": DistillConfig(embedding_dim=16, filters=32, epochs=12, against_control=False),
}


def apply(parent: Classifier, config: DistillConfig, context: Context) -> Outcome:
    """Train a student of a character CNN, of the context's teacher, or of soft targets made beforehand.

    Raises:
        NotCompressible: the parent isn't a character CNN (its alphabet and kind are the student's), the teacher has
            other classes, or the settings are out of range.
    """
    check(config)
    if not isinstance(parent, CharCNNClassifier):
        raise NotCompressible(
            f"distill: the student is a character CNN with its parent's alphabet, got {parent.kind!r}; give the "
            "CNN as parent and the other model as --teacher"
        )
    if config.alpha and config.against_control:
        taught = apply(parent, replace(config, against_control=False), context)
        return the_better(taught, apply(parent, config.control, context), context.validation)
    teacher = context.teacher or parent
    if config.alpha:
        check_teacher(teacher, context.train.space)
    extra = _unlabelled(config, context)
    soft = soft_targets(parent, config, context) if config.alpha else None
    if soft is not None and extra:
        soft = np.concatenate([soft, answers(teacher, extra, cache=context.cache)])
    student = train_student(parent, config, context, soft, extra)
    refit_thresholds(student, context, like=parent)
    notes = _taught(config, teacher, context, len(extra))
    return student, _receipt(parent, student, config, notes, len(extra))


def check(config: DistillConfig) -> None:
    """Raise NotCompressible naming the setting, what is allowed and what came."""
    if not 0.0 <= config.alpha <= 1.0:
        raise NotCompressible(f"alpha: from 0 to 1 is allowed, got {config.alpha}")
    if not config.temperature > 0:
        raise NotCompressible(f"temperature: must be larger than 0, got {config.temperature}")
    if config.word_dropout is not None and not 0.0 <= config.word_dropout < 1.0:
        raise NotCompressible(f"word_dropout: from 0 up to but not including 1 is allowed, got {config.word_dropout}")
    if min(config.embedding_dim, config.filters, len(config.widths)) < 1 or config.hidden_dim < 0:
        raise NotCompressible("student: embedding_dim, filters and the number of widths must be at least 1")


def soft_targets(parent: CharCNNClassifier, config: DistillConfig, context: Context) -> Probabilities:
    """The teacher's probabilities for the training texts: those of the context, or predicted now and cached.

    They are predicted out of fold; only a teacher that can't be fitted and hasn't seen these labels is asked itself.

    Raises:
        NotCompressible: the teacher can't be fitted, and may have seen these labels.
    """
    if context.soft_targets is not None:
        if context.soft_targets.shape != context.train.labels.shape:
            raise NotCompressible(
                f"soft targets: expected shape {context.train.labels.shape}, got {context.soft_targets.shape}"
            )
        return context.soft_targets
    teacher = context.teacher or parent
    if _answers_itself(teacher, context):
        return answers(teacher, context.train.texts, cache=context.cache)
    make = context.make_teacher or fresh_like(teacher, device=context.device, threads=context.threads)
    seed = config.teacher_seed
    return out_of_fold(make, context.train, config.folds, seed, cache=context.cache, progress=context.progress)


def _answers_itself(teacher: Classifier, context: Context) -> bool:
    """Whether the teacher itself is asked about the labelled texts."""
    return context.make_teacher is None and not teacher.can_fit and not context.teacher_saw_labels


def _unlabelled(config: DistillConfig, context: Context) -> tuple[str, ...]:
    """Texts without labels: the user's own, and mixtures; none without a teacher to label them."""
    if not config.alpha:
        return ()
    return (*context.unlabelled, *mixtures_of(context.train, config.mixtures, [config.teacher_seed, 1]))


def train_student(
    parent: CharCNNClassifier,
    config: DistillConfig,
    context: Context,
    soft: Probabilities | None,
    extra: Sequence[str],
) -> CharCNNClassifier:
    """A new character CNN of the student's shape, trained on labels and soft targets.

    Args:
        parent: gives the alphabet.
        config: shape and training.
        context: training and validation texts, seed, device, threads.
        soft: float32 (len(train) + len(extra), n_classes); None trains on the labels alone.
        extra: texts without labels.
    """
    made = config.student(parent.config, context)
    shape = CharCNNShape(
        n_ids=parent.tokenizer.n_ids,
        n_classes=len(context.train.classes),
        embedding_dim=made.embedding_dim,
        filters=made.filters,
        hidden_dim=made.hidden_dim,
        dropout=made.dropout,
    )
    with seeded(context.seed):
        module = CharCNN(shape)
    task = context.train.task
    loss = class_weighted_loss(context.train.labels, made.class_weights, task)
    if soft is not None:
        targets = soft_logits(soft, task)
        loss = mixed_loss(targets, loss, config.alpha, config.temperature, len(context.train), task)
    train(
        module,
        parent.tokenizer,
        context.train,
        context.validation,
        made,
        loss=loss,
        extra_texts=extra,
        progress=context.progress,
    )
    return CharCNNClassifier.from_module(module, parent.tokenizer, context.train.space, None, made)


def _taught(config: DistillConfig, teacher: Classifier, context: Context, n_extra: int) -> tuple[str, ...]:
    """How the student was taught, then what has to be said of a teacher that answered for any text itself."""
    if not config.alpha:
        return ("control: trained without a teacher",)
    if _answers_itself(teacher, context):
        how = f"taught by {teacher.kind!r}, whose own answers serve for the labelled texts too: it can't be fitted"
        return (how, *context.teacher_notes)
    return (f"taught by {teacher.kind!r}, out of fold", *(context.teacher_notes if n_extra else ()))


def _receipt(
    parent: CharCNNClassifier, student: CharCNNClassifier, config: DistillConfig, taught: tuple[str, ...], n_extra: int
) -> Receipt:
    before, after = (sum(p.numel() for p in c.module.parameters()) for c in (parent, student))
    facts: dict[str, Any] = {"parameters_before": before, "parameters_after": after, "alpha": config.alpha}
    facts |= {"n_extra_texts": n_extra, "temperature": config.temperature}
    how, *notes = taught
    if notes:
        facts["teacher_notes"] = notes
    return Receipt("distill", after, 4 * after, (f"{how}; {before} parameters became {after}", *notes), facts)
