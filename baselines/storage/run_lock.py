"""One command at a time in a run folder: who comes later waits, and says for whom.

The kernel holds the lock and frees it when its holder ends, however that happens: there are no stale ones. Processes
that the holder has forked keep it with him, so that a killed study's children end before the next command begins. Where
the system has no such locks, nothing is locked.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import socket
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

LOCK_FILE = ".lock"
_LOOK_EVERY_S = 0.2
# How often each folder is held by this process: a study's folds and reports work in folders that it holds already.
_held: dict[Path, int] = {}


@contextlib.contextmanager
def run_lock(root: Path) -> Iterator[None]:
    """Hold a run folder, made if missing; waits until no other process does, and says on stderr for whom.

    Inside a folder that this process holds it is held at once.

    Raises:
        OSError: the folder can't be made or written in.
    """
    place = root.resolve()
    if fcntl is None or any(folder in _held for folder in (place, *place.parents)):
        with _counted(place):
            yield
        return
    root.mkdir(parents=True, exist_ok=True)
    path = root / LOCK_FILE
    handle = _taken(path)
    try:
        with _counted(place):
            yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink()
        os.close(handle)


def is_held(root: Path) -> bool:
    """Whether the kernel keeps other processes out of a folder for this one."""
    place = root.resolve()
    return fcntl is not None and any(folder in _held for folder in (place, *place.parents))


@contextlib.contextmanager
def _counted(place: Path) -> Iterator[None]:
    _held[place] = _held.get(place, 0) + 1
    try:
        yield
    finally:
        _held[place] -= 1
        if not _held[place]:
            del _held[place]


def _taken(path: Path) -> int:
    """The locked file, with our name in it."""
    told = ""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if _is_locked(handle) and _is_there(handle, path):
                _write_holder(handle)
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
        holder = said_holder(path)
        if holder != told:
            told = holder
            _say(f"{path.parent}: in use by {holder}; waiting for its end, Ctrl-C stops waiting")
        time.sleep(_LOOK_EVERY_S)


def _is_locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system without locks: nobody is kept out, and nobody hindered
    return True


def _is_there(handle: int, path: Path) -> bool:
    """Whether the locked file still bears its name: its last holder takes it away."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _write_holder(handle: int) -> None:
    holder = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join([Path(sys.orig_argv[0]).name, *sys.orig_argv[1:]])[:500],
    }
    # What holds is the lock; a full disk only keeps its name back.
    with contextlib.suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(holder).encode(), 0)


def said_holder(path: Path) -> str:
    """`process 12 on host since … (command)`, from the lock's file; less where it says less."""
    try:
        holder = json.loads(path.read_bytes())
        said = f"process {holder['pid']} on {holder['host']} since {holder['since']} ({holder['command']})"
        # One line, and nothing that a terminal would obey.
        return " ".join("".join(each if each.isprintable() else " " for each in said[:500]).split())
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def _say(text: str) -> None:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
