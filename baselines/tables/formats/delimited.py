"""Delimited text as a table: its dialect and its header are found, and each mistake is named with its row.

Rows are numbered as a spreadsheet numbers them: the header is row 1, a record that goes over several lines is one row,
blank lines count.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from baselines.errors import DataError
from baselines.inputs.counted import repeated
from baselines.tables.encodings import encoding_of, undecodable
from baselines.tables.formats.dialects import Dialect, any_field_length, dialect_of, without_lines
from baselines.tables.formats.headers import header_doubt
from baselines.tables.reading import Reading
from baselines.tables.table import Table

_ESCAPED = "surrogateescape"
# Labels as 0 and 1, a column a class, and room: each column is looked at several times.
MOST_COLUMNS = 20_000
# Characters that are looked at at once.
_BLOCK = 1 << 20
# Fields of at most so many characters, and at most so many different ones, are kept once.
_SHORT, _MOST_KNOWN = 40, 100_000


@dataclass(frozen=True)
class _Records:
    """The records of a file that aren't blank, with the number of each, and whether one goes over several lines."""

    fields: list[list[str]]
    rows: list[int]
    dialect: Dialect
    over_lines: bool = False


def read_delimited(content: bytes, path: Path, reading: Reading, own: str = ",") -> Table:
    """A table of CSV, TSV and the like.

    Args:
        content: of the whole file.
        path: for messages.
        reading: what the user says of the file.
        own: the delimiter that the extension stands for.

    Raises:
        DataError: undecodable bytes, quotes or records that don't fit, a header that names a column twice.
    """
    name, note = encoding_of(content, path, reading, whole=True)
    try:
        text = content.decode(name)
    except UnicodeDecodeError as error:
        raise _with_place(content, error, path, name, own, reading) from None
    del content
    return delimited_table(text.removeprefix("\ufeff"), path, reading, own, (note,))


def delimited_table(text: str, path: Path, reading: Reading, own: str, notes: tuple[str, ...] = ()) -> Table:
    """The table of a text that is decoded already; `notes` are what was found so far."""
    dialect, said = dialect_of(text, path, own, reading)
    records, quotes = _records(without_lines(text, dialect.lines_before), path, dialect)
    notes = tuple(note for note in (*notes, said, quotes) if note)
    if not records.fields:
        return Table(path, {}, [], notes)
    if reading.header is False:
        names = [str(i + 1) for i in range(len(records.fields[0]))]
        return _table(path, names, records, notes, has_header=False)
    if records.rows[0] != 1:
        raise DataError(f"{path}: row 1 is blank; expected the names of the columns")
    below = _Records(records.fields[1:], records.rows[1:], dialect)
    table = _table(path, header_names(path, records.fields[0]), below, notes)
    if reading.header is None:
        table = replace(table, header_doubt=header_doubt(path, records.fields[0], below.fields))
    return table


def _table(
    path: Path, names: list[str], records: _Records, notes: tuple[str, ...], *, has_header: bool = True
) -> Table:
    _check_lengths(path, names, records, has_header)
    columns = {name: [record[i] for record in records.fields] for i, name in enumerate(names)}
    for name in [name for i, name in enumerate(names) if name == "" or (name == str(i + 1) and has_header)]:
        if not any(columns[name]) and len(columns) > 1:  # a spreadsheet's columns beyond the last one used
            del columns[name]
    return Table(path, columns, records.rows, notes, has_header)


def _records(text: str, path: Path, dialect: Dialect) -> tuple[_Records, str]:
    """The records, by the rules of quoting if they hold; else without them, if that fits; and what to say of it."""
    try:
        quoted = _parsed(text, dialect)
    except _Unquotable as error:
        return _otherwise(text, path, dialect, error)
    ragged = len(set(map(len, quoted.fields))) > 1
    if '"' in text and (quoted.over_lines or ragged):
        plain = _parsed(text, replace(dialect, quoting=False))
        if _is_even(plain) and not _mostly_quoted(plain) and (ragged or _swallows(quoted, plain)):
            return plain, f"{path.name}: its double quotes enclose nothing: they are read as characters"
    return quoted, ""


class _Unquotable(Exception):
    """Quotes that break the rules: the line, and what the csv module says of it."""

    def __init__(self, line: int, said: str) -> None:
        super().__init__(said)
        self.line = line


def _parsed(text: str, dialect: Dialect) -> _Records:
    fields: list[list[str]] = []
    rows: list[int] = []
    reader = dialect.reader(_lines(text))
    begun, number, known = 1, 0, dict[str, str]()
    with any_field_length():
        try:
            for number, record in enumerate(reader, 1):
                begun = reader.line_num + 1
                if record:  # a blank line is no record
                    fields.append([_shared(field, known) for field in record])
                    rows.append(number)
        except csv.Error as error:
            unclosed = "unexpected end" in str(error)
            raise _Unquotable(begun if unclosed else reader.line_num, _explained(str(error))) from None
    return _Records(fields, rows, dialect, over_lines=reader.line_num > number)


