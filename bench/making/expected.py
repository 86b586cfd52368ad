"""Seconds that the steps of a study take on two cores: the first guess of the time left."""

from __future__ import annotations

from collections.abc import Iterable

from baselines.watching.expected import size_factor, training_s
from bench.making.variants import LINEAR, Variant


def model_steps(baselines: Iterable[str], variants: Iterable[Variant], n_texts: int) -> list[tuple[str, float]]:
    """A step a model, with expected seconds for so many training texts."""
    larger = size_factor(n_texts)
    steps = [(name, training_s(name) * larger) for name in baselines]
    return [*steps, *((variant.name, _making_s(variant) * larger) for variant in variants)]


def fold_steps(models: Iterable[tuple[str, float]], k: int) -> list[tuple[str, float]]:
    """A step a fold, in which everything is trained anew, students with all their seeds, and no time is measured."""
    seconds = sum(own for _, own in models)
    return [(fold_name(number, k), seconds) for number in range(k)]


def fold_name(number: int, k: int) -> str:
    """The step of a fold, counted from 0."""
    return f"fold {number + 1} of {k}"


def _making_s(variant: Variant) -> float:
    if getattr(variant.config, "student", "") == "linear":
        return 6.0
    if variant.parent.startswith(LINEAR) and variant.method in ("prune", "quantize"):
        return 4.0
    if variant.method == "distill":
        return 20.0
    if variant.method == "prune" or bool(getattr(variant.config, "finetune_epochs", 0)):
        return 10.0
    # Dynamic quantization measures its ways against each other; static runs calibration texts.
    scheme = str(getattr(variant.config, "scheme", ""))
    return {"dynamic": 14.0, "static": 5.0}.get(scheme, 3.0)
