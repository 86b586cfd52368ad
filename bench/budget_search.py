"""The budget of `compress.run` handed to the search, with the clock that only this room has."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from baselines.artifact import Lineage
from baselines.classifier import Classifier
from bench.catalogue import REFERENCE, Variant
from bench.steps import Workshop
from compress.budget import Budget, Solution
from compress.recipes import Step
from compress.search import Search, solve, step_from_json
from exports import runtime
from exports.bundle import forms_for, write_bundle

SEARCH_FOLDER = "compress/search"
# Enough calls for a 95th percentile with an interval (see bench.stats).
_CALLS = 260


def search_budget(shop: Workshop, budget: Budget, *, trials: int, teacher: str) -> Solution:
    """The best model within the budget, or the nearest one; continues what the run folder holds.

    Args:
        shop: with the reference trained.
        budget: at least one limit.
        trials: models trained at most, those of earlier calls included.
        teacher: name of the baseline whose answers students learn, "" for the CNN.
    """
    plan = Variant("budget", "", REFERENCE, "distill", None, teacher)
    clock = p95_clock(shop.dataset.part("validation").texts) if budget.max_p95_s is not None else None
    folder = shop.run.root / SEARCH_FOLDER
    return solve(shop.classifier(REFERENCE), budget, shop.context(plan), folder, search=Search(trials), p95=clock)


def steps_of(solution: Solution) -> tuple[Step, ...]:
    """The recipe of the solution, for the catalogue."""
    return tuple(step_from_json(dict(step)) for step in solution.best.recipe)


def p95_clock(texts: tuple[str, ...]) -> Callable[[Classifier], float]:
    """Seconds at the 95th percentile of one text, one thread, in the bundle that would be shipped."""

    def p95_s(classifier: Classifier) -> float:
        with tempfile.TemporaryDirectory() as folder:
            bundle = write_bundle(
                classifier, Lineage("trial", "compress"), Path(folder) / "bundle", forms_for(classifier)[0]
            )
            predictor = runtime.load(bundle)
            samples = []
            for number in range(_CALLS + 20):
                begin = time.perf_counter_ns()
                predictor.predict([texts[number % len(texts)]])
                samples.append(time.perf_counter_ns() - begin)
        return float(np.quantile(samples[20:], 0.95)) / 1e9

    return p95_s
