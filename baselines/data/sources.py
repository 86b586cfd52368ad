"""Where labelled texts come from: the embedded sample, Made With ML, or the user's own file.

Every source ends in `baselines.data.building`, which finds the task, checks the records and splits them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path

from baselines.data.building import build_dataset, dataset_of_records
from baselines.data.data_options import DataOptions
from baselines.data.download import PinnedFile, cache_folder, fetch_pinned, read_pinned
from baselines.data.fixes import apply_fixes
from baselines.data.taxonomy import parse_taxonomy, read_taxonomy
from baselines.dataset import Dataset, PartName, TaxonomyEntry
from baselines.errors import DataError
from baselines.labels.records import records_of
from baselines.labels.table_labels import Labels, SideColumns, columns_of
from baselines.tables.read_table import read_table
from baselines.tables.table import Table

_PUBLISHED = "https://raw.githubusercontent.com/GokuMohandas/Made-With-ML/{commit}/datasets/{name}"
PROJECTS = PinnedFile(
    "projects.json",
    _PUBLISHED.format(commit="48d009b86c06f32bd67386df7e425a2a52761c56", name="projects.json"),
    "6e2db7baf8b830fcb5340df589b65b96cda9a8ea2a56a765c89ba6f7dba15b4a",
)
TAGS = PinnedFile(
    "tags.json",
    _PUBLISHED.format(commit="7dc9bd6283b4388ffb0b8a00832325665fc6b1f2", name="tags.json"),
    "609171cd43a6466b7a2aa82bd25fc5a55755d5ba6e52e0981f81f7c73ee4e9aa",
)
# The course leaves these out: they say nothing about a project.
EXCLUDED_TAGS = frozenset(
    ["machine-learning", "deep-learning", "data-science", "neural-networks", "python", "r", "visualization"]
)
COURSE_MIN_TEXTS = 30
_SAMPLE = DataOptions()


def load(options: DataOptions = _SAMPLE) -> Dataset:
    """Read, check and split the data.

    Raises:
        DataError: unreadable, malformed, or too little to learn from; DownloadError for Made With ML.
    """
    _check_options(options)
    found = SOURCES.get(options.dataset, _load_file)(options)
    return found if options.fixes is None else apply_fixes(found, options.fixes)


def _check_options(options: DataOptions) -> None:
    """An option that would be ignored is a mistake that the user should hear of."""
    if options.data_dir is not None and options.dataset != "madewithml":
        raise DataError(f"--data-dir goes with --dataset madewithml, got --dataset {options.dataset}")
    columns = options.text_columns or options.labels != Labels() or options.taxonomy is not None
    if columns and options.dataset in SOURCES:
        raise DataError(
            f"--text-column, --label… and --taxonomy describe a file of yours, got --dataset {options.dataset}; leave "
            "them out, or give the path of a file"
        )
    if _given_files(options) and options.dataset in SOURCES:
        raise DataError(
            f"--test and --validation go with a file of yours, got --dataset {options.dataset}; leave them out, or "
            "give the path of a file"
        )


def _load_sample(options: DataOptions) -> Dataset:
    folder = resources.files("baselines.data") / "sample"
    lines = (folder / "projects.jsonl").read_text(encoding="utf-8").splitlines()
    projects = [json.loads(line) for line in lines]
    found = build_dataset(
        "sample",
        [_joined(project["title"], project["description"]) for project in projects],
        [project["tags"] for project in projects],
        options,
        taxonomy=parse_taxonomy(json.loads((folder / "tags.json").read_text(encoding="utf-8")), "sample tags.json"),
        licence="CC0-1.0",
        source="embedded sample of fictional machine-learning projects (synthetic texts)",
    )
    return replace(found, course_cleaning=True)


def _load_madewithml(options: DataOptions) -> Dataset:
    def content(file: PinnedFile) -> bytes:
        if options.data_dir is not None:
            return read_pinned(file, options.data_dir)
        return fetch_pinned(file, cache_folder() / "madewithml")

    tags = parse_taxonomy(json.loads(content(TAGS)), TAGS.name)
    projects = json.loads(content(PROJECTS))
    known = {entry.tag for entry in tags} - EXCLUDED_TAGS
    kept = [[tag for tag in project["tags"] if tag in known] for project in projects]
    least = COURSE_MIN_TEXTS if options.min_texts_per_class is None else options.min_texts_per_class
    counts = Counter(tag for labels in kept for tag in set(labels))
    kept = [[tag for tag in labels if counts[tag] >= least] for labels in kept]
    with_label = [i for i, labels in enumerate(kept) if labels]
    found = build_dataset(
        "madewithml",
        [_joined(projects[i]["title"], projects[i]["description"]) for i in with_label],
        [kept[i] for i in with_label],
        options,
        taxonomy=_known_parents(tags),
        licence="MIT",
        source="GokuMohandas/Made-With-ML, datasets/projects.json (2021-05-10) and tags.json (2021-08-12)",
    )
    return replace(found, course_cleaning=True)


def _known_parents(tags: Sequence[TaxonomyEntry]) -> tuple[TaxonomyEntry, ...]:
    """The published file names seven parents that it doesn't define; they imply nothing."""
    known = {entry.tag for entry in tags}
    return tuple(TaxonomyEntry(e.tag, e.aliases, tuple(p for p in e.parents if p in known)) for e in tags)


def _load_file(options: DataOptions) -> Dataset:
    tables = {part: _given_table(path, part, options) for part, path in _given_files(options).items()}
    return dataset_of(file_table(options.dataset), Path(options.dataset).name, options, tables)


def _given_files(options: DataOptions) -> dict[PartName, Path]:
    files: dict[PartName, Path | None] = {"validation": options.validation, "test": options.test}
    return {part: path for part, path in files.items() if path is not None}


def file_table(dataset: str) -> Table:
    """The records of the user's own file; raises DataError where the name is no file's."""
    path = Path(dataset)
    if not path.suffix and not path.exists():
        raise DataError(f"dataset {dataset!r}: expected {', '.join(SOURCES)}, or the path of a file")
    return read_table(path)


def _given_table(path: Path, part: PartName, options: DataOptions) -> Table:
    if not path.is_file():
        raise DataError(f"{path}: no such file; --{part} takes a file with the columns of {options.dataset}")
    others = [Path(options.dataset), *(other for name, other in _given_files(options).items() if name != part)]
    if any(other.exists() and path.samefile(other) for other in others):
        raise DataError(f"{path}: --{part} takes a file of its own, got one that is read already; leave --{part} out")
    return read_table(path)


def dataset_of(table: Table, name: str, options: DataOptions, given: Mapping[PartName, Table] = {}) -> Dataset:
    """Records as a data set: texts and labels from the columns that the options name.

    Args:
        table: the training texts, and those of the parts that aren't given.
        name: of the data set.
        options: how to read and split it; its names of files are not looked at.
        given: tables that are the validation or test part, read by the same columns.
    """
    asked = options.splitting
    sides = SideColumns(options.id_column, asked.part_column, asked.group_column, asked.time_column)
    columns = columns_of(table, options.labels, options.text_columns, sides)
    return dataset_of_records(
        name,
        records_of(table, columns),
        options,
        {part: records_of(own, columns) for part, own in given.items()},
        taxonomy=read_taxonomy(options.taxonomy) if options.taxonomy is not None else (),
    )


def _joined(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)


SOURCES: dict[str, Callable[[DataOptions], Dataset]] = {"sample": _load_sample, "madewithml": _load_madewithml}
