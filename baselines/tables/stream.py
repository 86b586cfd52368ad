"""Records of a text file one after the other, as they come: for files of any size, and for pipes that stay open.

What can't be read is a `BadRow` in its place, and the records after it go on. Memory holds what is there and not read
yet: one block of bytes, and of a record that spans lines the lines so far.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Literal

from baselines.errors import DataError
from baselines.tables.encodings import encoding_of
from baselines.tables.formats.delimited import header_names
from baselines.tables.formats.headers import header_doubt
from baselines.tables.formats.json_values import JsonReader
from baselines.tables.reading import AS_FOUND, Reading
from baselines.tables.stream_csv import CsvRecords, Record, stream_dialect

Kind = Literal["delimited", "jsonl", "txt", "lines"]
# What the encoding is found by, and what is read at once after it; of a pipe less, as much as is there.
HEAD_BYTES, BLOCK_BYTES = 1 << 20, 1 << 16
# A longer line is no text: without an end to it, memory would be spent on it.
MAX_LINE = 64_000_000
_TOO_LONG = "\udc00"
_UNREADABLE = "tagpress.unreadable"
_MARK = re.compile("[\udc00-\udcff]")


@dataclass(frozen=True)
class Heading:
    """The columns that all records of a table have; `doubt` where their names look like a record."""

    columns: tuple[str, ...]
    doubt: str = ""


@dataclass(frozen=True)
class Row:
    """One record.

    Attributes:
        number: in the file, as an editor or a spreadsheet numbers it; the header is row 1.
        values: by the name of the column; of a line that is a text, `text`.
        blank: whether it is a line with nothing in it.
        heading: of the table that it stands in; None where each record has columns of its own.
    """

    number: int
    values: Mapping[str, Any] = field(default_factory=dict)
    blank: bool = False
    heading: Heading | None = None


@dataclass(frozen=True)
class BadRow:
    """A record that can't be read; `error` says what is wrong with it."""

    number: int
    error: str


@dataclass(frozen=True)
class _Line:
    """One line without its end; `error` where it can't be read."""

    text: str
    error: str = ""


def stream_batches(
    source: BinaryIO,
    path: Path,
    kind: Kind,
    reading: Reading = AS_FOUND,
    say: Callable[[str], None] = lambda note: None,
) -> Iterator[list[Row | BadRow]]:
    """The records of a stream, as many at once as are there: nothing waits for a line that hasn't come yet.

    Args:
        source: bytes, unpacked; a pipe may stay open.
        path: of the stream, for messages and for what its extension says.
        kind: what a record is: the fields of a line, the JSON of a line, the line itself, or with `lines` one of the
            last two, as the first line that isn't blank shows.
        reading: what the user says of its form.
        say: takes what was found and decided while reading, as sentences.

    Raises:
        DataError: an encoding that there isn't, or columns whose names can't be used.
    """
    lines = _lines(source, path, reading, say)
    if kind == "delimited":
        yield from _delimited(lines, path, reading, say)
        return
    number = 0
    make = {"jsonl": _json_row, "txt": _text_row}.get(kind)
    for batch in lines:
        if make is None and (first := next((line.text for line in batch if line.text.strip()), "")):
            make = _json_row if _is_json(first) else _text_row
            if make is _text_row:
                say(f"{path}: read as plain texts, one a line; --input jsonl says otherwise")
        yield [(make or _text_row)(number + place, line) for place, line in enumerate(batch, 1)]
        number += len(batch)


def stream_rows(source: BinaryIO, path: Path, kind: Kind, reading: Reading = AS_FOUND) -> Iterator[Row | BadRow]:
    """`stream_batches`, one record after the other."""
    for batch in stream_batches(source, path, kind, reading):
        yield from batch


def _is_json(line: str) -> bool:
    """Whether a line is meant as JSON: an object, whole or not, or a string."""
    try:
        return line.lstrip().startswith("{") or isinstance(json.loads(line), str)
    except (ValueError, RecursionError):
        return False


def _text_row(number: int, line: _Line) -> Row | BadRow:
    if line.error:
        return BadRow(number, line.error)
    return Row(number, {"text": line.text}, blank=not line.text)


def _json_row(number: int, line: _Line) -> Row | BadRow:
    if line.error:
        return BadRow(number, line.error)
    if not line.text.strip():
        return Row(number, blank=True)
    try:
        content = JsonReader().read(line.text)
    except (ValueError, RecursionError) as error:
        return BadRow(number, f"not valid JSON ({error})")
    # A number of thousands of digits is kept as its digits.
    if isinstance(content, str) and line.text.lstrip().startswith('"'):
        return Row(number, {"text": content})
    if not isinstance(content, dict):
        return BadRow(number, f'expected {{"text": "..."}} or a string, got {line.text.strip()[:60]}')
    return Row(number, content)


