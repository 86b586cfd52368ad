"""What becomes of a generated pipeline: taken over, refused, or, which must not be, answered otherwise."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from baselines.errors import NotCompressible
from bench.pipelines.generated import Configuration, Material, configuration
from compress.foreign.pipelines import adopt_pipeline


@dataclass(frozen=True)
class Trial:
    """One pipeline's outcome.

    Attributes:
        configuration: which.
        outcome: `adopted`; `refused`, by what it is; `differs`, though all of it was read; `unfit`, which scikit-learn
            itself couldn't fit.
        why: of a refusal.
        largest: largest |Δp| over all texts.
        changed: texts with another decision.
        texts: compared.
    """

    configuration: Configuration
    outcome: str
    why: str = ""
    largest: float = 0.0
    changed: int = 0
    texts: int = 0


def trials(material: Material, numbers: range, n_random: int) -> Iterator[Trial]:
    """Fit and adopt the pipelines of these seeds, each compared on the material's texts and on random ones."""
    for number in numbers:
        yield trial(configuration(number), material, n_random)


def trial(planned: Configuration, material: Material, n_random: int) -> Trial:
    """Fit one pipeline and adopt it."""
    pipeline: Any = planned.pipeline
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.random.seed(planned.number)  # noqa: NPY002  # classifiers without a seed of their own take it from there
        try:
            pipeline.fit(list(material.texts), material.targets(planned.task))
        except (ValueError, TypeError) as error:
            return Trial(planned, "unfit", str(error)[:200])
        names = [f"class {n}" for n in range(material.several.shape[1])] if planned.task == "several" else None
        try:
            _, receipt = adopt_pipeline(
                pipeline, texts=material.texts, classes=names, n_random=n_random, seed=planned.number
            )
        except NotCompressible as error:
            outcome = "differs" if "probabilities differ by" in str(error) else "refused"
            return Trial(planned, outcome, str(error))
    facts = receipt.facts
    return Trial(planned, "adopted", "", facts["largest_difference"], facts["changed_decisions"], facts["texts"])
