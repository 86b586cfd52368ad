"""The linear part of a search within a budget: fewer n-grams, fewer bits, every combination measured.

On some data a pruned linear model is the best one of its size, on other data a student is; nobody can tell before
both were tried. A linear model is made in a second, so all points of a grid are, with nothing left to a sampler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from baselines.classifier import Classifier
from compress.methods.prune.pruning import PruneConfig
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.recipes import Step, run_recipe
from compress.search.candidates import Workbench, to_recipe

if TYPE_CHECKING:
    from optuna import Study, Trial

SPARSITIES = (0.0, 0.5, 0.75, 0.9, 0.95, 0.97, 0.98, 0.99)
BITS = (8, 4, 3)
FAMILY = "linear"


class LinearGrid:
    """Prunes and rounds one linear model; each share of its n-grams is fitted once."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._pruned: dict[float, Classifier] = {}

    def measure(self, study: Study) -> None:
        """Every point of the grid that the study doesn't hold yet."""
        done = {(trial.params["sparsity"], trial.params["bits"]) for trial in study.trials if trial.user_attrs}
        for sparsity in SPARSITIES:
            for bits in BITS:
                if (sparsity, bits) not in done:
                    study.enqueue_trial({"sparsity": sparsity, "bits": bits})
                    study.optimize(self._run, n_trials=1)

    def _run(self, trial: Trial) -> float:
        sparsity = trial.suggest_categorical("sparsity", SPARSITIES)
        bits = trial.suggest_categorical("bits", BITS)
        prune, quantize = Step("prune", PruneConfig(sparsity=sparsity)), Step("quantize", QuantizeConfig(bits=bits))
        context = self._bench.context
        if sparsity not in self._pruned:
            parent = self._bench.parents[FAMILY]
            self._pruned[sparsity] = run_recipe(parent, [prune], context).classifier if sparsity else parent
        classifier = run_recipe(self._pruned[sparsity], [quantize], context).classifier
        recipe = to_recipe([prune, quantize] if sparsity else [quantize])
        return self._bench.judge(trial, FAMILY, recipe, classifier).score
