"""Scores over folds, and differences between models that know that folds share their training texts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from baselines.scores.intervals import CONFIDENCE, holm, nadeau_bengio, seed_spread
from baselines.scores.judging import METRICS, metrics_of, score, utility
from baselines.scores.thresholds import ThresholdKind
from baselines.task import DEFAULT_METRIC, LabelMatrix, Probabilities, Task, Thresholds


@dataclass(frozen=True)
class FoldAnswers:
    """What one training said on the test part of its fold.

    Attributes:
        fold: number of the fold, from 0.
        seed: of the training.
        truth: bool (n_test, n_classes).
        probabilities: float32 of the same shape.
        thresholds: from validation, by kind.
        n_train: training texts.
        fit_s: seconds of the training.
        task: how the thresholds decide, and which metrics there are.
        metric: the one that models are compared by, "" for the task's own.
    """

    fold: int
    seed: int
    truth: LabelMatrix
    probabilities: Probabilities
    thresholds: Mapping[ThresholdKind, Thresholds]
    n_train: int
    fit_s: float
    task: Task = "multilabel"
    metric: str = ""

    @property
    def judged_by(self) -> str:
        """Name of the metric that models are compared by."""
        return self.metric or DEFAULT_METRIC[self.task]

    def score(self, metric: str, kind: ThresholdKind) -> float:
        """One score at one kind of thresholds."""
        return score(metric, self.truth, self.probabilities, self.thresholds[kind], self.task)


def compare_folds(
    answers: Mapping[str, Sequence[FoldAnswers]],
    k: int,
    reference: str,
    delta: float,
    kind: ThresholdKind = "global",
) -> dict[str, Any]:
    """Means over folds, and paired differences against a reference.

    A fold's score is the mean over its training seeds, so that the interval over folds (Nadeau and Bengio 2003) covers
    the choice of texts; the spread over seeds stands apart. With several models the p-values of "no difference" are
    adjusted by Holm's procedure.

    Args:
        answers: per model, one entry a fold and seed.
        k: number of folds.
        reference: the model the others are compared with; no differences where it has no answers.
        delta: margin of non-inferiority, in units of the metric.
        kind: of the thresholds whose decisions stand for a model.

    Returns:
        `{"k", "metric", "reference", "models": {name: {…}}}`; a model has `score` (the metric) and in `quality` each
        metric of the task as `{value, low, high}`, `per_fold` (of the metric), `thresholds` (its mean by kind),
        `fit_s`, `seeds`, and against the reference what `difference` gives with `p_holm`: there more is better, also
        of a loss. `"incomplete": {name: folds}` has the models without answers in some folds (numbered from 1); they
        are not judged.
    """
    metric = next((a.judged_by for own in answers.values() for a in own), "")
    lacking = {name: sorted({*range(k)} - {a.fold for a in own}) for name, own in answers.items()}
    models = {name: _model(own, k, kind) for name, own in answers.items() if not lacking[name]}
    if reference in models:
        sign = utility(metric, 1.0)
        base = np.array(models[reference]["per_fold"])
        n_train, n_test = _sizes(answers[reference])
        for name, model in models.items():
            if name != reference:
                model.update(difference(sign * (np.array(model["per_fold"]) - base), n_train, n_test, delta))
        adjusted = holm({name: model["p_value"] for name, model in models.items() if name != reference})
        for name, p in adjusted.items():
            models[name]["p_holm"] = p
    return {
        "k": k,
        "metric": metric,
        "reference": reference if reference in models else None,
        "models": models,
        "incomplete": {name: [fold + 1 for fold in gaps] for name, gaps in lacking.items() if gaps},
    }


def _model(answers: Sequence[FoldAnswers], k: int, headline: ThresholdKind) -> dict[str, Any]:
    n_train, n_test = _sizes(answers)
    metric, task = answers[0].judged_by, answers[0].task
    per_fold = {name: _per_fold(answers, name, headline, k) for name in metrics_of(task)}
    kinds = {kind: float(np.mean(_per_fold(answers, metric, kind, k))) for kind in answers[0].thresholds}
    quality = {name: nadeau_bengio(values, n_train, n_test).to_json() for name, values in per_fold.items()}
    seeds = sorted({a.seed for a in answers})
    by_seed = [float(np.mean([a.score(metric, headline) for a in answers if a.seed == seed])) for seed in seeds]
    spread = seed_spread(by_seed) if len(seeds) >= 3 else None
    return {
        "score": quality[metric],
        "quality": quality,
        "per_fold": per_fold[metric],
        "thresholds": kinds,
        "fit_s": float(np.mean([a.fit_s for a in answers])),
        "seeds": {"n": len(seeds), "mean_score": by_seed, "deviation": spread.deviation if spread else None},
    }


def _sizes(answers: Sequence[FoldAnswers]) -> tuple[float, float]:
    """Training and test texts of a fold, so that their ratio is the mean of the folds' ratios.

    The correction of an interval grows with that ratio. Where folds differ in size, as those of whole groups do and
    those in time, whose training part grows, the ratio of the mean sizes would be too small.
    """
    n_test = float(np.mean([len(a.truth) for a in answers]))
    return n_test / float(np.mean([len(a.truth) / a.n_train for a in answers])), n_test


def _per_fold(answers: Sequence[FoldAnswers], metric: str, kind: ThresholdKind, k: int) -> list[float]:
    by_fold: list[list[float]] = [[] for _ in range(k)]
    for answer in answers:
        by_fold[answer.fold].append(answer.score(metric, kind))
    return [float(np.mean(values)) for values in by_fold]


def difference(differences: NDArray[np.float64], n_train: float, n_test: float, delta: float) -> dict[str, Any]:
    """A paired difference over folds: interval, one-sided 95 % lower bound, p-value of "no difference", verdict.

    `non_inferior`: True where the lower bound is at least -delta, False where the upper bound is below it, else None.
    """
    # Imported here: reading data and rules must not wait for SciPy.
    from scipy.special import stdtr, stdtrit

    interval = nadeau_bengio(differences.tolist(), n_train, n_test)
    freedom = len(differences) - 1
    deviation = (interval.high - interval.value) / float(stdtrit(freedom, (1 + CONFIDENCE) / 2))
    reach = float(stdtrit(freedom, CONFIDENCE)) * deviation
    lower, upper = interval.value - reach, interval.value + reach
    if deviation > 0:
        p_value = 2 * float(stdtr(freedom, -abs(interval.value) / deviation))
    else:
        p_value = float(math.isclose(interval.value, 0, abs_tol=1e-12))
    return {
        "delta": {**interval.to_json(), "lower": lower},
        "p_value": p_value,
        "non_inferior": True if lower >= -delta else False if upper < -delta else None,
    }


def render_folds(result: Mapping[str, Any], titles: Mapping[str, str] | None = None) -> Table:
    """The comparison for a terminal, best first."""
    metric = METRICS.get(result["metric"])
    title = f"{result['k']} folds: " + (f"mean {metric.title} with 95 % interval" if metric else "nothing was trained")
    table = Table(title=title, title_justify="left")
    for column in ("baseline", "mean", "interval", f"against {result['reference']}", "p (Holm)", "fit"):
        table.add_column(column, justify="left" if column == "baseline" else "right")
    models = result["models"]
    for name in sorted(models, key=lambda name: -utility(result["metric"], models[name]["score"]["value"])):
        table.add_row(
            (titles or {}).get(name, name), *_cells(models[name], bounded=metric is not None and metric.bounded)
        )
    for name, reason in result.get("skipped", {}).items():
        table.add_row((titles or {}).get(name, name), "skipped", reason, "", "", "")
    for name, gaps in result["incomplete"].items():
        table.add_row((titles or {}).get(name, name), "incomplete", f"no answers in folds {gaps}", "", "", "")
    return table


def _cells(model: Mapping[str, Any], *, bounded: bool) -> list[str]:
    value, low, high = (model["score"][key] for key in ("value", "low", "high"))
    if bounded:
        low, high = max(0.0, low), min(1.0, high)
    cells = [f"{value:.3f}", f"{low:.3f} to {high:.3f}"]
    if gap := model.get("delta"):
        cells += [f"{gap['value']:+.3f} ({gap['low']:+.3f} to {gap['high']:+.3f})", _p_value(model["p_holm"])]
    else:
        cells += ["", ""]
    return [*cells, f"{model['fit_s']:.1f} s"]


def _p_value(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