def _delimited(
    lines: Iterator[list[_Line]], path: Path, reading: Reading, say: Callable[[str], None]
) -> Iterator[list[Row | BadRow]]:
    first = next(lines, None)
    if first is None:
        return
    dialect, note = stream_dialect("".join(f"{line.text}\n" for line in first), path, reading)
    if note:
        say(note)
    records, heading = CsvRecords(dialect), None
    for batch in chain([first[dialect.lines_before :]], lines, [None]):
        for line in batch or ():
            records.add(line.text, line.error)
        found = records.complete(final=batch is None)
        if heading is None and (first_one := next((own for own in found if own.fields or own.error), None)):
            heading = _heading(first_one, found, path, reading)
            found = found[int(reading.header is not False) :]
        if found and heading is not None:
            yield [_csv_row(record, heading) for record in found]


def _heading(first: Record, found: Sequence[Record], path: Path, reading: Reading) -> Heading:
    """The names of the columns: the first record's, or without a header their numbers."""
    if first.error:
        raise DataError(f"{path}: row {first.number}: {first.error}")
    if reading.header is False:
        return Heading(tuple(str(i + 1) for i in range(len(first.fields))))
    if first.number > 1:
        raise DataError(f"{path}: row 1 is blank; expected the names of the columns")
    below = [own.fields for own in found[1:] if len(own.fields) == len(first.fields)]
    doubt = header_doubt(path, first.fields, below) if reading.header is None else ""
    return Heading(tuple(header_names(path, list(first.fields))), doubt)


def _csv_row(record: Record, heading: Heading) -> Row | BadRow:
    if record.error:
        return BadRow(record.number, record.error)
    return Row(record.number, dict(zip(heading.columns, record.fields, strict=False)), not record.fields, heading)


def _lines(source: BinaryIO, path: Path, reading: Reading, say: Callable[[str], None]) -> Iterator[list[_Line]]:
    """Whole lines, as many at once as are there, the last one with or without its end."""
    read = getattr(source, "read1", source.read)
    block = read(HEAD_BYTES)
    encoding, note = _encoding(block, path, reading)
    if note:
        say(note)
    decoder = _decoder(encoding)
    text = decoder.decode(block, not block).removeprefix("\ufeff")
    # Files of old Macs end their lines so; where any line ends with "\n", "\r" alone is part of a text.
    end = "\r" if "\r" in text[:-1] and "\n" not in text else "\n"
    waiting: list[str] = []
    length = 0
    while block:
        *whole, rest = text.split(end)
        if whole:
            whole[0] = "".join([*waiting, whole[0]]) if length <= MAX_LINE else _TOO_LONG
            yield [_checked(line.removesuffix("\r"), encoding) for line in whole]
            waiting, length = [], 0
        length += len(rest)
        waiting = [*waiting, rest] if length <= MAX_LINE else []
        block = read(BLOCK_BYTES)
        text = decoder.decode(block, not block)
    last = "".join([*waiting, text]) if length <= MAX_LINE else _TOO_LONG
    if last:
        yield [_checked(last.removesuffix("\r"), encoding)]


def _encoding(head: bytes, path: Path, reading: Reading) -> tuple[str, str]:
    """What is asked for, or found; a few bad lines among good ones of UTF-8 don't make it another encoding."""
    good = bad = 0
    if reading.encoding is None and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and 0 not in head:
        for line in head.split(b"\n")[:-1]:
            if not line.isascii():
                decodable = _is_utf8(line)
                good, bad = good + decodable, bad + (not decodable)
    return ("utf-8", "") if good >= bad > 0 else encoding_of(head, path, reading)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _checked(line: str, encoding: str) -> _Line:
    if line is _TOO_LONG:
        return _Line("", f"a line of more than {MAX_LINE:,} characters; no text is that long")
    if line.isascii() or not (mark := _MARK.search(line)):
        return _Line(line)
    return _Line(
        "",
        f"byte 0x{ord(mark[0]) - 0xDC00:02x} at character {mark.start() + 1} is no {encoding}; give the file's own "
        "encoding by --encoding, such as cp1252, or mend the line",
    )


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    """Decodes piece by piece, and marks each byte that it can't by a character that no file can hold."""
    codecs.register_error(_UNREADABLE, _marked)
    return codecs.getincrementaldecoder(encoding)(_UNREADABLE)


def _marked(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end
