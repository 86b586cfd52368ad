"""Data for libraries written in other languages, which stop the whole program at a character they can't hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from baselines.escaping.visible import one_line


def cleaned(value: Any) -> Any:
    """The same content of JSON types with every text, keys included, on one line and visible.

    A picture is XML in the end, and XML has no control characters, not even escaped ones.
    """
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, Mapping):
        return {cleaned(key): cleaned(item) for key, item in value.items()}
    return [cleaned(item) for item in value] if isinstance(value, list | tuple) else value
