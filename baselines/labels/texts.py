"""The text of each record: its text columns joined; numbers are texts too, and said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from baselines.errors import DataError
from baselines.labels.columns import Columns
from baselines.tables.table import Table


def texts_of(table: Table, columns: Columns) -> list[str]:
    """Text of each record: its text columns joined by a space, empty ones left out; "" where there is none.

    Raises:
        DataError: a value that is neither text nor number nor missing; names row and column.
    """
    found = [
        [_text(value, table, row, name) for row, value in zip(table.rows, table.column(name), strict=True)]
        for name in columns.texts
    ]
    return [" ".join(value for value in record if value) for record in zip(*found, strict=True)]


def number_notes(table: Table, names: Sequence[str]) -> list[str]:
    """One sentence a text column that holds numbers which a file doesn't write as text."""
    notes = []
    for name in names:
        rows = [row for row, value in zip(table.rows, table.column(name), strict=True) if _is_number(value)]
        if rows:
            notes.append(
                f"{len(rows)} of {len(table)} values in text column {name!r} are numbers (the first: row {rows[0]}), "
                "and are read as text"
            )
    return notes


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool) and not math.isnan(value)


def _text(value: Any, table: Table, row: int, name: str) -> str:
    if isinstance(value, str):
        return value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if _is_number(value):
        return str(value)
    inside = (
        f"; reach into it by a name such as {name}.{next(iter(value))}" if isinstance(value, dict) and value else ""
    )
    raise DataError(
        f"{table.path}: row {row}, column {name!r}: expected a text, got {type(value).__name__} {value!r:.60}{inside}; "
        "mend the row, or check --text-column"
    )
