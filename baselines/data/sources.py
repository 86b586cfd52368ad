"""Where labelled texts come from: the embedded sample, Made With ML, or the user's own file.

Every source ends in `build_dataset`, which drops classes with too few texts, checks what is left and splits it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import numpy as np

from baselines.data.download import PinnedFile, cache_folder, fetch_pinned, read_pinned
from baselines.data.readers import Table, read_table
from baselines.data.splits import missing_classes, split
from baselines.data.table_labels import Labels, label_sets, texts_of
from baselines.data.taxonomy import parse_taxonomy, read_taxonomy, restrict
from baselines.dataset import Dataset, Part, TaxonomyEntry
from baselines.errors import DataError

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
MIN_TEXTS = 3
# Half of a character beyond U+FFFF: JSON can hold it, UTF-8 can't, so it could never be written to a report.
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class DataOptions:
    """Which data, and how to read it.

    Attributes:
        dataset: `sample`, `madewithml`, or the path of a CSV, TSV, JSON Lines or Parquet file.
        data_dir: folder with projects.json and tags.json of Made With ML, instead of a download.
        text_columns: joined by a space; empty: `text`, or `title` and `description`.
        labels: where the labels of a file stand.
        taxonomy: file of aliases and parents for a file's classes.
        min_texts_per_class: classes with fewer texts are dropped; None: 30 for Made With ML as in the course, else 3.
        seed: of the split.
    """

    dataset: str = "sample"
    data_dir: Path | None = None
    text_columns: tuple[str, ...] = ()
    labels: Labels = field(default_factory=Labels)
    taxonomy: Path | None = None
    min_texts_per_class: int | None = None
    seed: int = 0


def load(options: DataOptions = DataOptions()) -> Dataset:
    """Read, check and split the data.

    Raises:
        DataError: unreadable, malformed, or too little to learn from; DownloadError for Made With ML.
    """
    _check_options(options)
    return SOURCES.get(options.dataset, _load_file)(options)


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


def _load_sample(options: DataOptions) -> Dataset:
    folder = resources.files("baselines.data") / "sample"
    lines = (folder / "projects.jsonl").read_text(encoding="utf-8").splitlines()
    projects = [json.loads(line) for line in lines]
    return build_dataset(
        "sample",
        [_joined(project["title"], project["description"]) for project in projects],
        [project["tags"] for project in projects],
        options,
        taxonomy=parse_taxonomy(json.loads((folder / "tags.json").read_text(encoding="utf-8")), "sample tags.json"),
        licence="CC0-1.0",
        source="embedded sample of fictional machine-learning projects (synthetic texts)",
    )


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
    return build_dataset(
        "madewithml",
        [_joined(projects[i]["title"], projects[i]["description"]) for i in with_label],
        [kept[i] for i in with_label],
        options,
        taxonomy=_known_parents(tags),
        licence="MIT",
        source="GokuMohandas/Made-With-ML, datasets/projects.json (2021-05-10) and tags.json (2021-08-12)",
    )


def _known_parents(tags: Sequence[TaxonomyEntry]) -> tuple[TaxonomyEntry, ...]:
    """The published file names seven parents that it doesn't define; they imply nothing."""
    known = {entry.tag for entry in tags}
    return tuple(TaxonomyEntry(e.tag, e.aliases, tuple(p for p in e.parents if p in known)) for e in tags)


def _load_file(options: DataOptions) -> Dataset:
    path = Path(options.dataset)
    if not path.suffix and not path.exists():
        raise DataError(f"dataset {options.dataset!r}: expected {', '.join(SOURCES)}, or the path of a file")
    return dataset_of(read_table(path), path.name, options)


def dataset_of(table: Table, name: str, options: DataOptions) -> Dataset:
    """Records as a data set: texts and labels from the columns that the options name."""
    return build_dataset(
        name,
        texts_of(table, options.text_columns),
        label_sets(table, options.labels, options.text_columns),
        options,
        taxonomy=read_taxonomy(options.taxonomy) if options.taxonomy is not None else (),
        source=str(table.path),
    )


def build_dataset(
    name: str,
    texts: Sequence[str],
    labels: Sequence[Iterable[str]],
    options: DataOptions,
    *,
    taxonomy: Sequence[TaxonomyEntry] = (),
    licence: str = "unknown",
    source: str = "",
) -> Dataset:
    """Drop classes with too few texts, check that enough is left, split, and note what was done.

    Raises:
        DataError: all texts empty, no labels at all, fewer than 2 classes left, or fewer than 10 texts.
    """
    broken = sum(_SURROGATE.search(text) is not None for text in texts)
    texts = [_SURROGATE.sub("\ufffd", text) for text in texts] if broken else texts
    labels = [[_SURROGATE.sub("\ufffd", tag) for tag in tags] for tags in labels]
    if not any(text.strip() for text in texts):
        raise DataError(f"{source}: all {len(texts)} texts are empty; check --text-column")
    classes, dropped = _kept_classes(labels, options.min_texts_per_class or MIN_TEXTS, source)
    column = {tag: index for index, tag in enumerate(classes)}
    matrix = np.zeros((len(texts), len(classes)), np.bool_)
    for row, tags in zip(matrix, labels, strict=True):
        row[[column[tag] for tag in tags if tag in column]] = True
    everything = Part(tuple(texts), matrix, classes, restrict(taxonomy, classes))
    parts = split(matrix, options.seed)
    notes = dropped + ([f"{broken} texts hold half an emoji (a lone surrogate), replaced by \ufffd"] if broken else [])
    for part, absent in missing_classes(matrix, classes, parts).items():
        notes.append(f"{part} has no text of {_listed(absent)}; their scores there are 0 by definition")
    return Dataset(name, everything, parts, licence, source, tuple(notes + _row_notes(everything)))


def _kept_classes(labels: Sequence[Iterable[str]], least: int, source: str) -> tuple[tuple[str, ...], list[str]]:
    counts = Counter(tag for tags in labels for tag in set(tags))
    if not counts:
        raise DataError(f"{source}: no text has a label; check --labels-column or --label-columns")
    classes = tuple(sorted(tag for tag, n in counts.items() if n >= least))
    dropped = sorted(set(counts) - set(classes))
    if len(classes) < 2:
        raise DataError(
            f"{source}: at least 2 classes with {least} texts are needed, got {len(classes)} of {len(counts)}; "
            "add texts, lower --min-texts-per-class, or check --label-separator"
        )
    if not dropped:
        return classes, []
    return classes, [f"dropped {_listed(dropped)}: fewer than {least} texts each"]


def _row_notes(everything: Part) -> list[str]:
    notes = []
    if empty := sum(not text.strip() for text in everything.texts):
        notes.append(f"{empty} of {len(everything)} texts are empty")
    if unlabelled := int((~everything.labels.any(axis=1)).sum()):
        notes.append(f"{unlabelled} of {len(everything)} texts have no label; they are kept as texts of no class")
    return notes


def _listed(names: Sequence[str], most: int = 20) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _joined(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)


SOURCES: dict[str, Callable[[DataOptions], Dataset]] = {"sample": _load_sample, "madewithml": _load_madewithml}
