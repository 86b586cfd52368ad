"""The same models on a CUDA device: torch, and onnxruntime's CUDA execution provider.

Two figures a batch size, always with batch 1 and large ones: device time, between two CUDA events around many runs
with one synchronize at the end; and end-to-end time of each call, text in, probabilities out, copies in both
directions included. A GPU overtakes the CPU from some batch size on; below it, it is the slower device.

Without a device every row says `skipped`. The device is behind `bench.measure.gpu_device.Device`, so that tests
exercise this path with a simulated one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import MeasurementError
from bench.cost.energy import Counter, energy_of_calls
from bench.measure.gpu_device import Device, GpuModel
from bench.measure.timing import check_answers
from bench.numbers import stats

# Whether these rows have been taken on real hardware for this version of the code, not only on the simulated device.
VERIFIED_ON_HARDWARE = False
BATCH_SIZES = (1, 8, 64, 256, 1024)
NO_DEVICE = "no CUDA device"

Json = dict[str, Any]


@dataclass(frozen=True)
class GpuPlan:
    """How much is measured.

    Attributes:
        batch_sizes: in order.
        at_least_s: seconds of each measurement.
        warmup_calls: untimed calls before it.
        least_runs: timed calls however long they take.
        energy_window_s: seconds over which the device's counter of energy is read, 10 or more; 0 reads none.
        energy_batch_sizes: for which of the batch sizes.
    """

    batch_sizes: tuple[int, ...] = BATCH_SIZES
    at_least_s: float = 0.5
    warmup_calls: int = 10
    least_runs: int = 10
    energy_window_s: float = 0.0
    energy_batch_sizes: tuple[int, ...] = (1, 1024)


def measure_gpu(
    make: Callable[[], GpuModel],
    runtime: str,
    texts: Sequence[str],
    device: Device | None,
    *,
    plan: GpuPlan = GpuPlan(),
    expected: NDArray[Any] | None = None,
    counter: Counter | None = None,
    clock: Callable[[], int] = time.perf_counter_ns,
) -> list[Json]:
    """Rows of results.json for one model, one a batch size.

    Args:
        make: loads the model onto the device; not called without one.
        runtime: `torch` or `onnxruntime`.
        texts: in order, used again where a batch is larger.
        device: from `bench.measure.gpu_device.find_device`.
        plan: batch sizes and lengths.
        expected: scored probabilities of `texts`; float32 on a GPU differs from a CPU's in the last digits, so up to
            1e-4 is allowed.
        counter: of the device's energy; None where it can't be read, and then no row has an energy.
        clock: wall time in nanoseconds.
    """
    if device is None:
        return [_skipped(runtime, size, NO_DEVICE) for size in plan.batch_sizes]
    try:
        model = make()
    except MeasurementError as error:
        return [_skipped(runtime, size, str(error)) for size in plan.batch_sizes]
    how = _How(device, plan, expected, counter, clock)
    return [_row(model, runtime, texts, size, how) for size in plan.batch_sizes]


def gpu_facts(rows: Sequence[Json], device: Device | None, cpu_rows: Sequence[Json] = ()) -> Json:
    """`speed.gpu` of results.json: status, name, driver, clocks, and the batch size from which the GPU is faster."""
    measured = [row for row in rows if row["status"] == "measured"]
    if device is None or not measured:
        reason = NO_DEVICE if device is None else rows[0]["reason"] if rows else "nothing to measure"
        return {"status": "skipped", "reason": reason}
    return {
        "status": "measured",
        "reason": "",
        "name": device.name,
        "state": device.state(),
        "verified_on_hardware": VERIFIED_ON_HARDWARE,
        "cpu_documents_per_s": best_rate(cpu_rows),
        "overtakes_cpu_at_batch": overtaking_batch(cpu_rows, measured),
    }


def overtaking_batch(cpu_rows: Sequence[Json], gpu_rows: Sequence[Json]) -> int | None:
    """Smallest measured batch size from which on the GPU, copies included, beats the CPU's best documents a second.

    None where it never does, or nothing was measured.
    """
    best = best_rate(cpu_rows)
    rows = sorted(gpu_rows, key=lambda row: int(row["batch_size"]), reverse=True)
    found = None
    for row in rows:
        if best is None or float(row["documents_per_s"]) <= best:
            break
        found = int(row["batch_size"])
    return found


def best_rate(rows: Sequence[Json]) -> float | None:
    """The most documents a second of any row; None where no row has them."""
    return max((float(row["documents_per_s"]) for row in rows if row.get("documents_per_s")), default=None)


@dataclass(frozen=True)
class _How:
    """What all rows of a model share."""

    device: Device
    plan: GpuPlan
    expected: NDArray[Any] | None
    counter: Counter | None
    clock: Callable[[], int]


def _row(model: GpuModel, runtime: str, texts: Sequence[str], size: int, how: _How) -> Json:
    rows = [i % len(texts) for i in range(size)]
    batch = [texts[row] for row in rows]
    answers = answers_of(model, batch)
    if how.expected is not None:
        check_answers(f"{runtime} on {how.device.name}", answers, how.expected[rows], rows, tolerance=1e-4)
    device_s = _device_time(model, batch, how.device, how.plan, how.clock)
    samples = timed_calls(lambda: answers_of(model, batch), how.plan, how.clock)
    return {
        **_base(runtime, size),
        "latency_s": stats.percentiles(samples),
        "quantiles_s": stats.thin(samples),
        "documents_per_s": size / float(np.median(samples)),
        "device_s": device_s,
        "model_only_s": device_s / size,
        **_energy(model, batch, how),
        "warnings": [] if VERIFIED_ON_HARDWARE else ["this path has not been verified on hardware yet"],
        "status": "measured",
        "reason": "",
    }


def answers_of(model: GpuModel, batch: Sequence[str]) -> NDArray[np.float32]:
    """Text in, probabilities out, copies in both directions included."""
    return model.to_host(model.run(model.to_device(model.encode(batch))))


def _device_time(
    model: GpuModel, batch: Sequence[str], device: Device, plan: GpuPlan, clock: Callable[[], int]
) -> float:
    """Seconds of device time a run: events around many runs, one synchronize at the end."""
    on_device = model.to_device(model.encode(batch))
    for _ in range(plan.warmup_calls):
        model.run(on_device)
    device.synchronize()
    start = clock()
    model.run(on_device)
    device.synchronize()
    runs = max(plan.least_runs, round(plan.at_least_s * 1e9 / max(clock() - start, 1)))
    first = device.event()
    for _ in range(runs):
        model.run(on_device)
    last = device.event()
    device.synchronize()
    return device.elapsed_s(first, last) / runs


def timed_calls(call: Callable[[], Any], plan: GpuPlan, clock: Callable[[], int]) -> NDArray[np.float64]:
    """Seconds of each call, made again and again for the plan's time."""
    for _ in range(plan.warmup_calls):
        call()
    times = [clock()]
    while times[-1] - times[0] < plan.at_least_s * 1e9 or len(times) <= plan.least_runs:
        call()
        times.append(clock())
    seconds: NDArray[np.float64] = np.diff(np.asarray(times, np.float64)) / 1e9
    return seconds


def _energy(model: GpuModel, batch: Sequence[str], how: _How) -> Json:
    """Joules a text by the board's counter, copies included; without one nothing: a CPU's estimate is no answer."""
    window_s = how.plan.energy_window_s
    if how.counter is None or not window_s or len(batch) not in how.plan.energy_batch_sizes:
        return {}
    joules, energy = energy_of_calls(
        lambda: answers_of(model, batch), len(batch), how.counter, window_s=window_s, clock=lambda: how.clock() / 1e9
    )
    return {"energy_j_per_document": joules, "energy_source": energy.source}


def _base(runtime: str, size: int) -> Json:
    scenario = "single" if size == 1 else "offline"
    return {"device": "cuda", "runtime": runtime, "threads": 1, "scenario": scenario, "batch_size": size}


def _skipped(runtime: str, size: int, reason: str) -> Json:
    return {**_base(runtime, size), "status": "skipped", "reason": reason}
