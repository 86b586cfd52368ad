"""A step is there only as it was written: what was changed, lost, added or torn is made again, and never read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from baselines.errors import RunFolderError
from baselines.storage import step_files
from baselines.storage.run_folder import STEP_FILE, RunFolder

STEP, INPUTS = "baselines/a", {"x": 1}
WEIGHTS = "artifact/weights"


def write(run: RunFolder, weights: str = "1234", seconds: str = "0.5") -> Path:
    with run.write(STEP, INPUTS) as folder:
        (folder / "artifact").mkdir()
        (folder / WEIGHTS).write_text(weights)
        (folder / "facts.json").write_text(seconds)
    return run.place(STEP)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder.open(tmp_path / "r", dataset_sha256="0")


def changed_with_equal_times(step: Path) -> None:
    path = step / WEIGHTS
    before = path.stat()
    path.write_text("1235")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def linked(step: Path) -> None:
    (step / WEIGHTS).rename(step.parent / "elsewhere")
    (step / WEIGHTS).symlink_to(step.parent / "elsewhere")


def without_files(step: Path) -> None:
    note = json.loads((step / STEP_FILE).read_text())
    (step / STEP_FILE).write_text(json.dumps({**note, "files": [1]}))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "changed": lambda step: (step / WEIGHTS).write_text("1235"),
    "changed, its times put back": changed_with_equal_times,
    "truncated": lambda step: (step / WEIGHTS).write_text("12"),
    "missing": lambda step: (step / WEIGHTS).unlink(),
    "facts missing": lambda step: (step / "facts.json").unlink(),
    "added": lambda step: (step / "artifact" / "more").touch(),
    "linked": linked,
    "a folder in a file's place": lambda step: ((step / WEIGHTS).unlink(), (step / WEIGHTS).mkdir()),
    "note torn": lambda step: (step / STEP_FILE).write_text('{"key": "'),
    "note empty": lambda step: (step / STEP_FILE).write_text(""),
    "note no text": lambda step: (step / STEP_FILE).write_bytes(b"\xff\x00"),
    "note no object": lambda step: (step / STEP_FILE).write_text("[1]"),
    "note too deep": lambda step: (step / STEP_FILE).write_text("[" * 100_000),
    "note missing": lambda step: (step / STEP_FILE).unlink(),
    "note a folder": lambda step: ((step / STEP_FILE).unlink(), (step / STEP_FILE).mkdir()),
    "note of an older version": without_files,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_step_is_made_again(run: RunFolder, damage: Callable[[Path], object]) -> None:
    before = write(run) and run.identity(STEP)
    assert run.is_done(STEP, INPUTS)
    damage(run.place(STEP))
    assert not run.is_done(STEP, INPUTS)
    assert not run.is_sound(STEP)
    write(run)
    assert run.is_done(STEP, INPUTS)
    assert run.identity(STEP) == before


def test_a_file_is_hashed_once_in_a_process(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    write(run)
    hashed = []
    real = step_files.file_sha256
    monkeypatch.setattr(step_files, "file_sha256", lambda path: hashed.append(path.name) or real(path))
    assert run.is_done(STEP, INPUTS)
    assert hashed == [], "it was hashed when it was written"
    step_files._known.clear()  # as another process begins
    assert all(run.is_done(STEP, INPUTS) for _ in range(3))
    assert sorted(hashed) == ["facts.json", "weights"]


def test_what_is_made_of_a_step_follows_its_files_and_not_its_seconds(run: RunFolder) -> None:
    write(run)
    before = run.identity(STEP)
    write(run, seconds="0.7")
    assert run.identity(STEP) == before, "another training that comes to the same bytes is the same model"
    write(run, weights="4321")
    assert run.identity(STEP) != before


def test_a_step_that_is_not_there_has_no_identity(run: RunFolder) -> None:
    with pytest.raises(RunFolderError, match=r"baselines/b: no step\.json that can be read; repeat the run's command"):
        run.identity("baselines/b")
