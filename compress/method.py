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
from baselines.scores.judging import score, utility
from baselines.scores.thresholds import fit_thresholds
from baselines.task import Probabilities

# How much validation F1 a model may lose by rounding before it counts as failed.
MAX_FALL = 0.02


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
        apply: (parent, config, context) -> (new model, receipt).
        retrains: whether it trains, so that seeds matter.
    """

    title: str
    config: Callable[..., Any]
    neutral: Any
    apply: Callable[[Classifier, Any, Context], Outcome]
    retrains: bool


def require_touched(receipt: Receipt, instead: str) -> Receipt:
    """Raise NotCompressible for a receipt that touched nothing. `instead` says what would apply."""
    if receipt.touched <= 0:
        raise NotCompressible(f"{receipt.method}: nothing in this model would change; {instead}")
    return receipt


def refit_thresholds(classifier: Classifier, context: Context, like: Classifier | None = None) -> Probabilities:
    """Choose the thresholds anew on validation: one for all classes, or one a class where those of `like` differ.

    Returns:
        the classifier's probabilities for the validation texts, float32 (n_texts, n_classes).
    """
    probabilities = classifier.predict_proba(context.validation.texts)
    if not len(context.validation):
        return probabilities
    validation = context.validation
    choices = fit_thresholds(validation.labels, probabilities, validation.task, validation.metric)
    per_class = like is not None and len(np.unique(like.thresholds_)) > 1
    classifier.thresholds_ = choices.of("per_class" if per_class else "global")
    return probabilities


def validation_score(classifier: Classifier, context: Context) -> float:
    """The metric that choices are made by, on validation, with the classifier's own thresholds; larger is better."""
    part = context.validation
    value = score(part.judged_by, part.labels, classifier.predict_proba(part.texts), classifier.thresholds_, part.task)
    return utility(part.judged_by, value)


def marked_if_failed(outcome: Outcome, parent: Classifier, context: Context) -> Outcome:
    """The outcome with its fall of validation F1 in the facts, and marked as failed where that is beyond `MAX_FALL`."""
    child, receipt = outcome
    if not receipt.touched or not len(context.validation):
        return outcome
    fall = validation_score(parent, context) - validation_score(child, context)
    facts, notes = {**receipt.facts, "validation_f1_fall": fall}, receipt.notes
    if fall > MAX_FALL:
        facts["failed"] = f"validation F1 fell by {fall:.3f}, more than {MAX_FALL:g}"
        notes = (*notes, f"failed: {facts['failed']}")
    return child, replace(receipt, notes=notes, facts=facts)
