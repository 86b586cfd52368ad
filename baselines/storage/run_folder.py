"""A run on disk: each step is a folder written once, recognised by the hash of its inputs; a killed run continues.

A step is made in a temporary folder beside its place, synced, and renamed: it is there whole or not at all. Its note
lists the hashes of its files, and a step whose files are others by now isn't there: it is made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import baselines
from baselines.errors import ArtifactError, RunFolderError
from baselines.folder_kind import said_kind
from baselines.storage.artifact import read_json, write_json, write_json_whole
from baselines.storage.run_lock import LOCK_FILE, is_held, run_lock
from baselines.storage.step_files import are_as_listed, listed_files, read_by_others, remember
from baselines.whole_files import part_of, sync

# 2: rooms have wings, results.json calls the reference by its name, artifacts hold `weights.safetensors`.
FORMAT_VERSION = 2
RUN_FILE = "run.json"
STEP_FILE = "step.json"
ROOMS = ("baselines", "compress", "exports", "bench")
# The folder that holds the rooms, found by the first one's name: this module may lie as deep as it likes.
PROJECT = Path(str(baselines.__file__)).resolve().parent.parent


@cache
def code_version(room: str) -> str:
    """sha256 over the sources a room's results depend on: its own `.py` files and those of the rooms before it."""
    digest = hashlib.sha256()
    for name in ROOMS[: ROOMS.index(room) + 1]:
        for path in sources_of(name):
            place = path.relative_to(PROJECT).as_posix()
            digest.update(place.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def sources_of(room: str) -> list[Path]:
    """The `.py` files of one room, wings included, tests not.

    Raises:
        RunFolderError: there are none. A hash over nothing would be equal for all versions, so that the results of
            older code were taken for those of today's.
    """
    found = [path for path in sorted((PROJECT / room).rglob("*.py")) if not path.name.startswith("test_")]
    if not found:
        raise RunFolderError(
            f"{PROJECT / room}: no sources found, so old steps can't be told from new ones; install anew"
        )
    return found


def fingerprint(inputs: Mapping[str, Any]) -> str:
    """sha256 of inputs made of JSON types; the order of keys does not matter."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True, allow_nan=False).encode()).hexdigest()


class RunFolder:
    """`runs/<name>/{baselines,compress,exports,bench}/<step>/`, with `run.json` saying whose it is."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def open(cls, root: Path, *, dataset_sha256: str) -> RunFolder:
        """Make the folder, or check that an existing one was made by this format from the same data.

        A run.json that is damaged or missing is written again where the folder's steps were made from the same data.
        """
        ours = {"format_version": FORMAT_VERSION, "dataset_sha256": dataset_sha256}
        path = root / RUN_FILE
        theirs = _whose(root)
        if theirs is None:
            root.mkdir(parents=True, exist_ok=True)
            write_json_whole(path, ours)
            return cls(root)
        if theirs.get("format_version") != FORMAT_VERSION:
            raise RunFolderError(
                f"{path}: format_version {FORMAT_VERSION} is supported, got {theirs.get('format_version')!r}: made "
                f"by another version (this is {_tool_version()}). Choose another --run, or remove {root}"
            )
        if theirs.get("dataset_sha256") != dataset_sha256:
            raise RunFolderError(
                f"{path}: made from other data or another split (sha256 {str(theirs.get('dataset_sha256'))[:12]}…, "
                f"now {dataset_sha256[:12]}…). Choose another --run, or remove {root}"
            )
        if _read_object(path) is None:
            write_json_whole(path, ours)
        return cls(root)

    @classmethod
    @contextlib.contextmanager
    def working(cls, root: Path, *, dataset_sha256: str) -> Iterator[RunFolder]:
        """The folder, opened, for this process alone; what is half made goes, before the block and after it.

        Where another process works there it is waited for. See `open` for what is refused.
        """
        with run_lock(root):
            run = cls.open(root, dataset_sha256=dataset_sha256)
            run.clean_leftovers()
            try:
                yield run
            except BaseException:
                run.clean_leftovers()
                raise

    def place(self, step: str) -> Path:
        """Folder of a step, `room/name`."""
        return self.root / step

    def is_done(self, step: str, inputs: Mapping[str, Any]) -> bool:
        """Whether the step is there as it was written, made from exactly these inputs by this code."""
        note = self._note(step)
        return note is not None and note.get("key") == self._key(step, inputs) and self._is_whole(step, note)

    def is_sound(self, step: str) -> bool:
        """Whether a step is there as it was written, whatever it was made from."""
        note = self._note(step)
        return note is not None and self._is_whole(step, note)

    def inputs_of(self, step: str) -> Mapping[str, Any]:
        """What a step was made from, by its note; empty where there is none that can be read."""
        inputs = (self._note(step) or {}).get("inputs")
        return inputs if isinstance(inputs, dict) else {}

    def hash_of(self, step: str, name: str) -> str:
        """sha256 of a file when its step was written; "" where no note says it."""
        files = (self._note(step) or {}).get("files")
        facts = files.get(name) if isinstance(files, dict) else None
        return str(facts.get("sha256")) if isinstance(facts, dict) else ""

    def identity(self, step: str) -> str:
        """What a later step has among its inputs: hash of how this one was made, and of the files that are read of it.

        Made again with the same bytes it has the same one, and what was made from it stays; with others what was made
        from it is made again too.

        Raises:
            RunFolderError: there is no such step, or its note can't be read.
        """
        note = self._note(step)
        if note is None or not isinstance(note.get("files"), dict):
            raise RunFolderError(
                f"{self.place(step)}: no {STEP_FILE} that can be read; repeat the run's command to make the step again"
            )
        return fingerprint({"key": note.get("key"), "files": read_by_others(note["files"])})

    @contextlib.contextmanager
    def write(self, step: str, inputs: Mapping[str, Any]) -> Iterator[Path]:
        """A temporary folder that takes the step's place when the block ends well, and vanishes when it doesn't."""
        final = self.place(step)
        final.parent.mkdir(parents=True, exist_ok=True)
        temporary = part_of(final)
        old = temporary.with_name(f"{temporary.name}-old")
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        try:
            yield temporary
            files = listed_files(temporary, STEP_FILE)
            note = {"key": self._key(step, inputs), "inputs": dict(inputs), "files": files}
            write_json(temporary / STEP_FILE, note)
            for path in [*temporary.rglob("*"), temporary]:
                sync(path)
            if final.exists():
                shutil.rmtree(old, ignore_errors=True)
                final.rename(old)
            temporary.rename(final)
            sync(final.parent)
            remember(final, files)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)

    def publish(self, names: Iterable[str]) -> None:
        """Let others have these files of the folder itself; here they are where others look for them."""

    def clean_leftovers(self) -> None:
        """Remove temporary folders and files that a killed run left behind; those of the living stay.

        Where the kernel keeps others out, nobody else is living here.
        """
        alone = is_held(self.root)
        for path in list(self.root.rglob(".*.part-*")):
            if not alone and _is_alive(path):
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)

    def _key(self, step: str, inputs: Mapping[str, Any]) -> str:
        return fingerprint({"step": step, "inputs": dict(inputs), "code": code_version(step.split("/", 1)[0])})

    def _note(self, step: str) -> dict[str, Any] | None:
        return _read_object(self.place(step) / STEP_FILE)

    def _is_whole(self, step: str, note: Mapping[str, Any]) -> bool:
        return are_as_listed(self.place(step), note.get("files"), STEP_FILE)


