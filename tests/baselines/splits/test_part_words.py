"""The words by which a column names parts, and those that are no parts."""

from typing import Any

import pytest

from baselines.errors import DataError
from baselines.splits.part_words import PART_WORDS, parts_of


def where(row: int) -> str:
    return f"a.csv: row {row + 2}"


def test_parts_are_named_in_any_case() -> None:
    found = parts_of(["Train", "dev ", "TEST", "training", "valid"], where)
    assert {part: rows.tolist() for part, rows in found.items()} == {"train": [0, 3], "validation": [1, 4], "test": [2]}
    for part, words in PART_WORDS.items():
        assert all(part in parts_of(["train", word.upper()], where) for word in words)


def test_parts_that_are_not_there_are_left_out() -> None:
    assert list(parts_of(["train"] * 3, where)) == ["train"]
    assert list(parts_of(["train", "eval"], where)) == ["train", "test"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["train", "", None, "test"], r"row 3: no part; 2 of 4 values"),
        (["train", "foo", "bar", "foo"], r"row 3: expected the name of a part, got 'foo' \(2\), 'bar' \(1\); allowed"),
        ([0, 1, 1], r"row 2: expected the name of a part, got '1' \(2\), '0' \(1\)"),
        ([True, False], r"row 2: expected the name of a part, got 'True' \(1\)"),
        (["test", "dev"], r"no value .* says train, .* got validation \(1\), test \(1\)"),
    ],
)
def test_other_words_are_refused(values: list[Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        parts_of(values, where)
