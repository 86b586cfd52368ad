"""The command over published data: parts prepared once, and a study asked for nothing but its data."""

from __future__ import annotations

from pathlib import Path

import pytest

from baselines.storage.artifact import read_json
from bench import public_study
from bench.public.command import prepared, study_arguments
from bench.public.published import AS_PUBLISHED, read_words
from tests.cases.data_case import write

LINES = "".join(f"{i % 2} text number {i} is {'good' if i % 2 else 'bad'} .\n" for i in range(40))


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "as-published"
    folder.mkdir()
    for name in ("train.txt", "validation.txt", "test.txt"):
        write(folder, name, LINES)
    return folder


def test_peers_are_prepared_once(published: Path) -> None:
    folder = prepared("sst2", published)
    assert [path.name for path in folder.iterdir()] == ["scikit-learn.json"]
    assert read_json(folder / "scikit-learn.json")["as it comes"] == 1.0
    (published / "train.txt").unlink()
    assert prepared("sst2", published) == folder


def test_parts_that_nobody_published_are_written(published: Path) -> None:
    write(published, "all.txt", LINES)
    folder = prepared("subj", published)
    assert sorted(path.name for path in folder.iterdir()) == ["scikit-learn.json", "test.csv", "train.csv"]
    words = study_arguments("subj", published, folder, 0)
    assert words[:4] == ["--train", str(folder / "train.csv"), "--test", str(folder / "test.csv")]
    assert len(read_words(list(words[:4])).part("test")) == 8


def test_a_study_is_asked_for_its_data_alone(published: Path) -> None:
    assert study_arguments("sst2", published, Path("unused"), 3) == [
        *("--train", str(published / "train.txt"), "--test", str(published / "test.txt")),
        *("--validation", str(published / "validation.txt"), *AS_PUBLISHED, "--run", "public-sst2", "--seed", "3"),
    ]


def test_mistakes_are_named(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert public_study.main([str(published), "--only", "imdb"]) == 2
    assert "imdb unknown; allowed: trec" in capsys.readouterr().err
    assert public_study.main([str(published), "--only", "trec"]) == 2
    assert "no such file; put the published file there" in capsys.readouterr().err
