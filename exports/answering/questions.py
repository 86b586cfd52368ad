"""What is to be answered: texts out of records as they come, each with its place and the user's own name for it."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from baselines.errors import DataError
from baselines.labels.usual_columns import usual_texts
from baselines.tables.formats.plain_text import read_plain_text
from baselines.tables.opened import data_name, open_bytes
from baselines.tables.paths import NoSuchPath, follow
from baselines.tables.read_table import read_table
from baselines.tables.reading import Reading
from baselines.tables.stream import BadRow, Heading, Kind, Row, stream_batches
from baselines.tables.table import Table

STDIN = "-"
# Of formats that are read line by line; others are read whole.
KINDS: Mapping[str, Kind] = {
    ".csv": "delimited",
    ".tsv": "delimited",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".txt": "txt",
}
# As `--input` names them.
KINDS_ASKED: Mapping[str, Kind] = {"jsonl": "jsonl", "txt": "txt", "csv": "delimited", "tsv": "delimited"}
# Texts of a file that is read whole are handed on in such pieces.
_PIECE = 256
# What a file's layout is found by.
_HEAD = 1 << 16
# Half of a character beyond U+FFFF: JSON can hold it, UTF-8 can't.
SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Question:
    """One text to answer.

    Attributes:
        text: "" of a blank line.
        row: of its record, as an editor numbers it; None where no file was read.
        id: the user's own name for it; None without one.
    """

    text: str
    row: int | None = None
    id: Any = None


@dataclass(frozen=True)
class Source:
    """Where texts come from.

    Attributes:
        place: of a file, or `-` for stdin.
        kind: of the records; None: by the file's extension, and of stdin by its first line.
        reading: what the user says of its form.
        text_columns: joined by a space; empty: `text`, or `title` and `description`.
        id_column: the user's own names for texts; "" for none.
        say: takes what was found and decided while reading, as sentences.
    """

    place: str
    kind: Kind | None = None
    reading: Reading = field(default_factory=Reading)
    text_columns: tuple[str, ...] = ()
    id_column: str = ""
    say: Callable[[str], None] = lambda note: None


def questions(source: Source) -> Iterator[list[Question | BadRow]]:
    """The texts of a file or of stdin, as many at once as are there.

    Raises:
        DataError: no such file, one that can't be read at all, or a table without the columns that are needed.
        MissingExtra: a format that needs a package that isn't installed.
    """
    path = Path("stdin" if source.place == STDIN else source.place)
    checked = False
    for batch in _rows(source, path):
        first = next((row for row in batch if isinstance(row, Row) and not row.blank), None)
        if first and not checked and first.heading:
            _check_columns(first, first.heading, source, path)
        checked = checked or first is not None
        yield [_question(row, source, path) for row in batch]


def of_texts(texts: Sequence[str]) -> Iterator[list[Question | BadRow]]:
    """Texts without a file."""
    yield [Question(text) for text in texts]


def _rows(source: Source, path: Path) -> Iterator[list[Row | BadRow]]:
    if source.place == STDIN:
        # Nothing can be found out from the first line of a pipe about those that follow.
        reading = replace(source.reading, encoding=source.reading.encoding or "utf-8")
        yield from stream_batches(sys.stdin.buffer, path, source.kind or "lines", reading, source.say)
        return
    kind = source.kind or (streamable(path, source.reading) if path.is_file() else None)
    if kind is None:
        yield from _whole(source, path)
        return
    with open_bytes(path) as stream:
        yield from stream_batches(stream, path, kind, source.reading, source.say)


def streamable(path: Path, reading: Reading) -> Kind | None:
    """What a record of the file is; None where it has to be read whole.

    A text file may hold a table, or labels before its texts, and one of JSON Lines an array.
    """
    kind = KINDS.get(Path(data_name(path)).suffix.lower())
    if kind not in ("txt", "jsonl"):
        return kind
    with open_bytes(path) as stream:
        head = stream.read(_HEAD)
    if kind == "jsonl":
        return None if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[") else kind
    whole_lines = head[: head.rfind(b"\n") + 1] or head
    return kind if set(read_plain_text(whole_lines, path, reading).columns) == {"text"} else None


def _whole(source: Source, path: Path) -> Iterator[list[Row | BadRow]]:
    """The rows of a format that can't be read piece by piece."""
    table = read_table(path, source.reading)
    for note in table.notes:
        source.say(note)
    heading = Heading(tuple(table.columns), table.header_doubt)
    wanted = (*(source.text_columns or usual_among(heading.columns, source.id_column)), source.id_column)
    names = [name for name in heading.columns if any(_begins(name, path) for path in wanted)]
    # The others aren't even read: a file may hold anything beside its texts.
    records = zip(table.rows, *(table.columns[name] for name in names), strict=True)
    rows: Iterator[Row | BadRow] = (
        Row(row, dict(zip(names, values, strict=True)), heading=heading) for row, *values in records
    )
    while piece := list(islice(rows, _PIECE)):
        yield piece


