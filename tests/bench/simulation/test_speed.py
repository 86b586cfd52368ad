"""Of equal models "faster" and "slower" are said in at most one run of twenty, however processes differ."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bench.simulation.speed import MARGINS, Scenario, draw_times, scenarios, simulate_speed

RUNS = 40
# Two standard errors of a rate of 5 % over so many runs.
MOST = 0.05 + 2 * math.sqrt(0.05 * 0.95 / RUNS)


@pytest.mark.parametrize("effect", [0.0, 0.005, 0.01])
def test_thirty_equal_models_are_called_equal(effect: float) -> None:
    found = simulate_speed(Scenario(effect), RUNS, seed=1)
    assert found.any_word[0.0] <= MOST
    assert found.any_word[0.1] == 0.0
    assert 0.93 <= found.coverage <= 0.98


def test_a_bootstrap_over_rounds_calls_many_of_them_faster_or_slower() -> None:
    """The simulation can tell a wrong interval from a right one."""
    found = simulate_speed(Scenario(0.01, method="rounds", noise=(0.01, 0.05)), 20, seed=1)
    assert found.any_word[0.0] > 0.8
    assert found.coverage < 0.9


def test_a_factor_of_1_3_is_found_beyond_the_margin_and_one_of_1_15_beyond_none() -> None:
    large = simulate_speed(Scenario(0.005, true_ratio=1.3, noise=(0.01, 0.1)), 10, seed=2)
    small = simulate_speed(Scenario(0.005, true_ratio=1.15, noise=(0.01, 0.1)), 10, seed=2)
    assert large.words[0.1] > 0.9
    assert small.words[0.0] > 0.9
    assert small.words[0.1] < large.words[0.1]


def test_the_same_seed_gives_the_same_figures_and_another_others() -> None:
    one, again, other = (simulate_speed(Scenario(0.01), 3, seed) for seed in (1, 1, 2))
    assert one == again
    assert one != other
    assert set(one.any_word) == set(MARGINS)
    assert one.error_of(0.0) == pytest.approx(math.sqrt(one.any_word[0.0] * (1 - one.any_word[0.0]) / 3))


def test_what_is_drawn_has_the_effects_that_are_asked_for() -> None:
    rng = np.random.default_rng(0)
    processes = np.arange(18) // 6
    scenario = Scenario(0.02, noise=(0.001, 0.001), true_ratio=1.5)
    starts = []
    for _ in range(40):
        logs = np.log(draw_times(scenario, processes, rng)[1:])
        means = (logs - logs.mean(axis=0)).reshape(30, 3, 6).mean(axis=2)
        starts.append(means.var(axis=1, ddof=1).mean())
    assert math.sqrt(np.mean(starts)) == pytest.approx(0.02, rel=0.05)
    assert len(list(scenarios())) == len(set(scenarios()))
