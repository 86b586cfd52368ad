"""Whether the files of a step are those that were written: sizes each time, hashes once in a process.

A hash is remembered by the file's path, size, number and times of change, so that a study of hundreds of steps reads
each file once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from baselines.storage.artifact import MANIFEST, file_sha256

Listed = Mapping[str, Mapping[str, Any]]
_Stamp = tuple[int, int, int, int]
_known: dict[str, tuple[_Stamp, str]] = {}


def listed_files(folder: Path, note: str) -> dict[str, dict[str, Any]]:
    """sha256 and bytes of every file below a folder but its note, by relative POSIX path."""
    return {
        name: {"sha256": file_sha256(Path(entry.path)), "bytes": entry.stat().st_size}
        for name, entry in sorted(_entries(folder), key=lambda item: item[0])
        if name != note
    }


def remember(folder: Path, listed: Listed) -> None:
    """Files that were hashed while they were made need not be read again."""
    for name, facts in listed.items():
        path = folder / name
        _known[str(path)] = _stamp(path.stat()), str(facts["sha256"])


def are_as_listed(folder: Path, listed: Any, note: str) -> bool:
    """Whether a folder holds exactly the listed files besides its note, with the listed sizes and hashes, and no links.

    Args:
        folder: of the step.
        listed: what its note says; anything but what `listed_files` gives is no.
        note: name of the note.
    """
    if not isinstance(listed, dict) or not all(isinstance(facts, dict) for facts in listed.values()):
        return False
    try:
        found = dict(_entries(folder))
        if found.keys() - {note} != listed.keys() or any(entry.is_symlink() for entry in found.values()):
            return False
        stats = {name: found[name].stat() for name in listed}
        if any(stats[name].st_size != facts.get("bytes") for name, facts in listed.items()):
            return False
        return all(_sha256(folder / name, stats[name]) == facts.get("sha256") for name, facts in listed.items())
    except (FileNotFoundError, NotADirectoryError):
        return False


def read_by_others(listed: Listed) -> dict[str, str]:
    """sha256 of what later steps are made from: the files in the step's folders, such as `artifact/`.

    Facts such as seconds stand beside them, and a manifest tells of the making; another training that comes to the same
    weights is the same model.
    """
    return {
        name: str(facts["sha256"])
        for name, facts in listed.items()
        if "/" in name and name.rpartition("/")[2] != MANIFEST
    }


def _entries(folder: Path, above: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(Path(entry.path), f"{above}{entry.name}/")
            else:
                yield f"{above}{entry.name}", entry


def _stamp(stat: os.stat_result) -> _Stamp:
    return stat.st_size, stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns


def _sha256(path: Path, stat: os.stat_result) -> str:
    known = _known.get(str(path))
    if known is None or known[0] != _stamp(stat):
        known = _known[str(path)] = _stamp(stat), file_sha256(path)
    return known[1]
