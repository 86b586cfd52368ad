"""A file's content as bytes, whatever it was packed with, and never more of it than an honest file would hold.

A packed file of some kilobytes can expand to terabytes. Texts shrink three to twenty times, very repetitive ones a
hundred; so beyond `FREE_BYTES` what comes out may be at most `MOST_RATIO` times what lies on disk.
"""

from __future__ import annotations

import bz2
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from gzip import GzipFile
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from baselines.errors import DataError, MissingExtra
from baselines.inputs.named_files import check_file
from baselines.tables.reading import DATA_EXTENSIONS

DATA_COMMAND = "pip install 'tagpress[data]'"
FREE_BYTES = 64_000_000
MOST_RATIO = 200
# The packer's blocks may expand 30,000 times, so what goes in at once is small.
_ZSTD_STEP = 512
# What the standard library raises at damaged files of one form or another.
_COMPLAINTS = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, ValueError, RuntimeError)


def data_name(path: Path) -> str:
    """The file's name without what it is packed with: `x.csv` for `x.csv.gz`, the one member's for a zip file.

    Raises:
        DataError: a zip file that isn't one, or doesn't hold exactly one data file.
    """
    if path.suffix.lower() == ".zip":
        with _zip_file(path) as archive:
            return _without_packing(_only_member(archive, path).filename)
    return _without_packing(path.name)


def is_packed(path: Path) -> bool:
    """Whether the file's extension says that it is packed."""
    return path.suffix.lower() in UNPACKED or path.suffix.lower() == ".zip"


def open_bytes(path: Path) -> BinaryIO:
    """The content of a file as a stream, unpacked while it is read; close it after use.

    Raises:
        DataError: no such file, a damaged or truncated one, or one that expands beyond measure; the last two while
            reading.
        MissingExtra: a .zst file without zstandard.
    """
    check_file(path)
    packing = path.suffix.lower()
    if packing == ".zip":
        return _open_member(path)
    if packing not in UNPACKED:
        return path.open("rb")
    return _guarded(UNPACKED[packing](path.open("rb"), path), path, packing, path.stat().st_size)


def read_bytes(path: Path) -> bytes:
    """The whole content of a file, unpacked; raises what `open_bytes` raises."""
    with open_bytes(path) as file:
        return file.read()


