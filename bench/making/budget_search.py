"""The budget of `compress.run` handed to the search, with the clock that only this room has."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from baselines.classifier import Classifier
from baselines.models.linear import LinearClassifier
from baselines.storage.artifact import Lineage, lineage_of
from bench.cost.footprint import footprint
from bench.making.variants import LINEAR, REFERENCE, Teacher, Variant
from bench.making.variants import recipe as recipe_variants
from bench.making.workshop import Workshop
from compress.method import validation_score
from compress.recipes import Step
from compress.search.budget import Budget, Solution
from compress.search.candidates import Recipe, Weigh, step_from_json
from compress.search.solver import Search, solve
from exports import runtime
from exports.bundles.write_bundle import write_bundle

# What the model that a search finds is called.
BUDGET = "budget"
SEARCH_FOLDER = "compress/search"
# Enough calls for a 95th percentile with an interval (see bench.numbers.stats).
_CALLS = 260


def search_budget(workshop: Workshop, budget: Budget, *, trials: int, teacher: Teacher, reference: str) -> Solution:
    """The best model within the budget, or the nearest one; continues what the run folder holds.

    Args:
        workshop: with all baselines trained.
        budget: at least one limit.
        trials: students trained at most, those of earlier calls included.
        teacher: whose answers students learn: a baseline's name, "" for the CNN, or a saved artifact.
        reference: name of the baseline that a fall of the score is counted from.
    """
    plan = Variant(BUDGET, "", REFERENCE, "distill", None, teacher)
    clock = p95_clock(workshop.dataset.part("validation").texts) if budget.max_p95_s is not None else None
    folder = workshop.run.root / SEARCH_FOLDER
    linear = workshop.classifier(LINEAR)
    assert isinstance(linear, LinearClassifier)
    context = workshop.context(plan)
    return solve(
        workshop.classifier(REFERENCE),
        budget,
        context,
        folder,
        search=Search(trials),
        weigh=bundle_scales(workshop),
        p95=clock,
        linear=linear,
        reference=(reference, validation_score(workshop.classifier(reference), context)),
    )


def steps_of(solution: Solution) -> tuple[Step, ...]:
    """The recipe of the solution, for the variants."""
    return tuple(step_from_json(dict(step)) for step in solution.best.recipe)


def bundle_scales(workshop: Workshop) -> Weigh:
    """Bytes of the bundle that would be shipped, its manifest with the whole recipe included."""

    def weigh(classifier: Classifier, recipe: Recipe) -> int:
        parent = LINEAR if isinstance(classifier, LinearClassifier) else REFERENCE
        above = lineage_of(workshop.artifact_of(parent))
        last = recipe_variants(BUDGET, [step_from_json(step) for step in recipe], (), parent=parent)[-1]
        steps = (*above.recipe, *recipe)
        lineage = Lineage(last.name, "compress", last.method, last.parent, steps, workshop.seed, above.dataset)
        with tempfile.TemporaryDirectory() as folder:
            return footprint(write_bundle(classifier, lineage, Path(folder) / "bundle", classifier.forms[0])).bytes

    return weigh


def p95_clock(texts: Sequence[str]) -> Callable[[Classifier], float]:
    """Seconds at the 95th percentile of one text, one thread, in the bundle that would be shipped."""

    def p95_s(classifier: Classifier) -> float:
        with tempfile.TemporaryDirectory() as folder:
            bundle = write_bundle(
                classifier, Lineage("trial", "compress"), Path(folder) / "bundle", classifier.forms[0]
            )
            predictor = runtime.load(bundle)
            samples = []
            for number in range(_CALLS + 20):
                begin = time.perf_counter_ns()
                predictor.predict([texts[number % len(texts)]])
                samples.append(time.perf_counter_ns() - begin)
        return float(np.quantile(samples[20:], 0.95)) / 1e9

    return p95_s
