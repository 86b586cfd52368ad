"""What every compression method is: a frozen config, and one function from a parent to a new model and a receipt.

The parent is never changed. A config that asks for nothing (`is_neutral`) gives the parent's equal back; any other
config that would change nothing raises `NotCompressible`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from baselines.classifier import Classifier, Progress, ignore_progress
from baselines.dataset import Part
from baselines.errors import NotCompressible
from baselines.scores.influence import PairedDifference, paired_difference
from baselines.scores.judging import METRICS, score, utility
from baselines.scores.thresholds import fit_thresholds
from baselines.task import LabelSpace, Probabilities, decide

# How far a model's validation score may be shown to fall by rounding before it counts as failed: F1, accuracy and all
# that is at most 1.
MAX_FALL = 0.02
# A loss has no upper end, and what it costs to add 0.02 depends on where it stands: it may grow by this share of
# itself.
MAX_GROWTH = 0.1


@dataclass(frozen=True)
class Context:
    """Everything a method may look at besides its parent; the test part is not among it.

    Attributes:
        train: fine-tuning, students, importance of filters.
        validation: early stopping, calibration, thresholds, choices.
        seed: of every random decision.
        device: `cpu` or `cuda`.
        threads: of torch and onnxruntime.
        progress: called with (steps done, steps in all).
        teacher: a fitted classifier that a student learns from; None takes the parent.
        make_teacher: seed -> an unfitted classifier of the teacher's kind, refitted for out-of-fold predictions; None
            makes it from the teacher's own config.
        teacher_saw_labels: whether the teacher may have been fitted to these training texts. One that wasn't, and that
            can't be fitted, answers for them itself.
        teacher_notes: what the receipt of a student has to say of its teacher, as sentences.
        soft_targets: float32 (len(train), n_classes), predicted out of fold; None lets `distill` predict them.
        unlabelled: more texts that the student sees with the teacher's answers only.
        groups: number of each training text's group, which out-of-fold predictions keep together; empty: no groups.
        cache: folder for the answers of teachers, None keeps nothing.
    """

    train: Part
    validation: Part
    seed: int = 0
    device: str = "cpu"
    threads: int = 1
    progress: Progress = ignore_progress
    teacher: Classifier | None = None
    make_teacher: Callable[[int], Classifier] | None = None
    teacher_saw_labels: bool = True
    teacher_notes: tuple[str, ...] = ()
    soft_targets: Probabilities | None = None
    unlabelled: tuple[str, ...] = ()
    groups: tuple[int, ...] = ()
    cache: Path | None = None


@dataclass(frozen=True)
class Receipt:
    """What a method did; `compress.audit` compares it with what was delivered.

    Attributes:
        method: its name.
        touched: parameters removed, rounded, zeroed or trained; 0 for the neutral setting only.
        bytes_promised: size of the new model's state files as the method expects it.
        notes: sentences for the report.
        facts: figures of this method (sparsity, coverage, choices); JSON types only.
    """

    method: str
    touched: int
    bytes_promised: int
    notes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """For `Lineage.receipt`."""
        return {
            "method": self.method,
            "touched": self.touched,
            "bytes_promised": self.bytes_promised,
            "notes": list(self.notes),
            "facts": dict(self.facts),
        }


Outcome = tuple[Classifier, Receipt]


@dataclass(frozen=True)
class Method:
    """One line of the registry.

    Attributes:
        title: for the report.
        config: the frozen dataclass of its settings; called without arguments it gives sensible ones.
        neutral: settings under which the method is the identity.
        make: (parent, config, context) -> (new model, receipt), for a parent that fits the context.
        retrains: whether it trains, so that seeds matter.
    """

    title: str
    config: Callable[..., Any]
    neutral: Any
    make: Callable[[Classifier, Any, Context], Outcome]
    retrains: bool

    def apply(self, parent: Classifier, config: Any, context: Context) -> Outcome:
        """A new model and its receipt.

        Raises:
            NotCompressible: the parent answers something else than the context's texts ask, or the method refuses.
        """
        check_space(parent, context.train.space, "parent")
        return self.make(parent, config, context)


def check_space(model: Classifier, space: LabelSpace, role: str = "teacher") -> None:
    """Raise NotCompressible naming the first difference unless a model answers what these texts ask.

    Args:
        model: only read.
        space: of the texts: task, classes in order, and the negative class where both sides name one.
        role: `teacher`, or what else the model is to be.
    """
    own = model.space_
    if own.task != space.task:
        raise NotCompressible(
            f"{role}: it was trained for task {own.task}, these texts are {space.task}; train one on the same data, or "
            f"read the data with --task {own.task} where it fits"
        )
    missing = [name for name in space.classes if name not in own.classes]
    extra = [name for name in own.classes if name not in space.classes]
    if missing or extra:
        raise NotCompressible(
            f"{role}: its classes differ from those of these texts; missing: {', '.join(missing) or 'none'}; "
            f"too many: {', '.join(extra) or 'none'}. Train the {role} on the same data"
        )
    if own.classes != space.classes:
        raise NotCompressible(f"{role}: it has the classes of these texts in another order; train it on the same data")
    if own.negative and space.negative and own.negative != space.negative:
        raise NotCompressible(
            f"{role}: beside {own.classes[0]} it says {own.negative}, these texts say {space.negative}; train it on "
            "the same data"
        )


def require_touched(receipt: Receipt, instead: str) -> Receipt:
    """Raise NotCompressible for a receipt that touched nothing. `instead` says what would apply."""
    if receipt.touched <= 0:
        raise NotCompressible(f"{receipt.method}: nothing in this model would change; {instead}")
    return receipt


def refit_thresholds(classifier: Classifier, context: Context, like: Classifier | None = None) -> Probabilities:
    """Choose the thresholds anew on validation: one for all classes, or one a class where those of `like` differ.

    Of multiclass they say when a model abstains, which is nothing to choose here: those of `like` stay.

    Returns:
        the classifier's probabilities for the validation texts, float32 (n_texts, n_classes).
    """
    probabilities = classifier.predict_proba(context.validation.texts)
    if like is not None and classifier.task_ == "multiclass":
        classifier.thresholds_ = like.thresholds_.copy()
        return probabilities
    if not len(context.validation):
        return probabilities
    validation = context.validation
    choices = fit_thresholds(validation.labels, probabilities, validation.task, validation.metric)
    per_class = like is not None and len(np.unique(like.thresholds_)) > 1
    classifier.thresholds_ = choices.of("per_class" if per_class else "global")
    return probabilities


def validation_score(classifier: Classifier, context: Context) -> float:
    """The metric that choices are made by, on validation, with the classifier's own thresholds; larger is better.

    A loss has its sign changed.
    """
    return score_on(context.validation, classifier, classifier.predict_proba(context.validation.texts))


def score_on(part: Part, classifier: Classifier, probabilities: Probabilities) -> float:
    """`validation_score` of answers that are there already; float32 (n_texts, n_classes)."""
    value = score(part.judged_by, part.labels, probabilities, classifier.thresholds_, part.task)
    return utility(part.judged_by, value)


def title_of(part: Part) -> str:
    """What choices are made by, for people: `weighted F1`."""
    return METRICS[part.judged_by].title


def change_on(part: Part, model: Classifier, other: Classifier) -> PairedDifference:
    """By how much a model is better than another on the same texts, with bounds that survive few changed answers.

    Args:
        part: at least one text, and its labels.
        model, other: each with its own thresholds.
    """
    ours, theirs = (one.predict_proba(part.texts) for one in (model, other))
    return paired_difference(
        part.labels,
        decide(ours, model.thresholds_, part.task),
        decide(theirs, other.thresholds_, part.task),
        metric=part.judged_by,
        task=part.task,
        our_probabilities=ours,
        their_probabilities=theirs,
    )


def most_fall(part: Part, of_parent: float) -> float:
    """How far the score may fall from the parent's before a model counts as failed, in the metric's own units."""
    return MAX_FALL if METRICS[part.judged_by].higher_is_better else MAX_GROWTH * abs(of_parent)


def marked_if_failed(outcome: Outcome, parent: Classifier, context: Context) -> Outcome:
    """The outcome with its fall of the validation score in the facts, marked as failed where that is shown to be large.

    On a small validation part good models fall by more than `most_fall` by chance, and a mark takes a model out of the
    choice for good. So it needs the whole one-sided 95 % interval beyond the limit:

        failed  <=>  upper bound of (score of the child - score of the parent) < -most_fall
    """
    child, receipt = outcome
    if not receipt.touched or not len(context.validation):
        return outcome
    change = change_on(context.validation, child, parent)
    fall, least = -change.value, -change.upper
    limit = most_fall(context.validation, validation_score(parent, context))
    facts, notes = {**receipt.facts, "validation_fall": fall, "validation_fall_at_least": least}, receipt.notes
    said = f"{title_of(context.validation)} on validation got worse by {fall:.3f}"
    if least > limit:
        facts["failed"] = f"{said}, by at least {least:.3f} (one-sided 95 % bound), more than {limit:.2g}"
        notes = (*notes, f"failed: {facts['failed']}")
    elif fall > limit:
        n = len(context.validation)
        notes = (*notes, f"{said}; {n} texts are too few to show that it is more than {limit:.2g}")
    return child, replace(receipt, notes=notes, facts=facts)
