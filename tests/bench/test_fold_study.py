"""Baselines and variants over folds: what is stored, that it continues, and bad input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from baselines import train
from baselines.dataset import Dataset
from bench import fold_study

CONFIG = {
    "cnn": {"epochs": 1, "embedding_dim": 8, "filters": [[2, 6]], "hidden_dim": 0},
    "distill": {"epochs": 1, "embedding_dim": 6, "filters": 4, "widths": [3], "folds": 2, "mixtures": 1.0},
}
ARGUMENTS = ["--dataset", "texts.jsonl", "--config", "tiny.json", "--folds", "2", "--run", "f", "--threads", "1"]


@pytest.fixture
def place(tmp_path: Path, tiny: Dataset, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with the tiny data and a small CNN's config; commands run in it."""
    rows = [
        json.dumps({"text": text, "labels": [tiny.classes[c] for c in np.flatnonzero(labels)]})
        for text, labels in zip(tiny.everything.texts, tiny.everything.labels, strict=True)
    ]
    (tmp_path / "texts.jsonl").write_text("\n".join(rows), encoding="utf-8")
    (tmp_path / "tiny.json").write_text(json.dumps(CONFIG))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_folds_are_compared_and_continue(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fold_study.main([*ARGUMENTS, "--method", "fold"]) == 0
    found = json.loads((place / "runs" / "f" / "folds.json").read_text(encoding="utf-8"))
    assert set(found["models"]) == {"linear", "cnn", "cnn-fold"}
    assert [len(model["per_fold"]) for model in found["models"].values()] == [2, 2, 2]
    folded = found["models"]["cnn-fold"]
    assert folded["delta"]["value"] == pytest.approx(0, abs=1e-9)
    assert folded["non_inferior"] is True
    assert folded["bytes"] > 0
    assert "cnn-fold" in capsys.readouterr().out
    steps = {path: path.stat().st_mtime_ns for path in (place / "runs" / "f").glob("fold-*/*/*/step.json")}
    assert len(steps) >= 2 * 3
    assert fold_study.main([*ARGUMENTS, "--method", "fold"]) == 0
    assert {path: path.stat().st_mtime_ns for path in steps} == steps


def test_a_saved_teacher_is_fitted_anew_in_each_fold(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--dataset", "texts.jsonl", "--threads", "1", "--run", "teachers"]
    assert train.main(["--baseline", "linear", *data]) == 0
    saved = "runs/teachers/baselines/linear"
    assert fold_study.main([*ARGUMENTS, "--recipe", "distill", "--teacher", saved]) == 0
    found = json.loads((place / "runs" / "f" / "folds.json").read_text(encoding="utf-8"))
    assert set(found["models"]) == {"linear", "cnn", "recipe", "recipe-control"}
    assert len(list((place / "runs" / "f").glob("fold-*/compress/teacher-*/artifact"))) == 2


def test_a_teacher_that_is_nowhere_is_refused_at_once(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fold_study.main([*ARGUMENTS, "--method", "distill", "--teacher", "lniear"]) == 2
    assert "neither a baseline nor the folder of an artifact" in capsys.readouterr().err
    assert not (place / "runs").exists()


def test_one_fold_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        fold_study.main([*ARGUMENTS, "--folds", "1"])
    assert stop.value.code == 2
    assert "from 2 to 1,000" in capsys.readouterr().err
