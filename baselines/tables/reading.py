"""How a text file is to be read where the user knows better than what is found in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reading:
    """What the user says of a file; None leaves it to what is found, which is said in the table's notes.

    Attributes:
        delimiter: between the fields of a line: one character, or `tab`.
        encoding: of the file, by a name that Python knows.
        header: whether the first row names the columns; without a header they are called `1`, `2`, ….
    """

    delimiter: str | None = None
    encoding: str | None = None
    header: bool | None = None
