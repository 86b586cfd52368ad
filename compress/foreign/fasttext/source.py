"""A large binary file of somebody else's, read front to back: nothing is taken that its size doesn't hold."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from baselines.errors import ArtifactError, UserError
from baselines.inputs.named_files import check_file
from baselines.rights import said_unreadable

MAGIC = 793712314
FIRST_BYTES = struct.pack("<i", MAGIC)
_AGAIN = "copy the file again"


class Source:
    """An opened file and the place up to which it was read; all numbers are little-endian.

    Attributes:
        path: named in every error.
        size: bytes of the file.
        at: bytes that were read or skipped so far.
    """

    def __init__(self, file: BinaryIO, size: int, path: Path) -> None:
        self.file, self.size, self.path, self.at = file, size, path, 0

    def take(self, n_bytes: int, what: str) -> bytes:
        """The next bytes; raises ArtifactError that says where and for what the file is too short."""
        start = self.skip(n_bytes, what)
        return self.stretch(start, n_bytes, what)

    def skip(self, n_bytes: int, what: str) -> int:
        """Go on behind the next bytes unread, and say where they begin; raises ArtifactError as `take`."""
        start = self.at
        if not 0 <= n_bytes <= self.size - start:
            left = self.size - start
            raise ArtifactError(
                f"{self.path}: byte {start}: {what}: {n_bytes} bytes are promised, {left} are left; {_AGAIN}"
            )
        self.at += n_bytes
        return start

    def stretch(self, start: int, n_bytes: int, what: str) -> bytes:
        """Bytes from anywhere; raises ArtifactError where the file has become shorter meanwhile."""
        try:
            self.file.seek(start)
            found = self.file.read(n_bytes)
        except OSError as error:
            raise ArtifactError(said_unreadable(error, self.path)) from None
        if len(found) != n_bytes:
            raise ArtifactError(
                f"{self.path}: byte {start}: {what}: the file became shorter while it was read; {_AGAIN}"
            )
        return found

    def numbers(self, form: str, what: str) -> tuple[Any, ...]:
        """The next numbers, by the letters of `struct`."""
        return struct.unpack(f"<{form}", self.take(struct.calcsize(f"<{form}"), what))

    def flag(self, what: str) -> bool:
        """A byte that is 0 or 1; raises ArtifactError for any other."""
        (value,) = self.numbers("B", what)
        if value > 1:
            raise self.wrong(f"{what}: 0 or 1 is allowed, got {value}", 1)
        return bool(value)

    def wrong(self, problem: str, back: int = 0) -> ArtifactError:
        """An error to raise about what was just read, `back` bytes before."""
        return ArtifactError(f"{self.path}: byte {self.at - back}: {problem}; {_AGAIN}")


def is_fasttext(path: Path) -> bool:
    """Whether a plain file begins as fastText's files do, whatever its name; nothing else of it is looked at."""
    try:
        check_file(path)
        with path.open("rb") as file:
            return file.read(len(FIRST_BYTES)) == FIRST_BYTES
    except (UserError, OSError):
        return False


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """The file, open for as long as it is read.

    Raises:
        ArtifactError: no such file, no plain file, or one that may not be read.
    """
    size = check_file(path, expected="a fastText model, .bin or .ftz", error=ArtifactError)
    try:
        file = path.open("rb")
    except OSError as error:
        raise ArtifactError(said_unreadable(error, path)) from None
    with file:
        yield Source(file, size, path)
