"""NVML by the driver's own library: the same figures by the same names, and errors instead of wrong numbers."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

import pytest

from bench.cost import energy, nvml
from bench.cost.energy import NvmlCounter, find_counter
from bench.cost.nvml import Nvml, NVMLError
from bench.measure.gpu_device import nvml_state


class Library:
    """A driver's library with one board, whose clocks are its kinds, and that knows no temperature."""

    def __init__(self) -> None:
        self.millijoules = 5_000
        self.initialised = 0

    def nvmlInit_v2(self) -> int:  # noqa: N802
        self.initialised += 1
        return 0

    def nvmlDeviceGetHandleByIndex_v2(self, index: Any, handle: Any) -> int:  # noqa: N802
        handle._obj.value = 77 + index.value
        return 0

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: Any, found: Any) -> int:  # noqa: N802
        assert handle.value == 77
        found._obj.value = self.millijoules
        return 0

    def nvmlSystemGetDriverVersion(self, text: Any, size: Any) -> int:  # noqa: N802
        assert size.value == len(text)
        text.value = b"575.57.08"
        return 0

    def nvmlDeviceGetClockInfo(self, handle: Any, kind: Any, found: Any) -> int:  # noqa: N802
        found._obj.value = 1980 + kind.value
        return 0

    nvmlDeviceGetMaxClockInfo = nvmlDeviceGetClockInfo  # noqa: N815

    def nvmlDeviceGetEnforcedPowerLimit(self, handle: Any, found: Any) -> int:  # noqa: N802
        found._obj.value = 700_000
        return 0

    def nvmlDeviceGetTemperature(self, handle: Any, kind: Any, found: Any) -> int:  # noqa: N802
        return 3


def test_state_and_energy_are_read_from_the_library() -> None:
    library = Library()
    found = Nvml(library)
    assert nvml_state(found) == {
        "driver": "575.57.08",
        "sm_clock_mhz": 1981,
        "sm_clock_most_mhz": 1981,
        "memory_clock_mhz": 1982,
        "power_limit_w": 700.0,
    }
    counter = NvmlCounter(found)
    library.millijoules += 2_500
    assert counter.joules() == 2.5


def test_a_call_that_is_refused_or_missing_is_an_error() -> None:
    found = Nvml(Library())
    with pytest.raises(NVMLError, match="nvmlDeviceGetTemperature: error 3"):
        found.nvmlDeviceGetTemperature(ctypes.c_void_p(77), 0)
    with pytest.raises(NVMLError, match="nvmlInit_v2: not in this driver's library"):
        Nvml(object()).nvmlInit()


def test_the_library_is_taken_where_the_package_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library()
    monkeypatch.setitem(sys.modules, "pynvml", None)
    monkeypatch.setattr(energy, "load_library", lambda: Nvml(library))
    assert isinstance(find_counter("cuda"), NvmlCounter)
    assert library.initialised == 1
    monkeypatch.setattr(energy, "load_library", lambda: None)
    assert find_counter("cuda") is None


def test_a_machine_without_a_driver_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvml, "LIBRARY", "libnothing-of-the-kind.so.1")
    assert nvml.load_library() is None
