"""What is scored: a bundle by its name, and its answers to texts in the columns of the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from baselines.errors import DataError
from baselines.task import Known, LabelMatrix, LabelSpace, Probabilities, Thresholds, decide
from exports.runtime import Predictor

# Texts that are answered together, so that memory holds no more of what lies between them and their answers.
_TOGETHER = 4096


@dataclass(frozen=True)
class Subject:
    """A bundle that is scored.

    Attributes:
        name: of its folder, or its whole path where two folders share a name.
        predictor: the opened bundle.
    """

    name: str
    predictor: Predictor[Any]


@dataclass(frozen=True)
class Replies:
    """What a bundle says of the texts, in the columns of the truth.

    Attributes:
        probabilities: float32 (n_texts, n_columns); 0 where the bundle doesn't know the class.
        decided: bool of the same shape.
        known: whether anything in a text is known to it; bool (n_texts,).
        thresholds: float32 (n_columns,), NaN for classes that it doesn't know.
    """

    probabilities: Probabilities
    decided: LabelMatrix
    known: Known
    thresholds: Thresholds


def subjects(predictors: Sequence[Predictor[Any]]) -> list[Subject]:
    """Bundles with names that tell them apart: one, or one and its reference.

    Raises:
        DataError: the same folder twice.
    """
    places = [predictor.bundle.folder for predictor in predictors]
    resolved = [place.resolve() for place in places]
    if len(set(resolved)) < len(resolved):
        raise DataError(f"{places[0]}: compared with itself; give another bundle as the reference")
    names = [place.name for place in resolved]
    shared = len(set(names)) < len(names)
    shown = [_spaceless(str(place) if shared else name) for place, name in zip(resolved, names, strict=True)]
    return [Subject(name, predictor) for name, predictor in zip(shown, predictors, strict=True)]


def common_space(found: Sequence[Subject]) -> LabelSpace:
    """Everything that the bundles can answer, those of the first one first.

    Raises:
        DataError: bundles of two tasks, or of yes and no about different things.
    """
    first, *others = (subject.predictor.space for subject in found)
    for other in others:
        if other.task != first.task:
            raise DataError(
                f"{found[1].name}: task {other.task}, but {found[0].name} is {first.task}; compare bundles of one task"
            )
        if other.task == "binary" and other.classes != first.classes:
            raise DataError(
                f"{found[1].name}: scores are about {other.classes[0]!r}, but those of {found[0].name} about "
                f"{first.classes[0]!r}; compare bundles with one positive class"
            )
    classes = tuple(dict.fromkeys(name for space in (first, *others) for name in space.classes))
    negative = next((space.negative for space in (first, *others) if space.negative), "")
    return LabelSpace(classes, first.task, negative)


def replies(subject: Subject, texts: Sequence[str], columns: Sequence[str]) -> Replies:
    """The answers of a bundle, in the form and runtime that would serve them."""
    predictor = subject.predictor
    pieces = [predictor.answered(texts[start : start + _TOGETHER]) for start in range(0, len(texts), _TOGETHER)]
    said = np.concatenate([probabilities for probabilities, _ in pieces])
    place = {name: index for index, name in enumerate(columns)}
    own = [place[name] for name in predictor.classes]
    probabilities = np.zeros((len(texts), len(columns)), np.float32)
    decided: LabelMatrix = np.zeros(probabilities.shape, np.bool_)
    thresholds = np.full(len(columns), np.nan, np.float32)
    probabilities[:, own] = said
    decided[:, own] = decide(said, predictor.thresholds, predictor.task)
    thresholds[own] = predictor.thresholds
    return Replies(probabilities, decided, np.concatenate([known for _, known in pieces]), thresholds)


def _spaceless(name: str) -> str:
    """A gate names a model by one word."""
    return "-".join(name.split()) or Path(name).anchor
