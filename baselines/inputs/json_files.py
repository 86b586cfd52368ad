"""JSON that a user hands over: small, not nested without end, and no number of a million digits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from baselines.errors import DataError, UserError
from baselines.inputs.named_files import MOST_SETTINGS, read_small

# Lists, objects and what follows a comma. Empty lists take three bytes of a file and seventy of memory.
MOST_VALUES = 20_000_000


def read_json_file(
    path: Path, called: str = "", expected: str = "", *, most: int = MOST_SETTINGS, error: type[UserError] = DataError
) -> Any:
    """The value in a JSON file; raises `error` as `read_small`, and for what isn't JSON or nests too deep."""
    return parsed_json(read_small(path, called, expected, most=most, error=error), called or str(path), expected, error)


def parsed_json(text: str, called: str, expected: str = "", error: type[UserError] = DataError) -> Any:
    """The value of a text; raises `error` where it isn't JSON, holds too many values or nests too deep."""
    check_count(text, called, error)
    try:
        return json.loads(text)
    except RecursionError:
        raise error(f"{called}: lists or objects are nested too deep to be read{_then(expected)}") from None
    except ValueError as problem:
        raise error(f"{called}: not valid JSON ({said(problem)}){_then(expected)}") from None


def check_count(text: str, called: str, error: type[UserError] = DataError) -> None:
    """Raise `error` where a text may hold more values than memory does; commas inside texts count too."""
    if len(text) > MOST_VALUES and text.count(",") + text.count("[") + text.count("{") > MOST_VALUES:
        raise error(f"{called}: more than {MOST_VALUES:,} values; split the file, or write it as JSON Lines or Parquet")


def said(problem: ValueError) -> str:
    """What is wrong with a JSON text; of numbers of thousands of digits Python says how to raise its limit."""
    return "a whole number of more than 4,300 digits" if "int_max_str_digits" in str(problem) else str(problem)


def _then(expected: str) -> str:
    return f"; {expected}" if expected else ""
