"""The whole check on a simulated device: what it finds, what it leaves out, and that no part ends another."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from baselines.errors import MeasurementError
from bench.accelerator import beside_cpu
from bench.accelerator.beside_cpu import NO_KERNEL, overtakes_at
from bench.accelerator.check import NO_COUNTER, Bench, run_check
from bench.accelerator.command import lines, run
from bench.accelerator.subject import Subject, make_subject
from bench.measure.gpu import NO_DEVICE, GpuPlan
from bench.results.gpu_file import read_gpu_file
from tests.cases.gpu_case import SimulatedCounter, SimulatedDevice, SimulatedModel

PLAN = GpuPlan(batch_sizes=(1, 4, 16), at_least_s=0.002)


@cache
def subject() -> Subject:
    return make_subject(steps=2, most_texts=40, embedding_dim=4, filters=((1, 4), (3, 4)), hidden_dim=4)


def bench(device: SimulatedDevice, *, wrong: float = 0.0, **changes: Any) -> Bench:
    """torch answers as it should; onnxruntime isn't there."""

    def on_device(subject: Subject) -> SimulatedModel:
        return SimulatedModel(device, dict(zip(subject.texts, subject.expected, strict=True)), wrong=wrong)

    def missing(subject: Subject) -> SimulatedModel:
        raise MeasurementError("onnxruntime isn't installed")

    made = Bench(device, SimulatedCounter(device), where="cpu", models={"torch": on_device, "onnxruntime": missing},
                 plan=PLAN, cpu_plan=replace(PLAN, least_runs=2), subject=subject, clock=Ticking(device))  # fmt: skip
    return replace(made, **changes)


class Ticking:
    """The device's clock, which also moves a little each time it is asked: the CPU takes time too."""

    def __init__(self, device: SimulatedDevice) -> None:
        self.device = device

    def __call__(self) -> int:
        self.device.host += 1e-3
        return self.device.clock()


def status_of(found: dict[str, Any]) -> dict[str, str]:
    return {part["name"]: part["status"] for part in found["parts"]}


def test_everything_is_measured_but_what_the_machine_lacks() -> None:
    found = run_check(bench(SimulatedDevice()), 1e6)
    status = status_of(found)
    reasons = {part["reason"] for part in found["parts"] if part["status"] == "skipped"}
    assert {name for name, value in status.items() if value == "skipped"} == {
        "parity-onnxruntime", "rows-onnxruntime", "energy-onnxruntime-1", "energy-onnxruntime-16",
        *(["rows-cpu-table"] if NO_KERNEL in reasons else []),
    }  # fmt: skip
    assert "onnxruntime isn't installed" in reasons
    assert set(status.values()) == {"measured", "skipped"}
    (parity,) = found["parity"]
    assert parity["runtime"] == "torch"
    assert parity["max_difference"] <= parity["allowed"] == 1e-4
    gpu = [row for row in found["rows"] if row["device"] == "cuda"]
    assert [row["batch_size"] for row in gpu] == [1, 4, 16]
    assert [row.get("energy_source") for row in gpu] == ["nvml", None, "nvml"]
    assert all(row["energy_window_s"] >= 10 for row in gpu if "energy_source" in row)
    assert {(s["device"], s["form"]) for s in found["training"]} == {
        (device, form) for device in ("cuda", "cpu") for form in ("lookup", "conv")
    }
    # Both forms are the same function, so with the same weights and dropout they have the same loss.
    losses = [step["loss"] for step in found["training"]]
    assert losses == pytest.approx([losses[0]] * 4, rel=1e-5)
    assert set(found["overtakes"]) == {"torch against torch", "best of the GPU against best of the CPU"}
    assert found["verified_on_hardware"] is False
    assert found["model"]["n_texts"] == 40


def test_without_a_device_everything_is_skipped_and_nothing_is_made() -> None:
    def never() -> Subject:
        raise AssertionError("no network is needed")

    found = run_check(Bench(None, None, subject=never), 360)
    assert {(part["status"], part["reason"]) for part in found["parts"]} == {("skipped", NO_DEVICE)}
    assert found["device"] == {"status": "missing", "reason": NO_DEVICE}
    assert found["rows"] == []


def test_a_device_without_a_counter_has_no_energy_and_no_estimate() -> None:
    found = run_check(bench(SimulatedDevice(), counter=None), 1e6)
    energy = [part for part in found["parts"] if part["name"].startswith("energy-torch")]
    assert [(part["status"], part["reason"]) for part in energy] == [("skipped", NO_COUNTER)] * 2
    assert not any("energy_j_per_document" in row for row in found["rows"])


