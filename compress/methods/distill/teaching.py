"""What a student is told, whatever it is made of: a teacher's answers, mixtures of texts, and words about both."""

from __future__ import annotations

from baselines.classifier import Classifier
from baselines.errors import NotCompressible
from baselines.task import Probabilities
from compress.method import Context
from compress.methods.distill.distill_config import DistillConfig
from compress.methods.distill.out_of_fold import answers, fresh_like, out_of_fold
from compress.methods.mixing.extra_texts import Mixtures, mixtures_of


def soft_targets(parent: Classifier, config: DistillConfig, context: Context) -> Probabilities:
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
    if answers_itself(teacher, context):
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


def answers_itself(teacher: Classifier, context: Context) -> bool:
    """Whether the teacher itself is asked about the labelled texts."""
    return context.make_teacher is None and not teacher.can_fit and not context.teacher_saw_labels


def mixtures_for(config: DistillConfig, context: Context) -> Mixtures:
    """The same for a student and its control; none for a plain one, and without a teacher's weight."""
    used = config.lesson != "plain" and config.alpha != 0
    share = config.teaching(context.train.task).mixtures if used else 0.0
    return mixtures_of(context.train, share, [config.teacher_seed, 1])


def said_of_teaching(config: DistillConfig, teacher: Classifier, context: Context, n_extra: int) -> tuple[str, ...]:
    """How the student was taught, then what has to be said of a teacher that answered for any text itself."""
    if not config.is_taught:
        return (_untaught(config, context, n_extra),)
    if answers_itself(teacher, context):
        how = f"taught by {teacher.kind!r}, whose own answers serve for the labelled texts too: it can't be fitted"
        return (how, *context.teacher_notes)
    return (f"taught by {teacher.kind!r}, out of fold", *(context.teacher_notes if n_extra else ()))


def _untaught(config: DistillConfig, context: Context, n_mixed: int) -> str:
    own = " (the texts without labels are the teacher's alone)" if context.unlabelled else ""
    if n_mixed:
        return f"control: trained without a teacher, {n_mixed} mixtures with the labels of both halves{own}"
    nothing = "" if config.lesson == "plain" or config.alpha == 0 else "; nothing was mixed"
    return f"control: trained without a teacher, on the labelled texts alone{nothing}{own}"