def _whose(root: Path) -> Mapping[str, Any] | None:
    """What run.json says, or the notes of the steps where it can't be read; None for a folder that is nobody's.

    Raises:
        RunFolderError: a folder with other things in it.
    """
    found = _read_object(root / RUN_FILE)
    if found is not None:
        return found
    if (root.exists() and not root.is_dir()) or (root / RUN_FILE).is_dir():
        raise RunFolderError(f"{root}: not a folder of a run. Choose another --run")
    for note in sorted(root.glob(f"*/*/{STEP_FILE}")):
        inputs = (_read_object(note) or {}).get("inputs")
        if isinstance(inputs, dict) and isinstance(inputs.get("dataset_sha256"), str):
            return {"format_version": FORMAT_VERSION, "dataset_sha256": inputs["dataset_sha256"]}
    if (root / RUN_FILE).exists():
        return None  # damaged, and no finished step says whose it was: there is nothing to mix up
    others = root.iterdir() if root.exists() else ()
    if any(path.name != LOCK_FILE and ".part-" not in path.name for path in others):
        raise RunFolderError(
            f"{root}: not empty and holds no {RUN_FILE}, so it is no run folder{said_kind(root)}. Choose another --run"
        )
    return None


def _read_object(path: Path) -> dict[str, Any] | None:
    """A JSON object, or None where there is no such file or something else in it."""
    try:
        content = read_json(path)
    except (ArtifactError, RecursionError, NotADirectoryError, IsADirectoryError):
        return None
    return content if isinstance(content, dict) else None


def _is_alive(part: Path) -> bool:
    """Whether the process whose number a temporary name ends with is there, and is another one than this."""
    number = part.name.rpartition(".part-")[2].partition("-")[0].partition(".")[0]
    if not number.isdecimal() or int(number) in (0, os.getpid()):
        return False
    try:
        os.kill(int(number), 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def _tool_version() -> str:
    try:
        return metadata.version("tagpress")
    except metadata.PackageNotFoundError:
        return "an uninstalled checkout"
