"""Distill: a student learns from a teacher's probabilities besides the labels.

Sources: Hinton, Vinyals and Dean (2015); the loss is in `compress.methods.distill.loss`. The teacher's answers for the
training texts are predicted out of fold: a teacher asked about texts it was trained on hands back memorised labels.
The control has the labels where the student has the teacher's answers, for mixtures those of both halves, in the same
loss for as many steps; the plain student has no mixtures either. What the teacher brings is the student minus the
control, what mixing texts brings is the control minus the plain student.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from baselines.classifier import Classifier
from baselines.errors import NotCompressible
from baselines.models.cnn import CharCNN, CharCNNClassifier, CharCNNShape
from baselines.models.linear import LinearClassifier
from baselines.networks.torch_state import seeded
from baselines.networks.training import class_weighted_loss, train
from baselines.notes import collected_notes
from baselines.task import Probabilities
from compress.method import Context, Outcome, Receipt, refit_thresholds
from compress.methods.distill.against_control import the_better
from compress.methods.distill.distill_config import DistillConfig, check
from compress.methods.distill.linear_student import learned
from compress.methods.distill.loss import mixed_loss, soft_logits
from compress.methods.distill.out_of_fold import answers, check_teacher
from compress.methods.distill.teaching import mixtures_for, said_of_teaching
from compress.methods.distill.teaching import soft_targets as soft_targets
from compress.methods.linear.ngrams import require_floats


def apply(parent: Classifier, config: DistillConfig, context: Context) -> Outcome:
    """Train a student of a character CNN, of the context's teacher, or of soft targets made beforehand.

    A linear student (`compress.methods.distill.linear_student`) has a linear model as parent.

    Raises:
        NotCompressible: the parent isn't of the student's kind (a CNN gives its alphabet, a linear model its
            features), the teacher has other classes, or the settings are out of range.
    """
    check(config)
    if config.student == "linear":
        _require_linear(parent)
    elif not isinstance(parent, CharCNNClassifier):
        raise NotCompressible(
            f"distill: the student is a character CNN with its parent's alphabet, got {parent.kind!r}; give the "
            "CNN as parent and the other model as --teacher, or set student to linear where the parent is a linear "
            "model"
        )
    if config.is_taught and config.against_control:
        taught = apply(parent, replace(config, against_control=False), context)
        return the_better(taught, apply(parent, config.control, context), context.validation)
    teacher = context.teacher or parent
    if config.is_taught:
        check_teacher(teacher, context.train.space)
    if isinstance(parent, LinearClassifier):
        return learned(parent, config, context)
    assert isinstance(parent, CharCNNClassifier)
    mixed = mixtures_for(config, context)
    extra: tuple[str, ...] = mixed.texts
    targets: Probabilities | None = None
    if config.is_taught:
        extra = (*context.unlabelled, *extra)
        targets = soft_targets(parent, config, context)
        if extra:
            targets = np.concatenate([targets, answers(teacher, extra, cache=context.cache)])
    elif config.alpha != 0:
        targets = np.concatenate([context.train.labels, mixed.labels]).astype(np.float32)
    with collected_notes() as said:
        student = train_student(parent, config, context, targets, extra)
    refit_thresholds(student, context, like=parent)
    notes = said_of_teaching(config, teacher, context, len(extra))
    receipt = _receipt(parent, student, config, notes, len(extra))
    return student, replace(receipt, notes=(*receipt.notes, *said))


def _require_linear(parent: Classifier) -> None:
    if not isinstance(parent, LinearClassifier):
        raise NotCompressible(
            f"distill: a linear student has the features of a linear parent, got {parent.kind!r}; give a linear model "
            "as parent and the other model as --teacher"
        )
    require_floats(parent, "distill")


def train_student(
    parent: CharCNNClassifier,
    config: DistillConfig,
    context: Context,
    targets: Probabilities | None,
    extra: Sequence[str],
) -> CharCNNClassifier:
    """A new character CNN of the student's shape, trained on labels and on targets for all texts.

    Args:
        parent: gives the alphabet.
        config: shape and training.
        context: training and validation texts, seed, device, threads.
        targets: the teacher's probabilities, or labels as 0 and 1 in their place, float32
            (len(train) + len(extra), n_classes); None trains by the loss for labels alone.
        extra: texts that have targets only.
    """
    made = config.made(parent.config, context)
    shape = CharCNNShape(
        n_ids=parent.tokenizer.n_ids,
        n_classes=len(context.train.classes),
        embedding_dim=made.embedding_dim,
        filters=made.filters,
        hidden_dim=made.hidden_dim,
        dropout=made.dropout,
        relu=made.relu,
    )
    with seeded(context.seed):
        module = CharCNN(shape)
    task = context.train.task
    loss = class_weighted_loss(context.train.labels, made.class_weights, task)
    if targets is not None:
        wanted = soft_logits(targets, task)
        loss = mixed_loss(wanted, loss, config.teaching(task).alpha, config.heat, len(context.train), task)
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


def _receipt(
    parent: CharCNNClassifier, student: CharCNNClassifier, config: DistillConfig, taught: tuple[str, ...], n_extra: int
) -> Receipt:
    before, after = (sum(p.numel() for p in c.module.parameters()) for c in (parent, student))
    facts: dict[str, Any] = {"parameters_before": before, "parameters_after": after}
    facts |= {
        "alpha": config.teaching(student.task_).alpha,
        "lesson": config.lesson,
        "n_extra_texts": n_extra,
        "temperature": config.heat,
    }
    how, *notes = taught
    if notes:
        facts["teacher_notes"] = notes
    return Receipt("distill", after, 4 * after, (f"{how}; {before} parameters became {after}", *notes), facts)
