"""Delimited records out of lines that come one after the other; a broken one doesn't take those after it along."""

from __future__ import annotations

import csv
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

# A quote that isn't closed within so many characters is a mistake: waiting for its end would take the whole stream.
MAX_RECORD = 16_000_000
_OPEN = "a double quote is opened and not closed; close it, or double it within a field"
_UNFINISHED = "unfinished"


@dataclass(frozen=True)
class Record:
    """The fields of one record; none of a blank line, and `error` where it can't be read."""

    number: int
    fields: Sequence[str] = ()
    error: str = ""


class CsvRecords:
    """Puts lines together to records: a quoted field may hold line ends.

    Where a record can't be read, or hasn't the fields of the others, and a line within it is a record by itself, a
    quote was left open: then its first line alone is the bad one.

    Args:
        delimiter: one character.
        width: fields of a record; None as many as the first one has.
    """

    def __init__(self, delimiter: str, width: int | None = None) -> None:
        self._delimiter, self.width = delimiter, width
        self._lines: deque[tuple[str, str]] = deque()
        self._waiting = 0
        self._number = 0

    def add(self, line: str, error: str = "") -> None:
        """One more line without its end; `error` where its bytes can't be read."""
        self._lines.append((line, error))
        self._waiting += len(line)

    def complete(self, *, final: bool = False) -> list[Record]:
        """The records that are whole; with `final` no more lines come, so all that is left."""
        found: list[Record] = []
        with _any_field_length():
            while self._lines and (record := self._next(final or self._waiting > MAX_RECORD)):
                found.append(record)
        return found

    def _next(self, final: bool) -> Record | None:
        line, error = self._lines[0]
        if error or not line:
            return self._done(1, (), error)
        fields, lines, error = self._read()
        if error == _UNFINISHED:
            if not final:
                return None
            error = _OPEN
        if not error and self.width not in (None, len(fields)):
            error = (
                f"{len(fields)} fields, but {self.width} columns; put fields that hold {self._delimiter!r}, quotes or "
                "line ends between double quotes"
            )
        if error and lines > 1 and self._holds_a_record(lines):
            return self._done(1, (), _OPEN)
        self.width = self.width or len(fields)
        return self._done(lines, fields, error)

    def _done(self, lines: int, fields: Sequence[str], error: str) -> Record:
        for _ in range(lines):
            self._waiting -= len(self._lines.popleft()[0])
        self._number += 1
        return Record(self._number, fields, error)

    def _read(self) -> tuple[list[str], int, str]:
        """Fields of the record at the front, how many lines it takes, and what is wrong with it."""
        taken = 0

        def lines() -> Iterator[str]:
            nonlocal taken
            for line, error in self._lines:
                if error:  # it is in no record, so what was open stays open
                    raise csv.Error(_OPEN)
                taken += 1
                yield f"{line}\n"

        try:
            fields = next(csv.reader(lines(), delimiter=self._delimiter, strict=True))
        except csv.Error as error:
            said = str(error)
            waiting = "unexpected end" in said
            return [], taken, _UNFINISHED if waiting else said if said == _OPEN else f"{said}; check its double quotes"
        return fields, taken, ""

    def _holds_a_record(self, lines: int) -> bool:
        """Whether one of the lines behind the first is a record by itself."""
        for line, _ in islice(self._lines, 1, lines):
            try:
                fields = next(csv.reader([line], delimiter=self._delimiter, strict=True), [])
            except csv.Error:
                continue
            if len(fields) == self.width:
                return True
        return False


@contextmanager
def _any_field_length() -> Iterator[None]:
    """The csv module refuses fields of more than 131,072 characters unless told otherwise, globally."""
    before = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(before)
