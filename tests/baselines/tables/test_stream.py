"""Streams give a record as soon as it is there; a bad one keeps its place and takes none of the others along."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.errors import DataError
from baselines.tables import stream
from baselines.tables.read_table import read_table
from baselines.tables.reading import AS_FOUND, Reading
from baselines.tables.stream import BadRow, Kind, Row, stream_batches, stream_rows

# A carriage return or a line end alone is a line's end in some files and a character in others.
FIELDS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\0"), max_size=12)


def rows_of(content: bytes, kind: Kind, name: str = "x.csv", reading: Reading = AS_FOUND) -> list[Row | BadRow]:
    return list(stream_rows(io.BytesIO(content), Path(name), kind, reading))


def seen(rows: list[Row | BadRow]) -> list[tuple[int, object]]:
    return [(row.number, "bad" if isinstance(row, BadRow) else row.values.get("text")) for row in rows]


def test_records_of_several_lines_are_one_row() -> None:
    content = b'text,id\na,1\n"two\nlines",2\n"a ""quote""",3\n'
    assert seen(rows_of(content, "delimited")) == [(2, "a"), (3, "two\nlines"), (4, 'a "quote"')]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("only one", "1 fields, but 2 columns"),
        ("a,b,c", "3 fields, but 2 columns"),
        ('"x"y,2', "',' expected after '\"'"),
        ('"never closed,2', "opened and not closed"),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_bad_record_is_named_and_the_others_go_on(bad: str, why: str, place: int) -> None:
    good = ['"first, with comma",1', '"second, too",2', '"third, as well",3']
    lines = ["text,id", *good[:place], bad, *good[place:]]
    rows = rows_of("\n".join(lines).encode(), "delimited")
    assert [row.number for row in rows] == [2, 3, 4, 5]
    wrong = [row for row in rows if isinstance(row, BadRow)]
    assert [row.number for row in wrong] == [place + 2]
    assert why in wrong[0].error
    assert [row.values["id"] for row in rows if isinstance(row, Row)] == ["1", "2", "3"]


def test_a_record_of_several_lines_with_a_field_too_many_is_one_bad_row() -> None:
    content = b'text,id\n"two\nlines of it",1,2\n"b, c",3\n'
    assert seen(rows_of(content, "delimited")) == [(2, "bad"), (3, "b, c")]


def test_blank_lines_keep_their_place() -> None:
    assert [(r.number, r.blank) for r in rows_of(b"text,id\na,1\n\nb,2\n", "delimited") if isinstance(r, Row)] == [
        (2, False), (3, True), (4, False),
    ]  # fmt: skip
    for kind, lines in (("txt", b"a\n\nb"), ("jsonl", b'"a"\n  \n"b"')):
        rows = rows_of(lines, kind)  # type: ignore[arg-type]
        assert [(r.number, r.blank) for r in rows if isinstance(r, Row)] == [(1, False), (2, True), (3, False)]


@pytest.mark.parametrize("bad", ["{", "[1]", "3", "null", '{"text": "a"', "\ud83d", '{"a": ' * 2000, "1" * 5000])
def test_a_bad_line_of_json_keeps_its_place(bad: str) -> None:
    content = b"\n".join([b'{"text": "a"}', bad.encode("utf-8", "surrogatepass"), b'"b"'])
    assert seen(rows_of(content, "jsonl")) == [(1, "a"), (2, "bad"), (3, "b")]


@pytest.mark.parametrize("kind", ["delimited", "jsonl", "txt"])
def test_undecodable_bytes_are_named_with_their_line(kind: Kind) -> None:
    lines = {
        "delimited": [b"text", "é".encode(), b"caf\xe9 \xff", b"b"],
        "jsonl": ['{"text": "é"}'.encode(), b'{"text": "caf\xe9 \xff"}', b'{"text": "b"}'],
        "txt": ["é".encode(), b"caf\xe9 \xff", b"b"],
    }[kind]
    rows = rows_of(b"\n".join(lines), kind)
    first = len(lines) - 2
    assert seen(rows) == [(first, "é"), (first + 1, "bad"), (first + 2, "b")]
    assert isinstance(rows[1], BadRow)
    assert "byte 0xe9 at character" in rows[1].error
    assert "--encoding" in rows[1].error


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
@pytest.mark.parametrize("piece", [1, 3, 1000])
def test_every_encoding_is_read_piece_by_piece(encoding: str, piece: int) -> None:
    content = "text;id\ncafé über;1\nnaïve œuvre;2\n".encode(encoding)
    # Of one byte nothing can be found out, so the user says it.
    reading = Reading(encoding=encoding, delimiter=";") if piece < 1000 else AS_FOUND
    batches = stream_batches(Pieces(content, piece), Path("x.csv"), "delimited", reading)
    found = [row for batch in batches for row in batch]
    assert seen(found) == [(2, "café über"), (3, "naïve œuvre")]


class Pieces(io.RawIOBase):
    """A pipe that gives a few bytes at once."""

    def __init__(self, content: bytes, size: int) -> None:
        self._rest, self._size = content, size

    def read(self, size: int = -1) -> bytes:
        piece, self._rest = self._rest[: self._size], self._rest[self._size :]
        return piece


