"""Arrays of JSON are read object by object: what comes out is what `json.loads` gives, and mistakes name their row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.errors import DataError
from baselines.tables.formats.json_tables import read_json
from baselines.tables.formats.json_values import JsonArrayError, array_table
from baselines.tables.formats.record_columns import columns_of_records
from baselines.tables.reading import AS_FOUND

PATH = Path("a.json")
TEXTS = st.text(st.characters(exclude_categories=()), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
RECORDS = st.lists(st.dictionaries(TEXTS, VALUES, max_size=4), min_size=1, max_size=8)


@settings(max_examples=60)
@given(RECORDS, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_whole_arrays_are_what_json_says(records: list[dict[str, Any]], ascii_only: bool, indent: Any) -> None:
    text = f" \n{json.dumps(records, ensure_ascii=ascii_only, indent=indent)}\r\n "
    found = array_table(text, PATH)
    assert found is not None
    assert dict(found.columns) == columns_of_records(json.loads(text))
    assert list(found.rows) == list(range(1, len(records) + 1))


@settings(max_examples=60)
@given(RECORDS, st.data())
def test_a_cut_array_names_a_row(records: list[dict[str, Any]], data: st.DataObject) -> None:
    text = json.dumps(records)
    cut = text[: data.draw(st.integers(2, len(text) - 1))]
    with pytest.raises(JsonArrayError) as caught:
        array_table(cut, PATH)
    assert 1 <= caught.value.row <= len(records)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"text": "a"}, {"text": "b"', "row 2: .*got the end of the file"),
        ('[{"text": "a"}, {"text": b}]', "row 2: .*got 'b}]'"),
        ('[{"text": "a"} {"text": "b"}]', "row 1: .*Expecting ',' delimiter: line 1 column 16.*got '{\"text\""),
        ('[{"text": "a"},]', "row 2: .*got '?"),
        ('[{"text": "a"}] []', r"row 1: .*Extra data.*got '\[\]'"),
        ('[{"text": "\\ud8"}]', "row 1: .*escape"),
        ('[{"text": "a"}, {"x": ' + "[" * 100_000 + "]" * 100_000 + "}]", "row 2: .*nested too deeply"),
    ],
)
def test_what_is_broken_is_said_with_its_row_and_what_came(text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_json(text.encode(), PATH, AS_FOUND)


@pytest.mark.parametrize("text", ["[]", '["a", "b"]', "[[1, 2]]", '{"text": ["a"]}', "3", ' [{"a": 1}, 3]'])
def test_anything_else_is_left_to_the_whole(text: str) -> None:
    assert array_table(text, PATH) is None


def test_half_an_emoji_and_repeated_names_stay_what_they_were() -> None:
    found = read_json(b'[{"text": "\\ud83d", "n": 1, "n": 2}, {"label": "x"}]', PATH, AS_FOUND)[""]
    assert dict(found.columns) == {"text": ["\ud83d", None], "n": [2, None], "label": [None, "x"]}
    assert "name 'n' twice" in " ".join(found.notes)


def test_gaps_are_filled_wherever_they_are() -> None:
    records: list[dict[str, Any]] = [{"a": 1}, {"b": 2}, {}, {"a": 3, "b": None}, {}]
    assert columns_of_records(records) == {"a": [1, None, None, 3, None], "b": [None, 2, None, None, None]}
