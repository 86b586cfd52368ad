"""The command that takes a saved pipeline over."""

from __future__ import annotations

from pathlib import Path

import joblib
import pytest
import skops.io
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from baselines.storage.artifact import lineage_of, load
from compress.adopt import main
from compress.registry import KINDS
from tests.cases.pipeline_case import fitted


@pytest.fixture
def place(tmp_path: Path) -> Path:
    pipeline = fitted("binary", TfidfVectorizer(), LogisticRegression())
    skops.io.dump(pipeline, tmp_path / "model.skops")
    joblib.dump(pipeline, tmp_path / "model.joblib")
    (tmp_path / "texts.txt").write_text("my coat is good\n\nnot good\n", encoding="utf-8")
    return tmp_path


def words(place: Path, *more: str, file: str = "model.skops") -> list[str]:
    return [str(place / file), "--out", str(place / "adopted"), *more]


def test_it_writes_an_artifact_and_says_how_closely_both_agree(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words(place, "--texts", str(place / "texts.txt"), "--task", "multiclass")) == 0
    said = capsys.readouterr().out
    assert "linear-adopted, task multiclass, 2 classes" in said
    assert "502 texts answered alike" in said
    assert load(place / "adopted", KINDS).classes_ == ("bad", "good")
    lineage = lineage_of(place / "adopted")
    assert lineage.recipe[0]["method"] == "adopt"
    assert lineage.receipt["facts"]["changed_decisions"] == 0
    assert main(words(place)) == 2
    assert "not empty" in capsys.readouterr().err


def test_a_pickle_needs_trust(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words(place, file="model.joblib")) == 2
    assert "runs whatever code is in it" in capsys.readouterr().err
    assert not (place / "adopted").exists()
    assert main(words(place, "--trust", "--classes", "no", "yes", file="model.joblib")) == 0
    assert load(place / "adopted", KINDS).space_.names == ("no", "yes")
