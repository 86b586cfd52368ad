"""The columns of a table that hold texts and labels: as asked for, by their usual names, or proposed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from baselines.errors import DataError
from baselines.labels.asked import Labels, SideColumns
from baselines.labels.doubts import Doubt
from baselines.labels.flags import flags_of
from baselines.labels.forms import LabelForm, form_of
from baselines.labels.usual_columns import chosen_note, refuse_unknown, usual_labels, usual_texts
from baselines.tables.table import Table

_USUAL, _NO_SIDES = Labels(), SideColumns()


@dataclass(frozen=True)
class Columns:
    """What `columns_of` found in one table, so that another table is read in the same way.

    Attributes:
        texts: joined by a space.
        labels: the column of the labels, "" where they stand in yes/no columns.
        separator: between the labels of one cell, or None.
        flags: names of the yes/no columns, one a label.
        blank_off: those of them in which a blank cell means off.
        form: how the cells of the labels column are written.
        sides: names of the columns that are neither text nor label, each "" for none.
        notes: what was found and chosen, as sentences.
        doubts: what looks wrong.
    """

    texts: tuple[str, ...]
    labels: str = ""
    separator: str | None = None
    flags: tuple[str, ...] = ()
    blank_off: frozenset[str] = frozenset()
    form: LabelForm = field(default_factory=LabelForm)
    sides: SideColumns = field(default_factory=SideColumns)
    notes: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()


def columns_of(
    table: Table, labels: Labels = _USUAL, texts: tuple[str, ...] = (), sides: SideColumns = _NO_SIDES
) -> Columns:
    """The columns that were asked for, or the usual ones.

    Args:
        table: the records.
        labels: where they are.
        texts: the text columns asked for; empty: `text`, `title` and `description`, or another usual name.
        sides: other columns asked for; they are no labels.

    Raises:
        DataError: a column that isn't there (with options that fit what is), one asked for twice, or options that
            exclude each other.
    """
    _check_asked(labels, texts, sides)
    asked = {*texts, *sides.named, *labels.columns, *([labels.column] if labels.column else [])}
    texts = texts or usual_texts(table, asked)
    name = labels.column or ("" if labels.columns else usual_labels(table, {*asked, *texts}))
    if not texts or not (name or labels.columns):
        refuse_unknown(table, texts, name, asked, flags=bool(labels.columns))
    notes = chosen_note(table, texts, name, asked)
    if labels.columns:
        flags = flags_of(table, labels.columns, {*texts, *sides.named})
        return Columns(texts, "", None, flags.names, flags.blank_off, sides=sides, notes=(*notes, *flags.notes))
    found = form_of(table, name, labels)
    return Columns(
        texts,
        name,
        labels.separator,
        form=found.form,
        sides=sides,
        notes=(*notes, *found.notes, *_unused_separator(table, name, labels)),
        doubts=found.doubts,
    )


def _check_asked(labels: Labels, texts: Collection[str], sides: SideColumns) -> None:
    if labels.columns and (labels.column or labels.separator):
        raise DataError("--label-columns excludes --labels-column and --label-separator; give one or the other")
    if labels.columns and labels.class_names:
        raise DataError("--class-names names class numbers, but --label-columns are named already; leave one out")
    if labels.separator == "":
        raise DataError("--label-separator: expected at least one character, got an empty string")
    of_labels = {labels.column, *labels.columns} - {None}
    for kind, names in (("--text-column", texts), ("--id-column, --split-column and the like", sides.named)):
        if twice := [name for name in names if name in of_labels]:
            raise DataError(f"column {twice[0]!r} is asked for as labels and by {kind}; give each another one")


def _unused_separator(table: Table, name: str, labels: Labels) -> list[str]:
    separator = labels.separator
    if separator is None or any(isinstance(value, str) and separator in value for value in table.column(name)):
        return []
    return [f"no cell of column {name!r} holds {separator!r}, which --label-separator names"]
