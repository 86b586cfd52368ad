"""NVIDIA's management library without its Python package: the few calls that energy, clocks and driver need.

The driver brings `libnvidia-ml.so.1` with it, so a machine with a GPU has it whatever is installed. The names are those
of the package `nvidia-ml-py`, which is taken where it is there.
"""

from __future__ import annotations

import ctypes
from typing import Any

LIBRARY = "libnvidia-ml.so.1"


class NVMLError(Exception):
    """A call that the library refused; the number is its own."""


class Nvml:
    """What `pynvml` offers, as far as it is used here."""

    NVML_CLOCK_SM, NVML_CLOCK_MEM, NVML_TEMPERATURE_GPU = 1, 2, 0
    NVMLError = NVMLError

    def __init__(self, library: Any) -> None:
        self._library = library

    def nvmlInit(self) -> None:  # noqa: N802
        self._call("nvmlInit_v2")

    def nvmlDeviceGetHandleByIndex(self, index: int) -> ctypes.c_void_p:  # noqa: N802
        handle = ctypes.c_void_p()
        self._call("nvmlDeviceGetHandleByIndex_v2", ctypes.c_uint(index), ctypes.byref(handle))
        return handle

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: ctypes.c_void_p) -> int:  # noqa: N802
        """Millijoules since the driver was loaded."""
        found = ctypes.c_ulonglong()
        self._call("nvmlDeviceGetTotalEnergyConsumption", handle, ctypes.byref(found))
        return found.value

    def nvmlSystemGetDriverVersion(self) -> str:  # noqa: N802
        text = ctypes.create_string_buffer(80)
        self._call("nvmlSystemGetDriverVersion", text, ctypes.c_uint(len(text)))
        return text.value.decode("utf-8", "replace")

    def nvmlDeviceGetClockInfo(self, handle: ctypes.c_void_p, kind: int) -> int:  # noqa: N802
        return self._number("nvmlDeviceGetClockInfo", handle, kind)

    def nvmlDeviceGetMaxClockInfo(self, handle: ctypes.c_void_p, kind: int) -> int:  # noqa: N802
        return self._number("nvmlDeviceGetMaxClockInfo", handle, kind)

    def nvmlDeviceGetTemperature(self, handle: ctypes.c_void_p, sensor: int) -> int:  # noqa: N802
        return self._number("nvmlDeviceGetTemperature", handle, sensor)

    def nvmlDeviceGetEnforcedPowerLimit(self, handle: ctypes.c_void_p) -> int:  # noqa: N802
        """Milliwatts."""
        return self._number("nvmlDeviceGetEnforcedPowerLimit", handle)

    def _number(self, name: str, handle: ctypes.c_void_p, *kinds: int) -> int:
        found = ctypes.c_uint()
        self._call(name, handle, *map(ctypes.c_int, kinds), ctypes.byref(found))
        return found.value

    def _call(self, name: str, *arguments: Any) -> None:
        try:
            function = getattr(self._library, name)
        except AttributeError:
            raise NVMLError(f"{name}: not in this driver's library") from None
        if code := function(*arguments):
            raise NVMLError(f"{name}: error {code}")


def load_library() -> Nvml | None:
    """The driver's own library; None on a machine without one."""
    try:
        return Nvml(ctypes.CDLL(LIBRARY))
    except OSError:
        return None
