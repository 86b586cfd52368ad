"""Several labels in one cell, told from single labels that happen to hold a comma.

A separator is proposed where its parts recur in other cells: of `a, b`, `b, c` and `c` every part does, of `Trains,
planes` none, of `Albany, NY` only the second. Measured on made-up label sets and on names of both kinds; see the tests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SEPARATORS = ("||", ";", "|", ",", "\t", "\n", "/", "+", "&", " ")
# Of the parts of combinations: that stand in at least two different cells.
RECURRING = 0.75
# A blank separates words too, so nearly all parts must be known as whole cells: `cs.LG cs.AI` and `cs.LG`.
ALONE = 0.9
# One is enough where all its parts are cells of their own.
_LEAST_CELLS = 2


@dataclass(frozen=True)
class Separation:
    """What a separator would make of a column's cells.

    Attributes:
        separator: between the labels.
        n_cells: cells that it splits.
        n_ways: different cells there are as they stand.
        cells: examples of what it splits, the most frequent first.
        parts: the labels there would be, the most frequent first.
    """

    separator: str
    n_cells: int
    n_ways: int
    cells: tuple[str, ...]
    parts: tuple[str, ...]


def separation(cells: Mapping[str, int]) -> Separation | None:
    """The separator that splits the most cells into parts that recur, or None.

    Args:
        cells: how often each different cell stands there; blank ones left out.
    """
    found = [one for separator in SEPARATORS if (one := _separated(cells, separator)) is not None]
    return max(found, key=lambda one: one.n_cells, default=None)


def _separated(cells: Mapping[str, int], separator: str) -> Separation | None:
    split = {cell: [part.strip() for part in cell.split(separator)] for cell in cells if separator in cell.strip()}
    split = {cell: parts for cell, parts in split.items() if all(parts)}
    n_cells = sum(cells[cell] for cell in split)
    whole = {cell.strip() for cell in cells if cell not in split}
    inner = {part for parts in split.values() for part in parts}
    if n_cells < (1 if inner <= whole else _LEAST_CELLS) or not split:
        return None
    counts = Counter(part for parts in split.values() for part in {*parts})
    counts.update(whole)
    if not _recur(split, counts, len(cells)) or _is_grid(list(split.values()), whole):
        return None
    if separator == " " and len(inner & whole) < ALONE * len(inner):
        return None
    texts: Counter[str] = Counter()
    for cell, n in cells.items():
        texts.update(dict.fromkeys(split.get(cell, [cell.strip()]), n))
    examples = sorted(split, key=lambda cell: -cells[cell])
    return Separation(
        separator, n_cells, len(cells), tuple(examples[:3]), tuple(name for name, _ in texts.most_common())
    )


def _recur(split: Mapping[str, Sequence[str]], counts: Mapping[str, int], n_ways: int) -> bool:
    """Whether there are no more parts than different cells, and most parts of combinations stand in several cells."""
    parts = [part for own in split.values() for part in own]
    return len(counts) <= n_ways and sum(counts[part] > 1 for part in parts) >= RECURRING * len(parts)


def _is_grid(split: Sequence[Sequence[str]], whole: set[str]) -> bool:
    """Whether each part has a place of its own, as in family and first names: one label made of several fields."""
    if len({len(parts) for parts in split}) != 1:
        return False
    places = [set(column) for column in zip(*split, strict=True)]
    return sum(map(len, places)) == len(set().union(*places)) and whole.isdisjoint(set().union(*places))
