"""Money and carbon: from what the user gave, by the mean, and of a GPU only what its own counter saw."""

from __future__ import annotations

from typing import Any

import pytest

from baselines.errors import MeasurementError
from bench.cost.bill import NO_GPU_COUNTER, Prices, bill_of_answers, bill_of_training, carbon_of_gpu_row

BOTH = Prices(per_hour=3.6, carbon_per_kwh=360.0)
ROW: dict[str, Any] = {"device": "cpu", "scenario": "single", "latency_s": {"mean": 0.002, "p50": 0.001}}
BY_GPU = {"energy_wh": 2.0, "energy_source": "nvml", "energy_assumption": ""}


def test_nothing_is_priced_without_a_figure_of_the_user() -> None:
    assert Prices().money(10.0) is None
    assert Prices().carbon(10.0) is None
    assert BOTH.money(7200.0) == pytest.approx(7.2)
    assert BOTH.carbon(3.6e6) == pytest.approx(360.0)
    assert BOTH.carbon(None) is None
    with pytest.raises(MeasurementError, match="at least 0"):
        Prices(per_hour=-1.0).money(1.0)


def test_answers_are_paid_by_the_mean() -> None:
    found = bill_of_answers(ROW, None, BOTH)
    assert found["energy_j_per_document"] == pytest.approx(0.002 * 10)
    assert found["energy_source"] == "tdp-estimate"
    assert found["cost_per_million_documents"] == pytest.approx(2000 / 3600 * 3.6)
    assert found["carbon_g_per_million_documents"] == pytest.approx(20_000 / 3.6e6 * 360)


def test_a_counter_is_believed_before_an_estimate() -> None:
    counted = {"energy_j_per_document": 0.5, "energy_source": "rapl", "seconds": 10.0}
    found = bill_of_answers(ROW, counted, Prices())
    assert (found["energy_j_per_document"], found["energy_source"]) == (0.5, "rapl")
    assert found["carbon_g_per_million_documents"] is None


@pytest.mark.parametrize("change", [{"device": "cuda"}, {"scenario": "offline"}, {"latency_s": None}])
def test_rows_that_are_no_single_texts_on_the_cpu_have_no_estimate(change: dict[str, Any]) -> None:
    assert bill_of_answers({**ROW, **change}, None, BOTH) == {}


def test_a_gpu_row_has_the_carbon_of_its_own_counter_or_none() -> None:
    assert carbon_of_gpu_row({"status": "skipped"}, BOTH) == {}
    assert carbon_of_gpu_row({"energy_j_per_document": 3.6}, BOTH) == {"carbon_g_per_million_documents": 360.0}


def test_a_training_on_a_gpu_never_gets_the_estimate_of_the_cpu() -> None:
    counted = bill_of_training(60.0, 50.0, BY_GPU, BOTH, on_gpu=True)
    assert (counted["energy_wh"], counted["energy_source"]) == (2.0, "nvml")
    assert counted["carbon_g"] == pytest.approx(0.72)
    unknown = bill_of_training(60.0, 50.0, None, BOTH, on_gpu=True)
    assert (unknown["energy_wh"], unknown["carbon_g"]) == (None, None)
    assert unknown["energy_assumption"] == NO_GPU_COUNTER
    assert unknown["cost"] == pytest.approx(0.06)


def test_what_a_gpu_drew_meanwhile_is_not_what_a_training_on_the_cpu_took() -> None:
    found = bill_of_training(60.0, 50.0, BY_GPU, Prices(), on_gpu=False)
    assert (found["energy_source"], found["energy_wh"]) == ("tdp-estimate", pytest.approx(500 / 3600))
