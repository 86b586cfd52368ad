"""A run on disk: each step is a folder written once, recognised by the hash of its inputs; a killed run continues.

A step is made in a temporary folder beside its place, synced, and renamed: it is there whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import baselines
from baselines.errors import RunFolderError
from baselines.folder_kind import said_kind
from baselines.storage.artifact import read_json, write_json

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
        """Make the folder, or check that an existing one was made by this format from the same data."""
        ours = {"format_version": FORMAT_VERSION, "dataset_sha256": dataset_sha256}
        path = root / RUN_FILE
        if path.exists():
            theirs = read_json(path)
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
        elif root.exists() and any(root.iterdir()):
            raise RunFolderError(
                f"{root}: not empty and holds no {RUN_FILE}, so it is no run folder{said_kind(root)}. Choose another "
                "--run"
            )
        else:
            root.mkdir(parents=True, exist_ok=True)
            write_json(path, ours)
        return cls(root)

    def place(self, step: str) -> Path:
        """Folder of a step, `room/name`."""
        return self.root / step

    def is_done(self, step: str, inputs: Mapping[str, Any]) -> bool:
        """Whether the step is there, made from exactly these inputs by this code."""
        path = self.place(step) / STEP_FILE
        return path.is_file() and read_json(path).get("key") == self._key(step, inputs)

    @contextmanager
    def write(self, step: str, inputs: Mapping[str, Any]) -> Iterator[Path]:
        """A temporary folder that takes the step's place when the block ends well, and vanishes when it doesn't."""
        final = self.place(step)
        final.parent.mkdir(parents=True, exist_ok=True)
        temporary = final.parent / f".{final.name}.part-{os.getpid()}"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        try:
            yield temporary
            write_json(temporary / STEP_FILE, {"key": self._key(step, inputs), "inputs": dict(inputs)})
            _sync(temporary)
            if final.exists():
                shutil.rmtree(final)
            temporary.rename(final)
            _sync_one(final.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def clean_leftovers(self) -> None:
        """Remove temporary folders and files that a killed run left behind."""
        for path in list(self.root.rglob(".*.part-*")):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def _key(self, step: str, inputs: Mapping[str, Any]) -> str:
        return fingerprint({"step": step, "inputs": dict(inputs), "code": code_version(step.split("/", 1)[0])})


def _sync(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        _sync_one(path)


def _sync_one(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _tool_version() -> str:
    try:
        return metadata.version("tagpress")
    except metadata.PackageNotFoundError:
        return "an uninstalled checkout"
