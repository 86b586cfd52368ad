"""The whole study on texts with one label, and on yes and no: the same flow, judged by the task's own metrics."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from baselines.task import Task
from bench.results.file import read_run
from bench.results.run import Run
from compress import run
from exports import runtime
from tests.cases.quick_case import SMALL, quick_studies_in
from tests.cases.schema_case import undescribed
from tests.cases.task_case import task_data


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a file a task; commands run in it."""
    place = tmp_path_factory.mktemp("tasks")
    (place / "tiny.json").write_text(json.dumps(SMALL))
    for task in ("multiclass", "binary"):
        write_rows(task, place / f"{task}.csv")
    with quick_studies_in(place):
        yield place


def write_rows(task: Task, path: Path) -> None:
    data = task_data(task)
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "label"])
        for text, row in zip(data.everything.texts, data.everything.labels, strict=True):
            rows.writerow([text, data.everything.space.said(row)[0]])


def study(task: Task, *extra: str) -> int:
    return run.main(["--dataset", f"{task}.csv", "--config", "tiny.json", "--threads", "1", "--plan", "quick", *extra])


def by_name(found: Run) -> dict[str, Mapping[str, Any]]:
    return {name: model for name, model in found.models.items() if model["status"] == "measured"}


@pytest.fixture(scope="module")
def one_of_many(folder: Path) -> Run:
    gates = ["accuracy >= 0", "recall[place] >= 0", "log_loss <= 99", "cnn: top_3 vs cnn max_drop 0.01"]
    rungs = ["chance-coin", "chance-frequency"]
    asked = [word for gate in gates for word in ("--gate", gate)]
    assert study("multiclass", "--run", "many", "--method", "distill", "--baseline", *rungs, *asked) == 0
    return read_run(folder / "runs" / "many")


@pytest.fixture(scope="module")
def yes_or_no(folder: Path) -> Run:
    assert study("binary", "--run", "two", "--method", "fold", "--gate", "recall[good] >= 0") == 0
    return read_run(folder / "runs" / "two")


def test_one_of_many_is_judged_by_accuracy(one_of_many: Run) -> None:
    content = one_of_many.content
    assert undescribed(content) == set(), "every field stands in the schema, from which its documentation is made"
    assert (content["task"], content["metric"], content["metric_title"]) == ("multiclass", "accuracy", "accuracy")
    assert [m["name"] for m in content["metrics"]] == ["accuracy", "f1_weighted", "f1_macro", "log_loss", "top_3"]
    for name, model in by_name(one_of_many).items():
        quality = model["quality"]
        assert set(one_of_many.metrics) <= set(quality), name
        assert quality["thresholds"] == "none"
        assert "at_0.5" not in quality
        wrong = sum(pair["n"] for pair in quality["confusions"]["pairs"])
        n_test = content["dataset"]["split"]["test"]
        assert quality["accuracy"]["value"] == pytest.approx(1 - wrong / n_test)
        assert sum(map(sum, quality["matrix"]["counts"])) == n_test
    assert "accuracy" in content["verdict"]["sentence"] + " ".join(content["verdict"]["reasons"])
    assert "F1" not in content["verdict"]["sentence"]
    assert content["majority"]["scores"]["accuracy"] == content["majority"]["share"]


def test_gates_of_every_sort_are_judged(one_of_many: Run) -> None:
    assert [(gate["metric"], gate["outcome"]) for gate in one_of_many.content["gates"]] == [
        ("accuracy", "pass"),
        ("recall[place]", "pass"),
        ("log_loss", "pass"),
        ("top_3", "pass"),
    ]


def test_no_model_is_better_than_chance_unless_its_interval_says_so(one_of_many: Run) -> None:
    models = by_name(one_of_many)
    assert "versus_chance" not in models["chance-frequency"]
    against = [model["versus_chance"] for name, model in models.items() if not name.startswith("chance")]
    assert len({one["model"] for one in against}) == 1, "the one that validation says guesses best"
    for one in against:
        # Better for all models together is more than better alone.
        assert not one["better"] or one["delta"]["lower"] > 0
    assert all(models[name]["guesses"] for name in ("chance-coin", "chance-frequency"))
    assert models["linear"]["versus_chance"]["better"]


