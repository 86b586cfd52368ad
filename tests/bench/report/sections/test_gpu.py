"""What the report says of a GPU is whole sentences."""

from __future__ import annotations

from typing import Any

from bench.report.sections.gpu import NOT_VERIFIED, gpu_sentences

MEASURED: dict[str, Any] = {
    "status": "measured",
    "name": "Simulated GPU",
    "state": {"driver": "550.1", "sm_clock_mhz": 1980},
    "verified_on_hardware": False,
    "cpu_documents_per_s": 900.0,
    "overtakes_cpu_at_batch": 64,
}


def test_why_nothing_was_measured_is_a_sentence() -> None:
    said = gpu_sentences({"status": "skipped", "reason": "no CUDA device"})
    assert said == "No model was timed on a GPU: no CUDA device."
    assert gpu_sentences(None) == ""


def test_what_was_measured_is_sentences() -> None:
    assert gpu_sentences(MEASURED) == (
        "The CNN was also timed on a GPU, Simulated GPU (driver 550.1, clock 1980 MHz). From batches of 64 on, copies "
        f"included, it beats the best rate of the CPU. {NOT_VERIFIED}"
    )
    never = gpu_sentences({**MEASURED, "overtakes_cpu_at_batch": None, "verified_on_hardware": True})
    assert never.endswith("At no batch size that was measured does it beat the best rate of the CPU.")
    assert "beat" not in gpu_sentences({**MEASURED, "overtakes_cpu_at_batch": None, "cpu_documents_per_s": None})
