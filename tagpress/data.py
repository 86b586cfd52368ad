"""Labelled texts of any origin as the `Dataset` that everything else takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from baselines.dataset import Dataset
from baselines.errors import UserError
from tagpress.arguments import names_of


def read_dataset(
    source: Any = "sample",
    *,
    text: str | Sequence[str] = (),
    labels: str | None = None,
    separator: str | None = None,
    label_columns: str | Sequence[str] = (),
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
        min_texts_per_class: classes with fewer texts are dropped; None: 3.
        seed: of the split into training, validation and test.
        name: for the report; empty: the file's, or `data frame`.

    Returns:
        the data set, split 70 : 15 : 15. Its `notes` say what had to be done to the data.

    Raises:
        UserError: unreadable, malformed, or too little to learn from; names file, row and column.

    Examples:
        >>> notes = {"title": [f"note number {n}" for n in range(40)], "kind": ["even", "odd"] * 20}
        >>> dataset = tagpress.read_dataset(notes, text="title", labels="kind", name="notes")
        >>> dataset.classes
        ('even', 'odd')
        >>> [len(dataset.part(name)) for name in ("train", "validation", "test")]
        [28, 6, 6]
    """
    from baselines.data.readers import table_of_frame
    from baselines.data.sources import DataOptions, dataset_of, load
    from baselines.data.table_labels import Labels

    options = DataOptions(
        text_columns=names_of(text),
        labels=Labels(labels, separator, names_of(label_columns)),
        min_texts_per_class=min_texts_per_class,
        seed=seed,
    )
    if isinstance(source, str | Path):
        dataset = load(replace(options, dataset=str(source)))
        return replace(dataset, name=name) if name else dataset
    if not hasattr(source, "columns") and not isinstance(source, Mapping):
        raise UserError(f"source: a name, a path, a data frame or a mapping of columns is needed, got {source!r:.60}")
    shown = name or "data frame"
    return dataset_of(table_of_frame(source, shown), shown, options)
