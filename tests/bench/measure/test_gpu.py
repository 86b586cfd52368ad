"""The GPU path with a simulated device: its rows, its arithmetic, and what it says without a device."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from baselines.errors import MeasurementError
from bench.measure import gpu
from bench.measure.gpu import GpuPlan, gpu_facts, measure_gpu, overtaking_batch
from bench.measure.gpu_device import OnnxModel, find_device, nvml_state
from tests.cases.gpu_case import SimulatedCounter, SimulatedDevice, SimulatedModel

TEXTS = ["a", "bb", "ccc"]
PLAN = GpuPlan(batch_sizes=(1, 4, 64), at_least_s=0.01)
EXPECTED = np.array([[0.1, 0.5], [0.2, 0.5], [0.3, 0.5]], np.float32)


def test_rows_hold_device_time_and_end_to_end_time() -> None:
    device = SimulatedDevice()
    rows = measure_gpu(
        lambda: SimulatedModel(device), "torch", TEXTS, device, plan=PLAN, expected=EXPECTED, clock=device.clock
    )
    assert [(row["scenario"], row["batch_size"]) for row in rows] == [("single", 1), ("offline", 4), ("offline", 64)]
    for row in rows:
        size = row["batch_size"]
        assert row["device_s"] == pytest.approx(100e-6 + 1e-6 * size, rel=1e-3)
        assert row["latency_s"]["p50"] == pytest.approx(140e-6 + 2e-6 * size + 5e-6, rel=0.1)
        assert row["latency_s"]["p50"] > row["device_s"]
        assert row["documents_per_s"] == pytest.approx(size / row["latency_s"]["p50"], rel=1e-3)
        assert row["status"] == "measured"
        assert row["warnings"] == ["this path has not been verified on hardware yet"]
    assert rows[0]["latency_s"]["p99"] is None


def test_without_a_device_every_row_is_skipped_and_the_report_hears_it_once() -> None:
    def never() -> Any:
        raise AssertionError("nothing may be loaded")

    rows = measure_gpu(never, "onnxruntime", TEXTS, None, plan=PLAN)
    assert [(row["device"], row["status"], row["reason"]) for row in rows] == [
        ("cuda", "skipped", "no CUDA device")
    ] * 3
    assert gpu_facts(rows, None) == {"status": "skipped", "reason": "no CUDA device"}


def test_this_machine_says_what_it_has() -> None:
    import torch

    assert (find_device() is None) == (not torch.cuda.is_available())


def test_a_missing_provider_is_a_reason_not_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    import onnxruntime

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    device = SimulatedDevice()
    rows = measure_gpu(lambda: OnnxModel(b"", None), "onnxruntime", TEXTS, device, plan=PLAN)
    assert {row["status"] for row in rows} == {"skipped"}
    assert "onnxruntime-gpu" in rows[0]["reason"]
    assert gpu_facts(rows, device)["reason"] == rows[0]["reason"]


def test_answers_that_differ_from_the_scored_ones_end_it() -> None:
    device = SimulatedDevice()
    with pytest.raises(MeasurementError, match="torch on Simulated GPU: the timed probabilities"):
        measure_gpu(
            lambda: SimulatedModel(device, wrong=1.0),
            "torch",
            TEXTS,
            device,
            plan=PLAN,
            expected=EXPECTED,
            clock=device.clock,
        )


def test_the_batch_size_where_the_gpu_overtakes() -> None:
    def row(size: int, speed: float) -> dict[str, Any]:
        return {"batch_size": size, "documents_per_s": speed, "status": "measured"}

    slow_then_fast = [row(1, 10), row(8, 90), row(64, 500), row(256, 900)]
    assert overtaking_batch([row(1, 100), row(64, 300)], slow_then_fast) == 64
    assert overtaking_batch([row(1, 5)], slow_then_fast) == 1
    assert overtaking_batch([row(1, 5_000)], slow_then_fast) is None
    assert overtaking_batch([], slow_then_fast) is None
    facts = gpu_facts(slow_then_fast, SimulatedDevice(), [row(1, 100)])
    assert facts["overtakes_cpu_at_batch"] == 64
    assert facts["cpu_documents_per_s"] == 100
    assert facts["state"] == {"driver": "1.2"}
    assert facts["verified_on_hardware"] is gpu.VERIFIED_ON_HARDWARE


def test_energy_is_that_of_the_board_or_nothing() -> None:
    def rows(counter: SimulatedCounter | None) -> list[dict[str, Any]]:
        plan = GpuPlan(batch_sizes=(1, 4), at_least_s=0.01, energy_window_s=10.0, energy_batch_sizes=(4,))
        model = SimulatedModel(device)
        return measure_gpu(lambda: model, "torch", TEXTS, device, plan=plan, counter=counter, clock=device.clock)

    device = SimulatedDevice()
    single, four = rows(SimulatedCounter(device))
    assert "energy_j_per_document" not in single
    assert four["energy_source"] == "nvml"
    assert four["energy_j_per_document"] == pytest.approx(300 * four["latency_s"]["mean"] / 4, rel=1e-3)
    assert not any("energy_j_per_document" in row for row in rows(None))


class FakeNvml:
    NVML_CLOCK_SM, NVML_CLOCK_MEM, NVML_TEMPERATURE_GPU = range(3)

    class NVMLError(Exception):
        pass

    def __getattr__(self, name: str) -> Any:
        if name == "nvmlDeviceGetTemperature":

            def refuse(*arguments: Any) -> None:
                raise self.NVMLError

            return refuse
        return lambda *arguments: "550.1" if name == "nvmlSystemGetDriverVersion" else 1500


def test_clocks_and_driver_are_recorded_as_far_as_they_can_be_read() -> None:
    state = nvml_state(FakeNvml())
    assert state["driver"] == "550.1"
    assert state["sm_clock_mhz"] == 1500
    assert "temperature_c" not in state
    assert "no NVML" in nvml_state(None)["note"]