class _Guarded(io.RawIOBase):
    """Counts what comes out, and turns every packer's complaint into one sentence."""

    def __init__(self, source: Any, path: Path, packing: str, packed_bytes: int) -> None:
        self._source, self._path, self._packing = source, path, packing
        self._packed_bytes, self._out = packed_bytes, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._piece(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def readall(self) -> bytes:
        """In large pieces, where the standard library's own takes 8 kB at once."""
        return b"".join(iter(lambda: self._piece(1 << 20), b""))

    def _piece(self, size: int) -> bytes:
        try:
            piece: bytes = self._source.read(size)
        except _COMPLAINTS as error:
            raise _damaged(self._path, self._packing, error) from None
        self._out += len(piece)
        if self._out > max(FREE_BYTES, MOST_RATIO * self._packed_bytes):
            raise DataError(
                f"{self._path}: {self._packed_bytes:,} bytes expand to more than {self._out:,}, over {MOST_RATIO} "
                "times as much; no file of texts does. If it is one, unpack it first"
            )
        return piece

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()


def _guarded(source: Any, path: Path, packing: str, packed_bytes: int) -> BinaryIO:
    return io.BufferedReader(_Guarded(source, path, packing, packed_bytes), 1 << 16)


def _damaged(path: Path, packing: str, error: Exception) -> DataError:
    said = str(error) or type(error).__name__
    return DataError(f"{path}: damaged, cut short, or no {packing} file ({said}); fetch or pack it again")


class _Closing:
    """A reader that closes the file below it too, which GzipFile and its like don't."""

    def __init__(self, reader: Any, file: BinaryIO) -> None:
        self.read, self._reader, self._file = reader.read, reader, file

    def close(self) -> None:
        self._reader.close()
        self._file.close()


class _Zstd:
    """The frames of a .zst file one after the other; unlike the package's own reader it notices a cut-off end."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        try:
            import zstandard
        except ImportError:
            file.close()
            raise MissingExtra(f"{path}: reading .zst files needs zstandard: {DATA_COMMAND}") from None
        self._unpacker, self._error = zstandard.ZstdDecompressor(), zstandard.ZstdError
        self._file, self._path = file, path
        self._frame: Any = None
        self._ready, self._given, self._input = b"", 0, b""

    def read(self, size: int) -> bytes:
        while self._given >= len(self._ready) and self._more_input():
            if self._frame is None:
                self._frame = self._unpacker.decompressobj()
            try:
                self._ready, self._given = self._frame.decompress(self._input), 0
            except self._error as error:
                raise ValueError(str(error)) from None
            self._input = self._frame.unused_data if self._frame.eof else b""
            self._frame = None if self._frame.eof else self._frame
        piece = self._ready[self._given : self._given + size]
        self._given += size
        return piece

    def _more_input(self) -> bool:
        self._input = self._input or self._file.read(_ZSTD_STEP)
        if not self._input and self._frame is not None:
            raise EOFError("the file ends within a frame")
        return bool(self._input)

    def close(self) -> None:
        self._file.close()


UNPACKED: dict[str, Callable[[BinaryIO, Path], Any]] = {
    ".gz": lambda file, _: _Closing(GzipFile(fileobj=file), file),
    ".bz2": lambda file, _: _Closing(bz2.BZ2File(file), file),
    ".xz": lambda file, _: _Closing(lzma.LZMAFile(file), file),  # noqa: SIM115 - the reader closes it
    ".zst": _Zstd,
}


def _zip_file(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except _COMPLAINTS as error:
        raise _damaged(path, ".zip", error) from None


def _open_member(path: Path) -> BinaryIO:
    archive = _zip_file(path)
    try:
        member = _only_member(archive, path)
        if member.flag_bits & 1:
            raise DataError(f"{path}: {member.filename!r} in it is encrypted; unpack it first")
        source = archive.open(member)
    except _COMPLAINTS as error:
        archive.close()
        raise _damaged(path, ".zip", error) from None
    except DataError:
        archive.close()
        raise
    opened: Any = source
    packing = PurePosixPath(member.filename).suffix.lower()
    if packing in UNPACKED:
        opened = UNPACKED[packing](source, path)  # type: ignore[arg-type]
    return _guarded(_Closing(opened, archive), path, ".zip", max(1, member.compress_size))  # type: ignore[arg-type]


def _only_member(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    """The one data file; what systems put beside it (`__MACOSX`, `.DS_Store`) and read-me files don't count."""
    found = [
        member
        for member in archive.infolist()
        if member.filename
        and not member.is_dir()
        and not member.filename.startswith("__MACOSX/")
        and not PurePosixPath(member.filename).name.startswith(".")
    ]
    data = [m for m in found if PurePosixPath(_without_packing(m.filename)).suffix.lower() in DATA_EXTENSIONS]
    tables = [m for m in data if "readme" not in m.filename.lower() and "licen" not in m.filename.lower()] or data
    if len(tables) != 1:
        shown = ", ".join(repr(member.filename) for member in found[:8]) + (", …" if len(found) > 8 else "")
        raise DataError(
            f"{path}: expected exactly one data file in it ({', '.join(DATA_EXTENSIONS)}), got {shown or 'nothing'}; "
            "unpack it and give the file, or the folder if its files are parts of one data set"
        )
    return tables[0]


def _without_packing(name: str) -> str:
    return name[: -len(suffix)] if (suffix := PurePosixPath(name).suffix).lower() in UNPACKED else name
