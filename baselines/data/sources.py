"""Where labelled texts come from: the embedded sample, Made With ML, or the user's own file.

Every source ends in `baselines.data.building`, which finds the task, checks the records and splits them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path

from baselines.data.building import build_dataset, dataset_of_records
from baselines.data.data_options import DataOptions
from baselines.data.download import PinnedFile, cache_folder, fetch_pinned, read_pinned
from baselines.data.files import given_paths, read_files
from baselines.data.fixes import apply_fixes
from baselines.data.taxonomy import parse_taxonomy, read_taxonomy
from baselines.dataset import Dataset, PartName, TaxonomyEntry
from baselines.errors import DataError
from baselines.labels.asked import SideColumns
from baselines.labels.columns import columns_of
from baselines.labels.records import records_of
from baselines.splits.hints import split_hints
from baselines.splits.rules import SplitWishes
from baselines.tables.lazy_columns import readable
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
# Options that say how a file is read, with what they are where nothing was said.
_OF_FILES = {
    name: getattr(_SAMPLE, name)
    for name in ("text_columns", "labels", "taxonomy", "reading", "splitting", "id_column", "missing_texts")
}
_OPTION_OF = {
    "text_columns": "--text-column",
    "labels": "--labels-column, --label…, --class-names or --merge-labels",
    "reading": "--delimiter, --encoding or --header",
    "splitting": "--split-column, --group-column, --time-column or --copies",
}


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
    if options.dataset not in SOURCES:
        return
    if given_paths(options):
        raise DataError(
            f"--test and --validation go with a file of yours, got --dataset {options.dataset}; leave them out, or "
            "give the path of a file"
        )
    of_files = [name for name, default in _OF_FILES.items() if getattr(options, name) != default]
    if of_files:
        shown = ", ".join(_OPTION_OF.get(name, f"--{name.replace('_', '-')}") for name in of_files)
        raise DataError(
            f"{shown}: they describe a file of yours, got --dataset {options.dataset}; leave them out, or give the "
            "path of a file"
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
    files = read_files(options)
    return dataset_of(files.main, Path(options.dataset).name, options, files.given)


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
    found = dataset_of_records(
        name,
        records_of(table, columns),
        options,
        {part: records_of(own, columns) for part, own in given.items()},
        taxonomy=read_taxonomy(options.taxonomy) if options.taxonomy is not None else (),
    )
    if given or options.splitting != SplitWishes():
        return found
    # Of a path into nested records the column that it begins in.
    named = (*columns.texts, columns.labels, *columns.flags, *columns.sides.named)
    read = {part for name in named for part in (name, re.split(r"[.\[]", name)[0])}
    others = readable(table.columns, [own for own in table.columns if own not in read])
    return replace(found, notes=(*found.notes, *split_hints(others)))


def _joined(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)


SOURCES: dict[str, Callable[[DataOptions], Dataset]] = {"sample": _load_sample, "madewithml": _load_madewithml}
