"""A simulated CUDA device: a queue that takes its time, models on it, a counter of its energy, and a check's file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


class SimulatedDevice:
    """A queue: work is enqueued at once and takes its time later; waiting moves the host's clock."""

    name = "Simulated GPU"

    def __init__(self) -> None:
        self.host = 0.0
        self.done = 0.0
        self.synchronized = 0

    def clock(self) -> int:
        return round(self.host * 1e9)

    def enqueue(self, seconds: float) -> None:
        self.host += 5e-6
        self.done = max(self.done, self.host) + seconds

    def event(self) -> float:
        return max(self.done, self.host)

    def elapsed_s(self, start: float, end: float) -> float:
        assert self.host >= end, "events are read after a synchronize"
        return end - start

    def synchronize(self) -> None:
        self.synchronized += 1
        self.host = max(self.host, self.done)

    def state(self) -> dict[str, Any]:
        return {"driver": "1.2"}


class SimulatedModel:
    """100 µs a run and 1 µs a text on the device; 20 µs a copy. Answers are lengths of texts unless given."""

    def __init__(self, device: SimulatedDevice, answers: dict[str, Any] | None = None, *, wrong: float = 0.0) -> None:
        self.device, self.answers, self.wrong = device, answers, wrong

    def encode(self, texts: Sequence[str]) -> list[str]:
        self.device.host += 1e-6 * len(texts)
        return list(texts)

    def to_device(self, encoded: list[str]) -> list[str]:
        self.device.enqueue(20e-6)
        return encoded

    def run(self, on_device: list[str]) -> list[str]:
        self.device.enqueue(100e-6 + 1e-6 * len(on_device))
        return on_device

    def to_host(self, result: list[str]) -> Any:
        self.device.enqueue(20e-6)
        self.device.synchronize()
        if self.answers is not None:
            return np.array([self.answers[text] for text in result], np.float32) + np.float32(self.wrong)
        return np.array([[0.1 * len(text) + self.wrong, 0.5] for text in result], np.float32)


class SimulatedCounter:
    """A board that draws 300 W."""

    source: Any = "nvml"

    def __init__(self, device: SimulatedDevice) -> None:
        self.device = device

    def joules(self) -> float:
        return 300.0 * self.device.host


def gpu_file() -> dict[str, Any]:
    """What `python -m bench.gpu_check` could have written, shortened."""
    latency = {"mean": 0.0011, "p50": 0.001, "p90": None, "p95": None, "p99": None, "p999": None, "n": 20}
    row = {"batch_size": 64, "threads": 1, "scenario": "offline", "status": "measured", "reason": "",
           "latency_s": latency}  # fmt: skip
    return {
        "format_version": 1,
        "created": "2026-01-01",
        "seconds": 61.0,
        "most_seconds": 360.0,
        "verified_on_hardware": False,
        "device": {"status": "found", "reason": "", "name": "Simulated GPU",
                   "state": {"driver": "550.1", "power_limit_w": 700}, "energy_counter": True},
        "cpu": {"model": "A CPU", "cores": 16},
        "versions": {"python": "3.12.1", "torch": "2.11.0", "cuda": "12.8"},
        "model": {"n_texts": 40},
        "parts": [
            {"name": "rows-onnxruntime", "title": "onnxruntime on the GPU", "status": "skipped",
             "reason": "onnxruntime isn't installed", "seconds": 0.1},
            {"name": "rows-torch", "title": "torch on the GPU", "status": "measured", "reason": "", "seconds": 9.0},
        ],
        "rows": [
            {**row, "device": "cuda", "runtime": "torch", "documents_per_s": 64_000.0, "device_s": 0.0007,
             "energy_j_per_document": 0.002, "energy_source": "nvml"},
            {**row, "device": "cpu", "runtime": "torch", "documents_per_s": 6_400.0},
        ],
        "parity": [{"runtime": "torch", "max_difference": 2.1e-7, "allowed": 1e-4, "n_texts": 40}],
        "training": [{"device": "cuda", "form": "lookup", "threads": 1, "texts": 64, "characters": 120,
                      "step_s": {**latency, "p50": 0.012}, "loss": 0.3}],
        "overtakes": {"torch against torch": 8, "best of the GPU against best of the CPU": None},
    }  # fmt: skip