def test_no_part_is_begun_that_would_end_too_late() -> None:
    found = run_check(bench(SimulatedDevice()), 39)
    status = status_of(found)
    assert status["parity-torch"] == status["rows-torch"] == "measured"
    assert status["rows-cpu-torch"] == "left out"
    reason = next(part["reason"] for part in found["parts"] if part["name"] == "rows-cpu-torch")
    assert reason.startswith("it takes about 40 s, and ")


def test_on_a_slow_machine_less_is_begun() -> None:
    device = SimulatedDevice()

    def slowly() -> Subject:
        device.host += 90.0
        return subject()

    status = status_of(run_check(bench(device, subject=slowly), 200))
    assert status["network"] == status["rows-torch"] == "measured"
    assert status["rows-cpu-torch"] == "left out", "the CPU was three times slower than usual"
    assert status["rows-cpu-table"] != "left out"
    assert status["energy-torch-1"] == "measured", "the GPU wasn't"


def test_without_a_network_nothing_else_is_tried() -> None:
    def broken() -> Subject:
        raise MemoryError("too little")

    found = run_check(bench(SimulatedDevice(), subject=broken), 1e6)
    assert found["parts"][0]["reason"] == "MemoryError: too little"
    assert {part["reason"] for part in found["parts"][1:]} == {"there is no network to measure"}


def test_wrong_answers_fail_their_parts_and_no_other() -> None:
    found = run_check(bench(SimulatedDevice(), wrong=0.01), 1e6)
    status = status_of(found)
    assert status["parity-torch"] == status["rows-torch"] == "failed"
    assert found["parity"][0]["max_difference"] == pytest.approx(0.01, rel=1e-3)
    assert status["rows-cpu-torch"] == status["training-gpu-lookup"] == "measured"
    assert status["energy-torch-1"] == "skipped"


def test_whatever_a_driver_throws_ends_one_part(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*arguments: Any, **more: Any) -> None:
        raise RuntimeError("CUDA error:\nout of memory")

    monkeypatch.setattr("bench.accelerator.check.time_steps", crash)
    found = run_check(bench(SimulatedDevice()), 1e6)
    failed = [part for part in found["parts"] if part["status"] == "failed"]
    assert len(failed) == 4
    assert {part["reason"] for part in failed} == {"RuntimeError: CUDA error: out of memory"}
    assert status_of(found)["energy-torch-16"] == "measured"


def test_the_file_is_written_read_again_and_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "new" / "gpu.json"
    assert run(place, 1e6, "python -m bench.gpu_check", bench(SimulatedDevice())) == 0
    found = read_gpu_file(place)
    assert found["command"] == "python -m bench.gpu_check"
    said = capsys.readouterr().out
    assert said.endswith(f"written: {place}\n")
    assert all(line in said for line in lines(found))
    assert "torch on cuda, batch 16: " in said
    assert run(place, 1e6, "", bench(SimulatedDevice(), wrong=0.01)) == 1
    assert json.loads(place.read_text(encoding="utf-8"))["parts"][1]["status"] == "failed"


def test_a_file_that_cannot_be_written_is_said_before_anything_is_measured(tmp_path: Path) -> None:
    with pytest.raises(MeasurementError, match=r"--out .*: can't be written"):
        run(tmp_path, 360, "")


def test_where_a_gpu_overtakes_at_the_same_batch_size() -> None:
    def rows(**speeds: float) -> list[dict[str, Any]]:
        return [{"batch_size": int(size[1:]), "documents_per_s": speed} for size, speed in speeds.items()]

    cpu = rows(b1=100, b8=300, b64=400)
    assert overtakes_at(rows(b1=10, b8=350, b64=900), cpu) == 8
    assert overtakes_at(rows(b1=200, b8=350, b64=900), cpu) == 1
    assert overtakes_at(rows(b1=200, b8=350, b64=399), cpu) is None
    assert overtakes_at(rows(b1=10, b8=350, b1024=900), cpu) == 8
    assert overtakes_at(rows(b64=900), cpu + rows(b64=1000)) is None, "the best form of the CPU counts"
    assert overtakes_at([], cpu) is None


def test_the_table_form_needs_its_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside_cpu.kernel, "AVAILABLE", False)
    with pytest.raises(MeasurementError, match="C kernel isn't built"):
        beside_cpu.table_answer(subject(), 1)
