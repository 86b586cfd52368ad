"""A budget in, the best model that keeps it out: search over student shape, bits, sparsity and the teacher's weight.

Every trial is a recipe (distill, prune, quantize), judged on validation only. Trials that would be too large are
rejected before they are trained. Smaller forms of a linear model compete with the students, and the winner is trained
once more without a teacher. The search is resumed from its journal, stops early, and where nothing fits gives the
nearest candidate and the constraint that binds.

Source of the sampler: Bergstra et al., "Algorithms for Hyper-Parameter Optimization" (2011), as in Optuna, with
constraints.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from baselines.classifier import Classifier, Progress, ignore_progress
from baselines.errors import BudgetError, MissingExtra, UserError
from baselines.models.cnn import CharCNNClassifier
from baselines.models.linear import LinearClassifier
from baselines.storage.trial_journal import mend_journal
from baselines.task import Task
from compress.method import Context, validation_score
from compress.methods.distill.distill_config import DistillConfig
from compress.methods.distill.student import soft_targets
from compress.methods.prune.pruning import PruneConfig
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.recipes import Clock, Step, stored_bytes
from compress.search import controls, linear_grid
from compress.search.budget import Budget, Candidate, Solution, binding_constraint, choose
from compress.search.candidates import Weigh, Workbench, measured, to_recipe

if TYPE_CHECKING:
    from optuna import Study, Trial

JOURNAL = "search.log"
FAMILY = "cnn"
# Names, alphabet and thresholds of a model, roughly; an estimate may be this much too small before a trial is rejected.
FIXED_BYTES, ESTIMATE_SLACK = 2500, 1.15
# Entropy coding brings bell-shaped weights to about this share of their nominal bits.
CODED_SHARE = 0.87
# Suggestions per wanted measurement, the rejected ones included.
MAX_SUGGESTIONS = 20
WIDTHS: dict[str, tuple[int, ...]] = {"3-6": (3, 4, 5, 6), "3-8": (3, 4, 5, 6, 7, 8), "2-5": (2, 3, 4, 5)}


@dataclass(frozen=True)
class Search:
    """How long to look.

    Attributes:
        n_trials: students measured at most, those of earlier runs included.
        patience: students without a better feasible one before it stops.
        epochs: of each student; None is 6 for multilabel, and what `distill` takes else.
        finetune_epochs: of each rounding.
        mixtures: mixed texts per training text, for both; None is 12 for multilabel, and what the methods take else.
    """

    n_trials: int = 30
    patience: int = 12
    epochs: int | None = None
    finetune_epochs: int = 3
    mixtures: float | None = None

    def for_task(self, task: Task) -> Search:
        """Shorter than the methods take where students of a few hundred texts are many and quick."""
        if task != "multilabel":
            return self
        return replace(
            self,
            epochs=6 if self.epochs is None else self.epochs,
            mixtures=12.0 if self.mixtures is None else self.mixtures,
        )


def solve(
    parent: Classifier,
    budget: Budget,
    context: Context,
    folder: Path,
    *,
    search: Search = Search(),
    weigh: Weigh = lambda classifier, recipe: stored_bytes(classifier),
    p95: Clock | None = None,
    linear: LinearClassifier | None = None,
    reference: tuple[str, float] | None = None,
) -> Solution:
    """Search, continuing what `folder` holds.

    Args:
        parent: the character CNN that students are made of.
        budget: at least one limit.
        context: its teacher, or its soft targets, serve every student; its progress counts them.
        folder: of the journal; the same command continues a search that was killed.
        search: how long.
        weigh: bytes of a model made by a recipe; without it those of its artifact without the manifest.
        p95: seconds at the 95th percentile of one text through a classifier; needed for a latency limit.
        linear: a fitted linear model whose smaller forms are tried too (`compress.search.linear_grid`).
        reference: name and validation score of the model that a fall is counted from, larger being better; None takes
            the parent.

    Raises:
        UserError: no limit, or a latency limit without a clock. MissingExtra without Optuna.
    """
    if budget == Budget():
        raise UserError("budget: give at least one of --max-bytes, --max-drop, --max-p95-us")
    if budget.max_p95_s is not None and p95 is None:
        raise UserError("budget: a latency limit needs a clock")
    search = search.for_task(context.train.task)
    progress, context = context.progress, replace(context, progress=ignore_progress)
    name = _name(parent, context, search)
    study = _open(folder, name, context.seed)
    if context.soft_targets is None and isinstance(parent, CharCNNClassifier):
        # Predicted out of fold once: every student learns from the same answers.
        context = replace(context, soft_targets=soft_targets(parent, DistillConfig(), context))
    parents = {FAMILY: parent} if linear is None else {FAMILY: parent, linear_grid.FAMILY: linear}
    against, bar = reference or (FAMILY, validation_score(parent, context))
    bench = Workbench(parents, budget, context, bar, weigh, p95)
    others: tuple[Candidate, ...] = ()
    if linear is not None:
        of_linear = _open(folder, f"{name}-linear-{_digest_of(linear, context)}", context.seed)
        linear_grid.LinearGrid(bench).measure(of_linear)
        others = measured(of_linear, budget, bar)
    _train_students(study, bench, search, progress)
    candidates = (*measured(study, budget, bar), *others)
    if not candidates:
        raise BudgetError(
            f"budget: every student of the search would be larger than {budget.max_bytes} bytes; raise --max-bytes"
        )
    of_controls = _open(folder, f"{name}-controls", context.seed)
    controls.measure_control(of_controls, bench, choose(candidates))
    candidates = (*candidates, *measured(of_controls, budget, bar))
    best = choose(candidates)
    metric = context.validation.judged_by
    return Solution(best, bench.model_of(best), binding_constraint(best), candidates, metric, against)


def _train_students(study: Study, bench: Workbench, search: Search, progress: Progress) -> None:
    students = _Students(bench, search)
    for _ in range(MAX_SUGGESTIONS * search.n_trials):
        trained = measured(study, bench.budget, bench.reference_score)
        progress(min(len(trained), search.n_trials), search.n_trials)
        if _is_over(trained, search):
            return
        study.optimize(students.run, n_trials=1)


def estimated_bytes(
    distill: DistillConfig, quantize: QuantizeConfig, sparsity: float, n_ids: int, n_classes: int
) -> float:
    """Size of a student before it is trained: stored values times their bits, entropy coded, and what comes on top."""
    per_width = round(distill.filters * (1 - sparsity))
    columns = min(distill.embedding_dim, n_ids)
    bits = sum(distill.widths) * per_width * columns * quantize.bits
    bits += n_ids * columns * quantize.bits_of_embedding
    bits += per_width * len(distill.widths) * n_classes * quantize.bits_of_head
    return FIXED_BYTES + CODED_SHARE * bits / 8 + 8 * n_classes


class _Students:
    """Suggests students, and has them made and judged."""

    def __init__(self, bench: Workbench, search: Search) -> None:
        self.bench, self.search = bench, search

    def run(self, trial: Trial) -> float:
        import optuna

        distill, prune, quantize = self._suggest(trial)
        parent, limit = self.bench.parents[FAMILY], self.bench.budget.max_bytes
        n_ids = parent.tokenizer.n_ids if hasattr(parent, "tokenizer") else 64
        estimate = estimated_bytes(distill, quantize, prune.sparsity, n_ids, len(parent.classes_))
        if limit is not None and estimate > limit * ESTIMATE_SLACK:
            raise optuna.TrialPruned(f"about {estimate:.0f} bytes")
        steps = [Step("distill", distill), Step("prune", prune), Step("quantize", quantize)]
        recipe = to_recipe([step for step in steps if step.config != PruneConfig(sparsity=0.0)])
        return self.bench.judge(trial, FAMILY, recipe, self.bench.make(FAMILY, recipe)).score

    def _suggest(self, trial: Trial) -> tuple[DistillConfig, PruneConfig, QuantizeConfig]:
        distill = DistillConfig(
            embedding_dim=trial.suggest_int("embedding_dim", 8, 40, step=8),
            filters=trial.suggest_int("filters", 16, 96, step=8),
            widths=WIDTHS[trial.suggest_categorical("widths", sorted(WIDTHS))],
            alpha=trial.suggest_float("alpha", 0.3, 1.0, step=0.1),
            epochs=self.search.epochs,
            mixtures=self.search.mixtures,
            against_control=False,
        )
        sparsity = trial.suggest_float("sparsity", 0.0, 0.5, step=0.25)
        bits = trial.suggest_int("bits", 2, 8)
        quantize = QuantizeConfig(
            "factors", bits=bits, finetune_epochs=self.search.finetune_epochs, mixtures=self.search.mixtures
        )
        return distill, PruneConfig(sparsity=sparsity), quantize


def _name(parent: Classifier, context: Context, search: Search) -> str:
    """The same search, and no other, is continued: its name is a hash of data, parent, teacher and training."""
    digest = hashlib.sha256(_digest_of(parent, context).encode())
    if context.teacher is not None:
        digest.update(_digest_of(context.teacher, context).encode())
    training = [search.epochs, search.finetune_epochs, search.mixtures, context.seed, context.validation.judged_by]
    digest.update(json.dumps([training, list(context.train.texts), list(context.unlabelled)]).encode())
    digest.update(np.packbits(context.train.labels).tobytes())
    return f"budget-{digest.hexdigest()[:16]}"


def _digest_of(classifier: Classifier, context: Context) -> str:
    """A model is known by its answers."""
    return hashlib.sha256(classifier.predict_proba(context.validation.texts).tobytes()).hexdigest()[:16]


def _open(folder: Path, name: str, seed: int) -> Study:
    try:
        import optuna
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend
    except ImportError:
        raise MissingExtra("the budget solver needs Optuna; install it with: pip install 'tagpress[tune]'") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    folder.mkdir(parents=True, exist_ok=True)
    mend_journal(folder / JOURNAL)
    storage = JournalStorage(JournalFileBackend(str(folder / JOURNAL)))
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=8)
    return optuna.create_study(
        study_name=name, storage=storage, direction="maximize", sampler=sampler, load_if_exists=True
    )


def _is_over(found: Sequence[Candidate], search: Search) -> bool:
    """Whether enough was measured, or nothing better came for long. Rejected suggestions don't count."""
    feasible = [number for number, candidate in enumerate(found) if candidate.is_feasible]
    if len(found) >= search.n_trials:
        return True
    return bool(feasible) and len(found) - 1 - max(feasible, key=lambda n: found[n].score) >= search.patience
