"""Texts and labels out of a table's columns: several text columns, lists of labels, or one 0/1 column a label."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baselines.errors import DataError
from baselines.tables.table import Table

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
        class_names: file with the names of class numbers, the first line for 0; None: numbers stay names.
        merge: whether labels that differ in case, blanks or Unicode form alone become one class.
    """

    column: str | None = None
    separator: str | None = None
    columns: tuple[str, ...] = ()
    class_names: Path | None = None
    merge: bool = False


@dataclass(frozen=True)
class SideColumns:
    """Columns that go along with a text: the user's name for it, its part, its group, its time; "" for none."""

    ids: str = ""
    parts: str = ""
    groups: str = ""
    times: str = ""

    @property
    def named(self) -> tuple[str, ...]:
        """Those that there are."""
        return tuple(name for name in (self.ids, self.parts, self.groups, self.times) if name)


@dataclass(frozen=True)
class Columns:
    """What `columns_of` found in one table, so that another table is read in the same way.

    Attributes:
        texts: joined by a space.
        labels: the column of the labels, "" where they stand in 0/1 columns.
        separator: between the labels of one cell, or None.
        flags: names of the 0/1 columns, one a label.
        yes_no: whether the labels' column holds nothing but 0 and 1 (or true and false): its classes are `0` and `1`.
        sides: names of the columns that are neither text nor label, each "" for none.
    """

    texts: tuple[str, ...]
    labels: str = ""
    separator: str | None = None
    flags: tuple[str, ...] = ()
    yes_no: bool = False
    sides: SideColumns = SideColumns()


def columns_of(
    table: Table, labels: Labels = Labels(), texts: tuple[str, ...] = (), sides: SideColumns = SideColumns()
) -> Columns:
    """The columns that were asked for, or the usual ones.

    Args:
        table: the records.
        labels: where they are.
        texts: the text columns asked for; empty: `text`, or `title` and `description`.
        sides: other columns asked for; they are no labels.

    Raises:
        DataError: a column that isn't there, or options that exclude each other.
    """
    if labels.columns and (labels.column or labels.separator):
        raise DataError("--label-columns excludes --labels-column and --label-separator; give one or the other")
    if labels.separator == "":
        raise DataError("--label-separator: expected at least one character, got an empty string")
    texts = _text_columns(table, texts)
    if labels.columns:
        return Columns(texts, flags=_flag_columns(table, labels.columns, {*texts, *sides.named}), sides=sides)
    name = labels.column or _usual_column(table)
    return Columns(texts, name, labels.separator, yes_no=_holds_yes_and_no(table.column(name)), sides=sides)


def _text_columns(table: Table, asked: tuple[str, ...]) -> tuple[str, ...]:
    for usual in TEXT_COLUMNS:
        if not asked and all(name in table.columns for name in usual):
            return usual
    if not asked:
        raise DataError(
            f"{table.path}: no column 'text' (or 'title' and 'description'); name one of them by --text-column: "
            f"{', '.join(map(repr, table.columns))}"
        )
    return asked


def _usual_column(table: Table) -> str:
    for name in LABELS_COLUMNS:
        if name in table.columns:
            return name
    raise DataError(
        f"{table.path}: no column {', '.join(map(repr, LABELS_COLUMNS))}; name one by --labels-column, or "
        f"0/1 columns by --label-columns: {', '.join(map(repr, table.columns))}"
    )


def _flag_columns(table: Table, asked: tuple[str, ...], texts: Collection[str]) -> tuple[str, ...]:
    if asked == (THE_REST,) and THE_REST not in table.columns:
        return tuple(name for name in table.columns if name not in texts)
    return tuple(dict.fromkeys(asked))


def _holds_yes_and_no(cells: Iterable[Any]) -> bool:
    """Whether there are 0 and 1, or true and false, and nothing else but empty cells."""
    found = {_word(cell) for cell in cells if not isinstance(cell, list)} - {""}
    both = not found.isdisjoint(_ON) and not found.isdisjoint(_OFF)
    return both and found <= {*_ON, *_OFF} and not any(isinstance(cell, list) for cell in cells)


def texts_of(table: Table, columns: Columns) -> list[str]:
    """Text of each record: its text columns joined by a space, empty ones left out."""
    found = [(name, table.column(name)) for name in columns.texts]
    for name, values in found:
        for row, value in zip(table.rows, values, strict=True):
            if value is not None and not isinstance(value, str):
                raise DataError(
                    f"{table.path}: row {row}, column {name!r}: expected a text, got {type(value).__name__} {value!r}"
                )
    return [" ".join(value for value in record if value) for record in zip(*(v for _, v in found), strict=True)]


def label_sets(table: Table, columns: Columns) -> list[list[str]]:
    """Labels of each record, each once, in the order they stand there.

    Raises:
        DataError: unknown column, or a value that is no label; names row, column and value.
    """
    if columns.flags:
        return _from_flags(table, columns.flags)
    name = columns.labels
    cells = table.column(name)
    if columns.yes_no:
        advice = "the column holds nothing else where training texts are read"
        return [
            [str(int(_is_on(value, table, row, name, advice)))] if _word(value) else []
            for row, value in zip(table.rows, cells, strict=True)
        ]
    split = _splitter(columns.separator)
    return [
        list(dict.fromkeys(_from_cell(value, split, f"{table.path}: row {row}, column {name!r}")))
        for row, value in zip(table.rows, cells, strict=True)
    ]


def _splitter(separator: str | None) -> Callable[[str], list[str]]:
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


def _from_flags(table: Table, names: Sequence[str]) -> list[list[str]]:
    advice = "leave columns that are no label out of --label-columns"
    found: list[list[str]] = [[] for _ in table.rows]
    for name in names:
        for own, row, value in zip(found, table.rows, table.column(name), strict=True):
            if value == "1" or (value != "0" and _is_on(value, table, row, name, advice)):
                own.append(name)
    return found


def _word(value: Any) -> str:
    return "" if value is None else str(value).strip().lower()


def _is_on(value: Any, table: Table, row: int, name: str, advice: str) -> bool:
    word = _word(value)
    if word not in _ON and word not in _OFF:
        raise DataError(f"{table.path}: row {row}, column {name!r}: expected 0 or 1, got {value!r}; {advice}")
    return word in _ON
