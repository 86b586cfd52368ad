"""Columns that ask for an option nobody gave: a published split, a user who stands on both sides, a date."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from baselines.errors import DataError
from baselines.splits.grouped import written
from baselines.splits.moments import times_of
from baselines.splits.part_words import part_named

_PERSONS = (
    "account|applicant|author|buyer|case|channel|client|company|conversation|customer|device|dialog|dialogue|employee|"
    "family|group|household|member|patient|person|player|poster|reviewer|seller|sender|session|speaker|student|subject|"
    "subscriber|thread|ticket|tenant|user|username|visitor|worker|writer"
)
_GROUP_NAME = re.compile(rf"(?:^|[_\W])(?:{_PERSONS})s?(?:$|[_\W]?(?:id|ids|key|name|no|nr|number|hash|uuid)$)", re.I)
_TIME_NAME = re.compile(
    r"(?:^|[_\W])(?:created|date|datetime|day|month|modified|posted|published|sent|time|timestamp|ts|updated|when|week|"
    r"year)(?:$|[_\W])|(?:date|time|timestamp|_at|_on)$",
    re.I,
)
_TRIED = 200
# A group's name that says something different in nearly every row is no group.
_MOST_DISTINCT = 0.9


def split_hints(columns: Mapping[str, Sequence[Any]]) -> list[str]:
    """One sentence a column that looks as if an option of the split were meant for it.

    Args:
        columns: values by name, without those that are text or label.
    """
    return [hint for name, values in columns.items() for hint in _hints(name, values)][:3]


def _hints(name: str, values: Sequence[Any]) -> Iterator[str]:
    filled = [value for value in values if written(value)]
    if not filled:
        return
    words = {written(value) for value in filled}
    option = f"'{name}'" if re.search(r"[^\w.-]", name) else name
    if _names_parts(words):
        said = ", ".join(sorted(words))
        yield f"column {name!r} looks like a split ({said}); --split-column {option} uses it as published"
    elif _is_group(name, words, len(filled)):
        yield (
            f"column {name!r} has {len(words):,} values for {len(filled):,} texts, so one value's texts can stand in "
            f"training and test; --group-column {option} keeps them together"
        )
    elif len(words) >= 3 and _is_time(name, filled):
        yield f"column {name!r} looks like a time; --time-column {option} trains on the past and tests on the latest"


def _names_parts(words: set[str]) -> bool:
    parts = {part_named(word) for word in words} if len(words) <= 6 else {None}
    return None not in parts and "train" in parts and len(parts) > 1


def _is_group(name: str, words: set[str], n: int) -> bool:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return bool(_GROUP_NAME.search(snake)) and 2 <= len(words) <= _MOST_DISTINCT * n


def _is_time(name: str, filled: Sequence[Any]) -> bool:
    some = filled[:: max(1, len(filled) // _TRIED)][:_TRIED]
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    # A number may count anything; a date is one whatever its column is called.
    numbers = all(re.fullmatch(r"[+-]?\d*\.?\d*(?:e[+-]?\d+)?", written(value), re.I) for value in some)
    if numbers and not _TIME_NAME.search(snake):
        return False
    try:
        times_of(some, str)
    except DataError as error:
        return "may be day and month" in str(error)
    return True
