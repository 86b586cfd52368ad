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
from baselines.networks.torch_state import seeded
from baselines.networks.training import class_weighted_loss, train
from baselines.task import Probabilities
from compress.method import Context, Outcome, Receipt, refit_thresholds
from compress.methods.distill.against_control import the_better
from compress.methods.distill.distill_config import DistillConfig, check
from compress.methods.distill.extra_texts import Mixtures, mixtures_of
from compress.methods.distill.loss import mixed_loss, soft_logits
from compress.methods.distill.out_of_fold import answers, check_teacher, fresh_like, out_of_fold


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
    if config.is_taught and config.against_control:
        taught = apply(parent, replace(config, against_control=False), context)
        return the_better(taught, apply(parent, config.control, context), context.validation)
    teacher = context.teacher or parent
    if config.is_taught:
        check_teacher(teacher, context.train.space)
    mixed = _mixtures(config, context)
    extra: tuple[str, ...] = mixed.texts
    targets: Probabilities | None = None
    if config.is_taught:
        extra = (*context.unlabelled, *extra)
        targets = soft_targets(parent, config, context)
        if extra:
            targets = np.concatenate([targets, answers(teacher, extra, cache=context.cache)])
    elif config.alpha != 0:
        targets = np.concatenate([context.train.labels, mixed.labels]).astype(np.float32)
    student = train_student(parent, config, context, targets, extra)
    refit_thresholds(student, context, like=parent)
    notes = _taught(config, teacher, context, len(extra))
    return student, _receipt(parent, student, config, notes, len(extra))


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
    return out_of_fold(
        make,
        context.train,
        config.folds,
        config.teacher_seed,
        groups=context.groups,
        cache=context.cache,
        progress=context.progress,
    )


def _answers_itself(teacher: Classifier, context: Context) -> bool:
    """Whether the teacher itself is asked about the labelled texts."""
    return context.make_teacher is None and not teacher.can_fit and not context.teacher_saw_labels


def _mixtures(config: DistillConfig, context: Context) -> Mixtures:
    """The same for a student and its control; none for a plain one, and without a teacher's weight."""
    used = config.lesson != "plain" and config.alpha != 0
    share = config.teaching(context.train.task).mixtures if used else 0.0
    return mixtures_of(context.train, share, [config.teacher_seed, 1])


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
    made = config.student(parent.config, context)
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
        loss = mixed_loss(wanted, loss, config.teaching(task).alpha, config.temperature, len(context.train), task)
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
    if not config.is_taught:
        return (_untaught(config, context, n_extra),)
    if _answers_itself(teacher, context):
        how = f"taught by {teacher.kind!r}, whose own answers serve for the labelled texts too: it can't be fitted"
        return (how, *context.teacher_notes)
    return (f"taught by {teacher.kind!r}, out of fold", *(context.teacher_notes if n_extra else ()))


def _untaught(config: DistillConfig, context: Context, n_mixed: int) -> str:
    own = " (the texts without labels are the teacher's alone)" if context.unlabelled else ""
    if n_mixed:
        return f"control: trained without a teacher, {n_mixed} mixtures with the labels of both halves{own}"
    nothing = "" if config.lesson == "plain" or config.alpha == 0 else "; nothing was mixed"
    return f"control: trained without a teacher, on the labelled texts alone{nothing}{own}"


def _receipt(
    parent: CharCNNClassifier, student: CharCNNClassifier, config: DistillConfig, taught: tuple[str, ...], n_extra: int
) -> Receipt:
    before, after = (sum(p.numel() for p in c.module.parameters()) for c in (parent, student))
    facts: dict[str, Any] = {"parameters_before": before, "parameters_after": after}
    facts |= {
        "alpha": config.teaching(student.task_).alpha,
        "lesson": config.lesson,
        "n_extra_texts": n_extra,
        "temperature": config.temperature,
    }
    how, *notes = taught
    if notes:
        facts["teacher_notes"] = notes
    return Receipt("distill", after, 4 * after, (f"{how}; {before} parameters became {after}", *notes), facts)
