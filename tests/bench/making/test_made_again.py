"""What isn't as it was written is made again, with the results there were; children follow where bytes differ."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from baselines.dataset import Dataset
from baselines.storage.run_folder import STEP_FILE, RunFolder
from exports.bundles import write_bundle
from tests.cases.small_run_case import brief, small_command


@pytest.fixture(scope="module")
def data(tiny: Dataset) -> Iterator[Dataset]:
    """A small data set; nobody proves here that bundles answer as their models do, which takes long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(write_bundle, "prove", lambda *what, **how: None)
        yield brief(tiny)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, data: Dataset) -> Path:
    root = tmp_path_factory.mktemp("made") / "r"
    assert small_command(root, data) == 0
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "r"))


def only(folder: Path, pattern: str) -> Path:
    return next(folder.glob(pattern))


def flip(path: Path) -> None:
    raw = path.read_bytes()
    path.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))


def times(root: Path) -> dict[str, int]:
    return {p.parent.name: p.stat().st_mtime_ns for p in root.glob(f"*/*/{STEP_FILE}")}


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a bundle's weights deleted": lambda r: only(r, "exports/linear-linear/bundle/*.safetensors").unlink(),
    "answers changed": lambda r: flip(only(r, "bench/scores-linear/*.safetensors")),
    "an artifact changed": lambda r: flip(only(r, "baselines/linear/artifact/*.safetensors")),
    "a note torn": lambda r: (r / "compress" / "linear-int4" / STEP_FILE).write_text('{"key": '),
    "run.json torn": lambda r: (r / "run.json").write_text('{"dataset'),
    "results torn": lambda r: (r / "results.json").write_text('{"models": {'),
    "a folder in a step's place emptied": lambda r: shutil.rmtree(r / "baselines" / "linear" / "artifact"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_run_comes_to_the_same_results(
    made: Path, root: Path, data: Dataset, damage: Callable[[Path], object], capsys: pytest.CaptureFixture[str]
) -> None:
    before = times(root)
    damage(root)
    assert small_command(root, data) == 0
    assert capsys.readouterr().err == ""
    assert (root / "results.json").read_text() == (made / "results.json").read_text()
    assert sum(time != before[step] for step, time in times(root).items()) <= 1, "children of equal bytes stay"


def test_children_follow_a_parent_that_came_to_other_bytes(root: Path, data: Dataset) -> None:
    run, step = RunFolder(root), "baselines/linear"
    before, inputs = times(root), run.inputs_of(step)
    with run.write(step, inputs) as folder:
        shutil.copytree(run.place(step), folder, dirs_exist_ok=True)
        (folder / STEP_FILE).unlink()
        path = folder / "artifact" / "manifest.json"
        weights = only(folder, "artifact/*.safetensors")
        raw = weights.read_bytes()
        flip(weights)
        path.write_text(path.read_text().replace(digest(raw), digest(weights.read_bytes())))
    assert small_command(root, data) == 0
    stayed = {name for name, time in times(root).items() if time == before[name]}
    assert stayed == set(), "variants, bundles and scores are made of it"


def digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
