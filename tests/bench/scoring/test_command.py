"""`tagpress score`: what is printed, written and returned."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import tagpress
from bench.score import main
from tests.cases.import_case import ROOT
from tests.cases.score_case import csv_of, labelled_rows, linear_bundle
from tests.cases.task_case import ALL_TASKS, task_data

Captured = pytest.CaptureFixture[str]
FAST = ["--resamples", "200"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("score")
    for task in ALL_TASKS:
        bundle = linear_bundle(task, place / task)
        csv_of(labelled_rows(task, bundle, 120), place / f"{task}.csv")
    linear_bundle("multiclass", place / "old", texts=20)
    return place


def words(place: Path, task: str, *more: str) -> list[str]:
    separator = ["--label-separator", ";"] if task == "multilabel" else []
    return [str(place / task), "--data", str(place / f"{task}.csv"), *separator, *FAST, *more]


@pytest.mark.parametrize("task", ALL_TASKS)
def test_a_bundle_is_scored_on_a_file(place: Path, task: str, capsys: Captured, tmp_path: Path) -> None:
    assert main(words(place, task, "--json", str(tmp_path / "score.json"))) == 0
    said = capsys.readouterr().out
    content = json.loads((tmp_path / "score.json").read_text(encoding="utf-8"))
    assert f"task {task}" in " ".join(said.split())
    for metric in content["metrics"]:
        assert f"{content['models'][0]['quality'][metric['name']]['value']:.3f}" in said
    shown = {"multilabel": "labels a text:", "multiclass": " → ", "binary": "wrongly found"}[task]
    assert shown in said


def test_json_alone_goes_to_stdout(place: Path, capsys: Captured) -> None:
    assert main(words(place, "binary", "--json", "-")) == 0
    assert json.loads(capsys.readouterr().out)["task"] == "binary"


def test_two_bundles_end_in_a_sentence(place: Path, capsys: Captured) -> None:
    argv = words(place, "multiclass")
    assert main([argv[0], str(place / "old"), *argv[1:]]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[-1].startswith("multiclass is better than old (Δ accuracy +0.")
    assert "of the answers changed from old" in said


def test_gates_decide_the_exit_code(place: Path, capsys: Captured, tmp_path: Path) -> None:
    assert main(words(place, "multiclass", "--gate", "accuracy >= 0.2")) == 0
    assert "passed       accuracy >= 0.2" in capsys.readouterr().out
    (tmp_path / "gates.yaml").write_text("gates: [accuracy >= 99%]", encoding="utf-8")
    assert main(words(place, "multiclass", "--gates", str(tmp_path / "gates.yaml"))) == 1
    assert "failed       accuracy >= 99%" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--gate", "accuracy >= "], "not understood"),
        (["--metric", "f1_micro"], "metric 'f1_micro': not one of task multiclass"),
        (["--labels-column", "tags"], "no column 'tags'"),
        (["--json", "no/where.json"], "can't be written"),
        (["--delimiter", "ab"], "--delimiter"),
    ],
)
def test_what_can_not_be_used_is_exit_code_2(place: Path, more: list[str], said: str, capsys: Captured) -> None:
    assert main(words(place, "multiclass", *more)) == 2
    assert said in capsys.readouterr().err


def test_nobody_reads_on(place: Path) -> None:
    command = [sys.executable, "-m", "bench.score", *words(place, "binary", "--json", "-")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stderr is not None
        assert writer.stdout.read(1) == b"{"
        writer.stdout.close()
        assert writer.stderr.read() == b""


def test_python_gives_the_same(place: Path) -> None:
    rows = labelled_rows("multiclass", place / "multiclass", 120)
    data = {"text": [text for text, _ in rows], "label": [names[0] for _, names in rows]}
    path = place / "multiclass.csv"
    ways = [
        tagpress.score(place / "multiclass", path, resamples=200, gates=["accuracy >= 0.2"]),
        tagpress.score(tagpress.load(place / "multiclass"), data, resamples=200, gates="accuracy >= 0.2"),
    ]
    assert [way.value for way in ways] == [ways[0].value] * 2
    assert [way.exit_code() for way in ways] == [0, 0]
    compared = tagpress.score(place / "multiclass", path, against=place / "old", resamples=200)
    assert compared.sentence.startswith("`multiclass` is better than `old`")
    assert compared.run.by_name["multiclass"].delta is not None


@pytest.mark.parametrize("task", ALL_TASKS)
def test_a_part_is_scored_too(place: Path, task: str) -> None:
    test = task_data(task).part("test")  # type: ignore[arg-type]
    assert tagpress.score(place / task, test, resamples=200).content["data"]["n_texts"] == len(test)
