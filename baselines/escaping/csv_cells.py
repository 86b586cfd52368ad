"""Cells of a CSV file that no spreadsheet takes for a formula, and back again."""

from __future__ import annotations

import re

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
# Half of a character beyond U+FFFF, which UTF-8 can't hold.
_SURROGATE = re.compile("[\ud800-\udfff]")


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe before what would begin one."""
    cell = _SURROGATE.sub("\ufffd", cell)
    return "'" + cell if cell.startswith(_FORMULA) else cell


def unguarded(cell: str) -> str:
    """The inverse of `guarded`."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_FORMULA) else cell
