"""Energy and where the figure comes from: the machine's counters where there are any, else an estimate, called so.

RAPL counts the whole package, NVML the whole board: everything else that runs is in their figures, and idle is not
subtracted. Both advance in steps, so a window lasts 10 s or more. Money and carbon are in `bench.cost.bill`.

Read directly, without codecarbon: its counters are these same files, its fallback is the same kind of estimate from a
table of thermal design powers, and it would bring some thirty packages and a look-up of the machine's location over
the network.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from baselines.errors import MeasurementError
from bench.cost.nvml import load_library
from bench.numbers.samples import sampled

Source = Literal["rapl", "nvml", "tdp-estimate"]
POWERCAP = Path("/sys/class/powercap")
LEAST_WINDOW_S = 10.0
# A server core under load, of published thermal design powers divided by cores (6 to 15 W). An assumption, said as one.
ASSUMED_WATTS_PER_CORE = 10.0
JOULES_PER_WH = 3600.0


class Counter(Protocol):
    """A counter of energy that only rises."""

    source: Source

    def joules(self) -> float:
        """Energy since the counter was opened."""


@dataclass(frozen=True)
class Energy:
    """Energy of a stretch of work.

    Attributes:
        joules: over the whole stretch.
        seconds: its length.
        source: `rapl`, `nvml`, or `tdp-estimate`.
        assumption: what an estimate rests on, "" for a counter.
    """

    joules: float
    seconds: float
    source: Source
    assumption: str = ""

    @property
    def watt_hours(self) -> float:
        """The same energy in Wh."""
        return self.joules / JOULES_PER_WH

    def to_json(self) -> dict[str, Any]:
        """For `training` of results.json."""
        return {
            "seconds": self.seconds,
            "energy_wh": self.watt_hours,
            "energy_source": self.source,
            "energy_assumption": self.assumption,
        }


class RaplCounter:
    """The package domains of Linux' powercap interface, added up."""

    source: Source = "rapl"

    def __init__(self, root: Path = POWERCAP) -> None:
        """Open every readable package; raises MeasurementError where there is none."""
        zones = [zone for zone in sorted(root.glob("*-rapl:*")) if _is_package(zone)]
        self._zones = [_Zone(zone) for zone in zones]
        if not self._zones:
            raise MeasurementError(f"{root}: no RAPL package counter that this user can read")

    def joules(self) -> float:
        return sum(zone.joules() for zone in self._zones)


class _Zone:
    """One counter in microjoules; it starts again from 0 after its range."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "energy_uj"
        self._range = int((folder / "max_energy_range_uj").read_text())
        self._last, self._total = int(self._file.read_text()), 0

    def joules(self) -> float:
        now = int(self._file.read_text())
        self._total += (now - self._last) % (self._range + 1)
        self._last = now
        return self._total / 1e6


class NvmlCounter:
    """The board's own counter, in millijoules since the driver was loaded (Volta and later)."""

    source: Source = "nvml"

    def __init__(self, nvml: Any, index: int = 0) -> None:
        """Use an initialised `pynvml` module."""
        self._nvml, self._handle = nvml, nvml.nvmlDeviceGetHandleByIndex(index)
        self._start = self._read()

    def _read(self) -> int:
        return int(self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._handle))

    def joules(self) -> float:
        return (self._read() - self._start) / 1e3


def find_counter(device: str = "cpu", *, root: Path = POWERCAP) -> Counter | None:
    """RAPL for `cpu`, NVML for `cuda`; None where the machine has none, or doesn't let this user read it."""
    if device == "cpu":
        try:
            return RaplCounter(root)
        except (MeasurementError, OSError, ValueError):
            return None
    nvml = load_nvml()
    if nvml is None:
        return None
    try:
        return NvmlCounter(nvml)
    except nvml.NVMLError:
        return None


def load_nvml() -> Any | None:
    """NVML, initialised: the package of the extra [gpu], else the driver's own library; None without a driver."""
    nvml = _package() or load_library()
    if nvml is None:
        return None
    try:
        nvml.nvmlInit()
    except nvml.NVMLError:
        return None
    return nvml


def _package() -> Any | None:
    try:
        import pynvml  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError:
        return None
    return pynvml


def estimate(seconds: float, *, cores: float = 1.0, watts_per_core: float | None = None) -> Energy:
    """Seconds times watts.

    Args:
        seconds: of work.
        cores: busy meanwhile.
        watts_per_core: what the user knows of the machine; None assumes 10 W.
    """
    watts = ASSUMED_WATTS_PER_CORE if watts_per_core is None else watts_per_core
    if watts <= 0 or cores <= 0 or seconds < 0:
        raise MeasurementError(f"energy estimate: positive watts and cores are allowed, got {watts} W and {cores}")
    origin = "assumed" if watts_per_core is None else "given"
    return Energy(
        seconds * cores * watts, seconds, "tdp-estimate", f"{watts:g} W a busy core, {origin}; {cores:g} busy"
    )


@dataclass
class Meter:
    """What `metered` fills in when its block ends."""

    energy: Energy | None = None


@contextmanager
def metered(counter: Counter | None, *, cores: float = 1.0, watts_per_core: float | None = None) -> Iterator[Meter]:
    """Energy of a `with` block, a training say: counted where there is a counter and 10 s passed, else estimated."""
    meter, before, start = Meter(), 0.0 if counter is None else counter.joules(), time.perf_counter()
    yield meter
    seconds = time.perf_counter() - start
    if counter is not None and seconds >= LEAST_WINDOW_S:
        meter.energy = Energy(counter.joules() - before, seconds, counter.source)
    else:
        meter.energy = estimate(seconds, cores=cores, watts_per_core=watts_per_core)


def energy_per_document(
    answer: Callable[[Sequence[str]], Any],
    texts: Sequence[str],
    counter: Counter,
    *,
    window_s: float = LEAST_WINDOW_S,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[float, Energy]:
    """Joules a document, single stream, over a window of whole passes.

    Args:
        answer: called with one text at a time.
        texts: passed through again and again; of more than `MOST_ASKED` so many are drawn.
        counter: from `find_counter`.
        window_s: 10 or more.
        clock: seconds.

    Raises:
        MeasurementError: a window that is too short for the counters, or no texts.
    """
    some = sampled(texts)

    def whole_pass() -> None:
        for text in some:
            answer([text])

    return energy_of_calls(whole_pass, len(some), counter, window_s=window_s, clock=clock)


def energy_of_calls(
    call: Callable[[], Any],
    documents: int,
    counter: Counter,
    *,
    window_s: float = LEAST_WINDOW_S,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[float, Energy]:
    """The same for a call that answers so many documents, made again and again."""
    if window_s < LEAST_WINDOW_S or documents < 1:
        raise MeasurementError(f"energy: texts, and a window of at least {LEAST_WINDOW_S:g} s, got {window_s:g} s")
    before, start, calls = counter.joules(), clock(), 0
    while clock() - start < window_s:
        call()
        calls += 1
    energy = Energy(counter.joules() - before, clock() - start, counter.source)
    return energy.joules / (calls * documents), energy


def _is_package(zone: Path) -> bool:
    try:
        name = (zone / "name").read_text().strip()
        (zone / "energy_uj").read_text()
    except OSError:
        return False
    return name.startswith("package")
