"""The average of several classifiers: members err on different texts, so their calibrated average errs less.

Each member's probabilities are first calibrated by Platt scaling, `p' = σ(a · logit p + b)` with one `a` and `b` for
all classes, or of one label a text by a temperature, `p' = softmax(a · log p)`, and then averaged with weights. Both
are fitted to validation by likelihood, not by a score: it is smooth, its maximum over the weights is unique, and few
parameters (3 a member) leave little to overfit. The weights are a mixture's, found by expectation-maximisation, then
drawn half-way to equal ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

import numpy as np

from baselines.checked_reading import named
from baselines.classifier import Classifier, Progress, ignore_progress
from baselines.dataset import Part
from baselines.errors import ArtifactError, UserError
from baselines.models.learned.average import (
    MOST_MEMBERS,
    Floats,
    Share,
    averaged,
    linked,
    logits_of,
    shares_from_json,
    shares_to_json,
)
from baselines.scores.calibration import fit_platt, fit_scale
from baselines.storage import artifact
from baselines.storage.artifact import Lineage, read_json, write_json
from baselines.storage.configs import CheckedFields, config_from_json
from baselines.storage.ranges import Device, Length, Seed, Threads, Words
from baselines.task import Known, LabelMatrix, LabelSpace, Probabilities, Task, answered

_STATE = "ensemble.json"
_EDGE = 1e-6
_TO_EQUAL = 0.5


@dataclass(frozen=True)
class EnsembleConfig(CheckedFields):
    """Who is averaged.

    Attributes:
        members: names of baselines, at least two. The default ones know different things: weights of n-grams,
            thresholds on words, and what people wrote into the taxonomy; a network added nothing to them.
        changes: by member, fields of its config to replace.
        seed, device, threads: of the members, where `fit` trains them.
    """

    members: Annotated[tuple[Words, ...], Length(0, 100)] = ("linear", "tfidf-boosting", "rules-stemmed")
    changes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seed: Seed = 0
    device: Device = "cpu"
    threads: Threads = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(set(self.members)) < max(len(self.members), 2) or "ensemble" in self.members:
            raise UserError(f"ensemble: at least two different baselines are needed, got {', '.join(self.members)}")
        # They become folders of the artifact.
        if any(Path(name).name != name for name in self.members):
            raise UserError(f"ensemble: members are plain names, got {', '.join(self.members)}")


class EnsembleClassifier(Classifier):
    """Weighted average of calibrated members. `members_` by name; `shares_` in the same order."""

    kind: ClassVar[str] = "ensemble"
    forms: tuple[str, ...] = ("ensemble",)
    members_: dict[str, Classifier]
    shares_: tuple[Share, ...]

    def __init__(self, config: EnsembleConfig = EnsembleConfig()) -> None:
        self.config = config

    def make_member(self, name: str, task: Task) -> Classifier:
        """An unfitted member. This class knows no registry: `baselines.models.registry.Ensemble` does."""
        raise UserError(
            f"ensemble: nothing here can make its member {name!r}; combine fitted ones with from_members, or take the "
            "baseline `ensemble` of the registry"
        )

    @classmethod
    def from_members(
        cls, members: Mapping[str, Classifier], validation: Part, config: EnsembleConfig | None = None
    ) -> Self:
        """An ensemble of fitted classifiers over the same classes."""
        return cls(config or EnsembleConfig(tuple(members))).combine(members, validation)

    def fit(self, train: Part, validation: Part | None = None, *, progress: Progress = ignore_progress) -> Self:
        """Train every member, then combine them on validation; without one, on training with equal weights."""
        members = {
            name: self.make_member(name, train.task).fit(train, validation, progress=progress)
            for name in self.config.members
        }
        return self.combine(members, validation)

    def combine(self, members: Mapping[str, Classifier], validation: Part | None) -> Self:
        """Take fitted members; calibrate and weigh them on validation, or plainly average them without one."""
        if len({(member.classes_, member.task_) for member in members.values()}) != 1:
            raise UserError("ensemble: all members must know the same classes in the same order, for the same task")
        self._take(members)
        self.accept(next(iter(members.values())).space_)
        if validation is None or not len(validation):
            self.shares_ = tuple(Share(1 / len(members), 1.0, 0.0) for _ in members)
            return self
        logits = [logits_of(member.predict_proba(validation.texts), self.task_) for member in members.values()]
        scales = [_scale(each, validation) for each in logits]
        calibrated = np.stack([linked(a * each + b, self.task_) for each, (a, b) in zip(logits, scales, strict=True)])
        weights = mixture_weights(calibrated, validation.labels, self.task_)
        self.shares_ = tuple(Share(float(w), a, b) for w, (a, b) in zip(weights, scales, strict=True))
        return self

    def _take(self, members: Mapping[str, Classifier]) -> None:
        self.members_ = dict(members)
        self.packages = tuple(dict.fromkeys(package for member in members.values() for package in member.packages))
        self.library = "torch" if any(member.library == "torch" for member in members.values()) else "python"
        if without := _without_form(members):
            self.forms, self.why_no_form = (), without

    def answer(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        answers, known = [], np.zeros(len(texts), np.bool_)
        for member in self.members_.values():
            own, knows = member.answer(texts)
            answers.append(answered(own, knows, member.space_, member.thresholds_))
            known |= knows
        return averaged(self.shares_, answers, self.task_), known

    def save_state(self, folder: Path) -> None:
        write_json(folder / _STATE, shares_to_json(tuple(self.members_), self.shares_))
        for name, member in self.members_.items():
            artifact.save(member, folder / name, Lineage(name, "baseline", seed=self.config.seed))

    @classmethod
    def load_state(cls, folder: Path, config: Mapping[str, Any], space: LabelSpace) -> Self:
        classifier = cls(config_from_json(EnsembleConfig, config))
        classifier.accept(space)
        try:
            names, classifier.shares_ = shares_from_json(read_json(folder / _STATE))
        except ArtifactError as error:
            raise ArtifactError(f"{folder / _STATE}: {error}") from None
        if names != classifier.config.members:
            raise ArtifactError(
                f"{folder / _STATE}: expected shares of {', '.join(map(named, classifier.config.members))}"
            )
        return classifier

    def load_members(self, read: Callable[[str], Classifier]) -> None:
        self._take({name: read(name) for name in self.config.members})
        if odd := [name for name, member in self.members_.items() if _asks_else(member.space_, self.space_)]:
            raise ArtifactError(
                f"ensemble: members of other classes, or another task, than the ensemble: {', '.join(odd)}"
            )


def mixture_weights(
    probabilities: Floats, truth: LabelMatrix, task: Task = "multilabel", *, iterations: int = 200
) -> Floats:
    """Weights (n_members,) of the likeliest mixture of members (n_members, n_texts, n_classes), half-way to equal."""
    n_members = len(probabilities)
    if task == "multiclass":
        likelihood = probabilities[:, truth].clip(_EDGE)  # of the true class alone; (n_members, n_texts)
    else:
        likelihood = np.where(truth, probabilities, 1 - probabilities).reshape(n_members, -1).clip(_EDGE)
    weights = np.full(n_members, 1 / n_members)
    for _ in range(iterations):
        joint = weights[:, None] * likelihood
        weights = (joint / joint.sum(axis=0)).mean(axis=1)
    return (1 - _TO_EQUAL) * weights + _TO_EQUAL / n_members


def _without_form(members: Mapping[str, Classifier]) -> str:
    """Why no bundle holds these members; "" where one can."""
    for name, member in members.items():
        if not member.forms or member.kind == EnsembleClassifier.kind:
            why = member.why_no_form if not member.forms else "an ensemble within an ensemble isn't shipped"
            return f"its member {name} ({member.kind}) can't be exported: {why}"
    return f"at most {MOST_MEMBERS} members are shipped, got {len(members)}" if len(members) > MOST_MEMBERS else ""


def _asks_else(ours: LabelSpace, theirs: LabelSpace) -> bool:
    return (ours.classes, ours.task) != (theirs.classes, theirs.task)


def _scale(logits: Floats, validation: Part) -> tuple[float, float]:
    """Of several labels a slope of 0 may say that a member knows nothing."""
    if validation.task == "multilabel":
        return fit_platt(logits, validation.labels)
    return fit_scale(logits, validation.labels, validation.task)
