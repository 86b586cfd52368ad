"""A run whose truth lies in a store: fetched where it is there, checked before it is used, never changed."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path

import pytest

from baselines.errors import MissingExtra, StoreError
from baselines.storage import lease
from baselines.storage.object_store import ObjectStore
from baselines.storage.run_folder import RunFolder
from baselines.storage.stored_run import checked_note, open_run, working

DATA = "d" * 64
STEP, INPUTS = "baselines/linear", {"seed": 0}


def opened(root: Path, store: str) -> RunFolder:
    return open_run(root, dataset_sha256=DATA, store=store)


def written(run: RunFolder, content: str = "weights") -> str:
    with run.write(STEP, INPUTS) as folder:
        (folder / "artifact").mkdir()
        (folder / "artifact" / "w").write_text(content)
        (folder / "facts.json").write_text("{}")
    return run.identity(STEP)


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"file://{tmp_path}/store"


def notes_in(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "store").glob("steps/*/*/*/step.json"))


def test_a_step_made_on_one_machine_is_there_on_another(tmp_path: Path, store: str) -> None:
    identity = written(opened(tmp_path / "a", store))
    other = opened(tmp_path / "b", store)
    assert other.is_done(STEP, INPUTS)
    assert (other.place(STEP) / "artifact" / "w").read_text() == "weights"
    assert opened(tmp_path / "c", store).identity(STEP) == identity
    assert opened(tmp_path / "d", store).inputs_of(STEP) == INPUTS
    assert not other.is_done(STEP, {"seed": 1})
    assert not other.is_sound("baselines/cnn")


def test_the_first_whole_step_stays_and_the_second_writer_takes_it(tmp_path: Path, store: str) -> None:
    a, b = opened(tmp_path / "a", store), opened(tmp_path / "b", store)
    first = written(a, "first")
    assert written(b, "second") == first
    assert (b.place(STEP) / "artifact" / "w").read_text() == "first"
    assert len(notes_in(tmp_path)) == 1


def test_a_step_whose_note_is_missing_is_not_there(tmp_path: Path, store: str) -> None:
    written(opened(tmp_path / "a", store))
    notes_in(tmp_path)[0].unlink()
    assert not opened(tmp_path / "b", store).is_done(STEP, INPUTS)


@pytest.mark.parametrize(("content", "said"), [("WEIGHTS", "other bytes"), ("more weights", "its note says")])
def test_changed_files_are_refused_and_nothing_of_them_is_kept(
    content: str, said: str, tmp_path: Path, store: str
) -> None:
    written(opened(tmp_path / "a", store))
    next((tmp_path / "store").glob("steps/**/artifact/w")).write_text(content)
    other = opened(tmp_path / "b", store)
    with pytest.raises(StoreError, match=said):
        other.is_done(STEP, INPUTS)
    assert not other.place(STEP).exists()


@pytest.mark.parametrize(
    "name", ["../out", "/etc/out", "a/../../out", "step.json", "", "a//b", "./a", "C:\\out", "a\x00b", "a/.."]
)
def test_names_that_lead_out_of_a_step_are_refused(name: str) -> None:
    note = {"key": "k", "files": {name: {"sha256": "0" * 64, "bytes": 1}}}
    with pytest.raises(StoreError, match="remove the step there"):
        checked_note(json.dumps(note).encode(), "k", "here")


@pytest.mark.parametrize(
    "note",
    [b"", b"[]", b"{}", b'{"key": "x", "files": {}}', b'{"key": "k", "files": {"a": {"bytes": -1}}}', b"[" * 9999],
)
def test_what_is_no_note_is_refused(note: bytes) -> None:
    with pytest.raises(StoreError, match="remove the step there"):
        checked_note(note, "k", "here")


def test_results_are_published_beside_the_steps(tmp_path: Path, store: str) -> None:
    run = opened(tmp_path / "a", store)
    for content in ("first", "second"):
        (run.root / "results.json").write_text(content)
        run.publish(["results.json"])
        assert (tmp_path / "store" / "results.json").read_text() == content


def test_a_store_of_other_data_is_refused(tmp_path: Path, store: str) -> None:
    opened(tmp_path / "a", store)
    with pytest.raises(StoreError, match="holds a run of other data"):
        open_run(tmp_path / "b", dataset_sha256="e" * 64, store=store)


def test_a_store_that_refuses_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"--store file://.*was refused"):
        opened(tmp_path / "a", f"file://{tmp_path}/file/below")
    with pytest.raises((StoreError, MissingExtra), match="--store nothing://x"):
        ObjectStore("nothing://x")


def test_a_store_is_leased_while_a_command_works_there(tmp_path: Path, store: str) -> None:
    with working(tmp_path / "a", dataset_sha256=DATA, store=store) as run:
        held = json.loads((tmp_path / "store" / "lease.json").read_text())
        assert (held["pid"], held["host"]) == (os.getpid(), socket.gethostname())
        written(run)
    assert not (tmp_path / "store" / "lease.json").exists()


@pytest.mark.parametrize(
    ("host", "age_s", "waits"), [("elsewhere", 0, True), ("elsewhere", 1000, False), (socket.gethostname(), 0, False)]
)
def test_who_comes_later_waits_for_the_living(
    host: str, age_s: float, waits: bool, tmp_path: Path, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = ObjectStore(store)
    # 2**22 is beyond every process number of Linux: a holder on this host that has ended.
    told = {"id": "x", "host": host, "pid": 2**22 + 1, "renewed": time.time() - age_s}
    there.write("lease.json", json.dumps(told).encode())
    looks: list[float] = []

    def look(seconds: float) -> None:
        looks.append(seconds)
        there.remove("lease.json")

    monkeypatch.setattr(lease.time, "sleep", look)
    with lease.leased(there):
        pass
    assert bool(looks) == waits
