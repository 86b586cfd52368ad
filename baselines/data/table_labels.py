"""Texts and labels out of a table's columns: several text columns, lists of labels, or one 0/1 column a label."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from baselines.data.readers import Table
from baselines.errors import DataError

TEXT_COLUMNS = (("text",), ("title", "description"))
LABELS_COLUMNS = ("labels", "tags", "label")
THE_REST = "rest"
_ON = ("1", "1.0", "true")
_OFF = ("0", "0.0", "false")


@dataclass(frozen=True)
class Labels:
    """Where a file holds its labels: in one column, or in one 0/1 column a label.

    Attributes:
        column: name of the column; None: `labels`, `tags` or `label`.
        separator: between the labels of one cell; None: a cell holds one label (JSON lists need none either way).
        columns: names of the 0/1 columns; `("rest",)` means all but the text columns. Excludes the other two.
    """

    column: str | None = None
    separator: str | None = None
    columns: tuple[str, ...] = ()


def text_columns(table: Table, asked: tuple[str, ...]) -> tuple[str, ...]:
    """The columns asked for, or the first usual ones the table has; raises DataError with the columns there are."""
    for usual in TEXT_COLUMNS:
        if not asked and all(name in table.columns for name in usual):
            return usual
    if not asked:
        raise DataError(
            f"{table.path}: no column 'text' (or 'title' and 'description'); name one of them by --text-column: "
            f"{', '.join(map(repr, table.columns))}"
        )
    return asked


def texts_of(table: Table, asked: tuple[str, ...] = ()) -> list[str]:
    """Text of each record: its text columns joined by a space, empty ones left out."""
    columns = [(name, table.column(name)) for name in text_columns(table, asked)]
    for name, values in columns:
        for row, value in zip(table.rows, values, strict=True):
            if value is not None and not isinstance(value, str):
                raise DataError(
                    f"{table.path}: row {row}, column {name!r}: expected a text, got {type(value).__name__} {value!r}"
                )
    return [" ".join(value for value in record if value) for record in zip(*(v for _, v in columns), strict=True)]


def label_sets(table: Table, labels: Labels, texts: tuple[str, ...] = ()) -> list[list[str]]:
    """Labels of each record, each once, in the order they stand there.

    Args:
        table: the records.
        labels: where they are.
        texts: the text columns asked for, which `rest` leaves out.

    Raises:
        DataError: unknown column, or a value that is no label; names row, column and value.
    """
    if labels.columns and (labels.column or labels.separator):
        raise DataError("--label-columns excludes --labels-column and --label-separator; give one or the other")
    if labels.columns:
        return _from_columns(table, labels.columns, text_columns(table, texts))
    name = labels.column or _usual_column(table)
    split = _splitter(labels.separator)
    return [
        list(dict.fromkeys(_from_cell(value, split, f"{table.path}: row {row}, column {name!r}")))
        for row, value in zip(table.rows, table.column(name), strict=True)
    ]


def _usual_column(table: Table) -> str:
    for name in LABELS_COLUMNS:
        if name in table.columns:
            return name
    raise DataError(
        f"{table.path}: no column {', '.join(map(repr, LABELS_COLUMNS))}; name one by --labels-column, or "
        f"0/1 columns by --label-columns: {', '.join(map(repr, table.columns))}"
    )


def _splitter(separator: str | None) -> Callable[[str], list[str]]:
    if separator == "":
        raise DataError("--label-separator: expected at least one character, got an empty string")
    if separator is None:
        return lambda cell: [cell]
    return lambda cell: cell.split(separator)


def _from_cell(value: Any, split: Callable[[str], list[str]], where: str) -> list[str]:
    if value is None:
        return []
    items = value if isinstance(value, list) else split(value) if isinstance(value, str) else [value]
    for item in items:
        if isinstance(item, bool) or not isinstance(item, str | int):
            raise DataError(f"{where}: expected a label or a list of labels, got {item!r}")
    return [name for item in items if (name := str(item).strip())]


def _from_columns(table: Table, asked: tuple[str, ...], texts: Collection[str]) -> list[list[str]]:
    names = list(asked)
    if asked == (THE_REST,) and THE_REST not in table.columns:
        names = [name for name in table.columns if name not in texts]
    found: list[list[str]] = [[] for _ in table.rows]
    for name in dict.fromkeys(names):
        for own, row, value in zip(found, table.rows, table.column(name), strict=True):
            if value == "1" or (value != "0" and _is_on(value, table, row, name)):
                own.append(name)
    return found


def _is_on(value: Any, table: Table, row: int, name: str) -> bool:
    word = str(value).strip().lower()
    if word not in _ON and word not in _OFF:
        raise DataError(
            f"{table.path}: row {row}, column {name!r}: expected 0 or 1, got {value!r}; "
            "leave columns that are no label out of --label-columns"
        )
    return word in _ON
