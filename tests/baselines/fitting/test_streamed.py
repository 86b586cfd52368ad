"""`--stream` ends in a step of a run folder, as every training does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from baselines.fitting.fit import read_classifier
from baselines.train import main
from bench.growth.synthetic import Growth


@pytest.fixture
def texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Growth(n_classes=4).write_csv(tmp_path / "texts.csv", 600)


def config(folder: Path) -> list[str]:
    path = folder / "config.json"
    path.write_text(json.dumps({"buckets": 4096}), encoding="utf-8")
    return ["--baseline", "linear", "--config", str(path)]


def test_a_step_with_artifact_thresholds_and_scores(texts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["--stream", str(texts), "--label-separator", "|", "--run", "r", *config(texts.parent)]
    assert main(command) == 0
    first = capsys.readouterr()
    assert "on test" in first.out
    assert "in validation" in first.err
    step = texts.parent / "runs/r/baselines/linear"
    facts = json.loads((step / "facts.json").read_text(encoding="utf-8"))
    assert facts["texts"]["train"] > 400
    assert 0.2 < facts["test"]["f1_weighted"] <= 1
    model = read_classifier(step)
    assert model.thresholds_.tolist() == pytest.approx(facts["thresholds"]["per_class"])
    assert len(model.predict(["some text"])) == 1
    made = (step / "facts.json").stat().st_mtime_ns
    assert main(command) == 0
    assert (step / "facts.json").stat().st_mtime_ns == made, "what is done is found again"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--baseline", "linear", "cnn"], "one --baseline at a time, got linear, cnn"),
        (["--baseline", "rules"], "rules needs all texts in memory"),
        (["--folds", "3"], "--stream takes no --folds"),
        (["--dataset", "sample"], "--stream takes no --dataset"),
    ],
)
def test_what_does_not_go_together_is_said(
    arguments: list[str], message: str, texts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--stream", str(texts), *arguments]) == 2
    assert message in " ".join(capsys.readouterr().err.split())
