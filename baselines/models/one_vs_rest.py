"""One binary model for each class, several fitted side by side, or all in one call of a solver.

A class that every or no training text has needs no model: it gets a constant, the share of positives smoothed by half
a text.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from baselines.classifier import Progress, ignore_progress
from baselines.notes import TrainingNote, note_missing_classes, note_not_converged
from baselines.scores.calibration import fit_scale
from baselines.streaming.dual_ascent import costs_of, fit_by_ascent
from baselines.task import LabelMatrix, Task

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Fitted = TypeVar("Fitted")
# Of all classes: weights float32 (n_classes, n_features) and intercepts float32 (n_classes,).
Plane = tuple[NDArray[np.float32], NDArray[np.float32]]
# Weights, intercept and iterations of one class.
Weights = tuple[NDArray[np.float64], float, int]
# Held-out parts of training that a scale is fitted to: each costs two thirds of a fit. Of many texts it is one part.
FOLDS, HELD_OUT = 3, 20_000
SolverName = Literal["auto", "exact", "ascent"]
# Texts times classes up to which the exact solvers are taken. Their time grows with the 1.5th power of the texts: at
# 10,000 texts of 28 classes it is 6 times that of the ascent.
EXACT_WORK = 200_000
# Fewer texts always get the exact solution, more never, however few classes there are.
FEW_TEXTS, MANY_TEXTS = 5_000, 20_000


class FitSettings(Protocol):
    """What the linear solvers read of a config; see `baselines.models.linear.LinearConfig`."""

    @property
    def loss(self) -> str: ...
    @property
    def C(self) -> float: ...  # noqa: N802
    @property
    def balanced(self) -> bool: ...
    @property
    def penalise_intercept(self) -> bool: ...
    @property
    def max_iterations(self) -> int: ...
    @property
    def threads(self) -> int: ...
    @property
    def solver(self) -> SolverName: ...


def fit_one_vs_rest(
    rows: csr_matrix,
    labels: LabelMatrix,
    classes: Sequence[str],
    config: FitSettings,
    progress: Progress,
    *,
    task: Task = "multilabel",
) -> Plane:
    """Weights float32 (n_classes, n_features) and intercepts (n_classes,) of all classes.

    Of multiclass and binary tasks they hold the scale that was fitted to held-out folds of the rows.
    """
    weights = fit_margins(rows, labels, classes, config, progress, task)
    return scaled(weights, rows, labels, classes, config, task)


def scaled(
    weights: Plane, rows: csr_matrix, labels: LabelMatrix, classes: Sequence[str], config: FitSettings, task: Task
) -> Plane:
    """Weights of `fit_margins` with the scale of a task of one label; those of several labels as they are."""
    if task == "multilabel":
        return weights
    if by_ascent(labels, config):
        return _scaled_on_held_out(weights, rows, labels, classes, config, task)
    return scaled_out_of_fold(
        weights, rows, labels, task, lambda seen, own: fit_margins(seen, own, classes, config, ignore_progress, task)
    )


def fit_margins(
    rows: csr_matrix, labels: LabelMatrix, classes: Sequence[str], config: FitSettings, progress: Progress, task: Task
) -> Plane:
    """Weights and intercepts of all classes as the solver leaves them."""
    from sklearn.exceptions import ConvergenceWarning

    if by_ascent(labels, config):
        return _by_ascent(rows, labels, classes, config, progress, task)
    with warnings.catch_warnings():
        # Threads warn in any order; the notes below name the classes instead.
        warnings.simplefilter("ignore", ConvergenceWarning)
        if config.loss == "hinge" and task != "multilabel":
            models = fit_together(labels, classes, lambda targets: _dual_svm(config).fit(rows, targets), task=task)
            progress(1, 1)
        else:
            models = [
                model and (model.coef_[0], float(model.intercept_[0]), int(np.max(model.n_iter_)))
                for model in fit_each(
                    labels,
                    classes,
                    lambda column, targets: _solver(config).fit(rows, targets),
                    threads=config.threads,
                    progress=progress,
                )
            ]
    late = [classes[c] for c, model in enumerate(models) if model is not None and model[2] >= config.max_iterations]
    note_not_converged(late, config.max_iterations)
    return plane_of(models, labels, rows.shape[1])


def by_ascent(labels: LabelMatrix, config: FitSettings) -> bool:
    """Whether dual ascent takes the place of the exact solvers; `labels` of the training texts."""
    if config.solver != "auto" or len(labels) <= FEW_TEXTS:
        return config.solver == "ascent"
    return len(labels) > MANY_TEXTS or labels.size > EXACT_WORK


def _by_ascent(
    rows: csr_matrix, labels: LabelMatrix, classes: Sequence[str], config: FitSettings, progress: Progress, task: Task
) -> Plane:
    positives = labels.sum(axis=0)
    note_missing_classes([name for name, n in zip(classes, positives, strict=True) if not n])
    wanted = np.flatnonzero((positives > 0) & (positives < len(labels)))
    coef, intercept = plane_of([None] * len(classes), labels, rows.shape[1])
    if not len(wanted):
        return coef, intercept
    together = config.loss == "hinge" and task == "multiclass"
    up, down = costs_of(positives[wanted], len(labels), config.C, config.balanced, together=together)
    with threadpool_limits(1, user_api="blas"):
        found = fit_by_ascent(
            rows.astype(np.float32, copy=False),
            labels[:, wanted],
            up,
            down,
            "hinge" if config.loss == "hinge" else "logistic",
            progress,
        )
    if len(wanted) == len(classes):
        return found
    coef[wanted], intercept[wanted] = found
    return coef, intercept


def _scaled_on_held_out(
    weights: Plane, rows: csr_matrix, labels: LabelMatrix, classes: Sequence[str], config: FitSettings, task: Task
) -> Plane:
    """The scale of many texts: from one held-out part, enough for two numbers, in place of several folds."""
    n = min(HELD_OUT, len(labels) // FOLDS)
    order = np.random.default_rng(0).permutation(len(labels))
    unseen, seen = np.sort(order[:n]), np.sort(order[n:])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TrainingNote)  # said of the whole already
        coef, intercept = _by_ascent(rows[seen], labels[seen], classes, config, ignore_progress, task)
    usable = ~(labels[unseen] & ~labels[seen].any(axis=0)).any(axis=1)
    logits = (rows[unseen] @ coef.T + intercept).astype(np.float64)
    slope, offset = fit_scale(logits[usable], labels[unseen][usable], task)
    return np.float32(slope) * weights[0], np.float32(slope) * weights[1] + np.float32(offset)


def _dual_svm(config: FitSettings) -> Any:
    """The quickest solver by far (ten times on 77 classes); draws random numbers, so nothing runs beside it."""
    from sklearn.svm import LinearSVC

    balance = "balanced" if config.balanced else None
    return LinearSVC(C=config.C, max_iter=config.max_iterations, class_weight=balance, random_state=0)


def _solver(config: FitSettings) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    shared = {"C": config.C, "max_iter": config.max_iterations, "class_weight": "balanced" if config.balanced else None}
    if config.loss == "hinge":
        # The primal solver draws no random numbers, so threads cannot disturb it.
        return LinearSVC(dual=False, **shared)
    return LogisticRegression(solver="liblinear" if config.penalise_intercept else "lbfgs", **shared)


def fit_each(
    labels: LabelMatrix,
    classes: Sequence[str],
    fit_one: Callable[[int, NDArray[np.bool_]], Fitted],
    *,
    threads: int,
    progress: Progress,
) -> list[Fitted | None]:
    """Fit every class that has both positives and negatives; None for the others, and a note where positives lack.

    `fit_one(column, targets)` must release the GIL to gain from threads, and take its randomness from the column, so
    that the result does not depend on the number of threads.
    """
    note_missing_classes([name for name, found in zip(classes, labels.T, strict=True) if not found.any()])
    wanted = [c for c in range(labels.shape[1]) if 0 < labels[:, c].sum() < len(labels)]
    fitted: list[Fitted | None] = [None] * labels.shape[1]
    # The products within a fit are small: BLAS with threads of its own spins longer than it computes (10 times slower
    # measured with two), and would take the cores that the classes are fitted on.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        for done, model in enumerate(pool.map(lambda c: fit_one(c, labels[:, c]), wanted)):
            fitted[wanted[done]] = model
            progress(done + 1, len(wanted))
    return fitted


def fit_together(
    labels: LabelMatrix, classes: Sequence[str], fit_all: Callable[[NDArray[np.intp]], Any], *, task: Task
) -> list[Weights | None]:
    """The same by one call of scikit-learn's linear solvers, which fit one class after the other; one label a text.

    `fit_all(targets)` gets the number of each text's class and returns a model with `coef_`, `intercept_`, `n_iter_`.
    """
    note_missing_classes([name for name, found in zip(classes, labels.T, strict=True) if not found.any()])
    targets, fitted = class_numbers(labels), list[Weights | None]([None] * len(classes))
    present = np.unique(targets)
    if len(present) < 2:
        return fitted
    with threadpool_limits(1, user_api="blas"):
        model = fit_all(targets)
    iterations = int(np.max(model.n_iter_))
    if task == "binary":
        return [(model.coef_[0], float(model.intercept_[0]), iterations)]
    signs = (-1.0, 1.0) if len(present) == 2 else (1.0,) * len(present)  # of two classes there is but one row
    for row, (number, sign) in enumerate(zip(present, signs, strict=True)):
        at = 0 if len(present) == 2 else row
        fitted[number - 1] = (sign * model.coef_[at], sign * float(model.intercept_[at]), iterations)
    return fitted


def plane_of(models: Sequence[Weights | None], labels: LabelMatrix, n_features: int) -> Plane:
    """The weights of fitted classes, and a constant for the others."""
    coef = np.zeros((len(models), n_features), np.float32)
    intercept = np.array([constant_logit(targets) for targets in labels.T], np.float32)
    for column, model in enumerate(models):
        if model is not None:
            coef[column], intercept[column] = model[:2]
    return coef, intercept


def class_numbers(labels: LabelMatrix) -> NDArray[np.intp]:
    """Of texts with at most one label: 0 for none, else the number of its column, counted from 1."""
    return np.asarray(labels @ np.arange(1, labels.shape[1] + 1), np.intp)


def folds_of(labels: LabelMatrix, n_folds: int = FOLDS) -> NDArray[np.intp]:
    """A fold for each text, 0..n_folds-1, each class dealt out evenly; texts with at most one label."""
    fold = np.empty(len(labels), np.intp)
    fold[np.argsort(class_numbers(labels), kind="stable")] = np.arange(len(labels)) % n_folds
    return fold


def scaled_out_of_fold(
    weights: Plane,
    rows: csr_matrix,
    labels: LabelMatrix,
    task: Task,
    fit: Callable[[csr_matrix, LabelMatrix], Plane],
) -> Plane:
    """Weights times the slope, and intercepts plus the offset, that make the logits of held-out folds likeliest.

    Args:
        weights: fitted to all rows.
        rows, labels: of training, at most one label a text.
        task: multiclass or binary.
        fit: makes weights for some of the rows.
    """
    fold_of, logits, usable = folds_of(labels), np.zeros(labels.shape), np.ones(len(labels), np.bool_)
    if len(labels) < FOLDS:
        return weights
    for fold in range(FOLDS):
        seen, unseen = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TrainingNote)  # said of the whole already
            coef, intercept = fit(rows[seen], labels[seen])
        logits[unseen] = rows[unseen] @ coef.T + intercept
        # A class that the fold has never seen says nothing of how far its scores can be believed.
        usable[unseen] = ~(labels[unseen] & ~labels[seen].any(axis=0)).any(axis=1)
    slope, offset = fit_scale(logits[usable], labels[usable], task)
    return np.float32(slope) * weights[0], np.float32(slope) * weights[1] + np.float32(offset)


def constant_logit(targets: NDArray[np.bool_]) -> float:
    """Logit of the smoothed share of positives of a class that is not fitted."""
    positives = int(targets.sum())
    return math.log((positives + 0.5) / (len(targets) - positives + 0.5))
