"""The files that options name: the one that is split, and those that are parts of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from baselines.data.data_options import DataOptions
from baselines.dataset import NOT_TRAINING, PartName
from baselines.errors import DataError
from baselines.tables.parts import Part
from baselines.tables.read_table import read_parts
from baselines.tables.reading import Layout
from baselines.tables.table import Table

# What `--dataset` may name besides files; the sources of that name are in `baselines.data.sources`.
NAMES = ("sample", "madewithml")


@dataclass(frozen=True)
class Files:
    """What was read.

    Attributes:
        main: the training texts, and those of the parts that aren't given.
        given: validation and test part, where a file or folder holds them apart.
    """

    main: Table
    given: Mapping[PartName, Table]


def given_paths(options: DataOptions) -> dict[PartName, Path]:
    """The files that `--validation` and `--test` name."""
    files: dict[PartName, Path | None] = {"validation": options.validation, "test": options.test}
    return {part: path for part, path in files.items() if path is not None}


def read_files(options: DataOptions) -> Files:
    """Read the user's own file or folder, and the parts beside it.

    Raises:
        DataError: no such file, one file under two names, or a folder without training texts.
    """
    own = _own_parts(options)
    given: dict[PartName, Table] = {part: own[part] for part in NOT_TRAINING if part in own}
    main = own.get("") or own["train"]
    for part, path in given_paths(options).items():
        if part in given:
            unused = f"{options.dataset} holds a {part} part of its own, which isn't used as --{part} names another"
            main = replace(main, notes=(*main.notes, unused))
        given[part] = _given_part(path, part, options, main.layout)
    return Files(main, given)


def _own_parts(options: DataOptions) -> Mapping[Part, Table]:
    path = Path(options.dataset)
    if not path.exists():
        sort = "no such file" if path.suffix or len(path.parts) > 1 else "neither a known name nor a file"
        raise DataError(f"{options.dataset}: {sort}; expected {', '.join(NAMES)}, or the path of a file")
    parts = read_parts(path, options.reading)
    if "" not in parts and "train" not in parts:
        raise DataError(f"{path}: expected training texts, found only {' and '.join(parts)}; name them by --dataset")
    return parts


def _given_part(path: Path, part: PartName, options: DataOptions, layout: Layout) -> Table:
    if not path.exists():
        raise DataError(f"{path}: no such file; --{part} takes a file with the columns of {options.dataset}")
    others = [Path(options.dataset), *(other for name, other in given_paths(options).items() if name != part)]
    if any(other.exists() and path.samefile(other) for other in others):
        raise DataError(f"{path}: --{part} takes a file of its own, got one that is read already; leave --{part} out")
    # A few lines alone don't show what their first words are.
    alike = layout if path.suffix == Path(options.dataset).suffix else ""
    tables = read_parts(path, replace(options.reading, layout=alike))
    # A folder that holds several parts is asked for the one it was named for.
    table = tables.get(part) or (next(iter(tables.values())) if len(tables) == 1 else None)
    if table is None:
        raise DataError(f"{path}: holds {', '.join(tables)}, but no {part} part; name the file itself")
    return table
