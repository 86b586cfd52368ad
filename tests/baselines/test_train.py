"""Training into a run folder: artifacts, facts, resuming, and one message for each mistake."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from baselines import train as command
from baselines.dataset import Dataset
from baselines.fitting.fit import read_classifier, read_facts, read_validation, train_baseline
from baselines.scores.metrics import scores
from baselines.storage.run_folder import RunFolder
from baselines.task import decide

MEMBERS = {"members": ["linear", "tfidf-knn"]}


@pytest.fixture
def run(tmp_path: Path, tiny: Dataset) -> RunFolder:
    return RunFolder.open(tmp_path / "runs" / "r", dataset_sha256=tiny.sha256)


def test_a_step_holds_all_that_others_need(run: RunFolder, tiny: Dataset) -> None:
    step = train_baseline(run, tiny, "linear", seed=1, threads=2)
    classifier, facts, validation = read_classifier(step), read_facts(step), tiny.part("validation")
    probabilities = read_validation(step)
    np.testing.assert_array_equal(classifier.predict_proba(validation.texts), probabilities)
    assert facts["thresholds"]["chosen"] == "per_class"
    assert classifier.thresholds_.tolist() == facts["thresholds"]["per_class"]
    shared = np.float32(facts["thresholds"]["global"])
    for kind, thresholds in (("half", 0.5), ("global", shared), ("per_class", classifier.thresholds_)):
        reached = scores(validation.labels, decide(probabilities, thresholds, "multilabel")).f1_weighted
        assert facts["validation"][kind] == pytest.approx(reached)
    assert facts["seconds"] > 0
    assert facts["cpu_seconds"] > 0
    assert facts["names_reasons"]
    assert (facts["task"], facts["metric"], facts["cleaning"]) == ("multilabel", "f1_weighted", "words")


def test_trained_once_until_an_input_changes(run: RunFolder, tiny: Dataset) -> None:
    first = (train_baseline(run, tiny, "linear") / "facts.json").stat().st_mtime_ns
    assert (train_baseline(run, tiny, "linear") / "facts.json").stat().st_mtime_ns == first
    assert (train_baseline(run, tiny, "linear", changes={"C": 1.0}) / "facts.json").stat().st_mtime_ns > first


def test_an_ensemble_trains_its_members_as_steps(run: RunFolder, tiny: Dataset) -> None:
    linear = train_baseline(run, tiny, "linear")
    before = (linear / "facts.json").stat().st_mtime_ns
    step = train_baseline(run, tiny, "ensemble", changes=MEMBERS)
    assert (linear / "facts.json").stat().st_mtime_ns == before
    assert read_facts(step)["seconds"] > read_facts(linear)["seconds"]
    assert (run.place("baselines/tfidf-knn") / "artifact" / "manifest.json").is_file()


def test_hard_answers_keep_one_half(run: RunFolder, tiny: Dataset) -> None:
    facts = read_facts(train_baseline(run, tiny, "chance-coin"))
    assert facts["thresholds"]["global"] == 0.5
    assert set(facts["thresholds"]["per_class"]) == {0.5}


@pytest.fixture
def tiny_command(tmp_path: Path, tiny: Dataset, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rows = [
        {"text": text, "labels": [c for c, has in zip(tiny.classes, row, strict=True) if has]}
        for text, row in zip(tiny.everything.texts, tiny.everything.labels, strict=True)
    ]
    (tmp_path / "tiny.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def test_command(tiny_command: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--dataset", "tiny.jsonl", "--run", "r", "--baseline", "rules", "linear"]
    assert command.main(options) == 0
    assert "Tuned linear model" in capsys.readouterr().out
    assert (tiny_command / "runs" / "r" / "baselines" / "linear" / "artifact" / "manifest.json").is_file()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--baseline", "linaer"], "'linaer' unknown; known: chance-coin"),
        (["--baseline", "linear", "--config", "missing.json"], "no such file"),
        (["--baseline", "linear", "rules", "--config", "good.json"], "belongs to one baseline, got 2"),
        (["--baseline", "linear", "--config", "list.json"], "expected an object"),
        (["--baseline", "linear", "--config", "unknown.json"], "unknown c; allowed: loss, C"),
        (["--baseline", "linear", "--config", "wrong.json"], "C: expected a number above 0"),
        (["--baseline", "chance-coin", "--tune", "2"], "chance-coin has nothing to tune"),
    ],
)
def test_mistakes(tiny_command: Path, options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    for name, content in (("good", "{}"), ("list", "[]"), ("unknown", '{"c": 1}'), ("wrong", '{"C": -1}')):
        (tiny_command / f"{name}.json").write_text(content)
    assert command.main(["--dataset", "tiny.jsonl", *options]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
    assert not list(tiny_command.glob("runs/*/baselines/*"))


@pytest.mark.parametrize(
    "options", [["--run", "../outside"], ["--threads", "0"], ["--tune", "0"], ["--folds", "0"], ["--run", ""]]
)
def test_impossible_options(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        command.main(options)
    assert stopped.value.code == 2
    assert f"argument {options[0]}: expected" in capsys.readouterr().err


def test_folds(tiny_command: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--dataset", "tiny.jsonl", "--run", "r", "--baseline", "rules", "tfidf-svm", "--folds", "2"]
    assert command.main(options) == 0
    assert "2 folds" in capsys.readouterr().out
    stored = json.loads((tiny_command / "runs" / "r" / "baselines" / "folds" / "folds.json").read_text())
    assert set(stored["models"]) == {"rules", "tfidf-svm"}


def test_tuned_and_trained_with_the_best(tiny_command: Path) -> None:
    options = ["--dataset", "tiny.jsonl", "--run", "r", "--baseline", "tfidf-svm"]
    assert command.main([*options, "--tune", "3"]) == 0
    tuned = tiny_command / "runs" / "r" / "baselines"
    config = json.loads((tuned / "tfidf-svm" / "artifact" / "manifest.json").read_text())["config"]
    best = tuned / "tune-tfidf-svm" / "best.json"
    assert json.loads(best.read_text()).items() <= config.items()
    made = (tuned / "tfidf-svm" / "facts.json").stat().st_mtime_ns
    assert command.main([*options, "--config", str(best)]) == 0
    assert (tuned / "tfidf-svm" / "facts.json").stat().st_mtime_ns == made
