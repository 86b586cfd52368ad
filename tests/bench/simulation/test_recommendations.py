"""Recommendations among many models, in short: wrong at most as often as promised, and not by never recommending."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.simulation.populations import population
from bench.simulation.recommendations import Scenario, recommendation_rates, recommendation_scenarios, scenarios
from bench.simulation.tables import of_recommendations

RUNS = 120
JUST_BEYOND = Scenario("just beyond", (-0.0101,) * 10, n_texts=4_000)
EQUAL = replace(JUST_BEYOND, name="equal", wanted=(0.0,) * 10)


@pytest.mark.parametrize(("task", "only_harm"), [("multilabel", False), ("multilabel", True), ("multiclass", False)])
@pytest.mark.parametrize("wanted", [-0.0101, 0.0])
def test_a_population_has_the_difference_that_is_wanted(task: str, only_harm: bool, wanted: float) -> None:
    made = population(task, [wanted] * 3, np.random.default_rng(0), only_harm=only_harm, n_texts=20_000)  # type: ignore[arg-type]
    assert all(wanted - 2e-4 < difference <= wanted for difference in made.differences)
    shares = [float((candidate != made.reference).any(axis=1).mean()) for candidate in made.candidates]
    assert max(shares) <= 0.2


def test_wrong_recommendations_stay_below_the_promise() -> None:
    found = recommendation_rates(JUST_BEYOND, RUNS, seed=1)
    assert found.wrong <= 0.05 + 2 * found.error_of(0.05)
    assert found.wrong_words <= 0.05 + 2 * found.error_of(0.05)
    assert found.wrong_alone > 0.2, "each model alone at 5 % would be wrong often, or there is nothing to show"
    assert found.covered >= 0.93 - 2 * found.error_of(0.95)


def test_equal_models_are_recommended_all_the_same() -> None:
    found = recommendation_rates(EQUAL, RUNS, seed=4)
    assert found.recommended > 0.6
    assert found.wrong == 0


def test_of_few_texts_nothing_is_recommended() -> None:
    found = recommendation_rates(replace(EQUAL, n_test=50, n_validation=50), 10, seed=5)
    assert found.recommended == 0


def test_the_same_seed_gives_the_same_rates() -> None:
    assert recommendation_rates(JUST_BEYOND, 5, seed=6) == recommendation_rates(JUST_BEYOND, 5, seed=6)


def test_broken_promises_are_named() -> None:
    kept = recommendation_rates(EQUAL, 5, seed=7)
    assert of_recommendations([kept]).broken == ()
    broken = of_recommendations([replace(kept, runs=1000, wrong=0.2, covered=0.5)]).broken
    assert [line.split(": ")[1].split(" in ")[0] for line in broken] == [
        "wrong recommendations",
        "all intervals together hold",
    ]


def test_every_scenario_of_the_promise_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {s.n_test for s in scenarios()} >= {8, 50, 220, 2_000}
    assert {s.task for s in scenarios()} == {"multilabel", "multiclass"}
    few = [replace(s, wanted=s.wanted[:2], n_texts=2_000, n_test=min(s.n_test, 60)) for s in scenarios()]
    monkeypatch.setattr("bench.simulation.recommendations.scenarios", lambda: few)
    assert len(list(recommendation_scenarios(1, 0))) == len(few)
