"""What is there and may not be read is said in one sentence with exit code 2, by whatever command it is met."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import tagpress
from baselines.errors import ArtifactError, UserError
from baselines.storage import artifact
from bench import report, score
from bench.results.file import read_run
from compress.registry import KINDS
from exports import predict, run, runtime
from exports.bundles.write_bundle import write_bundle
from tests.cases.table_case import int_classifier, lineage

pytestmark = pytest.mark.skipif(os.name != "posix", reason="rights are POSIX's")
NOBODY = 65_534
SENTENCE = r"error: \S+: this user may not read it; whoever owns \S+ can allow it: chmod -R a\+rX \S+\n"


def close(path: Path, command: Callable[[list[str]], int], words: list[str]) -> None:
    """Nobody else may read `path` from now on. The command runs once before: what it imports may be root's, too."""
    command(words)
    path.chmod(0)


@contextmanager
def as_another_user() -> Iterator[None]:
    """root may read everything, so it isn't root for a while."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that others may enter, which pytest's own aren't."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture
def bundle(place: Path) -> Path:
    return write_bundle(int_classifier(), lineage(), place / "bundle", "table")


@pytest.fixture
def saved(place: Path) -> Path:
    artifact.save(int_classifier(), place / "artifact", lineage())
    return place / "artifact"


@pytest.mark.parametrize("name", ["manifest.json", "labels.json", "tables.safetensors", "MODEL_CARD.md", ""])
def test_a_bundle(bundle: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    close(bundle / name, predict.main, [str(bundle), "a text"])
    capsys.readouterr()
    with as_another_user():
        for load in (runtime.load, tagpress.load):
            with pytest.raises(ArtifactError, match=r"may not read it; .* chmod -R a\+rX"):
                load(bundle)
        assert predict.main([str(bundle), "a text"]) == 2
    assert re.fullmatch(SENTENCE, capsys.readouterr().err)


@pytest.mark.parametrize("name", ["manifest.json", "labels.json", "tables.safetensors", ""])
def test_an_artifact(saved: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    close(saved / name, run.main, [str(saved), "--out", str(saved.parent / "first")])
    capsys.readouterr()
    readers: tuple[Callable[[Path], Any], ...] = (
        tagpress.read,
        artifact.lineage_of,
        artifact.kinds_within,
        lambda folder: artifact.load(folder, KINDS),
    )
    with as_another_user():
        for read in readers:
            with pytest.raises(ArtifactError, match=r"may not read it; .* chmod -R a\+rX"):
                read(saved)
        assert run.main([str(saved), "--out", str(saved.parent / "out")]) == 2
    assert re.fullmatch(SENTENCE, capsys.readouterr().err)


def test_scoring(bundle: Path, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "test.csv").write_text("text,label\na text,nlp\nanother,graphs\n")
    words = [str(bundle), "--data", str(place / "test.csv")]
    close(bundle / "tables.safetensors", score.main, words)
    capsys.readouterr()
    with as_another_user():
        assert score.main(words) == 2
    assert re.fullmatch(SENTENCE, capsys.readouterr().err)


@pytest.mark.parametrize("closed", ["results.json", ""])
def test_a_run(place: Path, capsys: pytest.CaptureFixture[str], closed: str) -> None:
    folder = place / "run"
    folder.mkdir()
    (folder / "results.json").write_text("{}")
    close(folder / closed, report.main, [str(folder)])
    capsys.readouterr()
    with as_another_user():
        with pytest.raises(UserError, match="may not read it"):
            read_run(folder)
        assert report.main([str(folder)]) == 2
    assert re.fullmatch(SENTENCE, capsys.readouterr().err)
