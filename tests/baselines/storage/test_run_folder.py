"""A run folder recognises its steps by inputs and code, and never by the hash of nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from baselines.errors import RunFolderError
from baselines.storage import run_folder
from baselines.storage.run_folder import PROJECT, ROOMS, RunFolder, code_version, sources_of


@pytest.fixture(autouse=True)
def anew() -> None:
    """Hashes are remembered; each test takes its own."""
    code_version.cache_clear()
    yield
    code_version.cache_clear()


@pytest.mark.parametrize("room", ROOMS)
def test_the_sources_of_a_room_are_all_its_modules(room: str) -> None:
    found = sources_of(room)
    assert PROJECT / room / "__init__.py" in found
    assert len(found) > 15
    assert any(len(path.relative_to(PROJECT).parts) >= 3 for path in found), "modules in wings count too"
    assert not [path for path in found if path.name.startswith("test_")]


def test_every_source_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for room in ROOMS:
        (tmp_path / room / "wing").mkdir(parents=True)
        (tmp_path / room / "wing" / "module.py").write_text("a = 1\n")
    monkeypatch.setattr(run_folder, "PROJECT", tmp_path)
    before = {room: code_version(room) for room in ROOMS}
    (tmp_path / "compress" / "wing" / "module.py").write_text("a = 2\n")
    code_version.cache_clear()
    changed = {room for room in ROOMS if code_version(room) != before[room]}
    assert changed == {"compress", "exports", "bench"}, "a room's results depend on the rooms before it, not after"


def test_a_hash_over_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_folder, "PROJECT", tmp_path)
    with pytest.raises(RunFolderError, match="no sources found, so old steps can't be told from new ones"):
        code_version("baselines")


def test_a_step_made_by_other_code_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = RunFolder.open(tmp_path / "r", dataset_sha256="0")
    with run.write("baselines/a", {"x": 1}) as folder:
        (folder / "file").write_text("content")
    assert run.is_done("baselines/a", {"x": 1})
    assert not run.is_done("baselines/a", {"x": 2})
    monkeypatch.setattr(run_folder, "code_version", lambda room: "other code")
    assert not run.is_done("baselines/a", {"x": 1})


def test_what_a_killed_run_left_goes_and_nothing_else(tmp_path: Path) -> None:
    run = RunFolder.open(tmp_path / "r", dataset_sha256="a")
    targets = run.root / "compress" / "soft-targets"
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    folders = [run.root / "baselines" / f".cnn.part-{ended.pid}", run.root / "baselines" / "cnn", targets]
    files = [targets / f".oof-1.part-{ended.pid}.npy", targets / "oof-1.npy"]
    for folder in folders:
        folder.mkdir(parents=True)
    for file in files:
        file.touch()
    run.clean_leftovers()
    assert [path.exists() for path in (*folders, *files)] == [False, True, True, False, True]
