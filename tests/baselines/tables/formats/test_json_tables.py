"""JSON of any layout is a table; odd numbers and keys are taken as they are meant; errors have line and column."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.errors import DataError
from baselines.tables.formats.json_tables import read_json, read_json_lines
from baselines.tables.read_table import read_parts, read_table
from baselines.tables.reading import Reading
from tests.cases.file_case import columns, error_of, table_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
RECORDS = st.lists(st.dictionaries(TEXT, VALUE, min_size=1, max_size=3), min_size=1, max_size=5)


def records_in(table: Any) -> list[dict[str, Any]]:
    return [{name: values[i] for name, values in table.columns.items()} for i in range(len(table))]


def with_none(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = dict.fromkeys(name for record in records for name in record)
    return [{name: record.get(name) for name in names} for record in records]


@given(RECORDS, st.booleans(), st.sampled_from([None, 2]), st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]))
def test_an_array_of_records(
    records: list[dict[str, Any]], ascii_only: bool, indent: int | None, encoding: str
) -> None:
    content = json.dumps(records, ensure_ascii=ascii_only, indent=indent).encode(encoding)
    table = read_json(content, Path("f.json"), Reading())[""]
    assert records_in(table) == with_none(records)
    assert list(table.rows) == list(range(1, len(records) + 1))
    assert records_in(read_json_lines(content, Path("f.jsonl"), Reading())) == with_none(records)


@given(RECORDS)
def test_json_lines_under_either_name(records: list[dict[str, Any]]) -> None:
    content = "\n".join(map(json.dumps, records)).encode()
    assert records_in(read_json_lines(content, Path("f.jsonl"), Reading())) == with_none(records)
    if len(records) > 1:
        table = read_json(content, Path("f.json"), Reading())[""]
        assert records_in(table) == with_none(records)
        assert "read as JSON Lines" in table.notes[0]


TWO = {"text": ["a", "b"], "label": ["x", "y"]}
SHAPES: dict[str, tuple[str, dict[str, list[Any]]]] = {
    "records": ('[{"text": "a", "label": "x"}, {"text": "b", "label": "y"}]', TWO),
    "records under a name": ('{"version": 1, "data": [{"text": "a", "label": "x"}, {"text": "b", "label": "y"}]}', TWO),
    "columns": ('{"text": ["a", "b"], "label": ["x", "y"]}', TWO),
    "pandas, columns": ('{"text": {"0": "a", "1": "b"}, "label": {"0": "x", "1": "y"}}', TWO),
    "pandas, columns, names as index": ('{"text": {"u": "a", "v": "b"}, "label": {"u": "x", "v": "y"}}', TWO),
    "pandas, index": ('{"0": {"text": "a", "label": "x"}, "1": {"text": "b", "label": "y"}}', TWO),
    "pandas, split": ('{"columns": ["text", "label"], "index": [0, 1], "data": [["a", "x"], ["b", "y"]]}', TWO),
    "pandas, table": ('{"schema": {}, "data": [{"text": "a", "label": "x"}, {"text": "b", "label": "y"}]}', TWO),
    "lists of lists": ('[["a", "x"], ["b", "y"]]', {"1": ["a", "b"], "2": ["x", "y"]}),
    "texts": ('["a", "b"]', {"text": ["a", "b"]}),
    "tags": ('[{"text": "t", "tags": ["a", "b"]}, {"text": "u"}]', {"text": ["t", "u"], "tags": [["a", "b"], None]}),
}  # fmt: skip


@pytest.mark.parametrize("case", SHAPES)
def test_layouts(case: str, tmp_path: Path) -> None:
    content, expected = SHAPES[case]
    table = table_of(tmp_path, "f.json", content)
    assert columns(table) == expected
    assert list(table.rows) == [1, 2]


def test_a_file_of_parts(tmp_path: Path) -> None:
    path = tmp_path / "f.json"
    path.write_text('{"val": [{"text": "c"}], "train": [{"text": "a"}, {"text": "b"}]}', encoding="utf-8")
    parts = read_parts(path)
    assert {part: len(table) for part, table in parts.items()} == {"train": 2, "validation": 1}
    assert list(parts) == ["train", "validation"]
    with pytest.raises(DataError, match=r"several parts: train \(2 records\), validation \(1 records\)"):
        read_table(path)


def test_numbers_beyond_others(tmp_path: Path) -> None:
    table = table_of(tmp_path, "f.jsonl", '{"a": NaN, "b": 1e400, "c": ' + "7" * 5_000 + ', "d": 12345678901234567890}')
    assert columns(table) == {"a": [None], "b": [float("inf")], "c": ["7" * 5_000], "d": [12345678901234567890]}


def test_a_key_named_twice_is_said(tmp_path: Path) -> None:
    table = table_of(tmp_path, "f.jsonl", '{"text": "a", "text": "b"}\n{"text": "c", "text": "d"}')
    assert columns(table) == {"text": ["b", "d"]}
    assert table.notes == ("f.jsonl: 2 objects name 'text' twice; the last value counts",)


ERRORS: dict[str, tuple[str, str, list[str]]] = {
    "a trailing comma": ("f.json", '[\n {"text": "a"},\n]', ["not valid JSON", "line 3 column 1"]),
    "a bad line": ("f.jsonl", '{"text": "a"}\n\n{"text": \n', ["line 3 is not valid JSON"]),
    "a bad line in .json": ("f.json", '{"text": "a"}\n{"text": }\n', ["line 2 is not valid JSON"]),
    "a line that is a list": ("f.jsonl", '{"a": 1}\n[1]\n', ["line 2: expected an object", "list"]),
    "a list of numbers": ("f.jsonl", "[1]\n", ["line 1: expected an object", "list"]),
    "too deep": ("f.json", "[" * 100_000, ["not valid JSON", "nested too deeply"]),
    "too deep a line": ("f.jsonl", '{"a":' * 100_000, ["line 1 is not valid JSON"]),
    "one record": ("f.json", '{"text": "a", "label": "b"}', ["got an object with 'text': str, 'label': str"]),
    "a number": ("f.json", "3", ["expected [{", "got int 3"]),
    "a mixture": ("f.json", '[{"text": "a"}, 3]', ["row 2", "got int 3"]),
    "several lists": ("f.json", '{"a": [{"x": 1}], "b": [{"x": 1}, {"x": 2}]}', ["several lists", "'a' (1), 'b' (2)"]),
    "nothing in it": ("f.json", "[]", ["no records"]),
    "parts twice": ("f.json", '{"val": [{"x": 1}], "dev": [{"x": 1}]}', ["parts named twice: 'val', 'dev'"]),
}  # fmt: skip


@pytest.mark.parametrize("case", ERRORS)
def test_what_is_no_table(case: str, tmp_path: Path) -> None:
    name, content, expected = ERRORS[case]
    said = error_of(tmp_path, name, content)
    assert [words for words in expected if words not in said] == [], said


def test_what_would_take_minutes_or_all_memory_is_refused(tmp_path: Path) -> None:
    """Depth, names that differ in every record, one object of many names that are there twice."""
    cases = {
        "deep.json": "[" * 100_000,
        "deep.jsonl": "[" * 100_000,
        "closed.json": "[" * 100_000 + "]" * 100_000,
        "names.jsonl": "\n".join(f'{{"k{i}": 1}}' for i in range(20_000)),
        "names.json": "[" + ",".join(f'{{"k{i}": 1}}' for i in range(20_000)) + "]",
        "index.json": "{" + ",".join(f'"r{i}": {{"k{i}": 1}}' for i in range(20_000)) + "}",
        "commas.json": '{"a": [' + "0," * 20_000_001 + "0]}",
    }
    for name, content in cases.items():
        (tmp_path / name).write_text(content)
        begun = time.monotonic()
        with pytest.raises(DataError) as refused:
            read_table(tmp_path / name)
        assert time.monotonic() - begun < 10, name
        assert len(str(refused.value)) < 500, name


def test_many_names_in_one_object_are_counted_once(tmp_path: Path) -> None:
    pairs = ",".join(f'"k{i}": "x"' for i in range(100_000))
    (tmp_path / "twice.jsonl").write_text(f'{{"text": "a", {pairs}, {pairs}}}')
    begun = time.monotonic()
    table = read_table(tmp_path / "twice.jsonl")
    assert time.monotonic() - begun < 10
    assert table.notes[-1] == "twice.jsonl: so do objects with 99,995 other names"
