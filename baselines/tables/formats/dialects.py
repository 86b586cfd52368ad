"""How the fields of a delimited file are told apart: the delimiter, and whether its double quotes quote anything.

Each delimiter is tried on the first records; the right one gives records of equal length. Found on the head alone, so
that a file that is streamed is understood as one that is read whole.
"""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baselines.errors import DataError
from baselines.tables.reading import Reading

DELIMITERS = (",", ";", "\t", "|")
NAMES = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a vertical bar", " ": "a blank"}
HEAD_CHARACTERS = 200_000
_HEAD_RECORDS = 200


@dataclass(frozen=True)
class Dialect:
    """What separates fields.

    Attributes:
        delimiter: one character.
        quoting: whether double quotes enclose fields; else they are characters like any other.
        backslash: whether a quote inside a quoted field is written as backslash and quote, not doubled.
        blank_after: whether blanks after a delimiter belong to no field.
        lines_before: lines before the first record, such as `sep=;`.
    """

    delimiter: str
    quoting: bool = True
    backslash: bool = False
    blank_after: bool = False
    lines_before: int = 0

    def reader(self, lines: Iterable[str]) -> Any:
        """A strict reader of the csv module; lines keep their ends."""
        if not self.quoting:
            return csv.reader(lines, delimiter=self.delimiter, quoting=csv.QUOTE_NONE)
        escape = {"escapechar": "\\", "doublequote": False} if self.backslash else {}
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            strict=True,
            skipinitialspace=self.blank_after,
            **escape,  # type: ignore[arg-type]
        )


@contextmanager
def any_field_length() -> Iterator[None]:
    """The csv module refuses fields of more than 131,072 characters unless told otherwise, globally."""
    before = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def dialect_of(head: str, path: Path, own: str, reading: Reading) -> tuple[Dialect, str]:
    """The dialect of a file, and the sentence that says so where it isn't the extension's own.

    Args:
        head: how the text begins, at most `HEAD_CHARACTERS` of it are looked at.
        path: for messages.
        own: the delimiter that the extension stands for.
        reading: what the user says of the file.

    Raises:
        DataError: a delimiter that is none.
    """
    head, cut = head[:HEAD_CHARACTERS], len(head) > HEAD_CHARACTERS
    said = delimiter_said(head)
    before = int(said is not None)
    if reading.delimiter is not None:
        return _with_blanks(Dialect(asked_delimiter(reading.delimiter), lines_before=before), head), ""
    if said is not None:
        found = Dialect(said, lines_before=1)
        return _with_blanks(found, head), f"{path.name}: fields end at {name_of(said)}, as its first line says"
    delimiter = _found_delimiter(head, cut, own)
    note = ""
    if delimiter != own:
        note = f"{path.name}: fields end at {name_of(delimiter)}, found in it; --delimiter says otherwise"
    return _with_blanks(Dialect(delimiter), head), note


def delimiter_said(head: str) -> str | None:
    """What a first line such as `sep=;` says, which Excel writes and reads."""
    line = head.split("\n", 1)[0].rstrip("\r").strip('"')
    return line[4:] if line.lower().startswith("sep=") and len(line) == 5 else None


def asked_delimiter(asked: str) -> str:
    r"""One character for what the user wrote: itself, `tab` or `\t`.

    Raises:
        DataError: more than one character, or one that ends or quotes fields.
    """
    delimiter = "\t" if asked.lower() in ("tab", "\\t") else asked
    if len(delimiter) != 1 or delimiter in '"\n\r\0':
        raise DataError(f"--delimiter: expected one character such as ';', or 'tab', got {asked!r}")
    return delimiter


def name_of(delimiter: str) -> str:
    """How a delimiter is called in messages."""
    return NAMES.get(delimiter, repr(delimiter))


def without_lines(text: str, count: int) -> str:
    """The text from behind its first lines on."""
    for _ in range(count):
        text = text.partition("\n")[2]
    return text


def _found_delimiter(head: str, cut: bool, own: str) -> str:
    """The extension's own if it gives records of one length; else the one that does best, if it does well."""
    scores = {delimiter: _consistency(head, cut, delimiter) for delimiter in (own, *DELIMITERS)}
    if scores[own] == 1:
        return own
    best = max(scores, key=lambda delimiter: scores[delimiter])
    return best if scores[best] >= 0.9 and scores[best] > scores[own] + 0.05 else own


def _consistency(head: str, cut: bool, delimiter: str) -> float:
    """Share of the records that are as long as the first, if that has at least two fields; else 0."""
    best = 0.0
    for quoting in (True, False):
        records = head_records(head, cut, Dialect(delimiter, quoting))
        if not records or len(records[0]) < 2:
            continue
        lengths = Counter(map(len, records))
        best = max(best, lengths[len(records[0])] / len(records) - (0 if quoting else 0.01))
    return best


def head_records(head: str, cut: bool, dialect: Dialect) -> list[list[str]]:
    """The first records that aren't blank, without one that is cut off; empty where quotes don't quote."""
    records: list[list[str]] = []
    try:
        with any_field_length():
            for record in dialect.reader(io.StringIO(head, newline="")):
                if record:
                    records.append(record)
                if len(records) > _HEAD_RECORDS:
                    break
    except csv.Error:
        if not cut or len(records) < 2:
            return []
    return records[:-1] if cut and len(records) > 1 else records


def _with_blanks(dialect: Dialect, head: str) -> Dialect:
    """`text, label` in a header: a blank follows each delimiter."""
    first = without_lines(head, dialect.lines_before).split("\n", 1)[0]
    fields = first.split(dialect.delimiter)[1:]
    blanks = dialect.delimiter != " " and bool(fields) and all(field.startswith(" ") for field in fields)
    return Dialect(dialect.delimiter, blank_after=blanks, lines_before=dialect.lines_before)
