"""CSV, JSON Lines and plain lines in blocks of a mebibyte; what isn't plain UTF-8 of one shape is `Unusual`."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from baselines.errors import DataError, MissingExtra
from baselines.tables.encodings import encoding_of
from baselines.tables.formats.delimited import header_names
from baselines.tables.formats.dialects import Dialect, any_field_length
from baselines.tables.opened import open_bytes
from baselines.tables.stream import HEAD_BYTES, MAX_LINE, Kind
from baselines.tables.stream_csv import MAX_RECORD, stream_dialect
from exports.answering.many.batch import Batch, Unusual
from exports.answering.questions import SURROGATE, Source, usual_among

# In a JSON text half of a character beyond U+FFFF can only stand as an escape.
_HALF = re.compile(r"\\u[dD]")
_PLAIN = {"utf-8", "utf-8-sig"}
# Texts, ids, and how many lines at the end belong to a record that goes on.
_Found = tuple[list[str], list[Any], int]
_Taken = Callable[[list[str], bool], _Found]


def blocks_of(source: Source, path: Path, kind: Kind) -> Iterator[Batch]:
    """Batches of one file, of records of one kind; see `baselines.tables.stream`."""
    size = max(1, path.stat().st_size)
    with open_bytes(path) as stream:
        pieces = _pieces(stream, source, path)
        first = next(pieces, [])
        take = _taken_by(kind, source, path, first)
        # A header is record 1.
        number = 2 if kind == "delimited" and source.reading.header is not False else 1
        waiting: list[str] = []
        for lines in _and_last(first, pieces):
            final = lines is None
            texts, ids, left = take(waiting + (lines or []), final)
            waiting = (waiting + (lines or []))[-left:] if left else []
            if texts:
                yield Batch(range(number, number + len(texts)), texts, ids, read=min(1.0, stream.tell() / size))
            number += len(texts)


def _and_last(first: list[str], pieces: Iterator[list[str]]) -> Iterator[list[str] | None]:
    yield first
    yield from pieces
    yield None


def _pieces(stream: BinaryIO, source: Source, path: Path) -> Iterator[list[str]]:
    """Whole lines without their ends, block by block."""
    rest, begun, given = b"", False, False
    while block := stream.read(HEAD_BYTES):
        if not begun:
            _check_encoding(block, source, path)
        cut = block.rfind(b"\n") + 1
        if (not cut and not begun and b"\r" in block) or len(rest) > MAX_LINE:
            raise Unusual
        if cut:
            yield _lines(rest + block[:cut], given)
            given = True
        rest, begun = (block[cut:] if cut else rest + block), True
    if rest:
        yield _lines(rest, given)


def _lines(block: bytes, given: bool) -> list[str]:
    """The lines of a block; `given` says whether it isn't the first one."""
    try:
        text = block.decode("utf-8")
    except UnicodeDecodeError:
        raise Unusual from None
    if not given:
        text = text.removeprefix("\ufeff")
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return [line.removesuffix("\r") for line in lines] if "\r" in text else lines


def _check_encoding(head: bytes, source: Source, path: Path) -> None:
    whole = head[: head.rfind(b"\n") + 1] or head
    try:
        whole.decode("utf-8")
        encoding, note = encoding_of(head, path, source.reading)
    except (UnicodeDecodeError, DataError, MissingExtra):
        raise Unusual from None
    if encoding not in _PLAIN or note:
        raise Unusual


def _taken_by(kind: Kind, source: Source, path: Path, first: list[str]) -> _Taken:
    if kind == "delimited":
        return _delimited(source, path, first)
    if kind == "jsonl":
        return _json_lines(source)
    if source.id_column or source.text_columns not in ((), ("text",)):
        raise Unusual
    return lambda lines, final: (lines, [], 0)


def _delimited(source: Source, path: Path, first: list[str]) -> _Taken:
    dialect, note = stream_dialect("".join(f"{line}\n" for line in first), path, source.reading)
    if not first or not first[0] or dialect.lines_before:
        raise Unusual
    header, ended = next(_records(dialect, first), ([], 0))
    if not ended or not header:
        raise Unusual
    if source.reading.header is False:
        names = [str(place + 1) for place in range(len(header))]
    else:
        names = header_names(path, list(header))
    wanted = source.text_columns or usual_among(tuple(names), source.id_column)
    if not wanted or not {*wanted, *([source.id_column] if source.id_column else [])} <= set(names):
        raise Unusual
    if note:
        source.say(note)
    places = [names.index(name) for name in wanted]
    place_of_id = names.index(source.id_column) if source.id_column else None
    skipped = source.reading.header is False

    def take(lines: list[str], final: bool) -> _Found:
        nonlocal skipped
        rows, left = _rows(dialect, lines, len(names), final)
        if not skipped:
            rows, skipped = rows[1:], True
        return _texts_of(rows, places), [] if place_of_id is None else _ids_of(rows, place_of_id), left

    return take


def _texts_of(rows: list[list[str]], places: list[int]) -> list[str]:
    if len(places) == 1:
        (only,) = places
        return [row[only] if row else "" for row in rows]
    return [" ".join(row[place] for place in places if row[place]) if row else "" for row in rows]


def _ids_of(rows: list[list[str]], place: int) -> list[str | None]:
    return [row[place] if row else None for row in rows]


def _rows(dialect: Dialect, lines: list[str], width: int, final: bool) -> tuple[list[list[str]], int]:
    """Records of one width, and how many lines belong to one that isn't closed yet."""
    rows, ended = [], 0
    with any_field_length():
        for row, end in _records(dialect, lines):
            rows.append(row)
            ended = end
    if any(len(row) != width and row for row in rows):
        raise Unusual
    left = len(lines) - ended
    if left and (final or sum(map(len, lines[ended:])) > MAX_RECORD):
        raise Unusual
    return rows, left


def _records(dialect: Dialect, lines: list[str]) -> Iterator[tuple[list[str], int]]:
    """Each record with the number of lines up to its end; ends before one that isn't closed."""
    reader = dialect.reader(f"{line}\n" for line in lines)
    try:
        for row in reader:
            yield row, reader.line_num
    except csv.Error as error:
        if "unexpected end" not in str(error):
            raise Unusual from None


def _json_lines(source: Source) -> _Taken:
    # As in baselines.tables.formats.json_tables; what is named twice has its last value there, too.
    decode = json.JSONDecoder(parse_constant=lambda word: None if word == "NaN" else word).decode

    def take(lines: list[str], final: bool) -> _Found:
        texts: list[str] = []
        ids: list[Any] = []
        try:
            for line in lines:
                record = decode(line) if line and not line.isspace() else None
                texts.append("" if record is None else _text_of(record, source))
                if source.id_column:
                    ids.append(None if record is None else record.get(source.id_column))
        except (ValueError, RecursionError):
            raise Unusual from None
        if any(map(_HALF.search, lines)):
            texts = [SURROGATE.sub("\ufffd", text) for text in texts]
            ids = [SURROGATE.sub("\ufffd", own) if isinstance(own, str) else own for own in ids]
        return texts, ids, 0

    return take


def _text_of(record: Any, source: Source) -> str:
    if type(record) is not dict:
        raise Unusual
    names = source.text_columns or usual_among(tuple(record), source.id_column)
    values = [value for name in names if isinstance(value := record.get(name), str)]
    if not values or len(values) < len(names):
        raise Unusual
    return values[0] if len(values) == 1 else " ".join(value for value in values if value)
