"""Ratios of latencies: what cancels, what widens an interval, and which word an interval allows."""

from __future__ import annotations

import numpy as np
import pytest

from baselines.errors import MeasurementError
from bench.numbers.ratios import ITSELF, ProcessEffects, Ratio, Variance, noise_floor, process_effects, ratio, word

PROCESSES = np.arange(18) // 6
NONE = Variance(0.0, 1e-12)


def times(rng: np.random.Generator, n: int, effect: float, noise: float = 0.02) -> np.ndarray:
    """(n, 18) seconds a call in three processes each."""
    starts = effect * rng.standard_normal((n, 3))
    return np.exp(starts[:, PROCESSES] + noise * rng.standard_normal((n, 18)))


def test_the_ratio_cancels_what_slows_the_whole_machine() -> None:
    rng = np.random.default_rng(0)
    drift = rng.lognormal(0, 0.5, 18)
    found = ratio(1.2 * drift, drift, PROCESSES, NONE)
    assert (found.value, found.low, found.high) == pytest.approx((1.2, 1.2, 1.2), rel=1e-5)
    with pytest.raises(MeasurementError, match="same rounds"):
        ratio(np.ones(3), np.ones(2), PROCESSES[:3], NONE)


def test_one_bad_round_in_a_process_moves_nothing() -> None:
    reference = np.ones(18)
    spiked = reference.copy()
    spiked[[0, 7]] = 5.0
    assert ratio(spiked, reference, PROCESSES, NONE).value == 1.0


@pytest.mark.parametrize("effect", [0.0, 0.01, 0.05])
def test_what_restarts_do_is_found_whatever_slows_the_machine(effect: float) -> None:
    rng = np.random.default_rng(1)
    found = []
    for _ in range(30):
        slowed = rng.lognormal(0, 0.3, 18)
        effects = process_effects(times(rng, 12, effect) * slowed, PROCESSES, ["table"] * 12)
        found.append(effects.by_group["table"].value)
    assert np.sqrt(np.mean(found)) == pytest.approx(effect, abs=0.005 + 0.05 * effect)


def test_a_runtime_whose_processes_vary_more_keeps_its_own_value() -> None:
    rng = np.random.default_rng(2)
    groups = ["table"] * 12 + ["torch"] * 6
    both = np.concatenate([times(rng, 12, 0.003), times(rng, 6, 0.05)])
    effects = process_effects(both, PROCESSES, groups)
    assert np.sqrt(effects.by_group["torch"].value) == pytest.approx(0.05, rel=0.5)
    assert np.sqrt(effects.by_group["table"].value) < 0.01
    pair = effects.of_pair("table", "torch")
    assert pair.value == effects.by_group["table"].value + effects.by_group["torch"].value
    assert effects.of_pair("torch", "torch").error == 4 * effects.by_group["torch"].error


def test_effects_need_two_processes_two_candidates_and_rounds_to_spare() -> None:
    for shape, processes in (((1, 18), PROCESSES), ((4, 18), 0 * PROCESSES), ((4, 3), np.arange(3))):
        with pytest.raises(MeasurementError, match="at least 2 candidates, 2 processes"):
            process_effects(np.ones(shape), processes, ["table"] * shape[0])


def test_a_process_effect_and_a_family_widen_the_interval() -> None:
    rng = np.random.default_rng(3)
    ours, theirs = times(rng, 2, 0.0)
    alone, moving = ratio(ours, theirs, PROCESSES, NONE), ratio(ours, theirs, PROCESSES, Variance(4e-4, 1e-9))
    family = ratio(ours, theirs, PROCESSES, NONE, comparisons=30)
    assert moving.low < alone.low < alone.value < alone.high < moving.high
    assert (alone.family_low, alone.family_high) == (alone.low, alone.high)
    assert family.low == alone.low
    assert family.family_low < alone.low
    assert family.family_high > alone.high


def test_a_less_certain_process_effect_makes_a_wider_interval() -> None:
    rng = np.random.default_rng(4)
    ours, theirs = times(rng, 2, 0.0)
    sure, unsure = (ratio(ours, theirs, PROCESSES, Variance(1e-3, error)) for error in (1e-12, 1e-6))
    assert unsure.high - 1 > 1.1 * (sure.high - 1)


def test_of_one_time_the_drift_of_the_machine_counts_too() -> None:
    effects = ProcessEffects({"table": Variance(1.0, 0.1)}, Variance(2.0, 0.2))
    assert effects.of_time("table") == Variance(3.0, pytest.approx(0.3))


def test_few_rounds_have_a_value_and_no_interval() -> None:
    found = ratio(np.full(4, 1.1), np.ones(4), np.zeros(4, np.intp), NONE)
    assert found == Ratio(pytest.approx(1.1))
    assert noise_floor(found) is None
    assert found.inverted() == Ratio(pytest.approx(1 / 1.1))


def test_speedups_are_inverted_ratios() -> None:
    assert Ratio(0.5, 0.4, 0.8, 0.25, 1.0).inverted() == Ratio(2.0, 1.25, 2.5, 1.0, 4.0)
    assert ITSELF.inverted() == ITSELF


def test_the_noise_floor_is_the_far_end_of_the_interval() -> None:
    assert noise_floor(Ratio(1.01, 0.99, 1.04)) == pytest.approx(0.01)
    assert noise_floor(Ratio(0.97, 0.93, 1.01)) == pytest.approx(0.03)


@pytest.mark.parametrize(
    ("ends", "floor", "expected"),
    [
        ((0.80, 0.85, 0.79, 0.86), 0.10, "faster"),
        ((0.80, 0.90, 0.79, 0.92), 0.10, "no clear difference"),  # 1 / 1.1 lies between the two upper ends
        ((1.15, 1.25, 1.11, 1.30), 0.10, "slower"),
        ((1.12, 1.25, 1.08, 1.30), 0.10, "no clear difference"),
        ((1.01, 1.03, 1.005, 1.04), 0.10, "about as fast"),
        ((1.01, 1.03, 1.005, 1.04), 0.0, "slower"),
        ((0.99, 1.03, 0.98, 1.04), 0.0, "no clear difference"),
        ((0.95, 1.12, 0.90, 1.15), 0.10, "no clear difference"),
        ((0.40, 0.45, None, None), 1.0, "faster"),
        ((0.40, 0.55, None, None), 1.0, "no clear difference"),
        ((None, None, None, None), 0.0, "no clear difference"),
    ],
)
def test_a_word_needs_the_whole_interval(ends: tuple[float | None, ...], floor: float, expected: str) -> None:
    assert word(*ends, floor) == expected  # type: ignore[arg-type]
