"""Which data are so large that trainings are timed before they are begun, and what one may take unasked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from baselines.dataset import Dataset
from baselines.models.registry import BASELINES
from bench.planning.choice import ENSEMBLE

# Up to so many training texts what a study takes is known well enough, and what it trains must not hang on a clock.
TIMED_FROM = 5_000
# What one rung may take in the whole study unless it is asked for.
MOST_SECONDS = 300

# Seconds of training on one core: a class, and a text and class. Extrapolated from 500 to 2,000 texts of 77 classes on
# a busy machine, so good to a factor of two.
_SECONDS: Mapping[str, tuple[float, float]] = {"tfidf-boosting": (0.35, 4e-4), "tfidf-forest": (0.0, 1e-4)}


def may_be_slow(dataset: Dataset, asked: AbstractSet[str]) -> set[str]:
    """Baselines that the whole study may leave out for the time they take, so that naming them has an effect."""
    if len(dataset.split.train) > TIMED_FROM:
        return set(BASELINES) - asked
    return set(slow_rungs(dataset, asked))


def slow_rungs(dataset: Dataset, asked: AbstractSet[str], members: Sequence[str] = ()) -> dict[str, str]:
    """Baselines that the whole study leaves out on a few texts of many classes unless they are asked for, and why.

    Where there are more texts, `bench.planning` times them.
    """
    n, n_classes = len(dataset.split.train), len(dataset.classes)
    found: dict[str, str] = {}
    if n > TIMED_FROM:
        return found
    for name, (a_class, a_text) in _SECONDS.items():
        expected = n_classes * (a_class + n * a_text)
        if name not in asked and expected > MOST_SECONDS:
            found[name] = too_slow(name, expected, n, n_classes)
    if ENSEMBLE not in asked and (slow := sorted(set(members) & set(found))):
        found[ENSEMBLE] = f"its member {slow[0]} is left out: {found[slow[0]]}; --baseline {ENSEMBLE} trains both"
    return found


def ensemble_members(dataset: Dataset, changes: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Baselines that the ensemble of these data averages."""
    made = BASELINES[ENSEMBLE].make(0, "cpu", 1, changes.get(ENSEMBLE), dataset.task)
    return tuple(made.config.members)


def too_slow(name: str, seconds: float, n_texts: int, n_classes: int) -> str:
    """Why a rung is left out that nobody asked for."""
    return (
        f"about {seconds / 60:,.0f} minutes on {n_texts:,} training texts of {n_classes} classes, more than the "
        f"{MOST_SECONDS // 60} that a rung may take unasked; --baseline {name} trains it"
    )
