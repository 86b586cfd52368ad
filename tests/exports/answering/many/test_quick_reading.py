"""What is read quickly is what is read record by record, and what is unusual is handed over at its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from baselines.errors import DataError
from baselines.tables.stream import BadRow
from exports.answering.many import batches as module
from exports.answering.many.batch import Batch
from exports.answering.many.batches import batches
from exports.answering.questions import Question, Source, questions

Record = tuple[int, str, Any, str]


def slowly(source: Source) -> list[Record]:
    found: list[Record] = []
    for some in questions(source):
        for own in some:
            if isinstance(own, Question):
                found.append((own.row or 0, own.text, own.id, ""))
            elif isinstance(own, BadRow):
                found.append((own.number, "", None, own.error))
    return found


def in_columns(found: list[Batch], with_ids: bool) -> list[Record]:
    return [
        (number, text, batch.ids[place] if with_ids else None, batch.errors.get(place, ""))
        for batch in found
        for place, (number, text) in enumerate(zip(batch.numbers, batch.texts, strict=True))
    ]


CASES: dict[str, tuple[str, bytes]] = {
    "plain": ("x.csv", b"text,id\none,1\ntwo,2\n"),
    "no end": ("x.csv", b"text,id\none,1\ntwo,2"),
    "quotes": ("x.csv", b'text,id\n"a, b",1\n"a ""b""",2\n"over\r\ntwo lines",3\nlast,4\n'),
    "blank lines": ("x.csv", b"text,id\n\none,1\n\n\ntwo,2\n\n"),
    "windows": ("x.csv", b"\xef\xbb\xbftext,id\r\none,1\r\ntwo,2\r\n"),
    "old mac": ("x.csv", b"text,id\rone,1\rtwo,2\r"),
    "semicolons": ("x.csv", b"text;id\none, and;1\ntwo;2\n"),
    "said separator": ("x.csv", b"sep=;\ntext;id\none;1\n"),
    "too many fields": ("x.csv", b"text,id\none,1\ntwo,2,3,4\nthree,3\n"),
    "blank fields": ("x.csv", b"text,id\none,1,,\ntwo,2\n"),
    "open quote": ("x.csv", b'text,id\none,1\n"two,2\nthree,3\n'),
    "latin": ("x.csv", "text,id\ncafé,1\n".encode("latin-1") * 3),
    "one bad byte": ("x.csv", "text,id\ncafé,1\nnaïve,2\n".encode() + b"b\xffd,3\ngood,4\n"),
    "utf-16": ("x.csv", "text,id\none,1\n".encode("utf-16")),
    "title": ("x.csv", b"title,description,id\none,two,1\n,three,2\nfour,,3\n"),
    "tabs": ("x.tsv", b'text\tid\n"one\t1\ntwo\t2\n'),
    "lines": ("x.txt", b"one\n\ntwo\r\nthree"),
    "json": ("x.jsonl", b'{"text": "one", "id": 1}\n{"text": "two", "id": "b"}\n\n{"text": "", "id": null}\n'),
    "json of many keys": ("x.jsonl", b'{"text": "one"}\n{"id": 3, "o": [], "text": "two"}\n{"text": "x", "text": "y"}'),
    "bad json": ("x.jsonl", b'{"text": "one"}\n{bad\n{"id": 3}\n{"text": 7}\n{"text": null}\n"four"\n[1]\n'),
    "halves": ("x.jsonl", rb'{"text": "a \ud83e\udd8a b \ud800 c", "id": "\udc00"}' b"\n" b'{"text": "b"}\n'),
    "numbers": ("x.jsonl", b'{"text": "one", "id": NaN}\n{"text": "two", "id": Infinity}\n{"text": "x", "id": 1.50}\n'),
    "digits": ("x.jsonl", b'{"text": "one", "id": ' + b"9" * 5000 + b"}\n"),
    "array": ("x.jsonl", b'[{"text": "one"}, {"text": "two"}]'),
    "nested": ("x.jsonl", b'{"text": "one", "id": {"a": [1]}}\n'),
    "empty": ("x.jsonl", b""),
    "packed": ("x.json", b'[{"text": "one", "id": 5}]'),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("block", [1 << 20, 16])
def test_both_ways_read_the_same(case: str, block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name, content = CASES[case]
    path = tmp_path / name
    path.write_bytes(content)
    with_ids = b"id" in content and name != "x.txt"
    notes: list[list[str]] = [[], []]
    sources = [Source(str(path), id_column="id" if with_ids else "", say=said.append) for said in notes]
    want: list[Record] | str
    try:
        want = slowly(sources[0])
    except DataError as error:
        want = str(error)
    if name.endswith(".jsonl") or name == "x.txt":  # where fields end is found in the first block
        monkeypatch.setattr("exports.answering.many.quick_texts.HEAD_BYTES", block)
    try:
        got: list[Record] | str = in_columns(list(batches(sources[1])), with_ids)
    except DataError as error:
        got = str(error)
    assert repr(got) == repr(want)
    assert notes[0] == list(dict.fromkeys(notes[1]))


@pytest.mark.parametrize("case", ["plain", "quotes", "windows", "tabs", "title", "lines", "json", "numbers", "halves"])
def test_usual_files_are_read_quickly(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name, content = CASES[case]
    (tmp_path / name).write_bytes(content)
    monkeypatch.setattr(module, "_from_record", lambda source, first: pytest.fail("the slow way"))
    assert list(batches(Source(str(tmp_path / name))))


def of_rows(n: int) -> dict[str, list[Any]]:
    return {"text": [f"text {i}" for i in range(n)], "id": list(range(n)), "other": [None] * n}


PARQUET: dict[str, Callable[[dict[str, list[Any]]], dict[str, list[Any]]]] = {
    "plain": lambda rows: rows,
    "names": lambda rows: rows | {"id": [f"n{i}" for i in rows["id"]]},
    "without ids": lambda rows: rows | {"id": [None if i % 2 else i for i in rows["id"]]},
    "without texts": lambda rows: rows | {"text": [None, *rows["text"][1:]]},
    "numbers": lambda rows: rows | {"text": rows["id"]},
    "joined": lambda rows: {"title": rows["text"], "description": ["", *rows["text"][1:]], "id": rows["id"]},
}


@pytest.mark.parametrize("case", PARQUET)
def test_columns_are_read_as_tables_are(case: str, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "x.parquet"
    parquet.write_table(pyarrow.table(PARQUET[case](of_rows(9000))), path)
    source = Source(str(path), id_column="id")
    found = list(batches(source))
    assert in_columns(found, True) == slowly(source)
    assert len(found) == (2 if case not in ("without texts", "numbers") else 3)
