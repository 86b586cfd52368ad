"""Delimited records out of lines that come one after the other; a broken one doesn't take those after it along."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from baselines.tables.formats.dialects import Dialect, any_field_length, dialect_of, head_records, without_lines
from baselines.tables.opened import data_name
from baselines.tables.reading import Reading

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
        dialect: how fields are told apart.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.width = 0  # fields of a record: as many as the first one has
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
        with any_field_length():
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
        if self.width and len(fields) > self.width and not any(field.strip() for field in fields[self.width :]):
            del fields[self.width :]  # delimiters without end, as spreadsheets write them
        if not error and self.width and len(fields) != self.width:
            error = (
                f"{len(fields)} fields, but {self.width} columns; put fields that hold {self._dialect.delimiter!r}, "
                "quotes or line ends between double quotes"
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
            fields = next(self._dialect.reader(lines()))
        except csv.Error as error:
            said = str(error)
            waiting = "unexpected end" in said
            return [], taken, _UNFINISHED if waiting else said if said == _OPEN else f"{said}; check its double quotes"
        return fields, taken, ""

    def _holds_a_record(self, lines: int) -> bool:
        """Whether one of the lines behind the first is a record by itself."""
        for line, _ in islice(self._lines, 1, lines):
            try:
                fields: list[str] = next(self._dialect.reader([line]), [])
            except csv.Error:
                continue
            if len(fields) == self.width:
                return True
        return False


def stream_dialect(head: str, path: Path, reading: Reading) -> tuple[Dialect, str]:
    """The dialect of a stream by its first lines, and the sentence that says so; as a file that is read whole."""
    own = "\t" if data_name(path).lower().endswith(".tsv") else ","
    dialect, note = dialect_of(head, path, own, reading)
    body = without_lines(head, dialect.lines_before)
    if '"' not in body or head_records(body, True, dialect):
        return dialect, note
    plain = replace(dialect, quoting=False)
    records = head_records(body, False, plain)
    quoted = [field for record in records for field in record if '"' in field]
    enclosed = sum(len(field) > 1 and field[0] == field[-1] == '"' for field in quoted)
    if len({len(record) for record in records}) != 1 or len(records[0]) < 2 or enclosed > len(quoted) / 2:
        return dialect, note
    return plain, f"{path.name}: its double quotes enclose nothing: they are read as characters"
