"""Folders as data sets: what the Hugging Face `datasets` library saves, shards, or one file a part.

`Dataset.save_to_disk` writes `state.json`, which names its Arrow files, and `dataset_info.json` with the features;
`DatasetDict.save_to_disk` a `dataset_dict.json`, which names one such folder a part. Elsewhere parts are read from the
names of files and folders: `train-00000-of-00002.parquet`, `data/test.jsonl`, `dev/part-0.csv`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

from baselines.errors import DataError
from baselines.inputs.json_files import read_json_file
from baselines.tables.formats.class_names import features_of
from baselines.tables.lazy_columns import LazyColumns
from baselines.tables.parts import PART_OF_NAME, Part, part_of
from baselines.tables.reading import COLUMNAR_EXTENSIONS, DATA_EXTENSIONS, PACKED_EXTENSIONS
from baselines.tables.table import Table

# Reads one file, with the features of its folder.
ReadFile = Callable[[Path, dict[str, Any] | None], Table]
_DICT, _STATE, _INFO = "dataset_dict.json", "state.json", "dataset_info.json"
_ALL_INFOS = "dataset_infos.json"
# What a folder is that somebody gives by mistake, by a file that only such a folder has.
_OTHER_FOLDERS = {
    "manifest.json": "a bundle of tagpress, which answers texts",
    "results.json": "the folder of a finished run, which holds results",
    "run.json": "the folder of a run, which holds what was trained",
    "step.json": "a step of a run, which holds what was trained",
    "model.safetensors": "a model's folder",
    ".git": "a repository of code",
}
_EXPECTED = (
    "expected a folder of the datasets library (dataset_info.json and its files) or files named by part, such as "
    "train.csv and test.csv or train-00000-of-00002.parquet"
)
_SHARD = re.compile(r"^(?P<name>.*?)[-_.]?(?P<index>\d{3,})-of-(?P<count>\d{3,})")
_NO_RECORDS = re.compile(r"(readme|licen[cs]e|classes|labels?|label_names|metadata)\b.*", re.IGNORECASE)
_DEPTH = 3
# The names of 100,000 classes take 3 MB.
_MOST_INFO = 64_000_000


def folder_parts(folder: Path, read: ReadFile) -> dict[Part, Table]:
    """The tables of a folder by part; "" where nothing says a part.

    Raises:
        DataError: no data set (the message says what it is), a missing shard, or files that don't fit together.
    """
    if (folder / _DICT).is_file():
        return _saved_dict(folder, read)
    if (folder / _STATE).is_file():
        return {"": _saved(folder, read)}
    for file, kind in _OTHER_FOLDERS.items():
        if (folder / file).exists():
            raise DataError(f"{folder}: this is {kind}, no data set; {_EXPECTED}")
    return _parts_by_name(folder, read)


def _saved_dict(folder: Path, read: ReadFile) -> dict[Part, Table]:
    splits = _json(folder / _DICT).get("splits")
    if not isinstance(splits, list) or not splits:
        raise DataError(f"{folder / _DICT}: expected the names of parts under 'splits', got {splits!r:.60}")
    known = {split: PART_OF_NAME[word] for split in splits if (word := str(split).lower()) in PART_OF_NAME}
    if not known and len(splits) == 1:
        return {"": _saved(folder / _plain(folder, splits[0]), read)}
    if not known:
        raise DataError(
            f"{folder}: parts {', '.join(map(repr, splits))}; expected train, validation or test among them"
        )
    if len(set(known.values())) < len(known):
        raise DataError(f"{folder}: parts {', '.join(map(repr, known))}; expected each of them once")
    tables = {part: _saved(folder / _plain(folder, split), read) for split, part in known.items()}
    return _in_order(_with_note(tables, folder, [split for split in splits if split not in known]))


def _saved(folder: Path, read: ReadFile) -> Table:
    files = _json(folder / _STATE).get("_data_files")
    if not isinstance(files, list) or not files:
        raise DataError(f"{folder / _STATE}: expected file names under '_data_files', got {files!r:.60}")
    names = [_plain(folder, file.get("filename") if isinstance(file, dict) else file) for file in files]
    for name in names:
        if not (folder / name).is_file():
            raise DataError(f"{folder}: {name} is missing, which {_STATE} names; copy the folder again")
    return _joined(folder, [folder / name for name in names], read, _features(folder))


def _plain(folder: Path, name: Any) -> str:
    """A name of something in the folder itself: a data set of somebody else points nowhere else."""
    if not isinstance(name, str) or name in ("", ".", "..") or PurePosixPath(name).name != name or "\\" in name:
        raise DataError(f"{folder}: expected the name of a file in the folder, got {name!r:.80}")
    return name


def _json(file: Path) -> dict[str, Any]:
    content = read_json_file(file, expected="copy the folder again", most=_MOST_INFO)
    return content if isinstance(content, dict) else {}


def _features(folder: Path) -> dict[str, Any] | None:
    if (folder / _INFO).is_file():
        return features_of(_json(folder / _INFO)) or None
    if (folder / _ALL_INFOS).is_file() and len(infos := _json(folder / _ALL_INFOS)) == 1:
        return features_of(next(iter(infos.values()))) or None
    return None


def _parts_by_name(folder: Path, read: ReadFile) -> dict[Part, Table]:
    files = _data_files(folder)
    if not files:
        held = ", ".join(sorted(repr(entry.name) for entry in folder.iterdir())[:6]) or "nothing"
        raise DataError(f"{folder}: a folder without data files ({held}); {_EXPECTED}")
    by_part: dict[Part, list[Path]] = {}
    for file in files:
        by_part.setdefault(part_of(file.relative_to(folder)), []).append(file)
    others = by_part.pop("", []) if len(by_part) > 1 else []
    features = _features(folder)
    tables = {part: _joined(folder, _one_kind(folder, part, own), read, features) for part, own in by_part.items()}
    return _in_order(_with_note(tables, folder, [file.relative_to(folder).as_posix() for file in others]))


def _data_files(folder: Path) -> list[Path]:
    """Files with records, at most three folders deep; hidden ones, caches and lists of classes don't count."""
    found = []
    for file in sorted(chain.from_iterable(folder.glob("/".join(["*"] * depth)) for depth in range(1, _DEPTH + 1))):
        inside = file.relative_to(folder)
        hidden = any(place.startswith((".", "_", "cache-")) for place in inside.parts)
        if file.is_file() and not hidden and _kind(file) in DATA_EXTENSIONS and not _is_description(file):
            found.append(file)
    return found


