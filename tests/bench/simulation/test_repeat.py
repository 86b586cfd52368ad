"""A finished run measured again: the verdict follows the new latencies by the run's own rules."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from baselines.errors import DataError, RunFolderError
from bench.simulation.repeat import Repeated, repeat_measurement
from tests.cases.measure_case import SHORT, TEXTS, Machine, cold
from tests.cases.report_case import make_results

NAMES = ("linear", "cnn", "cnn-int8-dynamic")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of three bundles, as `compress.run` leaves it; what they hold is never opened."""
    results = make_results()
    results["models"] = [model for model in results["models"] if model["name"] in NAMES]
    for model in results["models"]:
        form = "linear" if model["name"] == "linear" else "onnx"
        model["bundle"] = f"exports/{model['name']}-{form}/bundle/"
        model["runs"] = [{**model["runs"][0], "form": form}]
        (tmp_path / model["bundle"]).mkdir(parents=True)
        (tmp_path / model["bundle"] / "manifest.json").write_text("{}")
        scores = tmp_path / "bench" / f"scores-{model['name']}"
        scores.mkdir(parents=True)
        save_file({model["name"]: np.zeros((len(TEXTS), 3), np.float32)}, scores / "probabilities.safetensors")
    results["speed"] |= {"anchor": "cnn", "plan": {**asdict(SHORT), "rounds": 18, "processes": 3}, "margin": 0.1}
    (tmp_path / "results.json").write_text(json.dumps(results))
    return tmp_path


def repeated(run: Path, machine: Machine, **more: Any) -> list[Repeated]:
    return repeat_measurement(run, 2, 5, texts=TEXTS, open_host=machine.host, start=cold, **more)


def test_a_variant_that_waits_is_refused_each_time_and_one_that_does_not_never(run: Path) -> None:
    kept = (run / "results.json").read_bytes()
    slow = repeated(run, Machine(1, **{"cnn-int8-dynamic": 0.5}))
    assert [item.refused for item in slow] == [("cnn-int8-dynamic",)] * 2
    assert [item.model for item in slow] == ["linear"] * 2
    same = repeated(run, Machine(1, **{"cnn-int8-dynamic": 0.02}))
    assert [item.refused for item in same] == [()] * 2
    assert [item.model for item in same] == ["cnn-int8-dynamic"] * 2
    assert all("about as fast" in item.sentence for item in same)
    assert (run / "results.json").read_bytes() == kept


def test_each_time_is_a_measurement_of_its_own(run: Path) -> None:
    machine = Machine(2, drift=0.02)
    first, second = repeated(run, machine)
    assert first.noise_floor != second.noise_floor
    # Three models, and a second entry of the smallest of each runtime, in three processes, twice.
    assert len(machine.opened) == 2 * 3 * 5


def test_runs_that_cannot_be_measured_again_are_refused(run: Path) -> None:
    with pytest.raises(DataError, match="other data than the embedded sample"):
        repeat_measurement(run, 1, 0)
    content = json.loads((run / "results.json").read_text())
    del content["speed"]["plan"]
    (run / "results.json").write_text(json.dumps(content))
    with pytest.raises(RunFolderError, match="no latencies were measured"):
        repeated(run, Machine())
