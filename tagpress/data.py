"""Labelled texts of any origin as the `Dataset` that everything else takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from baselines.dataset import NOT_TRAINING, Dataset, PartName
from baselines.errors import UserError
from tagpress.arguments import names_of

if TYPE_CHECKING:
    from baselines.data.data_options import AskedTask, DataOptions, MissingTexts
    from baselines.splits.rules import Copies
    from baselines.tables.parts import Part
    from baselines.tables.table import Table


def read_dataset(
    source: Any = "sample",
    *,
    text: str | Sequence[str] = (),
    labels: str | None = None,
    separator: str | None = None,
    label_columns: str | Sequence[str] = (),
    class_names: str | Path | None = None,
    merge_labels: bool = False,
    ids: str = "",
    task: AskedTask = "auto",
    positive: str = "",
    metric: str = "",
    test: Any = None,
    validation: Any = None,
    split: str = "",
    groups: str = "",
    time: str = "",
    copies: Copies = "drop",
    min_texts_per_class: int | None = None,
    missing_texts: MissingTexts = "drop",
    accept: str | Sequence[str] = (),
    fixes: str | Path | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    header: bool | None = None,
    seed: int = 0,
    name: str = "",
) -> Dataset:
    """Read, check and split labelled texts.

    Args:
        source: `"sample"`, `"madewithml"`, the path of a file (CSV, TSV, text, JSON, JSON Lines, Parquet, Arrow, Excel,
            also compressed) or of a folder of the datasets library; a pandas, polars or Arrow table, a mapping from
            column names to values, a list of records, or a list of (text, label) pairs.
        text: name or names of the text columns, joined by a space; `a.b` reaches into nested records; empty: the usual
            names, such as `text`, or `title` and `description`.
        labels: name of the labels' column; None: the usual names, such as `labels` or `category`. Its cells hold lists,
            or one text.
        separator: between the labels of one cell.
        label_columns: names of yes/no columns, one a label, in place of `labels`; `"rest"` for all but the others.
        class_names: file with the names of class numbers, one a line.
        merge_labels: labels that differ in case, blanks or Unicode form alone become one class.
        ids: name of a column with your own names for texts, kept in outputs.
        task: `"multilabel"`, `"multiclass"` or `"binary"`; `"auto"`: as the labels are.
        positive: of a binary task the class that scores are about; empty: by its name, else the rarer one.
        metric: what choices are made by; empty: weighted F1, accuracy for multiclass, F1 of the positive class.
        test: a test part of its own, anything that `source` may be, with the same columns; None: cut from `source`.
        validation: likewise.
        split: name of a column that says train, validation or test of each text.
        groups: name of a column; texts with the same value never stand in two parts.
        time: name of a column; training is on the past, the latest texts are the test part.
        copies: of texts that stand in two parts `"drop"` takes the one in training out, `"keep"` doesn't.
        min_texts_per_class: classes with fewer texts are dropped; None: 3, and a class that would go is an error.
        missing_texts: records without a text are left out (`"drop"`), an error (`"stop"`), or empty texts (`"keep"`).
        accept: names of doubts to go on with, such as `"variants"`, or `"all"`.
        fixes: file of accepted changes, as the report's data-issues.csv.
        delimiter, encoding, header: of text files; None: as found.
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
    from baselines.data.fixes import apply_fixes
    from baselines.data.sources import SOURCES, dataset_of, load
    from baselines.labels.asked import Labels
    from baselines.splits.rules import SplitWishes
    from baselines.tables.reading import Reading

    options = DataOptions(
        text_columns=names_of(text),
        labels=Labels(labels, separator, names_of(label_columns), _path(class_names), merge_labels),
        min_texts_per_class=min_texts_per_class,
        seed=seed,
        task=task,
        positive=positive,
        metric=metric,
        reading=Reading(delimiter, encoding, header),
        splitting=SplitWishes(split, groups, time, copies),
        id_column=ids,
        missing_texts=missing_texts,
        accept=names_of(accept),
        fixes=_path(fixes),
    )
    parts: dict[PartName, Any] = {"validation": validation, "test": test}
    given = {part: own for part, own in parts.items() if own is not None}
    if isinstance(source, str | Path) and all(isinstance(own, str | Path) for own in given.values()):
        dataset = load(replace(options, dataset=str(source), test=_path(test), validation=_path(validation)))
        return replace(dataset, name=name) if name else dataset
    if isinstance(source, str) and source in SOURCES:
        raise UserError(f"{' and '.join(given)}: they go with texts of your own, got source {source!r}; leave them out")
    own = _parts(source, name or "data frame", options)
    tables: dict[PartName, Table] = {part: own[part] for part in NOT_TRAINING if part in own}
    for part, other in given.items():
        found = _parts(other, f"{part} part", options, part)
        tables[part] = found.get(part) or next(iter(found.values()))
    table = own.get("") or own["train"]
    dataset = dataset_of(table, name or table.path.name, options, tables)
    return dataset if options.fixes is None else apply_fixes(dataset, options.fixes)


def _path(place: str | Path | None) -> Path | None:
    return None if place is None else Path(place)


def _parts(source: Any, shown: str, options: DataOptions, argument: str = "source") -> Mapping[Part, Table]:
    """The records of a file or folder, or of a table in memory, by the part they say they are."""
    from baselines.tables.frames import table_of_frame
    from baselines.tables.read_table import read_parts

    if isinstance(source, str | Path):
        return read_parts(Path(source), options.reading)
    if (
        not hasattr(source, "columns")
        and not hasattr(source, "column_names")
        and not isinstance(source, Mapping | list)
    ):
        raise UserError(
            f"{argument}: a name, a path, a table, a mapping of columns or a list of records is needed, got "
            f"{source!r:.60}"
        )
    return {"": table_of_frame(source, shown)}