def test_a_student_that_its_control_beats_on_validation_is_not_shipped(one_of_many: Run) -> None:
    models = by_name(one_of_many)
    beaten = models["student-int4"]["parent"] == "student-control"
    assert any("made of student-control" in note for note in models["student-int4"]["audit"]["notes"]) == beaten
    # The choice needs no proof, the mark does.
    if models["student"]["audit"].get("failed"):
        assert beaten
        assert one_of_many.content["verdict"]["model"] != "student"


def test_every_model_says_of_a_text_without_anything_known_what_the_data_say(one_of_many: Run, yes_or_no: Run) -> None:
    for found in (one_of_many, yes_or_no):
        for name, model in by_name(found).items():
            (test,) = [t for t in model["behaviour"] if t["test"] == "a text without anything known"]
            # Who guesses doesn't look, and says the same of every text.
            assert (test["failed"] > 0, name) == (name.startswith("chance"), name)


def test_yes_or_no_is_judged_by_f1_of_the_positive_class(yes_or_no: Run) -> None:
    content = yes_or_no.content
    assert undescribed(content) == set()
    assert (content["positive"], content["negative"]) == ("good", "bad")
    assert content["metric_title"] == "F1 of good"
    for model in by_name(yes_or_no).values():
        quality = model["quality"]
        counts = quality["confusion"]
        assert sum(counts.values()) == content["dataset"]["split"]["test"]
        assert quality["f1"]["value"] == pytest.approx(
            2 * counts["tp"] / (2 * counts["tp"] + counts["fp"] + counts["fn"])
        )
        assert -1 <= quality["mcc"]["low"] <= quality["mcc"]["high"] <= 1
        assert model["roc"]["at_threshold"]["recall"] == pytest.approx(quality["recall"]["value"])
        assert [curve["class"] for curve in model["curves"]] == ["good"]
    assert "F1 of good" in content["verdict"]["sentence"] + " ".join(content["verdict"]["reasons"])


@pytest.mark.parametrize("name", ["one_of_many", "yes_or_no"])
def test_the_deployed_folder_gives_one_answer_a_text(name: str, request: pytest.FixtureRequest) -> None:
    found: Run = request.getfixturevalue(name)
    predictor = runtime.load(found.folder / found.content["deploy"])
    answers = predictor.predict(["who found my coat?", "my coat is not good", ""])
    assert {len(labels) for labels in answers} == {1}
    assert predictor.task == found.task
    assert all((found.folder / page).is_file() for page in ("report.html", "report.md"))


def test_another_metric_judges_the_same_run_anew(folder: Path, yes_or_no: Run) -> None:
    arguments = ("--run", "two", "--method", "fold", "--metric", "average_precision")
    assert study("binary", *arguments) == 0
    again = read_run(folder / "runs" / "two")
    assert again.metric.name == "average_precision"
    assert again.by_name["cnn"].score == again.by_name["cnn"].quality["average_precision"]
    assert "average precision" in " ".join(again.content["verdict"]["reasons"])
    steps = {path: path.stat().st_mtime_ns for path in (folder / "runs" / "two").glob("*/*/step.json")}
    assert study("binary", *arguments) == 0
    assert {path: path.stat().st_mtime_ns for path in steps} == steps


@pytest.mark.parametrize(
    ("task", "extra", "says"),
    [
        ("multiclass", ("--gate", "roc_auc >= 0.9"), "task multiclass has no metric 'roc_auc'; allowed: accuracy"),
        ("binary", ("--gate", "recall[bad] >= 0.9"), "no scores of a class 'bad'; there are: good"),
        ("binary", ("--metric", "top_3"), "top_3"),
        ("multiclass", ("--positive", "place"), "positive"),
    ],
)
def test_what_the_task_does_not_have_is_refused_at_once(
    folder: Path, capsys: pytest.CaptureFixture[str], task: Task, extra: tuple[str, ...], says: str
) -> None:
    assert study(task, "--run", "refused", "--method", "fold", *extra) == 2
    said = capsys.readouterr().err
    assert says in said
    assert "Traceback" not in said
    assert not (folder / "runs" / "refused").exists()
