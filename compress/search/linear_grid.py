"""The linear part of a search within a budget: fewer n-grams, fewer weights, fewer bits, other cleanings, a teacher.

On some data a small linear model is the best one of its size, on other data a student is; nobody can tell before both
were tried. A linear model is made in seconds, so all points of a grid are, with nothing left to a sampler:

- n-grams pruned and fitted to the labels again, then rounded;
- single weights pruned and refitted to the answers of the whole model, then rounded while they are refitted;
- the same for linear students with another cleaning, and of the search's teacher.

Each line goes from few bytes to many, and ends with the first model beyond the budget.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from baselines.classifier import Classifier
from baselines.models.linear import LinearClassifier
from baselines.text.cleaning import CHOICES, CleaningName
from compress.method import Context
from compress.methods.distill.distill_config import DistillConfig, Lesson
from compress.methods.prune.prune_config import PruneConfig
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.recipes import Step
from compress.registry import METHODS
from compress.search.candidates import Recipe, Workbench, measured, to_recipe

if TYPE_CHECKING:
    from optuna import Study

# Whole n-grams, and bits of what is left of them.
SPARSITIES = (0.99, 0.98, 0.97, 0.95, 0.9, 0.75, 0.5, 0.0)
BITS = (3, 4, 8)
# Single weights: one line for two classes and for a hundred, so both ends lie far out. Three bits instead of four cost
# 0.004 F1 at equal bytes on four splits of two data sets.
WEIGHTS = (0.9975, 0.995, 0.992, 0.988, 0.985, 0.98, 0.97, 0.95, 0.9)
SPARSE_BITS = 4
# Of students, which differ from the parent in more than size.
STUDENT_WEIGHTS = (0.992, 0.985, 0.95)
PASSES = 100
FAMILY = "linear"
Line = Iterator[tuple[Step, ...]]


class LinearGrid:
    """Prunes, teaches and rounds linear models; what several points begin with is made once."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._begun: dict[str, Classifier] = {}

    def measure(self, study: Study) -> None:
        """Every point within the budget that the study doesn't hold yet."""
        bench = self._bench
        sizes = {_key(each.recipe): each.size_bytes for each in measured(study, bench.budget, bench.reference_score)}
        limit = bench.budget.max_bytes
        for line in self._lines():
            for steps in line:
                recipe = to_recipe(steps)
                if _key(recipe) not in sizes:
                    trial = study.ask()
                    found = bench.judge(trial, FAMILY, recipe, self._made(steps))
                    study.tell(trial, found.score)
                    sizes[_key(recipe)] = found.size_bytes
                if limit is not None and sizes[_key(recipe)] > limit:
                    break

    def _lines(self) -> Iterator[Line]:
        yield from (_ngrams(bits) for bits in BITS)
        yield _weights()
        parent, teacher = self._bench.parents[FAMILY], self._bench.context.teacher
        assert isinstance(parent, LinearClassifier)
        for cleaning in CHOICES:
            if cleaning != parent.config.cleaning:
                yield _students(lesson="plain", cleaning=cleaning)
        if teacher is not None and not isinstance(teacher, LinearClassifier):
            yield _students()

    def _made(self, steps: tuple[Step, ...]) -> Classifier:
        parent, context = self._bench.parents[FAMILY], self._bench.context
        if len(steps) > 1:
            key = _key(to_recipe(steps[:1]))
            if key not in self._begun:
                self._begun[key] = made(parent, steps[0], context)
            parent = self._begun[key]
        return made(parent, steps[-1], context)


def made(parent: Classifier, step: Step, context: Context) -> Classifier:
    """What one step makes, without the ledger of a recipe, whose entries take longer than a linear model."""
    return METHODS[step.method].apply(parent, step.config, context)[0]


def _ngrams(bits: int) -> Line:
    quantize = Step("quantize", QuantizeConfig(bits=bits))
    for sparsity in SPARSITIES:
        yield (Step("prune", PruneConfig(sparsity=sparsity)), quantize) if sparsity else (quantize,)


def _weights() -> Line:
    quantize = Step("quantize", QuantizeConfig(bits=SPARSE_BITS, finetune_epochs=PASSES))
    for sparsity in WEIGHTS:
        yield Step("prune", PruneConfig(sparsity=sparsity, structured=False)), quantize


def _students(lesson: Lesson = "teacher", cleaning: CleaningName | None = None) -> Line:
    for sparsity in STUDENT_WEIGHTS:
        student = DistillConfig(
            student="linear",
            sparsity=sparsity,
            bits=SPARSE_BITS,
            lesson=lesson,
            cleaning=cleaning,
            against_control=False,
        )
        yield (Step("distill", student),)


def _key(recipe: Recipe) -> str:
    # As JSON: what comes back from a journal has lists where the steps had tuples.
    return json.dumps(recipe)
