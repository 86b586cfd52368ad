"""Distill: a student learns from a teacher's probabilities besides the labels.

Sources: Hinton, Vinyals and Dean (2015); the loss is in `compress.methods.distill.loss`. The teacher's answers for the
training texts are predicted out of fold: a teacher asked about texts it was trained on hands back memorised labels.
The control is the same student with alpha 0 and the same budget; the gain due to the teacher is the difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from baselines.classifier import Classifier
from baselines.errors import NotCompressible
from baselines.models.cnn import CharCNN, CharCNNClassifier, CharCNNShape, CNNConfig
from baselines.networks.torch_state import seeded
from baselines.networks.training import class_weighted_loss, train
from baselines.task import Probabilities
from compress.method import Context, Outcome, Receipt, refit_thresholds
from compress.methods.distill.loss import mixed_loss, soft_logits
from compress.methods.distill.mixtures import mixed_texts
from compress.methods.distill.out_of_fold import answers, check_classes, fresh_like, out_of_fold

# Epochs without a better one after which a control, which sees the same few texts again and again, is given up.
CONTROL_PATIENCE = 40


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
        word_dropout: share of words hidden from the student in each epoch.
        epochs, batch_size, learning_rate, weight_decay, patience, average, class_weights: as in `TrainingConfig`.
        folds: k of the out-of-fold predictions.
        teacher_seed: of the folds, their teachers and the mixtures; students of several seeds learn from one set of
            answers.
        mixtures: texts made of two halves of training texts, per training text, which the teacher alone labels; at
            most `MOST_MIXTURES` in all. Many, each seen a few times, teach more than few seen often.
    """

    embedding_dim: int = 24
    filters: int = 48
    widths: tuple[int, ...] = (3, 4, 5, 6, 7, 8)
    hidden_dim: int = 0
    dropout: float = 0.3
    alpha: float = 0.9
    temperature: float = 1.0
    word_dropout: float = 0.2
    epochs: int = 8
    batch_size: int = 64
    learning_rate: float = 5e-3
    weight_decay: float = 1e-2
    patience: int = 8
    average: float = 0.998
    class_weights: float = 1.0
    folds: int = 3
    teacher_seed: int = 0
    mixtures: float = 16.0

    @property
    def control(self) -> DistillConfig:
        """The same student without a teacher; nobody labels mixtures for it, so its own texts come as often instead."""
        epochs = round(self.epochs * (1 + self.mixtures))
        return replace(self, alpha=0.0, mixtures=0.0, epochs=epochs, patience=min(epochs, CONTROL_PATIENCE))

    def student(self, parent: CNNConfig, context: Context) -> CNNConfig:
        """Shape and training of the student; cleaning and alphabet stay the parent's."""
        return replace(
            parent,
            embedding_dim=self.embedding_dim,
            filters=tuple((width, self.filters) for width in self.widths),
            hidden_dim=self.hidden_dim,
            dropout=self.dropout,
            word_dropout=self.word_dropout,
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            patience=self.patience,
            average=self.average,
            class_weights=self.class_weights,
            seed=context.seed,
            device=context.device,
            threads=context.threads,
        )


# The CNN's own size, then students for about 36, 23, 18 and 14 KB once quantized to 4 bits.
# The smaller a student, the longer it gains: on five folds of Made With ML 12 epochs instead of 8 gave one of 16 x 48
# 0.006 F1.
PRESETS: dict[str, DistillConfig] = {
    "same": DistillConfig(128, 128, tuple(range(1, 11)), 128, 0.5),
    "medium": DistillConfig(embedding_dim=32, filters=64),
    "small": DistillConfig(),
    "tiny": DistillConfig(embedding_dim=16, epochs=12),
    "nano": DistillConfig(embedding_dim=16, filters=32, epochs=12),
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
    teacher = context.teacher or parent
    if config.alpha:
        check_classes(teacher, context.train.classes)
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
    if not 0.0 <= config.word_dropout < 1.0:
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
    return (*context.unlabelled, *mixed_texts(context.train.texts, config.mixtures, [config.teacher_seed, 1]))


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
    loss = class_weighted_loss(context.train.labels, made.class_weights)
    if soft is not None:
        loss = mixed_loss(soft_logits(soft), loss, config.alpha, config.temperature, len(context.train))
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
