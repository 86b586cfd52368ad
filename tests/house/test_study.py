"""The whole study on a small data set: what it writes, that it continues, and that mistakes cost nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from rich.console import Console

from baselines import train
from baselines.dataset import Dataset
from baselines.errors import UserError
from baselines.fitting.fit import read_classifier
from baselines.models.registry import BASELINES
from baselines.storage.artifact import Lineage, save
from bench.making.variants import recipe_of
from bench.results.file import read_run
from bench.study.options import StudyOptions
from bench.study.wished_variants import variants_of
from bench.study.wishes import Wishes
from compress import run
from compress.method import Context
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.registry import METHODS
from exports import runtime
from tests.cases.quick_case import SMALL, quick_studies_in
from tests.cases.schema_case import undescribed

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def place(tmp_path: Path, tiny: Dataset) -> Iterator[Path]:
    """An empty folder with the tiny data as a file and small models as a config; commands run in it."""
    rows = []
    for text, labels in zip(tiny.everything.texts, tiny.everything.labels, strict=True):
        rows.append({"text": text, "labels": [tiny.classes[c] for c in np.flatnonzero(labels)]})
    (tmp_path / "texts.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    (tmp_path / "tiny.json").write_text(json.dumps(SMALL))
    with quick_studies_in(tmp_path):
        yield tmp_path


@pytest.fixture
def teacher(place: Path) -> str:
    """A linear model that was trained on another split of the same data, in a run folder of its own."""
    data = ["--dataset", "texts.jsonl", "--seed", "5", "--run", "teachers"]
    assert train.main(["--baseline", "linear", "--threads", "1", *data]) == 0
    return "runs/teachers/baselines/linear"


def command(*extra: str) -> list[str]:
    data = ["--dataset", "texts.jsonl", "--config", "tiny.json", "--run", "t"]
    return [*data, "--threads", "1", "--plan", "quick", *extra]


def test_quantize_from_nothing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(command("--method", "quantize", "--gate", "bytes <= 5M")) == 0
    folder = place / "runs" / "t"
    results = read_run(folder).content
    models = {model["name"]: model for model in results["models"]}
    assert {"linear", "cnn", "cnn-dynamic", "cnn-static", "cnn-int8", "cnn-int4", "linear-int4"} <= set(models)
    assert all(model["status"] == "measured" for model in models.values())
    assert models["linear-int4"]["size"]["bytes"] * 4 < models["linear"]["size"]["bytes"]
    assert models["cnn-int4"]["size"]["bytes"] < models["cnn-int8"]["size"]["bytes"] < models["cnn"]["size"]["bytes"]
    assert results["gates"][0]["outcome"] == "pass"
    assert undescribed(results) == set(), "every field stands in the schema, from which its documentation is made"
    assert undescribed({**results, "new": 1, "models": [{"name": "a", "odd": 2}]}) == {".new", ".models[].odd"}
    assert results["verdict"]["sentence"].replace("`", "").split(":")[0] in capsys.readouterr().out.replace("\n", " ")
    assert (folder / "report.html").stat().st_size < 5_000_000
    assert results["verdict"]["meanwhile"] in (folder / "report.md").read_text(encoding="utf-8")


def test_the_deployed_folder_answers_as_scored(place: Path, tiny: Dataset) -> None:
    assert run.main(command("--method", "fold", "--reference", "cnn")) == 0
    results = read_run(place / "runs" / "t").content
    predictor = runtime.load(place / "runs" / "t" / results["deploy"])
    assert predictor.classes == tiny.classes
    name = results["verdict"]["meanwhile"]
    assert predictor.bundle.manifest["lineage"]["name"] == name
    tags = predictor.predict(["A convolutional network that segments satellite images"])
    assert set(tags[0]) <= set(tiny.classes)


def test_a_second_call_makes_nothing_again(place: Path) -> None:
    assert run.main(command("--method", "fold")) == 0
    steps = {path: path.stat().st_mtime_ns for path in (place / "runs" / "t").glob("*/*/step.json")}
    assert len(steps) >= 5
    first = read_run(place / "runs" / "t").content["test_looks"]
    assert first == {"own": 1, "by_other_runs": [], "models": first["models"]}
    assert run.main(command("--method", "fold")) == 0
    assert read_run(place / "runs" / "t").content["test_looks"] == first
    assert {path: path.stat().st_mtime_ns for path in steps} == steps


def test_distill_has_its_control_and_three_seeds(place: Path, teacher: str) -> None:
    (place / "more.txt").write_text("A graph network that predicts traffic\nA robot that learns to walk\n")
    assert run.main(command("--method", "distill", "--teacher", teacher, "--unlabelled", "more.txt")) == 0
    models = {model["name"]: model for model in read_run(place / "runs" / "t").content["models"]}
    control = models["student"]["control"]
    assert control["model"] == "student-control"
    assert control["seeds"] == len(control["gain_by_seed"]) == 3
    assert control["gain"]["low"] <= control["gain"]["value"] <= control["gain"]["high"]
    # These settings mix nothing, so the control is the plain student and isn't trained twice.
    assert (control["mixed"], control["plain"], control["mixing"]) == (False, None, None)
    assert control["total"] == control["gain"]
    assert models["student"]["audit"]["notes"][-1].endswith("; nothing was mixed")
    # The teacher has seen test texts, which nobody who reads the figures of its students may miss.
    (warning,) = models["student"]["warnings"]
    assert "learned from another split of this data" in warning
    assert models["student-int4"]["warnings"] == [warning]
    assert not models["student-control"]["warnings"]
    assert warning in (place / "runs" / "t" / "report.html").read_text(encoding="utf-8")


def test_a_recipe_has_a_ledger(place: Path) -> None:
    assert run.main(command("--recipe", "prune,quantize", "--bits", "4")) == 0
    (ledger,) = read_run(place / "runs" / "t").content["ledgers"]
    assert [step["step"] for step in ledger["steps"]] == ["train", "prune", "quantize"]
    assert ledger["steps"][0]["model"] == "cnn"
    sizes = [step["bytes"] for step in ledger["steps"]]
    assert sizes == sorted(sizes, reverse=True)


def test_a_killed_study_continues(place: Path) -> None:
    arguments = [sys.executable, "-m", "compress.run", *command("--method", "quantize")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(arguments, cwd=place, env=environment, stderr=subprocess.DEVNULL)
    made = place / "runs" / "t" / "baselines" / "cnn" / "step.json"
    until = time.monotonic() + 120
    while not made.exists() and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert made.exists()
    before = made.stat().st_mtime_ns
    assert run.main(command("--method", "quantize")) == 0
    assert made.stat().st_mtime_ns == before
    assert not list((place / "runs" / "t").glob("*/.*.part-*"))


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (("--dataset", "missing.csv"), "missing.csv"),
        (("--recipe", "melt"), "melt"),
        (("--gate", "beauty > 3"), "beauty"),
        (("--reference", "oracle", "--method", "fold"), "oracle"),
        (("--unlabelled", "nothing.txt", "--method", "distill"), "nothing.txt"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(
    place: Path, capsys: pytest.CaptureFixture[str], extra: tuple[str, ...], message: str
) -> None:
    assert run.main(command(*extra)) == 2
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said


def test_options_out_of_range_are_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for extra in (("--sparsity", "1.0"), ("--delta", "-1"), ("--max-bytes", "little"), ("--run", "../elsewhere")):
        with pytest.raises(SystemExit) as stop:
            run.main(command(*extra))
        assert stop.value.code == 2
        assert extra[0] in capsys.readouterr().err


def test_other_data_in_the_same_run_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "runs" / "t").mkdir(parents=True)
    (place / "runs" / "t" / "run.json").write_text('{"format_version": 2, "dataset_sha256": "0"}')
    assert run.main(command("--method", "fold")) == 2
    assert "other data" in capsys.readouterr().err


def test_another_version_of_the_run_folder_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "runs" / "t").mkdir(parents=True)
    (place / "runs" / "t" / "run.json").write_text('{"format_version": 99, "dataset_sha256": "0"}')
    assert run.main(command("--method", "fold")) == 2
    assert "format_version" in capsys.readouterr().err


def test_every_step_of_every_recipe_of_the_whole_study_has_a_row() -> None:
    variants = {variant.name: variant for variant in variants_of(Wishes())}
    recipes = [variant for variant in variants.values() if variant.recipe]
    assert {variant.recipe for variant in recipes} == {"smallest", "fastest"}
    for variant in recipes:
        steps = recipe_of(variant.name, variants)
        assert len(steps) >= 2
        assert all(step.has_row for step in steps)


def test_a_teacher_that_is_nowhere_is_refused_at_once(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(command("--method", "distill", "--teacher", "lniear")) == 2
    said = capsys.readouterr().err
    for word in ("'lniear'", *BASELINES, "folder", "python -m baselines.train --baseline NAME --run RUN"):
        assert word in said
    assert "Traceback" not in said
    assert not (place / "runs").exists()


def test_over_folds_a_teacher_that_cannot_be_fitted_is_refused_at_once(
    place: Path, tiny: Dataset, teacher: str, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = read_classifier(place / teacher)
    context = Context(tiny.part("train"), tiny.part("validation"))
    integers, _ = METHODS["quantize"].apply(whole, QuantizeConfig(bits=4), context)
    save(integers, place / "integers", Lineage("integers", "compress"))
    assert run.main(command("--method", "distill", "--teacher", "integers", "--folds", "2")) == 2
    assert "the saved integers may have seen the fold's test texts, and 'linear-int' can't" in capsys.readouterr().err
    assert not (place / "runs" / "t").exists()


@pytest.mark.parametrize(
    "extra",
    [(), ("--method", "distill"), ("--recipe", "distill,prune,quantize"), ("--max-bytes", "25k"), ("--folds", "2")],
)
def test_a_saved_teacher_teaches_all_students_of_a_study(
    place: Path,
    teacher: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    extra: tuple[str, ...],
) -> None:
    asked: list[StudyOptions] = []

    def stop(root: Path, dataset: Dataset, options: StudyOptions, console: Console) -> NoReturn:
        asked.append(options)
        raise UserError("far enough")

    monkeypatch.setattr("bench.study.command.run_study", stop)
    assert run.main(command("--teacher", teacher, *extra)) == 2
    (options,) = asked
    students = [v for v in options.variants if v.method == "distill" and "-control" not in v.name]
    assert {str(teacher) for teacher in (options.teacher, *(v.teacher for v in students))} == {"the saved linear"}
    assert all(v.title != "Student of " and "runs/" not in v.title for v in students)
    assert "warning: --teacher: the saved linear learned from another split" in capsys.readouterr().err


def test_a_budget_ends_with_a_model_that_keeps_it(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(command("--max-bytes", "40k", "--trials", "1", "--teacher", "linear")) == 0
    results = read_run(place / "runs" / "t").content
    models = {model["name"]: model for model in results["models"]}
    budget = results["budget"]
    assert (budget["reference"], budget["gates"]) == (results["reference"], ["budget: bytes <= 40000"])
    assert [(gate["gate"], gate["outcome"]) for gate in results["gates"]] == [("budget: bytes <= 40000", "pass")]
    assert models["budget"]["size"]["bytes"] <= 40_000
    # What the search weighed is what is shipped, to the byte.
    assert f"within the budget: budget, {models['budget']['size']['bytes']:,} bytes" in capsys.readouterr().err


def test_a_budget_that_cannot_be_met_is_exit_code_1(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(command("--max-bytes", "1k", "--trials", "1", "--teacher", "linear")) == 1
    assert "--max-bytes" in capsys.readouterr().err


def test_folds_decide_in_place_of_the_one_split(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(command("--method", "fold", "--folds", "2")) == 0
    results = read_run(place / "runs" / "t").content
    folds = results["folds"]
    assert (folds["k"], folds["reference"]) == (2, results["reference"])
    assert set(folds["models"]) == {"linear", "cnn", "cnn-fold"}
    # The table form is exact, so it scores as its parent on every fold.
    assert folds["models"]["cnn-fold"]["per_fold"] == folds["models"]["cnn"]["per_fold"]
    assert len(folds["models"]["cnn"]["per_fold"]) == 2
    report = (place / "runs" / "t" / "report.html").read_text(encoding="utf-8")
    assert "Over 2 folds" in report
    if results["verdict"]["model"] != results["reference"]:
        assert "(2 folds)" in report
    assert "fold 2 of 2: " in capsys.readouterr().err
    with pytest.raises(SystemExit) as refused:
        run.main(command("--folds", "1"))
    assert refused.value.code == 2
    assert "from 2 to 1,000, got '1'" in capsys.readouterr().err
