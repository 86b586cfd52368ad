"""From logits to names in C: thresholds as logits, and what is too near to one of them left to the slow way.

`baselines.task.decide` compares float32 probabilities, which NumPy makes by its own `tanh`, not the same on every CPU.
So no logit is "the threshold": around it lies a stretch in which only the probability itself can tell. Below and above
it the answer is certain, and that is where texts are: some ten in a million have a logit in such a stretch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.task import LabelSpace, Thresholds, decide, unknown_answer

# Of probabilities: 16 roundings of float32 just below 1, where `link` is off by three at most.
MARGIN = 2.0**-20
# From here on `link` gives 1, and below its negative 0, with any tanh.
CERTAIN_LOGIT = 25.0
_TASKS = {"multilabel": 0, "multiclass": 1, "binary": 2}

Names = list[str]
# What a `said` method of the extension gives: all names; all names with None where a text is left to the slow way, and
# the numbers of those texts; or None where all are left.
Found = list[Names] | tuple[list[Names], list[int]] | None


def decider_of(extension: Any, space: LabelSpace, thresholds: Thresholds) -> Any:
    """What the `said` methods of the extension take: how logits become names, for a model with the link of its task."""
    below, reached = limits(space, thresholds)
    names = space.names if space.task == "binary" else space.classes
    unknown = decide(unknown_answer(space, thresholds)[None], thresholds, space.task)[0]
    return extension.decider(
        _TASKS[space.task], below, reached, tuple(names), tuple(space.said(unknown)), space.answers_unknown
    )


def limits(space: LabelSpace, thresholds: Thresholds) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Below the first a class is certainly not reached, from the second on it certainly is; float64 (n_classes,) each.

    Logits for multilabel and binary, probabilities for multiclass: there the largest of them decides first.
    """
    exact = thresholds.astype(np.float64)
    below, reached = exact - MARGIN, exact + MARGIN
    if space.task != "multiclass":
        below = np.maximum(_logits(below), -CERTAIN_LOGIT)
        reached = np.minimum(_logits(reached), CERTAIN_LOGIT)
    # Every probability is at least 0 and at most 1. Nothing reaches what is no number.
    never = ~(exact <= 1)
    below[exact <= 0] = reached[exact <= 0] = -np.inf
    below[never] = reached[never] = np.inf
    return below, reached


def _logits(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of the logistic function; infinite where there is none."""
    inside = np.clip(probabilities, 0.0, 1.0)
    with np.errstate(divide="ignore"):
        logits: NDArray[np.float64] = np.log(inside) - np.log1p(-inside)
    return logits


def complete(found: Found, texts: Sequence[str], slowly: Callable[[Sequence[str]], list[Names]]) -> list[Names]:
    """The names of all texts: those that were found, and the others by the slow way."""
    if found is None:
        return slowly(texts)
    if not isinstance(found, tuple):
        return found
    answers, left = found
    for number, names in zip(left, slowly([texts[number] for number in left]), strict=True):
        answers[number] = names
    return answers
