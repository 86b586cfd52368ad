"""Labelled texts of any origin as the `Dataset` that everything else takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from baselines.dataset import Dataset, PartName
from baselines.errors import UserError
from tagpress.arguments import names_of

if TYPE_CHECKING:
    from baselines.data.data_options import AskedTask
    from baselines.tables.table import Table


def read_dataset(
    source: Any = "sample",
    *,
    text: str | Sequence[str] = (),
    labels: str | None = None,
    separator: str | None = None,
    label_columns: str | Sequence[str] = (),
    task: AskedTask = "auto",
    positive: str = "",
    metric: str = "",
    test: Any = None,
    validation: Any = None,
    min_texts_per_class: int | None = None,
    seed: int = 0,
    name: str = "",
) -> Dataset:
    """Read, check and split labelled texts.

    Args:
        source: `"sample"`, `"madewithml"`, the path of a CSV, TSV, JSON Lines or Parquet file, a pandas or polars data
            frame, or a mapping from column names to values.
        text: name or names of the text columns, joined by a space; empty: `text`, or `title` and `description`.
        labels: name of the labels' column; None: `labels`, `tags` or `label`. Its cells hold lists, or one text.
        separator: between the labels of one cell.
        label_columns: names of 0/1 columns, one a label, in place of `labels`; `"rest"` for all but the text.
        task: `"multilabel"`, `"multiclass"` or `"binary"`; `"auto"`: as the labels are.
        positive: of a binary task the class that scores are about; empty: by its name, else the rarer one.
        metric: what choices are made by; empty: weighted F1, accuracy for multiclass, F1 of the positive class.
        test: a published test part, a file, data frame or mapping with the same columns; None: cut from `source`.
        validation: likewise.
        min_texts_per_class: classes with fewer texts are dropped; None: 3.
        seed: of the split into training, validation and test.
        name: for the report; empty: the file's, or `data frame`.

    Returns:
        the data set, split 70 : 15 : 15, or where parts are given what is left in 85 : 15. Its `notes` say what had to
        be done to the data, `task_found` how its task was found.

    Raises:
        UserError: unreadable, malformed, too little to learn from, or a task that the labels don't fit; names file, row
            and column.

    Examples:
        >>> notes = {"title": [f"note number {n}" for n in range(40)], "kind": ["even", "odd"] * 20}
        >>> dataset = tagpress.read_dataset(notes, text="title", labels="kind", positive="even", name="notes")
        >>> dataset.task, dataset.classes, dataset.everything.negative
        ('binary', ('even',), 'odd')
        >>> dataset.task_found
        'every text has exactly one of 2 classes'
        >>> [len(dataset.part(name)) for name in ("train", "validation", "test")]
        [28, 6, 6]
    """
    from baselines.data.data_options import DataOptions
    from baselines.data.sources import SOURCES, dataset_of, file_table, load
    from baselines.labels.asked import Labels

    options = DataOptions(
        text_columns=names_of(text),
        labels=Labels(labels, separator, names_of(label_columns)),
        min_texts_per_class=min_texts_per_class,
        seed=seed,
        task=task,
        positive=positive,
        metric=metric,
    )
    parts: dict[PartName, Any] = {"validation": validation, "test": test}
    given = {part: own for part, own in parts.items() if own is not None}
    if isinstance(source, str | Path) and all(isinstance(own, str | Path) for own in given.values()):
        dataset = load(replace(options, dataset=str(source), test=_path(test), validation=_path(validation)))
        return replace(dataset, name=name) if name else dataset
    if isinstance(source, str) and source in SOURCES:
        raise UserError(f"{' and '.join(given)}: they go with texts of your own, got source {source!r}; leave them out")
    table = file_table(str(source)) if isinstance(source, str | Path) else _table(source, name or "data frame")
    tables = {part: _table(own, f"{part} part", part) for part, own in given.items()}
    return dataset_of(table, name or table.path.name, options, tables)


def _path(place: str | Path | None) -> Path | None:
    return None if place is None else Path(place)


def _table(source: Any, shown: str, argument: str = "source") -> Table:
    """The records of a file, a data frame or a mapping."""
    from baselines.tables.frames import table_of_frame
    from baselines.tables.read_table import read_table

    if isinstance(source, str | Path):
        return read_table(Path(source))
    if not hasattr(source, "columns") and not isinstance(source, Mapping):
        raise UserError(
            f"{argument}: a name, a path, a data frame or a mapping of columns is needed, got {source!r:.60}"
        )
    return table_of_frame(source, shown)
