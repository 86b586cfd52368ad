"""The hooks of the benchmark suite, and that it refuses what would spoil its timings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bench import conftest
from bench.suite import timed_models as benchmark_suite

ROOT = Path(__file__).resolve().parents[3]


def config(**options: Any) -> Any:
    return SimpleNamespace(getoption=lambda name, default=None: options.get(name.strip("-").replace("-", "_"), default))


def test_xdist_is_refused_with_the_reason() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "bench", "--benchmark-only", "-q", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env={**os.environ, "PYTEST_XDIST_WORKER": "gw0"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 4
    assert "pytest-xdist runs tests side by side" in done.stderr
    assert "Traceback" not in done.stderr
    with pytest.raises(pytest.UsageError, match="run without -n"):
        conftest.pytest_configure(config(numprocesses=2))


def test_saved_runs_of_unlike_machines_are_refused_unless_forced() -> None:
    said: list[str] = []
    session = SimpleNamespace(logger=SimpleNamespace(info=said.append))
    here = conftest.pytest_benchmark_generate_machine_info(config())
    saved = {"machine_info": {**here, "cpu": "Another CPU"}}
    with pytest.raises(pytest.UsageError, match=r"Another CPU.*--force-unlike"):
        conftest.pytest_benchmark_compare_machine_info(config(), session, here, saved)
    conftest.pytest_benchmark_compare_machine_info(config(force_unlike=True), session, here, saved)
    assert "Another CPU" in said[0]
    assert saved["machine_info"] == here
    conftest.pytest_benchmark_compare_machine_info(config(), session, here, {"machine_info": dict(here)})
    assert len(said) == 1


def test_machine_info_holds_nothing_that_changes_from_minute_to_minute() -> None:
    assert conftest.pytest_benchmark_generate_machine_info(config()) == conftest.pytest_benchmark_generate_machine_info(
        config()
    )


def test_the_json_carries_percentiles_and_the_environment() -> None:
    few, many = np.ones(3), np.arange(700) / 700
    benchmarks = [
        SimpleNamespace(fullname=name, stats=SimpleNamespace(data=list(data)))
        for name, data in (("a", few), ("b", many))
    ]
    output: dict[str, Any] = {"benchmarks": [{"fullname": "a", "stats": {}}, {"fullname": "b", "stats": {}}]}
    conftest.pytest_benchmark_update_json(config(), benchmarks, output)
    first, second = (entry["stats"]["percentiles_s"] for entry in output["benchmarks"])
    assert (first["p95"], first["n"]) == (None, 3)
    assert second["p99"] == pytest.approx(0.99, abs=0.01)
    assert output["environment"]["cores_usable"] >= 1


def test_rounds_follow_the_time_a_call_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert conftest.rounds_for(len, ["text"]) == 662
    now = iter(range(0, 100, 5))
    monkeypatch.setattr("time.perf_counter", lambda: next(now))
    assert conftest.rounds_for(len, ["a"] * 5) == 20


def test_every_name_is_a_model_that_is_built() -> None:
    models = {name.rsplit("/", 1)[0] for name in benchmark_suite.NAMES}
    assert models == set(benchmark_suite._BASELINES) | set(benchmark_suite._VARIANTS)
    assert benchmark_suite.REFERENCE in benchmark_suite.NAMES
