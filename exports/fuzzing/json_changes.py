"""Changes of JSON: any value anywhere replaced, doubled, left out or renamed, also by text that JSON doesn't allow."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from exports.fuzzing.hostile import JSON_VALUES

_MARK = "@@hostile@@"
# Of long lists a few places are enough, or nothing else would ever be changed.
_MOST_OF_A_LIST = 4


def changed_json(random: Random, data: bytes) -> tuple[bytes, str] | None:
    """A changed file and what was done to it; None where it holds no JSON any more."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return None
    places = _places(random, content)
    if not places:
        return _text(random).encode(), "all replaced"
    parent, key = random.choice(places)
    path = f"{key!r:.60}"
    what = random.choice(("replace", "replace", "replace", "replace", "leave out", "add", "double", "swap"))
    text = _text(random)
    if what == "leave out":
        del parent[key]
        return _written(content, ""), f"{path} left out"
    if what == "add":
        if isinstance(parent, dict):
            parent[random.choice(("x", "analyzer", "negative", "shares", "max_tokens", ""))] = _MARK
        else:
            parent.insert(key, _MARK)
        return _written(content, text), f"{text:.60} added beside {path}"
    if what == "double" and isinstance(parent, dict):
        value = parent.pop(key)
        parent[_MARK] = 0
        name = json.dumps(key)
        both = f"{name}: {json.dumps(value)}, {name}: {text}"
        return json.dumps(content).replace(f'"{_MARK}": 0', both, 1).encode("utf-8", "surrogatepass"), f"{path} twice"
    if what == "swap":
        other, name = random.choice(places)
        parent[key], other[name] = other[name], parent[key]
        if _circular(content):
            return None
        return _written(content, ""), f"{path} and {name!r:.60} swapped"
    parent[key] = _MARK
    return _written(content, text), f"{path} replaced by {text:.60}"


def _text(random: Random) -> str:
    return random.choice(JSON_VALUES)


def _places(random: Random, content: Any) -> list[tuple[Any, Any]]:
    """(container, key) of values anywhere."""
    places: list[tuple[Any, Any]] = []
    left = [content]
    while left:
        each = left.pop()
        keys = list(each) if isinstance(each, dict) else list(range(len(each))) if isinstance(each, list) else []
        if isinstance(each, list) and len(keys) > _MOST_OF_A_LIST:
            keys = random.sample(keys, _MOST_OF_A_LIST)
        places += [(each, key) for key in keys]
        left += [each[key] for key in keys]
    return places


def _circular(content: Any) -> bool:
    try:
        json.dumps(content)
    except (ValueError, RecursionError):
        return True
    return False


def _written(content: Any, text: str) -> bytes:
    written = json.dumps(content, ensure_ascii=False)
    return written.replace(f'"{_MARK}"', text).encode("utf-8", "surrogatepass")
