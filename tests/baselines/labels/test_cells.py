"""Lists in cells are read as they are written, and nothing else is taken for one."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from baselines.labels.cells import LONGEST, is_one_bare_word, item_name, list_in, whole

WRITTEN: dict[str, list[str]] = {
    '["a", "b"]': ["a", "b"],
    " ['a', 'b'] ": ["a", "b"],
    "['a' 'b']": ["a", "b"],
    "['a'\n 'b']": ["a", "b"],
    "('a', 'b')": ["a", "b"],
    "('a',)": ["a"],
    "{'a', 'b'}": ["a", "b"],
    "{a,b}": ["a", "b"],
    "[a, b]": ["a", "b"],
    "[news]": ["news"],
    "[1, 2]": ["1", "2"],
    "[1 2]": ["1", "2"],
    "[1. 0.]": ["1", "0"],
    "[1.0, 2.0]": ["1", "2"],
    "['1.0']": ["1.0"],
    "[u'a', u'b']": ["a", "b"],
    "['it\\'s', \"so\"]": ["it's", "so"],
    "['a, b', 'c']": ["a, b", "c"],
    "['a', None, nan]": ["a"],
    '["a", null]': ["a"],
    "array(['a', 'b'], dtype=object)": ["a", "b"],
    "frozenset({'a'})": ["a"],
    "set()": [],
    "[]": [],
    "()": [],
    "[true, false]": ["true", "false"],
}
NO_LISTS = [
    *("a", "", "a, b", "(other)", "('a')", "[", "[]]", "['a'", "['a]", "['a''b']", "{a: 1}", '{"a": 1}', "[['a']]"),
    *('[{"a": 1}]', "['it's', 'b']", "[a,,b]", "1, 2", "[" * 5_000, "['" + "a" * LONGEST + "']", "(1)", "print('a')"),
]


@pytest.mark.parametrize("cell", WRITTEN)
def test_lists_are_read_as_they_are_written(cell: str) -> None:
    assert list_in(cell) == WRITTEN[cell]


@pytest.mark.parametrize("cell", NO_LISTS)
def test_what_is_no_list_stays_a_cell(cell: str) -> None:
    assert list_in(cell) is None


def test_one_word_in_brackets_may_be_a_name() -> None:
    assert is_one_bare_word("[other]")
    assert not any(map(is_one_bare_word, ["['other']", "[a, b]", "[1]", "[]"]))


LABELS = st.lists(st.text(max_size=20), max_size=5)


@given(LABELS)
@example(["\\", "\\'", "'\"", "\n", "a, b", "]", "None", "\x00", "\u2028"])
def test_what_json_and_python_write_comes_back(labels: list[str]) -> None:
    assert list_in(json.dumps(labels)) == labels
    assert list_in(json.dumps(labels, ensure_ascii=False)) == labels
    assert list_in(repr(labels)) == labels
    if labels:
        assert list_in(repr(tuple(labels))) == labels
    assert list_in(repr(set(labels))) is not None
    assert sorted(list_in(repr(set(labels))) or []) == sorted(set(labels))


@given(st.lists(st.text("abc '-", min_size=1, max_size=6), min_size=1, max_size=6))
def test_what_numpy_writes_comes_back(labels: list[str]) -> None:
    assert list_in(str(np.array(labels))) == [str(name) for name in np.array(labels)]
    assert list_in(repr(np.array(labels, object))) == labels


@given(st.lists(st.integers(-(10**6), 10**6), max_size=6))
def test_numbers_come_back(numbers: list[int]) -> None:
    words = [str(number) for number in numbers]
    assert list_in(repr(numbers)) == words
    assert list_in(str(np.array(numbers, np.int64))) == words
    assert list_in(repr([float(number) for number in numbers])) == words


@given(st.one_of(st.text(), st.text("[](){}'\"\\, 1.uabNone\n"), st.text("[{('\",").map(lambda text: text * 50)))
def test_no_text_is_too_odd(cell: str) -> None:
    found = list_in(cell)
    assert found is None or all(isinstance(name, str) for name in found)


ITEMS: dict[str, tuple[Any, str | None]] = {
    "text": ("a", "a"),
    "number": (3, "3"),
    "whole": (3.0, "3"),
    "measured": (2.5, None),
    "infinite": (float("inf"), None),
    "missing": (None, ""),
    "nan": (float("nan"), ""),
    "yes": (True, None),
    "list": (["a"], None),
    "object": ({}, None),
}


@pytest.mark.parametrize("case", ITEMS)
def test_items_become_labels(case: str) -> None:
    value, name = ITEMS[case]
    assert item_name(value) == name


def test_whole_numbers_lose_their_point() -> None:
    assert [whole(word) for word in ("1.0", "1.", "-2.00", "1", "1.5", "v1.0", "")] == [
        *("1", "1", "-2", "1", "1.5", "v1.0", ""),
    ]
