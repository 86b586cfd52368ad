"""A file that a user names, checked before it is opened: a pipe would be waited for, a folder can't be read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from baselines.errors import DataError, UserError

# Settings and gates are typed by hand.
MOST_SETTINGS = 1_000_000
_KINDS = (
    (stat.S_ISDIR, "a folder", "name a file in it"),
    (stat.S_ISFIFO, "a pipe", "save what comes out of it as a file first"),
    (stat.S_ISSOCK, "a socket", "name a file"),
    (stat.S_ISCHR, "a device", "name a file"),
    (stat.S_ISBLK, "a device", "name a file"),
)


def check_file(path: Path, called: str = "", expected: str = "", error: type[UserError] = DataError) -> int:
    """Raise unless the path is a regular file that may be read; nothing is opened that could make a program wait.

    Args:
        path: as the user gave it; links are followed.
        called: what the message begins with; "" for the path.
        expected: what to say after "no such file", such as what a file would hold.
        error: the class to raise.

    Returns:
        the file's size in bytes.
    """
    called = called or str(path)
    try:
        found = path.stat()
    except (OSError, ValueError) as problem:
        raise error(f"{called}: {said_of(problem)}{_then(expected)}") from None
    for is_kind, kind, then in _KINDS:
        if is_kind(found.st_mode):
            raise error(f"{called}: it is {kind}, expected a file; {then}")
    if not os.access(path, os.R_OK):
        raise error(f"{called}: it may not be read (permission denied); change its permissions, or copy it")
    return found.st_size


def read_small(
    path: Path, called: str = "", expected: str = "", *, most: int = MOST_SETTINGS, error: type[UserError] = DataError
) -> str:
    """The text of a file that is read whole: UTF-8, with or without its mark.

    Args:
        path, called, expected, error: as of `check_file`.
        most: bytes it may have; a larger one is refused unread.

    Raises:
        `error`: no such file, no file, one that may not be read, too large, or not UTF-8.
    """
    called = called or str(path)
    size = check_file(path, called, expected, error)
    if size > most:
        raise error(f"{called}: {size:,} bytes, at most {most:,} are allowed{_then(expected)}")
    try:
        with path.open("rb") as file:
            # One byte more than allowed: a file may grow between the look at its size and this.
            content = file.read(most + 1)[:most]
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise error(
            f"{called}: line {line}: byte 0x{content[problem.start]:02x} is no UTF-8; save the file as UTF-8"
        ) from None
    except OSError as problem:
        raise error(f"{called}: {said_of(problem)}{_then(expected)}") from None


def is_folder(path: Path) -> bool:
    """Whether it is a folder; of a path that can't be looked at, False."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def said_of(problem: Exception) -> str:
    """What an operating system says of a path, for people."""
    if isinstance(problem, FileNotFoundError | NotADirectoryError):
        return "no such file"
    if isinstance(problem, PermissionError):
        return "it may not be read (permission denied)"
    if isinstance(problem, OSError) and problem.strerror:
        return f"can't be read ({problem.strerror[0].lower()}{problem.strerror[1:]})"
    return f"can't be read ({problem})"


def _then(expected: str) -> str:
    return f"; {expected}" if expected else ""