def _lines(text: str) -> Iterator[str]:
    """The lines of a text with their ends, block by block: a stream over all of it would take four times its memory."""
    start = 0
    while start < len(text):
        end = text.find("\n", start + _BLOCK) + 1 or len(text)
        yield from io.StringIO(text[start:end], newline="")
        start = end


def _shared(field: str, known: dict[str, str]) -> str:
    """One string for all fields that are equal, where it is short: a million texts have few different labels."""
    if len(field) > _SHORT:
        return field
    return known.setdefault(field, field) if len(known) < _MOST_KNOWN else known.get(field, field)


def _explained(said: str) -> str:
    return "a double quote is opened and never closed" if "unexpected end" in said else said


def _otherwise(text: str, path: Path, dialect: Dialect, error: _Unquotable) -> tuple[_Records, str]:
    line = error.line + dialect.lines_before
    if '\\"' in text:
        try:
            escaped = _parsed(text, replace(dialect, backslash=True))
            if _is_even(escaped):
                return escaped, f'{path.name}: quotes inside quotes are written as \\" in it, and read so'
        except _Unquotable:
            pass
    plain = _parsed(text, replace(dialect, quoting=False))
    if _is_even(plain) and not _mostly_quoted(plain):
        return plain, f"{path.name}: its double quotes enclose nothing (line {line}): they are read as characters"
    raise DataError(
        f"{path}: line {line}: {error}; check the double quotes around it: a field that holds one goes between double "
        "quotes, with the one inside doubled"
    )


def _is_even(records: _Records) -> bool:
    """Whether all records have as many fields, and at least two."""
    return len({len(record) for record in records.fields}) == 1 and len(records.fields[0]) > 1


def _mostly_quoted(records: _Records) -> bool:
    """Whether fields between quotes are the rule, so that one that isn't is a mistake."""
    with_quotes = [field for record in records.fields for field in record if '"' in field]
    enclosed = sum(len(field) > 1 and field[0] == field[-1] == '"' for field in with_quotes)
    return enclosed > len(with_quotes) / 2


def _swallows(quoted: _Records, plain: _Records) -> bool:
    """Whether quotes that fit by chance made one record of several, each line of which is a whole one without them.

    That is so where the lines swallowed begin or end with a label that other records have too.
    """
    if len(plain.fields[0]) != len(quoted.fields[0]):
        return False
    swallowed = len(plain.fields) - len(quoted.fields)
    for end in (0, -1):
        common = Counter(record[end] for record in quoted.fields if len(record[end]) < 40 and "\n" not in record[end])
        labels = {label for label, count in common.items() if label.strip() and count >= 3}
        seen, joined = (sum(record[end] in labels for record in found.fields) for found in (plain, quoted))
        if labels and seen >= joined + swallowed:
            return True
    return False


def header_names(path: Path, names: list[str]) -> list[str]:
    """Names without the blanks around them; a second one without a name is called by its number."""
    if not any(name.strip() for name in names):
        raise DataError(f"{path}: row 1 is blank; expected the names of the columns")
    if len(names) > MOST_COLUMNS:
        raise DataError(
            f"{path}: row 1 has {len(names):,} columns, at most {MOST_COLUMNS:,} are allowed; leave out those that "
            "hold neither texts nor labels"
        )
    names = [name.strip() for name in names]
    # The first column of all may stay without one: it is the index of pandas.
    names = [str(i + 1) if i and not name else name for i, name in enumerate(names)]
    if twice := repeated(names):
        raise DataError(f"{path}: row 1: column {twice[0]!r} occurs twice; every column needs a name of its own")
    return names


def _check_lengths(path: Path, names: list[str], records: _Records, has_header: bool) -> None:
    width = len(names)
    for record, row in zip(records.fields, records.rows, strict=True):
        if len(record) > width and not any(field.strip() for field in record[width:]):
            del record[width:]  # delimiters without end, as spreadsheets write them
        if len(record) != width:
            above = "header" if has_header else "first row"
            raise DataError(
                f"{path}: row {row} has {len(record)} fields, the {above} has {width}; "
                "put fields that hold the separator, quotes or line ends between double quotes, or give --delimiter"
            )


def _with_place(
    content: bytes, error: UnicodeDecodeError, path: Path, name: str, own: str, reading: Reading
) -> DataError:
    """The undecodable byte with its row and column, where the rest of the file can be read."""
    place = ""
    try:
        text = content.decode(name, _ESCAPED).removeprefix("\ufeff")
        table = delimited_table(text, path, replace(reading, header=reading.header), own)
    except (DataError, UnicodeError):
        return undecodable(content, error, path, name)
    for i, row in enumerate(table.rows):
        broken = [column for column, cells in table.columns.items() if _holds_escape(cells[i])]
        if broken:
            place = f"row {row}, column {broken[0]!r}"
            break
    return undecodable(content, error, path, name, place)


def _holds_escape(field: str) -> bool:
    return not field.isascii() and any("\udc80" <= character <= "\udcff" for character in field)
