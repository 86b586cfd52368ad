"""The budget solver: what it chooses, what binds, and that a killed search continues."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from baselines.classifier import Classifier
from baselines.dataset import Dataset
from baselines.errors import BudgetError, MissingExtra, UserError
from baselines.models.cnn import CharCNNClassifier
from baselines.models.linear import LinearClassifier, LinearConfig
from compress.kinds.int_linear import IntLinearClassifier
from compress.method import Context, validation_score
from compress.methods.distill.distill_config import DistillConfig
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.recipes import run_recipe, stored_bytes
from compress.search import candidates, linear_grid
from compress.search.budget import (
    Budget,
    Candidate,
    binding_constraint,
    choose,
    require_feasible,
    said_score,
    violations,
)
from compress.search.solver import Search, estimated_bytes, solve
from tests.cases.compress_case import tiny_context, trained_cnn

QUICK = Search(n_trials=3, epochs=1, finetune_epochs=0, mixtures=0.0)
BUDGET = Budget(max_bytes=10_000, max_drop=0.02, max_p95_s=1e-3)


def candidate(size: int, f1: float, p95_s: float | None = 1e-4, parent: float = 0.7) -> Candidate:
    return Candidate(({"n": size},), size, f1, parent - f1, p95_s, violations(BUDGET, size, parent - f1, p95_s))


def test_the_best_feasible_candidate_wins() -> None:
    small, good, large = candidate(5_000, 0.69), candidate(9_000, 0.71), candidate(20_000, 0.75)
    assert choose([small, good, large]) is good
    assert choose([large, small]) is small
    assert choose([candidate(9_000, 0.69), small]) is small
    assert binding_constraint(good) == ""


def test_without_a_feasible_one_the_nearest_is_given_and_the_constraint_named() -> None:
    slow = candidate(5_000, 0.70, 5e-3)
    large = candidate(11_000, 0.70)
    poor = candidate(5_000, 0.5)
    assert choose([slow, large, poor]) is large
    assert [binding_constraint(c) for c in (slow, large, poor)] == ["max_p95_us", "max_bytes", "max_drop"]


def test_violations_are_relative_to_their_limits() -> None:
    found = violations(BUDGET, 15_000, 0.04, 2e-3)
    assert found == pytest.approx({"max_bytes": 0.5, "max_drop": 1.0, "max_p95_us": 1.0})
    assert violations(Budget(max_drop=0.0), 1, 0.005, None) == pytest.approx({"max_drop": 0.5})
    assert not any(violations(BUDGET, 10_000, 0.02, 1e-3).values())


@pytest.fixture(scope="module")
def case(tiny: Dataset) -> tuple[CharCNNClassifier, Context]:
    parent, context = trained_cnn(tiny), tiny_context(tiny)
    # Targets made beforehand spare every student the teachers of the folds.
    soft = np.where(context.train.labels, 0.9, 0.1).astype(np.float32)
    return parent, replace(context, soft_targets=soft)


def is_taught(candidate: Candidate) -> bool:
    return any(step["method"] == "distill" and step["lesson"] == "teacher" for step in candidate.recipe)


def test_a_search_finds_continues_and_repeats(case: tuple[CharCNNClassifier, Context], tmp_path: Path) -> None:
    parent, context = case
    budget = Budget(max_bytes=12_000, max_drop=0.9)
    first = solve(parent, budget, context, tmp_path, search=replace(QUICK, n_trials=2))
    assert [is_taught(c) for c in first.candidates] == [True, True, False]
    more = solve(parent, budget, context, tmp_path, search=QUICK)
    assert more.candidates[:2] == first.candidates[:2]
    assert [is_taught(c) for c in more.candidates[:3]] == [True] * 3
    assert not any(is_taught(c) for c in more.candidates[3:])
    best = require_feasible(more)
    assert best.best.is_feasible
    assert stored_bytes(best.classifier) == best.best.size_bytes <= 12_000
    assert validation_score(best.classifier, context) == pytest.approx(best.best.score)
    # Another budget judges what was measured anew.
    stricter = solve(parent, Budget(max_drop=-0.9), context, tmp_path, search=QUICK)
    assert stricter.binding == "max_drop"
    assert stricter.candidates[:3] != more.candidates[:3]
    assert [c.recipe for c in stricter.candidates[:3]] == [c.recipe for c in more.candidates[:3]]
    # Everything was measured already: only the winner is made again.
    again = solve(parent, budget, context, tmp_path, search=QUICK)
    assert again.best == more.best
    texts = context.validation.texts
    np.testing.assert_array_equal(again.classifier.predict_proba(texts), more.classifier.predict_proba(texts))


def test_smaller_forms_of_a_linear_model_compete(
    case: tuple[CharCNNClassifier, Context], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent, context = case
    linear = LinearClassifier(LinearConfig(min_texts=(1, 1), max_iterations=50)).fit(context.train)
    monkeypatch.setattr(linear_grid, "SPARSITIES", (0.9, 0.0))
    monkeypatch.setattr(linear_grid, "BITS", (3, 8))
    monkeypatch.setattr(linear_grid, "WEIGHTS", (0.99,))
    monkeypatch.setattr(linear_grid, "STUDENT_WEIGHTS", (0.95,))
    monkeypatch.setattr(linear_grid, "PASSES", 5)
    made, make = list[str](), linear_grid.made
    monkeypatch.setattr(linear_grid, "made", lambda *a: made.append("x") or make(*a))
    budget = Budget(max_bytes=1_000_000)
    found = solve(parent, budget, context, tmp_path, search=replace(QUICK, n_trials=1), linear=linear)
    grid = [c for c in found.candidates if c.family == "linear"]
    methods = [[step["method"] for step in c.recipe] for c in grid]
    assert methods == [["prune", "quantize"], ["quantize"]] * 2 + [["prune", "quantize"], ["distill"], ["distill"]]
    assert [c.recipe[0].get("cleaning") for c in grid[5:]] == ["raw", "course"]
    assert grid[4].recipe[0]["structured"] is False
    assert len(found.candidates) - len(grid) in (1, 2)  # a student, and its control where it won
    # Fewer bits and fewer n-grams are fewer bytes.
    sizes = [c.size_bytes for c in grid]
    assert sizes[3] > sizes[1] > sizes[0] > sizes[4]
    assert sizes[3] > sizes[2] > sizes[0]
    assert found.best.score == max(c.score for c in found.candidates)
    # What was measured is not made again, and the winner's recipe starts from its own family.
    made.clear()
    for limit in (sizes[0], sizes[3]):
        again = solve(
            parent, Budget(max_bytes=limit), context, tmp_path, search=replace(QUICK, n_trials=1), linear=linear
        )
        assert not made
        assert again.best.is_feasible
        assert isinstance(again.classifier, IntLinearClassifier) == (again.best.family == "linear")
        assert validation_score(again.classifier, context) == pytest.approx(again.best.score)


def test_a_line_of_linear_models_ends_at_the_budget(
    case: tuple[CharCNNClassifier, Context], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent, context = case
    linear = LinearClassifier(LinearConfig(min_texts=(1, 1), max_iterations=50)).fit(context.train)
    monkeypatch.setattr(linear_grid, "SPARSITIES", (0.95, 0.5, 0.0))
    monkeypatch.setattr(linear_grid, "BITS", (4,))
    monkeypatch.setattr(linear_grid, "WEIGHTS", ())
    monkeypatch.setattr(linear_grid, "STUDENT_WEIGHTS", ())

    def sizes(budget: Budget) -> list[int]:
        found = solve(parent, budget, context, tmp_path, search=replace(QUICK, n_trials=1), linear=linear)
        return [c.size_bytes for c in found.candidates if c.family == "linear"]

    few = sizes(Budget(max_bytes=10_000))
    assert len(few) == 2
    assert few[0] < 10_000 < few[1]
    # A larger one goes on where the smaller one ended.
    more = sizes(Budget(max_bytes=1_000_000))
    assert more[:2] == few
    assert len(more) == 3


def test_the_winner_is_not_made_again_in_the_same_process(
    case: tuple[CharCNNClassifier, Context], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    monkeypatch.setattr(candidates, "run_recipe", lambda *a: made.append("x") or run_recipe(*a))
    found = solve(case[0], Budget(max_bytes=90_000), case[1], tmp_path, search=replace(QUICK, n_trials=1))
    assert len(made) == len(found.candidates) == 2


def test_candidates_are_weighed_as_they_would_be_shipped(
    case: tuple[CharCNNClassifier, Context], tmp_path: Path
) -> None:
    parent, context = case
    asked: list[tuple[dict[str, object], ...]] = []

    def weigh(classifier: Classifier, recipe: tuple[dict[str, object], ...]) -> int:
        asked.append(recipe)
        return stored_bytes(classifier) + 2_000

    found = solve(parent, Budget(max_bytes=90_000), context, tmp_path, search=replace(QUICK, n_trials=1), weigh=weigh)
    assert found.best.size_bytes == stored_bytes(found.classifier) + 2_000
    methods = [[step["method"] for step in recipe] for recipe in asked]
    assert methods == [[step["method"] for step in found.best.recipe]] * 2  # the student and its control


def test_a_budget_that_cannot_be_met_ends_with_the_nearest_point(
    case: tuple[CharCNNClassifier, Context], tmp_path: Path
) -> None:
    parent, context = case
    budget = Budget(max_p95_s=1e-9)
    found = solve(parent, budget, context, tmp_path / "a", search=replace(QUICK, n_trials=1), p95=lambda c: 1e-3)
    with pytest.raises(BudgetError, match=r"Nearest: \d+ bytes.*Binding: --max-p95-us") as raised:
        require_feasible(found)
    assert raised.value.exit_code == 1
    with pytest.raises(BudgetError, match="larger than 100 bytes"):
        solve(parent, Budget(max_bytes=100), context, tmp_path / "b", search=replace(QUICK, n_trials=1))


def test_a_fall_is_counted_from_the_reference_that_is_named_also_where_it_was_measured_before(
    case: tuple[CharCNNClassifier, Context], tmp_path: Path
) -> None:
    parent, context = case
    search, budget = replace(QUICK, n_trials=1), Budget(max_drop=0.5)
    found = solve(parent, budget, context, tmp_path, search=search)
    assert found.reference == "cnn"
    assert found.best.drop == pytest.approx(validation_score(parent, context) - found.best.score)
    # The same trials against a better model: nothing is made anew, and all of them fall further.
    stricter = solve(parent, budget, context, tmp_path, search=search, reference=("linear", 0.99))
    assert stricter.best.drop == pytest.approx(0.99 - stricter.best.score)
    assert [c.score for c in stricter.candidates] == [c.score for c in found.candidates]
    assert said_score(stricter.best, stricter.metric, stricter.reference).endswith("worse than linear)")
    assert stricter.binding == ("max_drop" if stricter.best.drop > 0.5 else "")


def test_a_budget_needs_a_limit_and_a_clock(case: tuple[CharCNNClassifier, Context], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="at least one of --max-bytes"):
        solve(*case[:1], Budget(), case[1], tmp_path)
    with pytest.raises(UserError, match="needs a clock"):
        solve(case[0], Budget(max_p95_s=1.0), case[1], tmp_path)


def test_without_optuna_the_extra_is_named(
    case: tuple[CharCNNClassifier, Context], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingExtra, match=r"tagpress\[tune\]"):
        solve(case[0], Budget(max_bytes=9_000), case[1], tmp_path)


def test_the_estimate_grows_with_bits_and_filters() -> None:
    base = estimated_bytes(DistillConfig(), QuantizeConfig("factors", bits=4), 0.0, 39, 35)
    assert estimated_bytes(DistillConfig(), QuantizeConfig("factors", bits=8), 0.0, 39, 35) > base
    assert estimated_bytes(DistillConfig(filters=96), QuantizeConfig("factors", bits=4), 0.0, 39, 35) > base
    assert estimated_bytes(DistillConfig(), QuantizeConfig("factors", bits=4), 0.5, 39, 35) < base
    # The student of the size target took 25.7 KB in 4 bits.
    assert base == pytest.approx(28_000, rel=0.15)
