"""What the user says of a table's columns: where the labels stand, and what goes along with a text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Labels:
    """Where a file holds its labels: in one column, or in one yes/no column a label.

    Attributes:
        column: name of the column; None: one of `baselines.labels.usual_columns.LABELS_COLUMNS`.
        separator: between the labels of one cell; None: a cell holds one label, or a list.
        columns: names of the yes/no columns; `("rest",)` means all but the others named. Excludes the first two.
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
