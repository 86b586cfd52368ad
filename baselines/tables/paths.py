"""Paths into nested values: `doc.text` of an object, `labels[].name` of every object in a list, `turns[0]` of a list.

A list is gone through whether or not `[]` says so. What a record lacks is None, in a list it is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_STEP = re.compile(r"\[(\d*)\]|([^.\[\]]+)")
_SHOWN = 12


class NoSuchPath(Exception):
    """No record has what a path names; the message says what there is."""


def follow(columns: Mapping[str, Sequence[Any]], path: str) -> list[Any] | None:
    """What a path finds in each record; None where no column begins it.

    The longest column name that begins the path is its start, since names may hold dots.

    Raises:
        NoSuchPath: the column is there, but in no record what follows.
    """
    starts = [name for name in columns if path.startswith(name) and path[len(name) :][:1] in (".", "[")]
    if not starts:
        return None
    name = max(starts, key=len)
    here, values = name, list(columns[name])
    for index, key in _STEP.findall(path[len(name) :]):
        if not key and not index:  # `[]` only says that there is a list, which is gone through anyway
            here += "[]"
            continue
        values = [_step(value, key, index) for value in values]
        if all(value is _LACKING or value == [] for value in values):
            raise NoSuchPath(f"{here} has: {_present(columns[name], path[len(name) :], here[len(name) :])}")
        values = [None if value is _LACKING else value for value in values]
        here += f".{key}" if key else f"[{index}]"
    return values


class _Lacking:
    """Unlike None, which a record may hold."""


_LACKING = _Lacking()


def _step(value: Any, key: str, index: str) -> Any:
    if index:
        long_enough = isinstance(value, list | tuple) and int(index) < len(value)
        return value[int(index)] if long_enough else _LACKING
    if isinstance(value, Mapping):
        return value.get(key, _LACKING)
    if isinstance(value, list | tuple):
        found = [_step(item, key, "") for item in value]
        kept = [item for item in found if item is not _LACKING and item is not None]
        return kept if kept or not value or any(item is not _LACKING for item in found) else _LACKING
    return _LACKING


def _present(cells: Sequence[Any], path: str, walked: str) -> str:
    """Names of what the records hold where a path ended."""
    names: dict[str, None] = {}
    kinds: dict[str, None] = {}
    for cell in cells:
        for value in _reached(cell, walked):
            if isinstance(value, Mapping):
                names.update(dict.fromkeys(map(str, value)))
            elif value is not None:
                kinds[f"{type(value).__name__} {value!r:.40}"] = None
    shown = list(names) or [f"no names, but values such as {kind}" for kind in list(kinds)[:1]] or ["nothing"]
    return ", ".join(shown[:_SHOWN]) + (", …" if len(shown) > _SHOWN else "")


def _reached(cell: Any, walked: str) -> list[Any]:
    """The values that a path leads to in one record, lists opened."""
    values = [cell]
    for index, key in _STEP.findall(walked):
        values = [inner for value in values for inner in _opened(value)] if not index else values
        if key or index:
            values = [found for value in values if (found := _step(value, key, index)) is not _LACKING]
    return [inner for value in values for inner in _opened(value)]


def _opened(value: Any) -> list[Any]:
    return [inner for item in value for inner in _opened(item)] if isinstance(value, list | tuple) else [value]
