"""Columns that ask for an option are spoken of, others aren't."""

from typing import Any

import pytest

from baselines.splits.hints import split_hints


@pytest.mark.parametrize(
    ("name", "values", "option"),
    [
        ("split", ["train", "test"] * 50, "--split-column split"),
        ("Set", ["TRAIN", "dev", "Eval", "train"] * 25, "--split-column Set"),
        ("user_id", [i % 20 for i in range(100)], "--group-column user_id"),
        ("userId", [f"u{i % 20}" for i in range(100)], "--group-column userId"),
        ("Author", ["ann", "bob", "eve", "joe"] * 25, "--group-column Author"),
        ("patient no", [i % 20 for i in range(100)], "--group-column 'patient no'"),
        ("created_at", [f"2024-01-{i % 28 + 1:02d}T10:00:00Z" for i in range(100)], "--time-column created_at"),
        ("wann", [f"{i % 28 + 1}.01.2024" for i in range(100)], "--time-column wann"),
        ("date", [f"{i % 12 + 1}/{(i + 3) % 12 + 1}/2024" for i in range(100)], "--time-column date"),
        ("year", [2015 + i % 9 for i in range(100)], "--time-column year"),
    ],
)
def test_columns_that_ask_for_an_option(name: str, values: list[Any], option: str) -> None:
    (hint,) = split_hints({name: values})
    assert option in hint
    assert repr(name) in hint


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("split", ["a", "b"] * 50),
        ("only", ["train"] * 100),
        ("user_id", list(range(100))),
        ("country", ["de", "fr"] * 50),
        ("score", [i / 3 for i in range(100)]),
        ("id", [str(i) for i in range(100)]),
        ("update_count", list(range(100))),
        ("user", [""] * 100),
        ("candidate", [f"c{i}" for i in range(100)]),
        ("empty", []),
    ],
)
def test_columns_that_say_nothing(name: str, values: list[Any]) -> None:
    assert split_hints({name: values}) == []
