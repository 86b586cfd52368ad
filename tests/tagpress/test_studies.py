"""A study in Python: what it gives, that it continues, and that each wish is read as the command reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

import pytest

import tagpress
from baselines.dataset import Dataset
from bench.results.run import Run
from bench.study.options import StudyOptions
from bench.study.wishes import Wishes
from compress.search.budget import Candidate, Solution
from tagpress.arguments import read_as_options
from tests.cases.quick_case import SMALL, quick_studies_in

ASKED: dict[str, Any] = {"run": "t", "method": "fold", "config": SMALL, "threads": 1}
GATES = ["bytes <= 5M", "cnn: f1_weighted >= 0.99"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("studies")
    with quick_studies_in(folder):
        yield folder


@pytest.fixture(scope="module")
def run(place: Path, tiny: Dataset) -> Run:
    return tagpress.study(tiny, gates=GATES, **ASKED)


def test_the_results_can_be_read(run: Run, place: Path, tiny: Dataset) -> None:
    assert list(run.by_name) == [row.name for row in run.rows] == ["linear", "cnn", "cnn-fold"]
    for row in run.rows:
        assert row.measured
        assert row.score is not None
        assert row.score.low is not None
        assert row.score.low <= row.score.value
        assert row.bytes is not None
        assert row.bytes > 1_000
    assert run.reference in run.by_name
    assert run.content["verdict"]["model"] is None, "too few texts to recommend anything"
    assert run.content["verdict"]["meanwhile"] == run.reference
    assert [gate["outcome"] for gate in run.content["gates"]] == ["pass", "fail"]
    assert (place / run.folder / "report.html").is_file()
    assert tagpress.load(run.folder / "deploy").classes == tiny.classes


def test_the_report_shows_the_call(run: Run) -> None:
    call = run.content["command"]
    assert call.startswith(
        "tagpress.study(data, run='t', gates=['bytes <= 5M', 'cnn: f1_weighted >= 0.99'], method='fold'"
    )
    compile(call, "report", "eval")


def test_a_second_call_makes_nothing_again(run: Run, place: Path, tiny: Dataset) -> None:
    steps = {path: path.stat().st_mtime_ns for path in (place / "runs" / "t").glob("*/*/step.json")}
    assert len(steps) >= 5
    again = tagpress.study(tiny, gates=GATES, **ASKED)
    assert {path: path.stat().st_mtime_ns for path in (place / "runs" / "t").glob("*/*/step.json")} == steps
    assert again.rows == run.rows


def test_a_run_is_opened_by_its_folder_or_its_file(run: Run) -> None:
    assert tagpress.open_run("runs/t").rows == tagpress.open_run("runs/t/results.json").rows
    with pytest.raises(tagpress.UserError, match="nowhere: no such file; name a run folder"):
        tagpress.open_run("nowhere")


def test_other_data_in_the_same_run_is_refused(run: Run) -> None:
    with pytest.raises(tagpress.UserError, match="other data"):
        tagpress.study("sample", **ASKED)


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"method": "melt"}, "method: invalid choice: 'melt' (choose from "),
        ({"plan": "never"}, "plan: invalid choice: 'never'"),
        ({"priority": "cheapest"}, "priority: invalid choice: 'cheapest'"),
        ({"method": "distill", "student": ["huge"]}, "student: invalid choice: 'huge'"),
        ({"method": "quantize", "bits": 9}, "bits: expected a whole number from 2 to 8, got"),
        ({"method": "prune", "sparsity": 1.5}, "sparsity: expected a number from 0 up to but not including 1"),
        ({"method": "prune", "auto": "yes"}, "auto: allowed: True, False; got 'yes'"),
        ({"max_bytes": "little"}, "max_bytes: expected a size such as 25000, 25k, 1.5M or 8G, got 'little'"),
        ({"folds": 1}, "folds: expected a whole number from 2 to 1,000, got '1'"),
        ({"run": "../elsewhere"}, "run: expected a plain name"),
        ({"device": "gpu"}, "device: allowed: auto, cpu, cuda; got 'gpu'"),
        ({"threads": -1}, "threads: 0 for all usable cores, or more are allowed, got -1"),
        ({"gates": "beauty > 3"}, "gate 'beauty > 3': metric 'beauty' unknown"),
        ({"colour": 1}, "a study has no colour; allowed: method, recipe, "),
        ({"baseline": "lniear"}, "unknown lniear; known: "),
        (
            {"method": "fold", "reference": "oracle"},
            "oracle: not among this run's baselines; allowed: auto, linear, cnn",
        ),
        ({"method": "fold", "bits": 4}, "--bits has no effect with --method fold"),
        (
            {"method": "distill", "teacher": "nobody"},
            "teacher 'nobody': neither a baseline nor the folder of an artifact",
        ),
        ({"config": {"cn": {}}}, "config: unknown cn; allowed: "),
        ({"config": "nothing.json"}, "nothing.json: no such file"),
    ],
)
def test_a_mistake_costs_nothing(place: Path, tiny: Dataset, wishes: dict[str, Any], message: str) -> None:
    with pytest.raises(tagpress.UserError) as refused:
        tagpress.study(tiny, **{"run": "mistake", **wishes})
    assert message in str(refused.value)
    assert not (place / "runs" / "mistake").exists()


def test_wishes_are_read_as_the_command_reads_them() -> None:
    given: dict[str, Any] = {
        "method": "all", "recipe": "smallest", "teacher": "linear", "student": ["tiny", "nano"], "unlabelled": "a.txt",
        "bits": "4", "sparsity": 0.3, "auto": True, "unstructured": False, "criterion": "l2", "config": {"cnn": {}},
        "baseline": "rnn", "max_bytes": "25k", "max_drop": -0.01, "max_p95_us": 300, "trials": 3, "folds": 3,
        "plan": "study", "delta": 0.02, "priority": "fastest", "reference": "linear", "price_per_hour": 1, "run": "r",
        "carbon_per_kwh": 380, "speed_margin": 0.05,
        "seed": 7, "threads": 2, "device": "cpu", "parent": "model.skops", "trust": True,
        "only": ["linear"], "skip": ["rnn"], "time": "30m", "engine": "ray", "store": "file:///runs",
    }  # fmt: skip
    assert set(given) | {"gates"} == {field.name for field in fields(Wishes)}
    read = read_as_options(given)
    assert read["max_bytes"] == read_as_options({"max_bytes": 25_000})["max_bytes"] == 25_000
    assert read["student"] == ["tiny", "nano"]
    assert (read["baseline"], read["unlabelled"], read["bits"]) == (["rnn"], Path("a.txt"), 4)
    assert (read["auto"], read["unstructured"], read["max_drop"], read["folds"]) == (True, False, -0.01, 3)
    defaults = {field.name: getattr(Wishes(), field.name) for field in fields(Wishes)}
    assert read_as_options(defaults) == defaults


def test_what_is_read_becomes_the_study(place: Path, tiny: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[StudyOptions] = []

    def stop(root: Path, dataset: Dataset, options: StudyOptions, console: object) -> NoReturn:
        asked.append(options)
        raise tagpress.UserError("far enough")

    monkeypatch.setattr("bench.study.flow.run_study", stop)
    (place / "config.json").write_text(json.dumps({"cnn": {"epochs": 3}}))
    with pytest.raises(tagpress.UserError, match="far enough"):
        tagpress.study(tiny, max_bytes="25k", baseline="rnn", gates="bytes <= 25k", config="config.json", folds=2)
    (options,) = asked
    assert options.budget is not None
    assert (options.budget.max_bytes, options.folds, options.changes) == (25_000, 2, {"cnn": {"epochs": 3}})
    assert "rnn" in options.baselines
    assert [gate.text for gate in options.gates] == ["bytes <= 25k"]


def test_a_budget_that_nothing_keeps_is_said(run: Run, tiny: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    nearest = Candidate((), 9_000, 0.5, 0.01, None, {"max_bytes": 8.0})
    solution = Solution(nearest, tagpress.train("rules", tiny), "max_bytes", (nearest,))
    monkeypatch.setattr("bench.study.flow.run_study", lambda *given: (None, solution))
    with pytest.raises(tagpress.UserError, match="none of 1 candidates keeps it") as refused:
        tagpress.study(tiny, run="t", max_bytes=1_000)
    assert refused.value.exit_code == 1
