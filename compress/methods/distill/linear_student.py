"""A linear student: n-grams and weights of a linear model, taught by any model, as sparse and as coarse as asked for.

It begins as a linear model fitted to the labels, its parent or one with other features, and learns

    wanted = alpha · (the teacher's answer) + (1 - alpha) · (the beginning's own answer)

of the training texts and of mixtures of them. The own answers stand where a network would have labels: they say how far
each label is borne out by the words, see `compress.methods.linear.lessons`. For the same reason a linear teacher is
asked itself, where others answer out of fold. The control has the own answers alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from baselines.models.linear import LinearClassifier, LinearConfig
from baselines.notes import collected_notes
from baselines.task import link
from compress.kinds.int_linear import IntLinearClassifier
from compress.method import Context, Outcome, Receipt, refit_thresholds
from compress.methods.distill.distill_config import FLOAT_BITS, DistillConfig
from compress.methods.distill.loss import soft_logits
from compress.methods.distill.out_of_fold import answers
from compress.methods.distill.teaching import mixtures_for, said_of_teaching, soft_targets
from compress.methods.linear.choosing import chosen
from compress.methods.linear.fitting import Array, logits_of
from compress.methods.linear.lessons import Learning, Lesson, State, sampled
from compress.methods.linear.rounded import packed_of, promised_bytes, rounded
from compress.methods.linear.single_weights import PRICE_OF_ROW

PASSES, RATE = 150, 0.06
# Rounding is trained through for this share of the passes besides.
_ROUNDING = 0.6


def learned(parent: LinearClassifier, config: DistillConfig, context: Context) -> Outcome:
    """Train one student; thresholds are chosen anew.

    Args:
        parent: gives classes, and features where the config names none; only read.
        config: with `student` linear.
        context: its teacher, or the parent; unlabelled texts are the teacher's alone.
    """
    begun = _beginning(parent, config, context)
    everything = context
    context, said = sampled(context)
    extra = mixtures_for(config, context).texts
    if config.is_taught:
        extra = (*context.unlabelled, *extra)
    texts = (*context.train.texts, *extra)
    state = State.of(begun, texts, bool(said))
    rate = RATE if config.learning_rate is None else config.learning_rate
    learning = Learning(PASSES if config.epochs is None else config.epochs, rate, temperature=config.heat)
    own = link(logits_of(state.rows, state.weights, state.intercept) / np.float32(config.heat), context.train.task)
    lesson = Lesson(texts, _wanted(parent, own, extra, config, context), context.train.task, said)
    state = _shaped(state, lesson, config, learning, context)
    student = _classifier(state, lesson, begun, config, learning, context)
    refit_thresholds(student, everything, like=parent)
    outcome = _receipt(parent, student, config, context, len(extra))
    return student, replace(outcome, notes=(*outcome.notes, *said))


def _beginning(parent: LinearClassifier, config: DistillConfig, context: Context) -> LinearClassifier:
    """The parent, or a linear model with other features fitted to the labels."""
    asked = {name: getattr(config, name) for name in ("cleaning", "word_high", "characters")}
    changes = {name: value for name, value in asked.items() if value not in (None, getattr(parent.config, name))}
    if not changes:
        return parent
    own: LinearConfig = replace(parent.config, candidates=(), threads=max(context.threads, 1), **changes)
    with collected_notes():  # said of the parent already
        return LinearClassifier(own).fit(context.train)


def _wanted(
    parent: LinearClassifier, own: Array, extra: tuple[str, ...], config: DistillConfig, context: Context
) -> Array:
    """Probabilities at the temperature; float32 (n_texts, n_classes)."""
    if not config.is_taught:
        return own
    teacher = context.teacher or parent
    if isinstance(teacher, LinearClassifier):
        said = teacher.predict_proba([*context.train.texts, *extra])
    else:
        said = soft_targets(parent, config, context)
        if extra:
            said = np.concatenate([said, answers(teacher, extra, cache=context.cache)])
    said = link(soft_logits(said, context.train.task).numpy() / np.float32(config.heat), context.train.task)
    alpha = np.float32(config.teaching(context.train.task).alpha)
    wanted: Array = alpha * said + (1 - alpha) * own
    return wanted


def _shaped(state: State, lesson: Lesson, config: DistillConfig, learning: Learning, context: Context) -> State:
    """With as many n-grams and weights as asked for, fitted."""
    total = state.weights.size
    if 0 < config.ngrams < len(state.weights):
        best = np.argsort(-state.worth.max(axis=1), kind="stable")[: config.ngrams]
        mask = np.zeros(state.weights.shape, np.bool_)
        mask[best] = True
        state = state.thinned(mask, lesson)
    n_left = max(1, total - round(config.sparsity * total))
    if n_left < np.count_nonzero(state.weights):
        state = state.thinned(chosen(state.worth, n_left, PRICE_OF_ROW), lesson)
    return state.fitted(lesson, learning.steps(1.0), context)


def _classifier(
    state: State, lesson: Lesson, begun: LinearClassifier, config: DistillConfig, learning: Learning, context: Context
) -> LinearClassifier:
    if config.bits == FLOAT_BITS:
        return begun.with_weights(state.vectorizer, np.ascontiguousarray(state.weights.T), state.intercept)
    through = replace(learning, passes=max(1, round(learning.passes * _ROUNDING)))
    packed = packed_of(*rounded(state, config.bits, lesson, through, context))
    return IntLinearClassifier.from_packed(packed, begun.space_, begun.config)


def _receipt(
    parent: LinearClassifier, student: LinearClassifier, config: DistillConfig, context: Context, n_extra: int
) -> Receipt:
    how, *notes = said_of_teaching(config, context.teacher or parent, context, n_extra)
    before, after = int(parent.coef_.size), int(student.coef_.size)
    left = int(np.count_nonzero(student.coef_))
    facts: dict[str, Any] = {
        "parameters_before": before,
        "parameters_after": after,
        "nonzero_after": left,
        "ngrams_before": parent.vectorizer_.n_features,
        "ngrams_after": student.vectorizer_.n_features,
        "alpha": config.teaching(context.train.task).alpha,
        "lesson": config.lesson,
        "bits": config.bits,
        "n_extra_texts": n_extra,
    }
    if notes:
        facts["teacher_notes"] = notes
    said = f"{how}; {left} weights in {student.vectorizer_.n_features} n-grams"
    if config.bits == FLOAT_BITS:
        promised = 4 * (after + student.intercept_.size + student.vectorizer_.n_features)
        promised += sum(len(name.encode()) + 3 for name in student.vectorizer_.names)
    else:
        assert isinstance(student, IntLinearClassifier)
        promised = promised_bytes(student.packed)
    return Receipt("distill", after, promised, (said, *notes), facts)
