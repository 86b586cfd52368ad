"""Records of a text file one after the other, as they come: for files of any size, and for pipes that stay open.

What can't be read is a `BadRow` in its place, and the records after it go on. Memory holds what is there and not read
yet: one block of bytes, and of a record that spans lines the lines so far.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal

from baselines.errors import DataError
from baselines.tables.encodings import encoding_of
from baselines.tables.reading import Reading
from baselines.tables.stream_csv import CsvRecords

Kind = Literal["delimited", "jsonl", "txt"]
BLOCK_BYTES = 1 << 16
# A longer line is no text: without an end to it, memory would be spent on it.
MAX_LINE = 64_000_000
_UNREADABLE = "tagpress.unreadable"
_MARK = re.compile("[\udc00-\udcff]")


@dataclass(frozen=True)
class Row:
    """One record.

    Attributes:
        number: in the file, as an editor or a spreadsheet numbers it; the header is row 1.
        values: by the name of the column; of a line that is a text, `text`.
        blank: whether it is a line with nothing in it.
    """

    number: int
    values: Mapping[str, Any] = field(default_factory=dict)
    blank: bool = False


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
    name: str,
    kind: Kind,
    reading: Reading = Reading(),
    say: Callable[[str], None] = lambda note: None,
) -> Iterator[list[Row | BadRow]]:
    """The records of a stream, as many at once as are there: nothing waits for a line that hasn't come yet.

    Args:
        source: bytes, unpacked; a pipe may stay open.
        name: of the stream, for messages.
        kind: what a record is: the fields of a line, the JSON of a line, or the line itself.
        reading: what the user says of its form.
        say: takes what was found and decided while reading, as sentences.

    Raises:
        DataError: a stream without any record, a header that names no columns, or an option that can't be.
    """
    lines = _lines(source, name, reading, say)
    if kind == "delimited":
        yield from _delimited(lines, name, reading, say)
        return
    number = 0
    make = _json_row if kind == "jsonl" else _text_row
    for batch in lines:
        yield [make(number + place, line) for place, line in enumerate(batch, 1)]
        number += len(batch)


def stream_rows(source: BinaryIO, name: str, kind: Kind, reading: Reading = Reading()) -> Iterator[Row | BadRow]:
    """`stream_batches`, one record after the other."""
    for batch in stream_batches(source, name, kind, reading):
        yield from batch


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
        content = json.loads(line.text)
    except (ValueError, RecursionError) as error:
        return BadRow(number, f"not valid JSON ({error})")
    if isinstance(content, str):
        return Row(number, {"text": content})
    if not isinstance(content, dict):
        return BadRow(number, f'expected {{"text": "..."}} or a string, got {line.text.strip()[:60]}')
    return Row(number, content)


def _delimited(
    lines: Iterator[list[_Line]], name: str, reading: Reading, say: Callable[[str], None]
) -> Iterator[list[Row | BadRow]]:
    records = CsvRecords(name, reading, say)
    for batch in lines:
        for line in batch:
            records.add(line.text, line.error)
        if found := [_csv_row(*record) for record in records.complete()]:
            yield found
    if found := [_csv_row(*record) for record in records.complete(final=True)]:
        yield found


def _csv_row(number: int, values: Mapping[str, str] | None, error: str) -> Row | BadRow:
    if error:
        return BadRow(number, error)
    return Row(number, values or {}, blank=values is None)


def _lines(
    source: BinaryIO, name: str, reading: Reading, say: Callable[[str], None]
) -> Iterator[list[_Line]]:
    """Whole lines, as many at once as are there, the last one with or without its end."""
    read = getattr(source, "read1", source.read)
    head = read(BLOCK_BYTES)
    encoding, note = encoding_of(head, name, reading)
    if note:
        say(note)
    decoder = _decoder(encoding, name)
    # Files of old Macs end their lines otherwise; where any line ends with "\n", "\r" alone is part of a text.
    text = decoder.decode(head, not head).removeprefix("\ufeff")
    end = "\r" if "\r" in text[:-1] and "\n" not in text else "\n"
    waiting: list[str] = []
    length = 0
    while True:
        *whole, rest = text.split(end)
        if whole:
            whole[0] = "".join([*waiting, whole[0]])
            yield [_checked(line.removesuffix("\r"), encoding) for line in whole]
            waiting, length = [], 0
        waiting.append(rest if length <= MAX_LINE else "")
        length += len(rest)
        if not head:
            break
        head = read(BLOCK_BYTES)
        text = decoder.decode(head, not head)
    if last := "".join(waiting):
        yield [_checked(last.removesuffix("\r"), encoding)]


def _checked(line: str, encoding: str) -> _Line:
    if len(line) > MAX_LINE:
        return _Line("", f"a line of more than {MAX_LINE:,} characters; no text is that long")
    if line.isascii() or not (mark := _MARK.search(line)):
        return _Line(line)
    byte = ord(mark[0]) - 0xDC00
    return _Line(
        "",
        f"byte 0x{byte:02x} at character {mark.start() + 1} isn't {encoding}; give the file's --encoding, such as "
        "cp1252, or mend the line",
    )


def _decoder(encoding: str, name: str) -> codecs.IncrementalDecoder:
    """Decodes piece by piece, and marks each byte that it can't by a character that no file can hold."""
    codecs.register_error(_UNREADABLE, _marked)
    try:
        return codecs.getincrementaldecoder(encoding)(_UNREADABLE)
    except LookupError:
        raise DataError(f"{name}: encoding {encoding!r} unknown; names such as utf-8, utf-16 or cp1252 do") from None


def _marked(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end
