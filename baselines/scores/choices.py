"""A few settings tried, judged on validation, the best kept: what a model's own `fit` leaves to the data.

Few on purpose: the best of dozens is chosen by the luck of the validation texts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from baselines.classifier import Progress
from baselines.dataset import Part
from baselines.scores.judging import utility
from baselines.scores.thresholds import fit_thresholds
from baselines.task import Probabilities

Fitted = TypeVar("Fitted")


@dataclass(frozen=True)
class Trial:
    """One setting that was tried.

    Attributes:
        changes: fields of the config that it replaced.
        score: the metric that the validation part is judged by.
        seconds: wall time of the fit and its answers.
    """

    changes: Mapping[str, Any]
    score: float
    seconds: float


def validation_score(probabilities: Probabilities, validation: Part) -> float:
    """The metric that a part is judged by, with thresholds fitted to it; float32 (n_texts, n_classes)."""
    choices = fit_thresholds(validation.labels, probabilities, validation.task, validation.metric)
    return choices.reached["per_class"]


def choose(
    candidates: Sequence[Mapping[str, Any]],
    validation: Part,
    fit: Callable[[int, Mapping[str, Any]], tuple[Fitted, Probabilities]],
) -> tuple[Fitted, tuple[Trial, ...]]:
    """Fit every candidate and keep the best on validation; the first of equals.

    Args:
        candidates: fields to replace, at least one set of them; those to be preferred first.
        validation: judges.
        fit: a candidate's number and changes to the fitted thing and its answers to the validation texts.

    Returns:
        what `fit` made of the best, and every trial in order.
    """
    trials: list[Trial] = []
    kept: Fitted | None = None
    best = float("-inf")
    for number, changes in enumerate(candidates):
        started = time.perf_counter()
        fitted, probabilities = fit(number, changes)
        reached = validation_score(probabilities, validation)
        trials.append(Trial(dict(changes), reached, time.perf_counter() - started))
        if kept is None or utility(validation.judged_by, reached) > best:
            kept, best = fitted, utility(validation.judged_by, reached)
    if kept is None:
        raise ValueError("choose: at least one candidate is needed")
    return kept, tuple(trials)


def chosen_changes(trials: Sequence[Trial], metric: str) -> Mapping[str, Any]:
    """The changes of the best trial, the first of equals."""
    return max(trials, key=lambda trial: utility(metric, trial.score)).changes


def drawn(train: Part, most: int, seed: int) -> Part:
    """What candidates are fitted to: all texts up to `most`, of more a random half of `most`, in their order."""
    if len(train) <= most:
        return train
    rows = np.random.default_rng(seed).choice(len(train), most // 2, replace=False)
    return train.take(np.sort(rows))


def share_of(progress: Progress, number: int, of: int) -> Progress:
    """The progress of one of several fits."""
    return lambda done, total: progress(number * total + done, of * total)
