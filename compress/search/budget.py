"""A budget, and what keeps it: limits, candidates, and the choice between them. The search is in
`compress.search.solver`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from baselines.classifier import Classifier
from baselines.errors import BudgetError
from baselines.scores.judging import METRICS, utility


@dataclass(frozen=True)
class Budget:
    """What a model may cost; None is no limit.

    Attributes:
        max_bytes: of all files needed to predict.
        max_drop: how much worse than the reference, in units of the metric that choices are made by. The search counts
            it on validation; whether the one model that it finds keeps it is shown, or not, on texts it never saw.
        max_p95_s: 95th percentile of one text's latency, by the caller's clock.
    """

    max_bytes: int | None = None
    max_drop: float | None = None
    max_p95_s: float | None = None


@dataclass(frozen=True)
class Candidate:
    """One point of the search.

    Attributes:
        recipe: its steps.
        size_bytes: of all files needed to predict.
        score: what choices are made by, on validation; larger is better, a loss has its sign changed.
        drop: the reference's score minus this one.
        p95_s: by the caller's clock, None without one.
        violations: per constraint, by how much it is broken relative to its limit; 0 where it is kept.
        family: kind of the model that the recipe starts from, `cnn` or `linear`.
    """

    recipe: tuple[dict[str, Any], ...]
    size_bytes: int
    score: float
    drop: float
    p95_s: float | None
    violations: dict[str, float]
    family: str = "cnn"

    @property
    def is_feasible(self) -> bool:
        return not any(self.violations.values())


@dataclass(frozen=True)
class Solution:
    """What the search found.

    Attributes:
        best: the feasible candidate with the best score, or the nearest one.
        classifier: it.
        binding: the constraint with the largest violation, "" when feasible.
        candidates: all that were measured, in order.
        metric: what their scores were measured by.
        reference: name of the model that a fall is counted from.
    """

    best: Candidate
    classifier: Classifier
    binding: str
    candidates: tuple[Candidate, ...]
    metric: str = "f1_weighted"
    reference: str = "cnn"


def violations(budget: Budget, size_bytes: int, drop: float, p95_s: float | None) -> dict[str, float]:
    """Per limit that was given, how far a model is beyond it: 0 inside, else the excess relative to the limit.

    A fall of the score counts in units of its limit, at least 0.01.
    """
    found = {}
    if budget.max_bytes is not None:
        found["max_bytes"] = max(0.0, size_bytes / budget.max_bytes - 1)
    if budget.max_drop is not None:
        found["max_drop"] = max(0.0, (drop - budget.max_drop) / max(budget.max_drop, 0.01))
    if budget.max_p95_s is not None and p95_s is not None:
        found["max_p95_us"] = max(0.0, p95_s / budget.max_p95_s - 1)
    return found


def choose(candidates: Sequence[Candidate]) -> Candidate:
    """The feasible one with the best score (ties: fewer bytes); else the one with the smallest sum of violations."""
    feasible = [c for c in candidates if c.is_feasible]
    if feasible:
        return max(feasible, key=lambda c: (c.score, -c.size_bytes))
    return min(candidates, key=lambda c: (sum(c.violations.values()), -c.score))


def binding_constraint(candidate: Candidate) -> str:
    """Name of the limit that is broken most, "" where none is."""
    if candidate.is_feasible:
        return ""
    return max(candidate.violations, key=lambda name: candidate.violations[name])


def require_feasible(solution: Solution) -> Solution:
    """Raise BudgetError (exit code 1) with the nearest candidate and the binding constraint unless one fits."""
    if solution.binding:
        near = solution.best
        limit = f"--{solution.binding.replace('_', '-')}"
        latency = "" if near.p95_s is None else f", p95 {near.p95_s * 1e6:.0f} µs"
        reached = said_score(near, solution.metric, solution.reference)
        raise BudgetError(
            f"budget: none of {len(solution.candidates)} candidates keeps it. Nearest: {near.size_bytes} bytes, "
            f"{reached}{latency}. Binding: {limit}; relax it, or search longer"
        )
    return solution


def said_score(candidate: Candidate, metric: str, reference: str) -> str:
    """A candidate's score for people: `accuracy 0.912 (0.004 worse than linear)`."""
    how = "worse" if candidate.drop > 0 else "better"
    value = utility(metric, candidate.score)  # a loss as it is
    return f"{METRICS[metric].title} {value:.3f} ({abs(candidate.drop):.3f} {how} than {reference})"
