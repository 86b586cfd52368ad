"""How the cells of a labels column are written: names, lists, 0/1 vectors, class numbers, or nothing but yes and no.

Found once, where training texts are read, so that given parts are read in the same way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from baselines.errors import DataError
from baselines.labels.asked import Labels
from baselines.labels.cells import is_one_bare_word, list_in, whole
from baselines.labels.class_names import ClassNames, for_numbers, read_class_names
from baselines.labels.doubts import Doubt
from baselines.labels.flags import word_of
from baselines.labels.missing_words import is_missing
from baselines.labels.separators import separation
from baselines.labels.usual_columns import quoted
from baselines.labels.vectors import vector_length
from baselines.tables.table import Table

_YES, _NO = ("1", "true"), ("0", "false")
_SHOWN = 6


@dataclass(frozen=True)
class LabelForm:
    """How a labels column is written.

    Attributes:
        lists: cells are lists that are written as text.
        vector: names of the places, where each cell is a list of as many zeros and ones; empty: it isn't.
        yes_no: nothing but 0 and 1, or true and false: the classes are `0` and `1`.
        whole: numbers with a decimal point, all of them whole: they are read without it.
        names: of class numbers; None: cells hold names.
    """

    lists: bool = False
    vector: tuple[str, ...] = ()
    yes_no: bool = False
    whole: bool = False
    names: ClassNames | None = None


@dataclass(frozen=True)
class FoundForm:
    """The form, what a reader should know of it, and what looks wrong."""

    form: LabelForm
    notes: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()


def form_of(table: Table, name: str, labels: Labels) -> FoundForm:
    """How the cells of a column are written; raises DataError where 0/1 lists don't fit each other, or their names."""
    cells = [value for value in table.column(name) if value is not None and not (isinstance(value, str) and not value)]
    if labels.class_names is None and _holds_yes_and_no(cells):
        return FoundForm(LabelForm(yes_no=True))
    notes: list[str] = []
    lists, doubts = _written_lists(table, name, cells)
    if lists:
        notes.append(f"the cells of column {name!r} are lists, such as {_example(cells)}; each item is a label")
    length = vector_length(table, name, lists, labels.separator)
    form = LabelForm(lists, tuple(str(i + 1) for i in range(length)), whole=not lists and _holds_whole_numbers(cells))
    if form.whole:
        notes.append(f"the numbers in column {name!r} are whole, and are read without their decimal point")
    if length and labels.class_names is None:
        notes.append(
            f"column {name!r} holds {length} zeros and ones in each row, read as {length} classes by their place, 1 to "
            f"{length}; --class-names FILE names them"
        )
    if labels.class_names is not None:
        form, said = _named(table, name, form, read_class_names(labels.class_names), labels.separator)
        notes.append(said)
    if not doubts and not lists and not length and labels.separator is None:
        doubts = _separator_doubt(table, name, cells)
    return FoundForm(form, tuple(notes), tuple(doubts))


def _holds_yes_and_no(cells: Sequence[Any]) -> bool:
    """Whether there are 0 and 1, or true and false, and nothing else but empty cells."""
    if any(isinstance(cell, list | tuple | set | frozenset) or hasattr(cell, "tolist") for cell in cells):
        return False
    found = {word_of(cell) for cell in cells} - {""}
    return found <= {*_YES, *_NO} and not found.isdisjoint(_YES) and not found.isdisjoint(_NO)


def _written_lists(table: Table, name: str, cells: Iterable[Any]) -> tuple[bool, list[Doubt]]:
    """Whether all cells are lists written as text; a doubt where some are and others aren't."""
    words = Counter(cell for cell in cells if isinstance(cell, str) and cell.strip())
    items = {word: list_in(word) for word in words}
    full = [word for word, own in items.items() if own]
    others = [word for word, own in items.items() if own is None and not is_missing(word)]
    if full and not others:
        return True, []
    clear = [word for word in full if not is_one_bare_word(word)]
    if not clear:
        return False, []
    first: dict[Any, int] = {}
    for row, value in zip(table.rows, table.column(name), strict=True):
        if isinstance(value, str):
            first.setdefault(value, row)
    said = (
        f"{table.path}: {sum(words[word] for word in clear)} cells of column {name!r} look like lists "
        f"(row {first[clear[0]]}: {clear[0]!r:.60}), {sum(words[word] for word in others)} don't "
        f"(row {first[others[0]]}: {others[0]!r:.60})"
    )
    return False, [Doubt("lists", said, ("write all cells alike",))]


def _example(cells: Iterable[Any]) -> str:
    return repr(next(cell for cell in cells if isinstance(cell, str) and list_in(cell)))[:80]


def _holds_whole_numbers(cells: Iterable[Any]) -> bool:
    words = {cell.strip() for cell in cells if isinstance(cell, str)} - {""}
    words = {word for word in words if not is_missing(word)}
    return any("." in word for word in words) and all(whole(word).lstrip("+-").isdecimal() for word in words)


def _separator_doubt(table: Table, name: str, cells: Iterable[Any]) -> list[Doubt]:
    words = Counter(cell for cell in cells if isinstance(cell, str) and cell.strip() and not is_missing(cell))
    found = separation(words)
    if found is None:
        return []
    option = f"--label-separator {quoted(found.separator)}"
    if not found.separator.isprintable():
        option = f"--label-separator $'{ascii(found.separator)[1:-1]}'"
    parts = ", ".join(found.parts[:_SHOWN]) + (f" and {len(found.parts) - _SHOWN} more" if found.parts[_SHOWN:] else "")
    said = (
        f"{table.path}: {found.n_cells} cells of column {name!r} hold several labels between {found.separator!r}, such "
        f"as {' and '.join(map(repr, found.cells[:2]))}: as they stand {found.n_ways} classes, split "
        f"{len(found.parts)} ({parts})"
    )
    return [Doubt("lists", said, (f"{option} splits them",))]


def _named(
    table: Table, column: str, form: LabelForm, names: ClassNames, separator: str | None
) -> tuple[LabelForm, str]:
    """The form with the names of a file in it."""
    if form.vector:
        if len(names.by_number) != len(form.vector):
            raise DataError(
                f"{table.path}: column {column!r} holds {len(form.vector)} zeros and ones in each row, {names.path} "
                f"{len(names.by_number)} names; give as many names"
            )
        ordered = tuple(names.by_number[number] for number in sorted(names.by_number))
        return LabelForm(form.lists, ordered), f"zeros and ones in column {column!r} are named by {names.path}"
    found = {number for value in table.column(column) for number in numbers_in(value, form.lists, separator)}
    own, said = for_numbers(names, found)
    return LabelForm(form.lists, names=own), said


def numbers_in(value: Any, lists: bool, separator: str | None) -> list[str]:
    """The items of a cell as words, whole numbers without a decimal point; nothing is checked."""
    if isinstance(value, str):
        items: Iterable[Any] = (list_in(value) or []) if lists else value.split(separator) if separator else [value]
    else:
        value = value.tolist() if hasattr(value, "tolist") else value
        items = value if isinstance(value, list | tuple | set | frozenset) else [value]
    return [whole(str(item).strip()) for item in items if item is not None]
