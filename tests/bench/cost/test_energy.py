"""Counters from files we write, a board we fake, and estimates that say that they are estimates."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from baselines.errors import MeasurementError
from bench.cost import energy as energy_module
from bench.cost.energy import NvmlCounter, RaplCounter, energy_per_document, estimate, find_counter, metered


def zone(root: Path, number: int, name: str, microjoules: int, largest: int = 1_000_000) -> Path:
    folder = root / f"intel-rapl:{number}"
    folder.mkdir(parents=True)
    (folder / "name").write_text(name + "\n")
    (folder / "energy_uj").write_text(f"{microjoules}\n")
    (folder / "max_energy_range_uj").write_text(f"{largest}\n")
    return folder


def test_rapl_adds_up_packages_and_survives_the_end_of_its_range(tmp_path: Path) -> None:
    first, second = zone(tmp_path, 0, "package-0", 100), zone(tmp_path, 1, "package-1", 999_000)
    zone(tmp_path, 2, "dram", 5)
    counter = RaplCounter(tmp_path)
    assert counter.joules() == 0
    (first / "energy_uj").write_text("400100")
    (second / "energy_uj").write_text("98999")
    assert counter.joules() == pytest.approx(0.4 + 0.1)
    assert counter.source == "rapl"


def test_no_counter_is_none_not_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_counter("cpu", root=tmp_path) is None
    zone(tmp_path, 0, "dram", 5)
    assert find_counter("cpu", root=tmp_path) is None
    monkeypatch.setattr(energy_module, "load_nvml", lambda: None)
    assert find_counter("cuda") is None


class FakeNvml:
    class NVMLError(Exception):
        pass

    def __init__(self) -> None:
        self.millijoules = 5_000

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802
        return index

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: int) -> int:  # noqa: N802
        if self.millijoules < 0:
            raise self.NVMLError
        return self.millijoules


def test_nvml_counts_from_where_it_was_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    board = FakeNvml()
    counter = NvmlCounter(board)
    board.millijoules = 7_500
    assert counter.joules() == 2.5
    monkeypatch.setattr(energy_module, "load_nvml", lambda: board)
    found = find_counter("cuda")
    assert found is not None
    assert found.source == "nvml"
    board.millijoules = -1
    assert find_counter("cuda") is None


def test_an_estimate_says_what_it_assumes() -> None:
    assumed = estimate(3600.0)
    assert (assumed.joules, assumed.watt_hours) == (36_000.0, 10.0)
    assert assumed.to_json()["energy_source"] == "tdp-estimate"
    assert assumed.assumption == "10 W a busy core, assumed; 1 busy"
    assert estimate(2.0, cores=4, watts_per_core=5.0).joules == 40.0
    assert "given" in estimate(2.0, watts_per_core=5.0).assumption
    with pytest.raises(MeasurementError, match="positive watts"):
        estimate(1.0, watts_per_core=0.0)


class Simulated:
    """40 W while time passes, one second a reading of the clock."""

    source: Any = "rapl"

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        self.now += 1.0
        return self.now

    def joules(self) -> float:
        return 40.0 * self.now


def test_energy_a_document_over_a_window_of_whole_passes() -> None:
    machine = Simulated()
    answered: list[str] = []
    per_document, energy = energy_per_document(
        lambda texts: answered.extend(texts), ["a", "b", "c"], machine, clock=machine.clock
    )
    assert len(answered) % 3 == 0
    assert energy.seconds >= 10
    assert per_document == pytest.approx(energy.joules / len(answered))
    with pytest.raises(MeasurementError, match="at least 10 s"):
        energy_per_document(answered.extend, ["a"], machine, window_s=1.0)


def test_short_work_is_estimated_and_long_work_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Simulated()
    times = iter([0.0, 2.0, 0.0, 30.0])
    monkeypatch.setattr(energy_module, "time", SimpleNamespace(perf_counter=lambda: next(times)))
    with metered(machine, cores=2) as meter:
        pass
    assert meter.energy is not None
    assert (meter.energy.source, meter.energy.joules) == ("tdp-estimate", 40.0)
    with metered(machine) as meter:
        machine.now += 30
    assert meter.energy is not None
    assert (meter.energy.source, meter.energy.joules) == ("rapl", 1200.0)
