"""A study on a Ray cluster of two workers is the study that processes of this machine make, but for its times.

Ray takes a while to begin, so these run where `TAGPRESS_RAY` is set, which CI does.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from baselines.dataset import Dataset
from bench import lost_workers
from compress import run
from tests.cases.quick_case import SMALL, quick_studies_in, write_csv

pytestmark = [
    pytest.mark.skipif(not os.environ.get("TAGPRESS_RAY"), reason="TAGPRESS_RAY isn't set: Ray takes a while to begin"),
    pytest.mark.filterwarnings("ignore"),  # of Ray's own, which come and go with its versions
]


def untimed(results: dict[str, Any]) -> dict[str, Any]:
    """What doesn't hang on a clock: which models there are, how good, how large, and the hash of each."""
    kept = ("name", "stage", "method", "parent", "recipe", "status", "quality", "size", "compute")
    models = [{name: model.get(name) for name in kept} for model in results["models"]]
    for model in models:
        # A bundle's card holds a latency measured as it was written: packed, its bytes may differ by a few.
        model["size"] = {name: value for name, value in (model["size"] or {}).items() if name != "bytes_deflated"}
    return {"models": models, "hashes": results["environment"]["hashes"], "dataset": results["dataset"]}


def test_a_study_on_ray_has_the_results_of_a_local_one(tmp_path: Path, tiny: Dataset) -> None:
    write_csv(tiny, tmp_path / "texts.csv")
    (tmp_path / "small.json").write_text(json.dumps(SMALL))
    asked = ["--dataset", "texts.csv", "--label-separator", ";", "--config", "small.json", "--threads", "2"]
    found = {}
    with quick_studies_in(tmp_path):
        for engine, more in (("local", []), ("ray", ["--store", f"file://{tmp_path}/store"])):
            name = ["--run", engine, "--engine", engine, *more]
            assert run.main([*asked, "--method", "quantize", *name]) == 0
            found[engine] = json.loads((tmp_path / "runs" / engine / "results.json").read_text())
    assert untimed(found["ray"]) == untimed(found["local"])
    spread = found["ray"]["environment"]["engine"]
    assert spread["kind"] == "ray"
    assert sum(spread["workers"].values()) >= 1
    assert spread["steps"] >= len(found["ray"]["models"])
    assert spread["made_again"] == 0
    assert "engine" not in found["local"]["environment"]
    assert (tmp_path / "store" / "results.json").read_bytes() == (
        tmp_path / "runs" / "ray" / "results.json"
    ).read_bytes()
    assert not (tmp_path / "runs" / "ray" / ".engine-sign").exists()


def test_runs_end_right_whichever_worker_is_killed(capsys: pytest.CaptureFixture[str]) -> None:
    assert lost_workers.main(["--runs", "2"]) == 0
    assert "2 of 2 ended right" in capsys.readouterr().out