def _is_description(file: Path) -> bool:
    """`dataset_info.json`, `README.txt`, `classes.txt`: about the data."""
    return file.name in (_INFO, _ALL_INFOS, _STATE) or (
        _NO_RECORDS.fullmatch(file.name) is not None and _kind(file) not in COLUMNAR_EXTENSIONS
    )


def _kind(file: Path) -> str:
    """The extension below what packs it; of a zip file what stands before `.zip`, or `.csv` if nothing does."""
    suffixes = [suffix.lower() for suffix in file.suffixes[-2:]]
    if suffixes and suffixes[-1] in PACKED_EXTENSIONS:
        packed = suffixes[0] if len(suffixes) > 1 else ""
        return packed if packed in DATA_EXTENSIONS else ".csv" if suffixes[-1] == ".zip" else ""
    return suffixes[-1] if suffixes else ""


def _one_kind(folder: Path, part: Part, files: Sequence[Path]) -> list[Path]:
    """The files of one part, checked to be shards of one whole, in order."""
    kinds = sorted({_kind(file) for file in files})
    if len(kinds) > 1:
        shown = ", ".join(repr(file.relative_to(folder).as_posix()) for file in files[:6])
        raise DataError(f"{folder}: {part or 'its records'} in several forms ({shown}); keep one of them")
    _check_shards(folder, files)
    return sorted(files)


def _check_shards(folder: Path, files: Sequence[Path]) -> None:
    found: dict[tuple[Path, str, int], set[int]] = {}
    for file in files:
        if match := _SHARD.match(file.name):
            key = (file.parent, match["name"], int(match["count"]))
            found.setdefault(key, set()).add(int(match["index"]))
    for (_, name, count), indices in found.items():
        missing = [index for index in range(count) if index not in indices]
        if missing:
            raise DataError(
                f"{folder}: shard {missing[0]:05d} of {count} of {name or 'the data'!r} is missing "
                f"({len(indices)} are there); fetch it, or rename the others"
            )


def _joined(folder: Path, files: Sequence[Path], read: ReadFile, features: dict[str, Any] | None) -> Table:
    """The records of several files as one table; rows count through them in order."""
    tables = [read(file, features) for file in files]
    if not any(len(table) for table in tables):
        raise DataError(
            f"{folder}: no records in {', '.join(file.name for file in files[:6])}; expected at least one text"
        )
    if len(tables) == 1:
        return tables[0]
    first = tables[0]
    for file, table in zip(files, tables, strict=True):
        differing = sorted(set(first.columns) ^ set(table.columns))
        if differing and len(table) and _kind(file) not in (".json", ".jsonl", ".ndjson"):
            raise DataError(
                f"{file}: its columns aren't those of {files[0].name} (column {differing[0]!r}); name files by part "
                "(train…, test…), or give one file"
            )
    names = dict.fromkeys(name for table in tables for name in table.columns)
    columns = LazyColumns({name: partial(_chained, tables, name) for name in names})
    count = sum(map(len, tables))
    notes = dict.fromkeys(
        note.replace(f"{file.name}: ", f"{folder.name}: ", 1)
        for file, table in zip(files, tables, strict=True)
        for note in table.notes
    )
    said = (
        f"{folder.name}: {len(files)} files read as one ({files[0].name} to {files[-1].name}); rows count through them"
    )
    doubts = [table.header_doubt for table in tables if table.header_doubt]
    return Table(folder, columns, range(1, count + 1), (*notes, said), first.has_header, (doubts or [""])[0])


def _chained(tables: Sequence[Table], name: str) -> list[Any]:
    """One column of several tables; None where a table lacks it."""
    own = (table.columns[name] if name in table.columns else [None] * len(table) for table in tables)
    return list(chain.from_iterable(own))


def _with_note(tables: dict[Part, Table], folder: Path, others: Sequence[str]) -> dict[Part, Table]:
    if not others:
        return tables
    note = f"{folder.name}: not read, since no part is said: {', '.join(others[:6])}" + (", …" if others[6:] else "")
    return {
        part: Table(t.path, t.columns, t.rows, (*t.notes, note), t.has_header, t.header_doubt)
        for part, t in tables.items()
    }


def _in_order(tables: dict[Part, Table]) -> dict[Part, Table]:
    order: tuple[Part, ...] = ("", "train", "validation", "test")
    return {part: tables[part] for part in order if part in tables}
