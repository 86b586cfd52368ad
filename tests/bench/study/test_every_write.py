"""A full disk, or the end of the process, at every single write of a study: one sentence, and nothing lost or wrong.

`TAGPRESS_EVERY_WRITE=1` finishes the study after each of them, and kills it at each: minutes instead of seconds.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from baselines.dataset import Dataset
from baselines.storage.run_folder import STEP_FILE, RunFolder
from baselines.storage.run_lock import LOCK_FILE
from exports.bundles import write_bundle
from tests.cases.faults_case import Disk, Killed, failing
from tests.cases.small_run_case import brief, small_command

# After every so many faults the study is finished in a copy of the folder.
ALL = bool(os.environ.get("TAGPRESS_EVERY_WRITE"))
FINISHED = 1 if ALL else 30
linux = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")


@pytest.fixture(scope="module")
def data(tiny: Dataset) -> Iterator[Dataset]:
    """A small data set. Nobody proves here that bundles answer as their models do: it takes long and writes nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(write_bundle, "prove", lambda *what, **how: None)
        yield brief(tiny)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, data: Dataset) -> dict[str, Any]:
    """What stands in the folder of a study that nothing disturbed, and how much it writes."""
    root = tmp_path_factory.mktemp("undisturbed") / "r"
    disk = Disk(root)
    with failing(disk):
        assert small_command(root, data) == 0
    return {**what_is_there(root), "writes": disk.writes, "asked": set(disk.asked)}


def what_is_there(root: Path) -> dict[str, Any]:
    """Results, and key and files of every step; seconds differ from run to run, and stand in facts.json."""
    notes = {path.parent.relative_to(root).as_posix(): json.loads(path.read_text()) for path in steps(root)}
    files = {step: {f: own["sha256"] for f, own in note["files"].items()} for step, note in notes.items()}
    for step in files:
        files[step].pop("facts.json", None)
    keys = {step: note["key"] for step, note in notes.items()}
    names = sorted(path.name for path in root.iterdir() if path.name != LOCK_FILE)
    return {"results": (root / "results.json").read_text(), "keys": keys, "files": files, "names": names}


def steps(root: Path) -> list[Path]:
    return sorted(path for path in root.glob(f"*/*/{STEP_FILE}") if ".part-" not in path.parent.name)


def sound(root: Path) -> set[str]:
    run = RunFolder(root)
    names = (path.parent.relative_to(root).as_posix() for path in steps(root))
    return {name for name in names if run.is_sound(name)}


def finished(root: Path, dataset: Dataset, want: dict[str, Any]) -> None:
    """The same command, undisturbed, comes to what it would have come to."""
    assert small_command(root, dataset) == 0
    whole(root, want)


def whole(root: Path, want: dict[str, Any]) -> None:
    assert what_is_there(root) == {name: content for name, content in want.items() if name not in ("writes", "asked")}
    assert not list(root.rglob(".*.part-*")), "nothing half made stays"


def fault(root: Path, dataset: Dataset, at: int, number: int | None) -> tuple[Disk, int | None]:
    """The study with a fault at one write; its exit code is None where it was killed."""
    disk, code = Disk(root, at, number), None
    with failing(disk), contextlib.suppress(Killed):
        code = small_command(root, dataset)
    if number is None:
        release(root)
    return disk, code


def release(root: Path) -> None:
    """What the kernel does when a process ends."""
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            if str(entry.readlink()).startswith(str(root / LOCK_FILE)):
                os.close(int(entry.name))


def sweep(place: Path, dataset: Dataset, number: int | None, want: dict[str, Any], said: Any, stride: int) -> list[str]:
    """Fail at each write in turn, or each `stride`th, going on with what was finished; gives what failed."""
    # In folders of their own: runs side by side count each other's looks at the test part.
    faults: list[str]
    root, kept, copy, at, faults = place / "a" / "r", place / "b" / "r", place / "c" / "r", 1, []
    while True:
        before = sound(root)
        shutil.rmtree(kept, ignore_errors=True)
        if root.exists():
            shutil.copytree(root, kept)
        disk, code = fault(root, dataset, at, number)
        after, words = sound(root), said()
        if not disk.failed:
            assert code == 0
            finished(root, dataset, want)
            return faults
        faults.append(disk.asked[-1])
        assert before <= after, "what was finished is kept"
        if code == 0:  # a write that only tidies up, or tells others who works here
            whole(root, want)
            back(kept, root)
            at += stride
            continue
        if number is not None:
            assert code == 2
            assert words.startswith("error: ")
            assert words.count("\n") == 1
            assert os.strerror(number) in words
            assert not list(root.rglob(".*.part-*")), "nothing half made stays"
        if len(faults) % FINISHED == 0:
            if root.exists():
                shutil.copytree(root, copy)
            finished(copy, dataset, want)
            shutil.rmtree(copy)
            said()
        if after > before:
            at = 1
        else:  # from the same state, so that the next one is the next write
            back(kept, root)
            at += stride


def back(kept: Path, root: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    if kept.exists():
        shutil.copytree(kept, root)


@linux
@pytest.mark.parametrize("number", [errno.ENOSPC, None], ids=["full disk", "killed"])
def test_a_study_survives_a_fault_at_every_write(
    tmp_path: Path,
    data: Dataset,
    undisturbed: dict[str, Any],
    number: int | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stride = 1 if number is not None or ALL else 4
    faults = sweep(tmp_path, data, number, undisturbed, lambda: capsys.readouterr().err, stride)
    if stride == 1:
        assert undisturbed["asked"] - set(faults) == set(), "each write was one of them"
    assert len(undisturbed["asked"]) > 100


@linux
@pytest.mark.parametrize("number", [errno.EROFS, errno.EMFILE, errno.EACCES, errno.EIO, errno.EDQUOT])
def test_other_faults_are_one_sentence_too(
    tmp_path: Path, data: Dataset, undisturbed: dict[str, Any], number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    for at in range(4, undisturbed["writes"], undisturbed["writes"] // 3):
        disk, code = fault(tmp_path / "r", data, at, number)
        words = capsys.readouterr().err
        assert not disk.failed or code == 0 or (code, words.count("\n"), os.strerror(number) in words) == (2, 1, True)
    finished(tmp_path / "r", data, undisturbed)
