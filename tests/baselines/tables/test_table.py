"""Columns by name, and by paths into nested values; what isn't there is answered with what is."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.errors import DataError
from baselines.tables.table import Table
from tests.cases.file_case import table_of

NESTED = [
    {"doc": {"text": "one", "meta": {"n": 1}}, "labels": [{"name": "a"}, {"name": "b"}], "a.b": "dotted"},
    {"doc": {"text": None, "title": "t"}, "labels": [], "a.b": "more"},
    {"doc": None, "labels": [{"id": 3}, {"name": "c"}], "a.b": None},
]


@pytest.fixture(params=["jsonl", "json"])
def nested(request: pytest.FixtureRequest, tmp_path: Path) -> Table:
    content = json.dumps(NESTED) if request.param == "json" else "\n".join(map(json.dumps, NESTED))
    return table_of(tmp_path, f"f.{request.param}", content)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("doc.text", ["one", None, None]),
        ("doc.meta.n", [1, None, None]),
        ("labels[].name", [["a", "b"], [], ["c"]]),
        ("labels.name", [["a", "b"], [], ["c"]]),
        ("labels[0].name", ["a", None, None]),
        ("labels[1].name", ["b", None, "c"]),
        ("a.b", ["dotted", "more", None]),
    ],
)
def test_paths(path: str, expected: list[Any], nested: Table) -> None:
    assert list(nested.column(path)) == expected


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("doc.body", "no column 'doc.body'; doc has: text, meta, title"),
        ("doc.meta.x", "doc.meta has: n"),
        ("labels[].label", "labels[] has: name, id"),
        ("labels[7]", "labels has: name, id"),
        ("doc.text.more", "doc.text has: no names, but values such as str 'one'"),
        ("other.text", "columns: 'doc', 'labels', 'a.b'"),
        ("other", "no column 'other'; columns: 'doc', 'labels', 'a.b'"),
    ],
)
def test_a_missing_path_is_answered_with_what_is_there(path: str, said: str, nested: Table) -> None:
    with pytest.raises(DataError) as caught:
        nested.column(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_column_of_that_very_name_wins() -> None:
    table = Table(Path("f"), {"a.b": [1], "a": [{"b": 2, "c": 3}]}, [1])
    assert (table.column("a.b"), table.column("a.c")) == ([1], [3])


NAME = st.text("abc", min_size=1, max_size=3)


@given(st.lists(NAME, min_size=1, max_size=5), st.integers())
def test_any_depth(names: list[str], leaf: int) -> None:
    value: Any = leaf
    for name in reversed(names[1:]):
        value = {name: value}
    assert list(Table(Path("f"), {names[0]: [value]}, [1]).column(".".join(names))) == [leaf]


@given(st.lists(st.lists(NAME, max_size=4), min_size=1, max_size=4).filter(any))
def test_lists_of_objects(labels: list[list[str]]) -> None:
    table = Table(Path("f"), {"labels": [[{"name": name} for name in own] for own in labels]}, range(len(labels)))
    assert table.column("labels[].name") == labels


def test_two_lists_deep() -> None:
    table = Table(Path("f"), {"turns": [[{"tags": [{"name": "a"}]}, {"tags": []}]]}, [1])
    assert table.column("turns[].tags[].name") == [[["a"], []]]
