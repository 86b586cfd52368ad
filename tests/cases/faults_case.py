"""A disk that fails at the n-th thing it is asked to write, or a process that is killed there."""

from __future__ import annotations

import builtins
import contextlib
import io
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import safetensors.numpy

_CALLS = ("mkdir", "rename", "replace", "unlink", "rmdir", "fsync", "ftruncate", "pwrite")
# What tells that something changes by a number only, not by a path.
_BY_NUMBER = ("fsync", "ftruncate", "pwrite")


class Killed(BaseException):
    """The process is gone; whatever it still tries has no effect."""


class Disk:
    """Counts what is written below a folder, and fails at one of it.

    Attributes:
        writes: so far; opening for writing, each write, renaming, removing, syncing, making folders.
        failed: whether the fault came.
        asked: what was to be written where, up to the fault.
    """

    def __init__(self, root: Path, at: int = 0, number: int | None = None) -> None:
        """A disk.

        Args:
            root: what lies elsewhere isn't counted.
            at: which write fails, from 1; 0 for none.
            number: of the system's error; None kills the process, so that nothing after it is done.
        """
        self.root, self.at, self.number = str(root), at, number
        self.writes, self.failed = 0, False
        self.asked: list[str] = []

    def count(self, path: Any, what: str) -> None:
        """One more write; raises where it is the one that fails, or the process is dead."""
        if not self.is_ours(path):
            return
        self.writes += 1
        if not self.failed:
            self.asked.append(f"{what} {re.sub('[0-9]{3,}', 'N', _place(path)[len(self.root) :])}")
        if self.failed and self.number is None:
            raise Killed
        if self.writes == self.at:
            self.failed = True
            if self.number is None:
                raise Killed
            raise OSError(self.number, os.strerror(self.number), *([] if isinstance(path, int) else [os.fspath(path)]))

    def is_ours(self, path: Any) -> bool:
        """Whether a path, or an open file's number, is below the folder."""
        place = _place(path)
        return place == self.root or place.startswith(self.root + os.sep)


def _place(path: Any) -> str:
    return str(
        Path(f"/proc/self/fd/{path}").readlink() if isinstance(path, int) else Path(os.fsdecode(path)).absolute()
    )


class _File:
    """An open file whose writes are counted; half of what fails is written, as on a full disk."""

    def __init__(self, disk: Disk, file: Any, path: Any) -> None:
        self._disk, self._file, self._path = disk, file, path

    def write(self, content: Any) -> int:
        try:
            self._disk.count(self._path, "write")
        except OSError:
            self._file.write(content[: len(content) // 2])
            raise
        return int(self._file.write(content))

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@contextlib.contextmanager
def failing(disk: Disk) -> Iterator[None]:
    """Everything that writes asks this disk first."""
    opened, os_open, tensors = builtins.open, os.open, safetensors.numpy.serialize_file

    def open_file(file: Any, mode: str = "r", *args: Any, **named: Any) -> Any:
        if isinstance(file, int) or not set(mode) & set("wax+") or not disk.is_ours(file):
            return opened(file, mode, *args, **named)
        disk.count(file, "open")
        return _File(disk, opened(file, mode, *args, **named), file)

    def open_number(path: Any, flags: int, *args: Any, **named: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and "dir_fd" not in named:
            disk.count(path, "open")
        return os_open(path, flags, *args, **named)

    def write_tensors(content: Any, path: Any, *args: Any, **named: Any) -> None:
        try:
            disk.count(path, "tensors")
        except OSError as error:
            # As the library says it, which is written in Rust.
            text = f'Error while serializing: I/O error: Os {{ code: {error.errno}, kind: Other, message: "no" }}'
            raise safetensors.SafetensorError(text) from None
        tensors(content, path, *args, **named)

    def counted(real: Callable[..., Any], name: str) -> Callable[..., Any]:
        def call(path: Any, *args: Any, **named: Any) -> Any:
            if named.get("dir_fd") is not None:
                disk.count(Path(f"/proc/self/fd/{named['dir_fd']}").readlink() / os.fsdecode(path), name)
            elif isinstance(path, int) == (name in _BY_NUMBER):
                disk.count(path, name)
            # Counted and not done: what a disk makes of it can't be seen here, and it takes most of the time.
            return None if name == "fsync" else real(path, *args, **named)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for module in (builtins, io):
            patch.setattr(module, "open", open_file)
        patch.setattr(os, "open", open_number)
        patch.setattr(safetensors.numpy, "serialize_file", write_tensors)
        for name in _CALLS:
            patch.setattr(os, name, counted(getattr(os, name), name))
        yield
