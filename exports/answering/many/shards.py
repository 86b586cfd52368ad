"""Which files of texts become which files of answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from baselines.errors import DataError
from baselines.tables.opened import data_name
from baselines.tables.reading import COLUMNAR_EXTENSIONS, DATA_EXTENSIONS, PACKED_EXTENSIONS
from exports.answering.many.lines import SHARD_FORMATS, ShardFormat

_MAGIC = "*?["
_SHOWN = 6


@dataclass(frozen=True)
class Shard:
    """One file of texts, and where its answers go.

    Attributes:
        source: the file.
        name: of the answers below the folder, with `/` between folders.
        format: of the answers.
        size: of the source in bytes.
        modified_ns: when the source was last written.
    """

    source: Path
    name: str
    format: ShardFormat
    size: int
    modified_ns: int


def shards_of(asked: Sequence[str], out: Path, format: ShardFormat | None) -> list[Shard]:
    """The shards of files, folders and patterns, each once, sorted by name.

    Answers have the name of their texts, below a folder or a pattern's fixed part with the folders between.

    Args:
        asked: files, folders, or patterns with `*`, `?`, `[…]` and `**`.
        out: folder of the answers.
        format: of all answers; None takes each shard's own where answers can have it, else JSON Lines.

    Raises:
        DataError: nothing there, an unknown extension, two shards of one name, or answers in the place of texts.
    """
    found: dict[Path, PurePath] = {}
    for own in asked:
        for path, inside in _files(own):
            # Answers of an earlier run in a folder below the texts' own are no texts.
            above = path.resolve().parents[len(inside.parts) - 1]
            if path.resolve().is_relative_to(out.resolve()) and above in out.resolve().parents:
                continue
            found.setdefault(path, inside)
    made = [_shard(path, inside, format) for path, inside in found.items()]
    by_name: dict[str, Shard] = {}
    for shard in sorted(made, key=lambda shard: shard.name):
        if (other := by_name.get(shard.name)) is not None:
            raise DataError(
                f"{shard.source}: its answers would be {shard.name}, as those of {other.source}; give the folder above "
                "both, or --out another folder for one of them"
            )
        by_name[shard.name] = shard
        if (place := out / shard.name).exists() and place.samefile(shard.source):
            raise DataError(f"{place}: answers would take the place of texts; choose another folder for --out")
    return list(by_name.values())


def _files(own: str) -> list[tuple[Path, PurePath]]:
    """Files with their names below what was asked for."""
    path = Path(own)
    if path.is_file():
        return [(path, PurePath(path.name))]
    if path.is_dir():
        return _known([(file, file.relative_to(path)) for file in sorted(path.rglob("*"))], own)
    if any(mark in own for mark in _MAGIC):
        fixed, pattern = _parted(own)
        matches = sorted(fixed.glob(pattern))
        return _known([(match, match.relative_to(fixed)) for match in matches], own, every=True)
    raise DataError(f"--in {own}: no such file or folder; give files, folders, or a pattern such as 'texts/*.csv'")


def _parted(pattern: str) -> tuple[Path, str]:
    """The folder that a pattern looks into, and what it looks for there."""
    parts = Path(pattern).parts
    plain = next(place for place, part in enumerate(parts) if any(mark in part for mark in _MAGIC))
    return Path(*parts[:plain]), "/".join(parts[plain:])


def _known(files: list[tuple[Path, PurePath]], own: str, *, every: bool = False) -> list[tuple[Path, PurePath]]:
    """Data files; hidden ones and those that begin with `_`, as notes do, aren't."""
    plain = [
        (path, inside)
        for path, inside in files
        if path.is_file() and not any(part.startswith((".", "_")) for part in inside.parts)
    ]
    kept = plain if every else [(path, inside) for path, inside in plain if _extension(path) in DATA_EXTENSIONS]
    if not kept:
        held = ", ".join(repr(path.name) for path, _ in files[:_SHOWN]) or "nothing"
        raise DataError(f"--in {own}: no file of texts among what is there ({held}); expected {_allowed()}")
    return kept


def _shard(path: Path, inside: PurePath, format: ShardFormat | None) -> Shard:
    extension = _extension(path)
    if extension not in DATA_EXTENSIONS:
        raise DataError(f"{path}: extension {extension!r} unknown; expected {_allowed()}")
    own = format or ("parquet" if extension in COLUMNAR_EXTENSIONS else _own_format(extension))
    stem = inside.name
    while PurePath(stem).suffix.lower() in (*PACKED_EXTENSIONS, extension):
        stem = PurePath(stem).stem
    facts = path.stat()
    return Shard(path, inside.with_name(f"{stem}.{own}").as_posix(), own, facts.st_size, facts.st_mtime_ns)


def _own_format(extension: str) -> ShardFormat:
    return next((format for format in SHARD_FORMATS if extension == f".{format}"), "jsonl")


def _extension(path: Path) -> str:
    # A zip file is opened to look at its name; what is none is named when it is read.
    name = path.stem if path.suffix.lower() == ".zip" else data_name(path)
    return PurePath(name).suffix.lower() or (".csv" if path.suffix.lower() == ".zip" else "")


def _allowed() -> str:
    return f"{', '.join(DATA_EXTENSIONS)}, each also packed ({', '.join(PACKED_EXTENSIONS)})"
