"""Lists of zeros and ones that say of each class whether a text has it, told from lists of class numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from baselines.errors import DataError
from baselines.labels.cells import list_in
from baselines.labels.flags import word_of
from baselines.tables.table import Table

_BITS = {"0": 0, "1": 1, "false": 0, "true": 1}
# Of the lists: with as many zeros and ones that repeat, one of another length or with another number is a mistake.
_MOSTLY = 0.5


def bits_of(value: Any, lists: bool, separator: str | None) -> list[int | None] | None:
    """A cell as zeros and ones, None for every other item; None where the cell is blank, or no list.

    Args:
        value: of the cell.
        lists: whether texts in this column are lists.
        separator: between the items of a text, or None.
    """
    items: Iterable[Any]
    if isinstance(value, str):
        found = list_in(value) if lists else value.split(separator) if separator and separator in value else None
        if not found:
            return None
        items = found
    else:
        value = value.tolist() if hasattr(value, "tolist") else value
        if not isinstance(value, list | tuple) or not value:
            return None
        items = value
    return [item if type(item) is int and item in (0, 1) else _BITS.get(word_of(item)) for item in items]


def vector_length(table: Table, name: str, lists: bool, separator: str | None) -> int:
    """Number of zeros and ones in each cell of a column; 0 where the cells are something else.

    They are such vectors where all have one length of at least 2, and both 0 and 1 recur: a list of class numbers says
    no number twice, and so not in each row.

    Raises:
        DataError: most cells are zeros and ones that repeat, but one has another length or another number.
    """
    found = [(row, bits_of(v, lists, separator)) for row, v in zip(table.rows, table.column(name), strict=True)]
    rows = [(row, bits) for row, bits in found if bits is not None]
    lengths = Counter(len(bits) for _, bits in rows)
    if not rows or max(lengths) < 2:
        return 0
    length = lengths.most_common(1)[0][0]
    if len(lengths) == 1 and all(None not in bits for _, bits in rows):
        counts = Counter(bit for _, bits in rows for bit in bits)
        return length if min(counts[0], counts[1]) > 1 else 0
    sure = sum(None not in bits and len(bits) > len({*bits}) for _, bits in rows)
    if sure <= _MOSTLY * len(rows):
        return 0
    row, bits = next((row, bits) for row, bits in rows if len(bits) != length or None in bits)
    raise DataError(
        f"{table.path}: row {row}, column {name!r}: expected {length} zeros and ones as in most rows, got "
        f"{_said(bits)}; mend the cell"
    )


def _said(bits: Sequence[int | None]) -> str:
    return f"a list of {len(bits)} with another value" if None in bits else f"{len(bits)} of them"


def vector_labels(value: Any, names: Sequence[str], lists: bool, separator: str | None, where: str) -> list[str]:
    """The names of the places that are 1; none for a blank cell. Raises DataError where a cell doesn't fit."""
    bits = bits_of(value, lists, separator)
    if bits is None:
        if value is None or word_of(value) == "":
            return []
        raise DataError(f"{where}: expected {len(names)} zeros and ones, got {value!r:.60}; mend the cell")
    if len(bits) != len(names) or None in bits:
        raise DataError(f"{where}: expected {len(names)} zeros and ones, got {_said(bits)}; mend the cell")
    return [name for name, bit in zip(names, bits, strict=True) if bit]
