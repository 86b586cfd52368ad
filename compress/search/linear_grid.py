"""The linear part of a search within a budget: fewer n-grams, fewer weights, fewer bits, other cleanings, a teacher.

On some data a small linear model is the best one of its size, on other data a student is; nobody can tell before both
were tried. A linear model is made in seconds, so all points of a grid are, with nothing left to a sampler:

- n-grams pruned and fitted to the labels again, then rounded;
- single weights pruned and refitted to the answers of the whole model, then rounded while they are refitted;
- the same for linear students with another cleaning, and of the search's teacher.

Those that would be much larger than the budget, by an estimate from what was measured before, aren't made.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from baselines.classifier import Classifier
from baselines.models.linear import LinearClassifier
from baselines.text.cleaning import CHOICES
from compress.methods.distill.distill_config import DistillConfig
from compress.methods.prune.prune_config import PruneConfig
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.recipes import Step, run_recipe
from compress.search.candidates import Recipe, Workbench, measured, to_recipe

if TYPE_CHECKING:
    from optuna import Study

# Whole n-grams.
SPARSITIES = (0.0, 0.5, 0.75, 0.9, 0.95, 0.98)
BITS = (8, 4, 3)
# Single weights: one set for two classes as for a hundred, so both ends lie far out.
WEIGHTS = (0.5, 0.8, 0.9, 0.95, 0.97, 0.98, 0.985, 0.99, 0.993, 0.995, 0.9975)
SPARSE_BITS = (4, 3)
# Of students, which differ from the parent in more than size; and how many of the best are looked at around them.
STUDENT_WEIGHTS = (0.95, 0.98, 0.99)
PASSES = 100
FAMILY = "linear"


class LinearGrid:
    """Prunes, teaches and rounds linear models; what several points begin with is made once."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._begun: dict[Recipe, Classifier] = {}

    def measure(self, study: Study) -> None:
        """Every point of the grid that the study doesn't hold yet, from many bytes to few in each line."""
        known = {_as_stored(found.recipe) for found in measured(study, self._bench.budget, self._bench.reference_score)}
        for steps in self._points():
            recipe = to_recipe(steps)
            if _as_stored(recipe) not in known:
                trial = study.ask()
                study.tell(trial, self._bench.judge(trial, FAMILY, recipe, self._made(steps)).score)

    def _points(self) -> Iterator[tuple[Step, ...]]:
        for sparsity in SPARSITIES:
            for bits in BITS:
                prune = (Step("prune", PruneConfig(sparsity=sparsity)),) if sparsity else ()
                yield (*prune, Step("quantize", QuantizeConfig(bits=bits)))
        for sparsity in WEIGHTS:
            for bits in SPARSE_BITS:
                prune = (Step("prune", PruneConfig(sparsity=sparsity, structured=False)),)
                yield (*prune, Step("quantize", QuantizeConfig(bits=bits, finetune_epochs=PASSES)))
        for student in self._students():
            yield (Step("distill", student),)

    def _students(self) -> Iterator[DistillConfig]:
        parent = self._bench.parents[FAMILY]
        assert isinstance(parent, LinearClassifier)
        others = [name for name in CHOICES if name != parent.config.cleaning]
        for sparsity in STUDENT_WEIGHTS:
            shape = DistillConfig(student="linear", sparsity=sparsity, bits=4, against_control=False)
            for cleaning in others:
                yield DistillConfig(**{**vars(shape), "cleaning": cleaning, "lesson": "plain"})
            if self._bench.context.teacher is not None:
                yield shape

    def _made(self, steps: tuple[Step, ...]) -> Classifier:
        context = self._bench.context
        if len(steps) == 1:
            return run_recipe(self._bench.parents[FAMILY], steps, context).classifier
        first = to_recipe(steps[:1])
        key = _as_stored(first)
        if key not in self._begun:
            self._begun[key] = run_recipe(self._bench.parents[FAMILY], steps[:1], context).classifier
        return run_recipe(self._begun[key], steps[1:], context).classifier
