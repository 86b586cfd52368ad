"""run.json is written whole; where it is damaged the steps say whose the folder is, or one sentence what to do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from baselines.errors import RunFolderError
from baselines.storage.run_folder import RUN_FILE, RunFolder

TORN = ['{"dataset_sha', "", "[1]", "[" * 100_000, None]


def folder_of(root: Path, sha256: str) -> RunFolder:
    run = RunFolder.open(root, dataset_sha256=sha256)
    with run.write("baselines/a", {"dataset_sha256": sha256}) as folder:
        (folder / "file").touch()
    return run


def damage(path: Path, content: str | None) -> None:
    if content is None:
        path.unlink()
    else:
        path.write_text(content)


@pytest.mark.parametrize("content", TORN, ids=["torn", "empty", "no object", "too deep", "missing"])
def test_a_damaged_run_file_is_written_again_from_the_steps(tmp_path: Path, content: str | None) -> None:
    run = folder_of(tmp_path / "r", "ours")
    before = (run.root / RUN_FILE).read_bytes()
    damage(run.root / RUN_FILE, content)
    with pytest.raises(RunFolderError, match="made from other data or another split"):
        RunFolder.open(run.root, dataset_sha256="another")
    again = RunFolder.open(run.root, dataset_sha256="ours")
    assert (run.root / RUN_FILE).read_bytes() == before
    assert again.is_done("baselines/a", {"dataset_sha256": "ours"})


def test_a_damaged_run_file_without_steps_is_written_again(tmp_path: Path) -> None:
    root = RunFolder.open(tmp_path / "r", dataset_sha256="a").root
    (root / RUN_FILE).write_text("{")
    RunFolder.open(root, dataset_sha256="b")
    with pytest.raises(RunFolderError, match="made from other data"):
        RunFolder.open(root, dataset_sha256="a")


def test_what_a_killed_process_left_of_a_new_folder_is_no_obstacle(tmp_path: Path) -> None:
    root = tmp_path / "r"
    root.mkdir()
    (root / ".lock").touch()
    (root / f".{RUN_FILE}.part-99").write_text("{")
    with RunFolder.working(root, dataset_sha256="a"):
        assert [path.name for path in root.iterdir() if path.name != ".lock"] == [RUN_FILE]


@pytest.mark.parametrize("what", ["notes.txt", "a file"])
def test_other_peoples_folders_are_refused(tmp_path: Path, what: str) -> None:
    root = tmp_path / "r"
    if what == "a file":
        root.touch()
    else:
        root.mkdir()
        (root / what).touch()
    with pytest.raises(RunFolderError, match="Choose another --run"):
        RunFolder.open(root, dataset_sha256="a")


def test_half_written_parts_of_the_living_stay_where_nobody_is_kept_out(tmp_path: Path) -> None:
    run = RunFolder.open(tmp_path / "r", dataset_sha256="a")
    living, dead = run.root / f".a.part-{os.getppid()}", run.root / ".a.part-999999999"
    living.touch()
    dead.mkdir()
    run.clean_leftovers()
    assert (living.exists(), dead.exists()) == (True, False)
    with RunFolder.working(run.root, dataset_sha256="a"):
        assert not living.exists(), "who holds the folder is alone there"
