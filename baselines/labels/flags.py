"""Columns that say of one label each whether a text has it: 0/1, yes/no, true/false, x or blank."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from baselines.errors import DataError
from baselines.labels.cells import whole
from baselines.labels.missing_words import is_missing
from baselines.tables.table import Table

THE_REST = "rest"
# Small letters; numbers without a decimal point.
ON = frozenset(["1", "true", "t", "yes", "y", "x", "on", "\u2713", "\u2714", "\u2611", "\u2705"])
OFF = frozenset(["0", "false", "f", "no", "n", "off", "\u2717", "\u2718", "\u2610", "\u274c"])
ALLOWED = "0/1, yes/no, true/false, on/off, or x and blank"
# Of a column's cells: with fewer of them on or off, the column is something else and not a flag with mistakes.
_MOSTLY = 0.5
_SHOWN = 5


@dataclass(frozen=True)
class Flags:
    """What was found of a table's yes/no columns.

    Attributes:
        names: of the columns, one a label.
        blank_off: those in which a blank cell means off, as nothing else in them does.
        notes: what a reader should know.
    """

    names: tuple[str, ...] = ()
    blank_off: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


def word_of(value: Any) -> str:
    """A cell as a word to look up: small letters, whole numbers; "" for blanks and what stands for a missing value."""
    return "" if value is None else _word(str(value))


@lru_cache(maxsize=4_096)  # a column has millions of cells and few words
def _word(text: str) -> str:
    word = whole(text.strip().lower())
    return "" if is_missing(word) else word


def flags_of(table: Table, asked: Sequence[str], others: Collection[str]) -> Flags:
    """The yes/no columns that were asked for, or with `rest` all that are some.

    Args:
        table: the records.
        asked: names of columns, or `("rest",)`.
        others: columns that are texts, ids and the like.

    Raises:
        DataError: columns that are no yes/no columns, each with its first strange value; or none at all.
    """
    rest = tuple(asked) == (THE_REST,) and THE_REST not in table.columns
    names = [name for name in table.columns if name not in others] if rest else list(dict.fromkeys(asked))
    words = {name: [word_of(value) for value in table.column(name)] for name in names}
    strange = [name for name in names if not _is_flag(words[name])]
    left_out = [name for name in strange if rest and not _is_nearly(words[name])]
    if wrong := [name for name in strange if name not in left_out]:
        raise DataError(_wrong(table, wrong, words, rest))
    kept = [name for name in names if name not in left_out]
    if not kept:
        raise DataError(
            f"{table.path}: --label-columns rest finds no column of {ALLOWED} beside {_listed(sorted(others))}; the "
            f"others hold something else: {_listed(left_out)}. Name the columns, or use --labels-column"
        )
    blank_off = frozenset(name for name in kept if OFF.isdisjoint(words[name]))
    return Flags(tuple(kept), blank_off, tuple(_notes(table, kept, left_out, words, blank_off)))


def _is_flag(words: Sequence[str]) -> bool:
    found = {*words} - {""}
    return bool(found) and found <= ON | OFF


def _is_nearly(words: Sequence[str]) -> bool:
    filled = [word for word in words if word]
    return sum(word in ON or word in OFF for word in filled) >= max(1, _MOSTLY * len(filled))


def _wrong(table: Table, names: Sequence[str], words: dict[str, list[str]], rest: bool) -> str:
    said = []
    for name in names[:_SHOWN]:
        places = (i for i, word in enumerate(words[name]) if word and word not in ON | OFF)
        place = next(places, None)
        if place is None:
            said.append(f"column {name!r} is blank in every row")
        else:
            said.append(
                f"row {table.rows[place]}, column {name!r}: expected 0 or 1, got {table.column(name)[place]!r:.60}"
            )
    more = f" (and {len(names) - _SHOWN} more columns)" if len(names) > _SHOWN else ""
    advice = "name the label columns by --label-columns" if rest else "leave them out of --label-columns"
    return (
        f"{table.path}: {'; '.join(said)}{more}; allowed are {ALLOWED}. Mend the cells, or if these columns are "
        f"no labels, {advice}"
    )


def _notes(
    table: Table,
    kept: Sequence[str],
    left_out: Sequence[str],
    words: dict[str, list[str]],
    blank_off: Collection[str],
) -> list[str]:
    notes = []
    if left_out:
        notes.append(f"--label-columns rest leaves out what holds no yes and no: {_listed(left_out)}")
    if never := [name for name in kept if ON.isdisjoint(words[name])]:
        notes.append(f"no row has {_listed(never)} on, so there is no such class")
    blanks = {name: words[name].count("") for name in kept if name not in blank_off and "" in words[name]}
    if blanks:
        name, n = next(iter(blanks.items()))
        row = table.rows[words[name].index("")]
        notes.append(
            f"{sum(blanks.values())} blank cells stand beside yes and no in columns {_listed(list(blanks))} (the "
            f"first: row {row}, column {name!r}, {n} there): read as no where another column of the row isn't blank"
        )
    return notes


def flag_sets(table: Table, names: Sequence[str], blank_off: Collection[str]) -> list[list[str] | None]:
    """The names of the columns that are on, for each record; None where every column is blank and none means off.

    Raises:
        DataError: a value that is neither on nor off; names row and column.
    """
    found: list[list[str]] = [[] for _ in table.rows]
    said = [any(name in blank_off for name in names)] * len(table.rows)
    for name in names:
        for i, value in enumerate(table.column(name)):
            word = value if value in ("0", "1") else word_of(value)
            if word in ON:
                found[i].append(name)
            elif word and word not in OFF:
                raise DataError(_wrong(table, [name], {name: [*[""] * i, word]}, False))
            said[i] = said[i] or bool(word)
    return [own if known else None for own, known in zip(found, said, strict=True)]


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:_SHOWN])) or "nothing"
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"
