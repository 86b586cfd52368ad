"""Whether the first row of a file names its columns, or is a record already; and which column is the text then."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

# A file with one of these in row 1 has a header, whatever the rest looks like.
USUAL_NAMES = frozenset(
    "text texts label labels tag tags title description category categories class classes target sentence content "
    "body message comment review question intent topic sentiment id split date".split()
)
_NUMBER = re.compile(r"[-+]?\d+([.,]\d+)?([eE][-+]?\d+)?")
_SAMPLE = 2_000
_LONG_NAME, _MANY_WORDS = 40, 5
_FASTTEXT = "__label__"

Cells = Sequence[str]


def header_doubt(path: object, first: Cells, records: Sequence[Cells]) -> str:
    """The sentence that says why row 1 looks like a record and how to read it as one; "" where it doesn't.

    Args:
        path: for the message.
        first: the cells of row 1.
        records: those of the rows below, each as long as `first`.
    """
    sample = records[:_SAMPLE]
    if not sample or any(_is_usual(cell, [record[i] for record in sample]) for i, cell in enumerate(first)):
        return ""
    for i, cell in enumerate(first):
        why = _why(cell, [record[i] for record in sample])
        if why:
            return (
                f"{path}: no header? Row 1, column {i + 1} {_shown(cell)} {why}; run again with --no-header "
                f"{proposal([first, *sample])}, or with --header if it is a name"
            )
    return ""


def _is_usual(cell: str, column: Sequence[str]) -> bool:
    """Whether a cell is a usual name, and not a class of that name: `question` beside `statement`."""
    return cell.strip().lower() in USUAL_NAMES and cell not in column


def _why(cell: str, column: Sequence[str]) -> str:
    if cell.startswith(_FASTTEXT):
        return "is a label of fastText"
    counts = Counter(column)
    if cell.strip() and counts[cell] and len(counts) <= max(2, len(column) / 2):
        return f"occurs in that column again ({counts[cell]:,} times)"
    if _NUMBER.fullmatch(cell.strip()) and _share_of_numbers(column) > 0.9:
        return "is a number like the rest of that column"
    long = len(cell) > _LONG_NAME or len(cell.split()) >= _MANY_WORDS
    if long and sum(map(len, column)) / len(column) > _LONG_NAME / 2:
        return "looks like a text, not like a name"
    return ""


def _share_of_numbers(column: Sequence[str]) -> float:
    return sum(bool(_NUMBER.fullmatch(cell.strip())) for cell in column) / len(column)


def proposal(records: Sequence[Cells]) -> str:
    """Options that name the likely columns by number: the text has the longest cells, labels the fewest distinct."""
    width = len(records[0])
    columns = [[record[i] for record in records] for i in range(width)]
    lengths = [sum(map(len, column)) / len(column) * len(set(column)) / len(column) for column in columns]
    text = max(range(width), key=lambda i: lengths[i])
    distinct = {i: len(set(columns[i])) for i in range(width) if i != text and len(set(columns[i])) > 1}
    few = {i: count for i, count in distinct.items() if count <= max(2, len(records) / 2)}
    labels = f" --labels-column {min(few, key=lambda i: few[i]) + 1}" if few else ""
    return f"--text-column {text + 1}{labels}"


def _shown(cell: str) -> str:
    return repr(cell if len(cell) <= _LONG_NAME else cell[: _LONG_NAME - 1] + "…")