def test_a_line_is_there_before_the_next_is_written() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as source, os.fdopen(writing, "wb", buffering=0) as sink:
        sink.write(b'"one"\n')
        batches = stream_batches(source, Path("stdin"), "jsonl")
        assert seen(next(batches)) == [(1, "one")]
        sink.write(b'"two"\n"three"\n')
        assert seen(next(batches)) == [(2, "two"), (3, "three")]
        sink.write(b'"fo')
        sink.write(b'ur"\n')
        assert seen(next(batches)) == [(4, "four")]


@pytest.mark.parametrize(("content", "texts"), [
    (b'{"text": "a"}\n"b"', ["a", "b"]), (b'"a"\nb', ["a", "bad"]), (b'{"text": \n"b"', ["bad", "b"]),
    (b"a\n{b", ["a", "{b"]), (b"\n\na", ["", "", "a"]), (b'"a" he said', ['"a" he said']), (b"3\n4", ["3", "4"]),
])  # fmt: skip
def test_the_first_line_shows_what_lines_are(content: bytes, texts: list[str]) -> None:
    assert [text for _, text in seen(rows_of(content, "lines"))] == texts


def test_old_and_other_line_ends() -> None:
    for end in (b"\n", b"\r\n", b"\r"):
        assert seen(rows_of(end.join([b"a", b"b", b""]), "txt")) == [(1, "a"), (2, "b")]
    assert seen(rows_of("a\u2028b\x85c\nd".encode(), "txt")) == [(1, "a\u2028b\x85c"), (2, "d")]


def test_nothing_is_no_record_and_no_mistake() -> None:
    assert [rows_of(b"", kind) for kind in ("delimited", "jsonl", "txt", "lines")] == [[], [], [], []]  # type: ignore[arg-type]


def test_a_line_without_end_is_a_bad_row_and_takes_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MAX_LINE", 1000)
    monkeypatch.setattr(stream, "HEAD_BYTES", 64)
    monkeypatch.setattr(stream, "BLOCK_BYTES", 64)
    content = b"a\n" + b"x" * 5000 + b"\nb\n" + b"y" * 5000
    assert seen(rows_of(content, "txt")) == [(1, "a"), (2, "bad"), (3, "b"), (4, "bad")]


@pytest.mark.parametrize(
    ("content", "name", "want"),
    [
        (b"sep=;\ntext;id\na;1\n", "x.csv", [(2, "a")]),
        (b"text;id\na, b;1\nc, d;2\n", "x.csv", [(2, "a, b"), (3, "c, d")]),
        (b"text\tid\na\t1\n", "x.tsv", [(2, "a")]),
        (b'text\tid\n"a\t1\nb\t2\n', "x.tsv", [(2, '"a'), (3, "b")]),
        (b"text,id,,\na,1,,\n", "x.csv", [(2, "a")]),
    ],
)
def test_it_is_understood_as_a_file_that_is_read_whole(
    content: bytes, name: str, want: list[tuple[int, str]], tmp_path: Path
) -> None:
    assert seen(rows_of(content, "delimited", name)) == want
    (tmp_path / name).write_bytes(content)
    table = read_table(tmp_path / name)
    assert list(zip(table.rows, table.column("text"), strict=True)) == want


def test_without_a_header_columns_have_numbers() -> None:
    rows = rows_of(b"a,1\nb,2\n", "delimited", reading=Reading(header=False))
    assert [row.values for row in rows if isinstance(row, Row)] == [{"1": "a", "2": "1"}, {"1": "b", "2": "2"}]


def test_without_a_header_blank_lines_come_first_too() -> None:
    rows = rows_of(b"\na,1\n", "delimited", reading=Reading(header=False))
    assert [(row.number, row.blank, row.values) for row in rows if isinstance(row, Row)] == [
        (1, True, {}), (2, False, {"1": "a", "2": "1"}),
    ]  # fmt: skip


@pytest.mark.parametrize("content", [b"text,text\na,b\n", b"\ntext\na\n", b"te\xffxt,\xc3\xa9\n\xc3\xa9,b\n"])
def test_a_header_that_names_nothing_stops(content: bytes) -> None:
    with pytest.raises(DataError, match=r"x\.csv: row 1"):
        rows_of(content, "delimited")


@given(st.lists(st.tuples(FIELDS, FIELDS), min_size=1, max_size=8), st.integers(1, 40))
def test_what_csv_writes_is_read_whatever_the_pieces(records: list[tuple[str, str]], piece: int) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([("text", "id"), *records])
    reading = Reading(encoding="utf-8", delimiter=",", header=True)
    batches = stream_batches(pieces(file.getvalue().encode(), piece), Path("x.csv"), "delimited", reading)
    assert [tuple(row.values.values()) for batch in batches for row in batch if isinstance(row, Row)] == records


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",))), min_size=1, max_size=8), st.integers(1, 40))
def test_what_json_writes_is_read_whatever_the_pieces(texts: list[str], piece: int) -> None:
    content = "\n".join(json.dumps({"text": text}, ensure_ascii=False) for text in texts).encode()
    batches = stream_batches(pieces(content, piece), Path("x"), "jsonl", Reading(encoding="utf-8"))
    assert seen([row for batch in batches for row in batch]) == list(enumerate(texts, 1))


def pieces(content: bytes, size: int) -> BinaryIO:
    return Pieces(content, size)  # type: ignore[return-value]
