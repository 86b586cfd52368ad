"""The file of a GPU's check is read with suspicion: what is wrong with it is said, with its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from baselines.errors import MeasurementError
from bench.results.gpu_file import read_gpu_file
from tests.cases.gpu_case import gpu_file


def written(folder: Path, content: Any) -> Path:
    place = folder / "gpu.json"
    place.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return place


def test_what_was_written_is_read(tmp_path: Path) -> None:
    assert read_gpu_file(written(tmp_path, gpu_file())) == gpu_file()


def test_numbers_that_are_not_finite_are_missing(tmp_path: Path) -> None:
    content = gpu_file()
    content["rows"][0]["documents_per_s"] = float("nan")
    content["parity"][0]["max_difference"] = float("inf")
    found = read_gpu_file(written(tmp_path, content))
    assert found["rows"][0]["documents_per_s"] is None
    assert found["parity"][0]["max_difference"] is None


def changed(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    content = gpu_file()
    change(content)
    return content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not valid JSON"),
        ("[" * 100_000, "nested too deep"),
        ([], "expected an object, got list"),
        ({}, "format_version 1 is supported, got None"),
        (changed(lambda c: c.update(format_version=True)), "format_version 1 is supported, got True"),
        (changed(lambda c: c.pop("rows")), "rows: expected a list"),
        (changed(lambda c: c.update(parts=[{}] * 1001)), "parts: expected a list of at most 1000 entries"),
        (changed(lambda c: c["parts"].append("x")), r"parts\[2\]: lacks name, title, status"),
        (changed(lambda c: c["rows"][0].pop("runtime")), r"rows\[0\]: lacks runtime"),
        (
            changed(lambda c: c["parts"][0].update(status="great")),
            "status: allowed measured, skipped, left out, failed",
        ),
        (changed(lambda c: c.update(device=None)), "device: expected an object, got NoneType"),
        (changed(lambda c: c["rows"][0].update(documents_per_s="many")), "numbers of at least 0, got 'many'"),
        (changed(lambda c: c["rows"][0].update(batch_size=-1)), "numbers of at least 0, got '-1'"),
        (changed(lambda c: c["rows"][0].update(latency_s=[1])), "latencies: expected objects, got list"),
        (changed(lambda c: c["training"][0].update(step_s={"p50": []})), r"numbers of at least 0, got '\[\]'"),
        (changed(lambda c: c["overtakes"].update(x="y")), "numbers of at least 0, got 'y'"),
        (changed(lambda c: c["cpu"].update(cores=True)), "numbers of at least 0, got 'True'"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, content: Any, message: str) -> None:
    place = written(tmp_path, content)
    with pytest.raises(MeasurementError, match=message) as refused:
        read_gpu_file(place)
    assert str(place) in str(refused.value)


def test_a_missing_file_is_said_with_what_writes_it(tmp_path: Path) -> None:
    with pytest.raises(MeasurementError, match=r"no such file; `python -m bench\.gpu_check` writes it"):
        read_gpu_file(tmp_path / "nothing.json")