def _begins(name: str, path: str) -> bool:
    """Whether a column is what a path names, or where it begins."""
    return path == name or (path.startswith(name) and path[len(name) :][:1] in (".", "["))


def _check_columns(row: Row, heading: Heading, source: Source, path: Path) -> None:
    """What one record of a table lacks, all lack: that is no mistake of a row."""
    there = f"columns: {', '.join(map(repr, heading.columns))}"
    doubt = f". {heading.doubt}" if heading.doubt else ""
    if not (source.text_columns or usual_among(heading.columns, source.id_column)):
        raise DataError(
            f"{path}: no column 'text' (or 'title' and 'description'); name yours by --text-column; {there}{doubt}"
        )
    for name in (*source.text_columns, source.id_column):
        if name and name not in heading.columns and _value(row.values, name) is None:
            raise DataError(f"{path}: no column {name!r}; {there}{doubt}")


def _question(row: Row | BadRow, source: Source, path: Path) -> Question | BadRow:
    if isinstance(row, BadRow):
        return row
    if row.blank:
        return Question("", row.number)
    try:
        text = text_in(row, source.text_columns, source.id_column)
    except DataError as error:
        return BadRow(row.number, str(error))
    name = _value(row.values, source.id_column) if source.id_column else None
    return Question(text, row.number, SURROGATE.sub("\ufffd", name) if isinstance(name, str) else name)


def text_in(row: Row, columns: Sequence[str], id_column: str = "") -> str:
    """The text of one record: its text columns joined by a space, those without anything left out.

    A number is a text too.

    Raises:
        DataError: no such column, no text in any of them, or a value that is none.
    """
    names = tuple(columns) or usual_among(tuple(row.values), id_column)
    values = [(name, _value(row.values, name)) for name in names]
    for name, value in values:
        if isinstance(value, bool) or not isinstance(value, str | int | float | None):
            raise DataError(f"column {name!r}: expected a text, got {type(value).__name__} {value!r:.60}")
    if not names or all(value is None for _, value in values):
        wanted = " and ".join(map(repr, names)) or "'text' (name it by --text-column)"
        there = ", ".join(map(repr, row.values)) or "none"
        raise DataError(f"no text: expected it in column {wanted}; there are: {there:.200}")
    return SURROGATE.sub("\ufffd", " ".join(str(value) for _, value in values if value is not None and value != ""))


@lru_cache(maxsize=64)
def usual_among(names: tuple[str, ...], id_column: str) -> tuple[str, ...]:
    """The text columns among these, as in training; empty for none."""
    return usual_texts(Table(Path(), dict.fromkeys(names, ()), []), {id_column})


def _value(values: Mapping[str, Any], name: str) -> Any:
    """Of a column, or at a path into nested values; None where there is no such thing."""
    if name in values:
        return values[name]
    try:
        found = follow({own: [value] for own, value in values.items()}, name)
    except NoSuchPath:
        return None
    return found[0] if found else None
