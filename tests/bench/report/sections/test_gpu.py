"""What the report says of a GPU is whole sentences, and whatever a file holds becomes text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.report import main as report_command
from bench.report.command import parser, run
from bench.report.sections.gpu import NOT_VERIFIED, gpu_check, gpu_sentences
from bench.report.write_report import HTML, MARKDOWN
from tests.cases.gpu_case import gpu_file
from tests.cases.run_case import write_run

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


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    return write_run(tmp_path / "run")


def test_without_a_file_there_is_no_section() -> None:
    assert gpu_check(None) is None


def test_the_section_has_figures_and_what_is_missing() -> None:
    found = gpu_check(gpu_file())
    assert found is not None
    assert found["sentences"][0] == (
        "Measured on Simulated GPU (driver 550.1, power limit 700 W) beside A CPU with 16 usable cores."
    )
    assert found["sentences"][1] == "It took 1 min 1 s, on 2026-01-01, with torch 2.11.0, cuda 12.8."
    assert "Probabilities of torch differ from the CPU's by 2.1e-07 at most (0.0001 are allowed)." in found["sentences"]
    assert "Torch against torch: the GPU is faster from batches of 8 on, copies included." in found["sentences"]
    assert (
        "Best of the GPU against best of the CPU: the GPU is faster at no batch size, copies included."
        in (found["sentences"])
    )
    assert found["sentences"][-1] == NOT_VERIFIED
    (gpu, cpu), (step,) = found["rows"], found["steps"]
    assert [cell["text"] for cell in gpu["cells"]] == ["64", "1.10 ms", "1.00 ms", "700 µs", "64.0 k", "2.00 mJ"]
    assert [cell["text"] for cell in cpu["cells"]][3:] == ["—", "6,400", "—"]
    assert (step["form"], step["cells"][1]["text"]) == ("table look-up", "12.0 ms")
    assert found["missing"] == ["onnxruntime on the GPU: skipped, onnxruntime isn't installed"]


def test_a_machine_without_a_device_is_one_sentence() -> None:
    empty: dict[str, Any] = {"rows": [], "parity": [], "training": [], "overtakes": {}}
    found = gpu_check({**gpu_file(), **empty, "device": {"status": "missing", "reason": "no CUDA device"}})
    assert found is not None
    assert found["sentences"] == ["The check of the GPU measured nothing: no CUDA device."]


def write(place: Path, content: Any) -> Path:
    place.write_text(json.dumps(content), encoding="utf-8")
    return place


def report(run_folder: Path, file: Path) -> int:
    return run(parser("report").parse_args([str(run_folder), "--gpu", str(file)]), "")


def test_the_report_shows_a_file_and_escapes_what_stands_in_it(
    run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = "<script>alert(1)</script>|*x*"
    content = gpu_file()
    content["device"]["name"] = content["parts"][0]["reason"] = content["rows"][0]["runtime"] = hostile
    content["training"][0]["form"] = content["cpu"]["model"] = content["created"] = hostile
    content["device"]["state"]["driver"] = content["versions"]["torch"] = content["parity"][0]["runtime"] = hostile
    file = write(tmp_path / "gpu.json", content)
    report(run_folder, file)
    page, markdown = ((run_folder / name).read_text(encoding="utf-8") for name in (HTML, MARKDOWN))
    assert '<a href="#gpu">GPU</a>' in page
    assert '<section id="gpu"' in page
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)") >= 8
    assert "\n## GPU\n" in markdown
    assert "<script>" not in markdown
    assert "&lt;script&gt;" in markdown


def test_without_the_option_nothing_of_it_is_shown(run_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(parser("report").parse_args([str(run_folder)]), "")
    assert 'id="gpu"' not in (run_folder / HTML).read_text(encoding="utf-8")
    assert "## GPU" not in (run_folder / MARKDOWN).read_text(encoding="utf-8")


def test_a_file_that_cannot_be_used_is_exit_code_2(
    run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in (tmp_path / "nowhere.json", write(tmp_path / "old.json", {"format_version": 0})):
        assert report_command([str(run_folder), "--gpu", str(file)]) == 2
        said = capsys.readouterr().err
        assert str(file) in said
        assert "python -m bench.gpu_check" in said
