"""What answers and trainings cost: money and carbon, from figures that the user gives and from nothing else.

Both follow the mean: a median leaves out the slow answers, which are paid for too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from baselines.errors import MeasurementError
from bench.cost.energy import estimate

_MILLION = 1e6
_SECONDS_PER_HOUR = 3600.0
_JOULES_PER_KWH = 3.6e6
NO_GPU_COUNTER = "trained on a GPU whose counter could not be read; the CPU's seconds say nothing of it"

Json = dict[str, Any]


@dataclass(frozen=True)
class Prices:
    """What the user says of the machine; None computes nothing.

    Attributes:
        per_hour: of the machine, in any currency.
        carbon_per_kwh: grams of CO2 equivalent a kilowatt hour of its electricity.
    """

    per_hour: float | None = None
    carbon_per_kwh: float | None = None

    def money(self, seconds: float) -> float | None:
        """Money for machine time, in the currency of the price."""
        return _priced(seconds / _SECONDS_PER_HOUR, self.per_hour)

    def carbon(self, joules: float | None) -> float | None:
        """Grams of CO2 equivalent; None also where the energy isn't known."""
        return None if joules is None else _priced(joules / _JOULES_PER_KWH, self.carbon_per_kwh)


def bill_of_answers(row: Mapping[str, Any], counted: Mapping[str, Any] | None, prices: Prices) -> Json:
    """Energy, money and carbon of a row of `runs`; empty for a row that shows no single stream of texts on the CPU.

    Args:
        row: with `latency_s`, `device` and `scenario`.
        counted: `energy_j_per_document` and `energy_source` by the machine's counter; None takes an estimate.
        prices: as the user gave them.
    """
    latency = row.get("latency_s") or {}
    mean = latency.get("mean", latency.get("p50"))
    if mean is None or row["device"] != "cpu" or row["scenario"] != "single":
        return {}
    estimated = estimate(mean)
    energy = counted or {"energy_j_per_document": estimated.joules, "energy_source": estimated.source}
    return {
        "energy_j_per_document": energy["energy_j_per_document"],
        "energy_source": energy["energy_source"],
        "cost_per_million_documents": prices.money(mean * _MILLION),
        "carbon_g_per_million_documents": prices.carbon(energy["energy_j_per_document"] * _MILLION),
    }


def carbon_of_gpu_row(row: Mapping[str, Any], prices: Prices) -> Json:
    """The same for a row of a GPU, whose energy its own counter saw or nothing did."""
    joules = row.get("energy_j_per_document")
    return {} if joules is None else {"carbon_g_per_million_documents": prices.carbon(joules * _MILLION)}


def bill_of_training(
    seconds: float, cpu_seconds: float, counted: Mapping[str, Any] | None, prices: Prices, *, on_gpu: bool
) -> Json:
    """`training` of results.json.

    Args:
        seconds: wall time.
        cpu_seconds: of all threads.
        counted: energy by the machine's counter; None takes an estimate.
        prices: as the user gave them.
        on_gpu: trained on a GPU: then only the GPU's own counter counts, and without it the energy isn't known.
    """
    if counted is not None and (counted["energy_source"] == "nvml") != on_gpu:
        counted = None
    unknown: Json = {"energy_wh": None, "energy_source": None, "energy_assumption": NO_GPU_COUNTER}
    energy = counted or (unknown if on_gpu else estimate(cpu_seconds).to_json())
    wh = energy["energy_wh"]
    return {
        **energy,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "cost": prices.money(seconds),
        "carbon_g": prices.carbon(None if wh is None else wh * _SECONDS_PER_HOUR),
    }


def _priced(amount: float, price: float | None) -> float | None:
    if price is None:
        return None
    if price < 0 or amount < 0:
        raise MeasurementError(f"price: amounts and prices of at least 0 are allowed, got {amount} and {price}")
    return amount * price
