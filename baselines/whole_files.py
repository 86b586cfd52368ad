"""Files that are there whole or not at all: made under another name beside their place, synced, and renamed.

The one way bytes get onto the disk, so that whom the umask lets read may read: what others write for us doesn't keep to
that. safetensors' `save_file` and `tempfile` make files that their owner alone may read, and a model written by one
user couldn't be served by another. Python can only read the umask by changing it, for all threads at once; the system
takes it off by itself when `open` makes a file.

Standard library only. A run folder removes what a killed process left: `.NAME.part-PID`.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path


def part_of(path: Path) -> Path:
    """Where a file or folder is made until it takes its place: beside it, hidden, with this process's number."""
    return path.with_name(f".{path.name}.part-{os.getpid()}")


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """The name of a file to write, which takes its place when the block ends well, and vanishes when it doesn't.

    Raises:
        OSError: with the file's path, also where the system says none: of a full disk it doesn't.
    """
    # Of each thread its own: two may write the same file.
    part = path.with_name(f"{part_of(path).name}-{threading.get_ident()}")
    try:
        with named(path):
            yield part
            sync(part)
            part.replace(path)
    except BaseException as error:
        if isinstance(error, OSError) and error.filename == str(part):
            error.filename = str(path)  # whoever reads it knows the name that was asked for
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all; text as UTF-8, its line ends as they are."""
    raw = content.encode("utf-8") if isinstance(content, str) else content
    with whole_file(path) as part, part.open("wb") as file:
        file.write(raw)


def sync(path: Path) -> None:
    """Let the disk have a file, or the names in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        with named(path):
            os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def named(path: Path) -> Iterator[None]:
    """Errors of the system inside the block say at least this path: writing and syncing have only a number."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            error.filename = str(path)
        raise
