"""Seconds that the steps of a study take on one usual core: the first guess of the time left, and of a plan.

Figures are CPU seconds of a whole study of the embedded sample (1,030 training texts, 220 test texts); how they grow
with the texts stands beside them. `bench.planning` replaces them by times that were measured on the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from baselines.watching.expected import SAMPLE_TEXTS, training_s
from bench.making.variants import LINEAR, Variant

# Students and fine-tuning take at most so many steps, or see so many texts.
_MOST_TEXTS = 20_000
# Answers cost so much a text where nothing is known of a model.
ANSWER_S = 1e-4
_SAMPLE_EVALUATED = 440


def model_steps(
    baselines: Iterable[str],
    variants: Iterable[Variant],
    n_texts: int,
    n_classes: int = 35,
    timed: Mapping[str, float] | None = None,
    paces: Mapping[str, float] | None = None,
) -> list[tuple[str, float]]:
    """A step a model, with expected seconds for so many training texts.

    Args:
        baselines, variants: what is made.
        n_texts, n_classes: of the training part.
        timed: seconds of baselines as measured on these data.
        paces: how much longer than usual trainings of a baseline take here, and so what is made of it.
    """
    known, slower = timed or {}, paces or {}
    steps = [(name, known.get(name, training_s(name, n_texts, n_classes))) for name in baselines]
    return [*steps, *((v.name, making_s(v, n_texts) * slower.get(_family(v), 1.0)) for v in variants)]


def fold_steps(models: Iterable[tuple[str, float]], k: int) -> list[tuple[str, float]]:
    """A step a fold, in which everything is trained anew, students with all their seeds, and no time is measured."""
    seconds = sum(own for _, own in models)
    return [(fold_name(number, k), seconds) for number in range(k)]


def fold_name(number: int, k: int) -> str:
    """The step of a fold, counted from 0."""
    return f"fold {number + 1} of {k}"


def after_steps(rows: Mapping[str, float], n_evaluated: int, *, latency_s: float) -> list[tuple[str, float]]:
    """What follows the making: exports, answers, measuring, and the report with its checks.

    Args:
        rows: models that get a row, each with the seconds it takes to answer a text.
        n_evaluated: texts of validation and test together.
        latency_s: seconds of measuring a model.
    """
    n, answers = len(rows), sum(rows.values()) * n_evaluated
    more = max(0.0, n_evaluated / _SAMPLE_EVALUATED - 1)
    return [
        ("exports", 1.5 * n + answers),
        ("validation", 0.2 * n + 0.4 * answers),
        ("scores", 0.3 * n + 0.8 * answers),
        ("latency", latency_s * n),
        ("report", 15.0 + 1.5 * n + 2.0 * answers + 0.01 * n * more),
    ]


def making_s(variant: Variant, n_texts: int) -> float:
    """Seconds of making a variant with so many training texts."""
    seconds, exponent = _on_sample(variant)
    if not _of_linear(variant):
        n_texts = min(n_texts, _MOST_TEXTS)
    return float(seconds * max(0.1, n_texts / SAMPLE_TEXTS) ** exponent)


def _family(variant: Variant) -> str:
    return LINEAR if _of_linear(variant) else "cnn"


def _of_linear(variant: Variant) -> bool:
    return variant.parent.startswith(LINEAR) or getattr(variant.config, "student", "") == "linear"


def _on_sample(variant: Variant) -> tuple[float, float]:
    """Seconds on the sample, and the exponent of their growth with the texts."""
    tuned = bool(getattr(variant.config, "finetune_epochs", 0))
    if _of_linear(variant):
        if variant.method == "distill":
            return 6.0, 1.0
        # Rounding alone reads the weights, whose number grows more slowly than the texts.
        return (2.5, 1.0) if tuned or variant.method == "prune" else (1.0, 0.7)
    if variant.method == "distill":
        return (37.0 if variant.control and not variant.seed_offset else 20.0), 1.0
    if variant.method == "prune":
        return (10.0 if getattr(variant.config, "structured", True) else 24.0), 1.0
    if tuned:
        return 19.0, 1.0
    # Dynamic quantization measures its ways against each other; static runs calibration texts.
    return {"dynamic": 7.0, "static": 3.0}.get(str(getattr(variant.config, "scheme", "")), 1.5), 0.5
