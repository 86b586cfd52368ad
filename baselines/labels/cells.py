"""Lists of labels that stand in one cell as text, as JSON, Python, NumPy or PostgreSQL write them.

Nothing is evaluated: brackets, quoted words, numbers and bare words are read by patterns in linear time.
"""

from __future__ import annotations

import json
import math
import re
from ast import literal_eval
from typing import Any
from warnings import catch_warnings, simplefilter

# A longer cell is no list of labels, whatever it looks like.
LONGEST = 100_000
_CLOSING = {"[": "]", "(": ")", "{": "}"}
# What Python and NumPy write around a list: set(), frozenset({'a'}), array(['a'], dtype=object).
_WRAPPED = re.compile(r"(?:frozenset|set|array|list|tuple)\((.*?)(?:,\s*dtype=[\w<>'.]+)?\)", re.DOTALL)
_QUOTED = r"""[uU]?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_NUMBER = r"[+-]?\d+(?:\.\d*)?"
_WHOLE = re.compile(r"([+-]?\d+)\.0*")
_NOTHING = r"None|null|nan|NaN"
# One item, and what must stand behind it: a comma, a blank, or the end.
_ITEM = re.compile(rf"(?P<quoted>{_QUOTED})|(?P<number>{_NUMBER})|(?P<nothing>{_NOTHING})", re.DOTALL)
_BETWEEN = re.compile(r"\s*,\s*|\s+|\Z")
_NO_BARE_WORD = re.compile("[\\[\\]{}()\"']")


def list_in(cell: str) -> list[str] | None:
    """The items of a cell that is written as a list, or None where it isn't one.

    Read are `["a", "b"]`, `['a', 'b']`, `['a' 'b']`, `('a', 'b')`, `{'a', 'b'}`, `[a, b]`, `{a,b}`, `[1, 2]` and
    `[1. 2.]`, also within `set()`, `frozenset()` and `array()`. Items that are null are left out; whole numbers lose
    their decimal point. A word in round brackets is no list.
    """
    text = cell.strip()
    if len(text) > LONGEST or not text:
        return None
    if wrapped := _WRAPPED.fullmatch(text):
        text = wrapped[1].strip() or "[]"
    if _CLOSING.get(text[0]) != text[-1] or len(text) < 2:
        return None
    if text[0] == "[" and (items := _from_json(text)) is not None:
        return items
    body = text[1:-1].strip()
    if not body:
        return []
    if (items := _literals(body)) is not None:
        return items if text[0] != "(" or "," in body else None
    return _bare_words(body, text[0])


def is_one_bare_word(cell: str) -> bool:
    """Whether a cell is one word in brackets, such as `[other]`: a list of one, but as likely a name."""
    body = cell.strip()[1:-1].strip()
    return bool(body) and "," not in body and _literals(body) is None


def item_name(value: Any) -> str | None:
    """The label that one item of a list stands for, "" for none; None: it can't be a label."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value)


def _from_json(text: str) -> list[str] | None:
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        return None
    found = [item_name(item) for item in items]
    names = [name for name, item in zip(found, items, strict=True) if name is not None and not _is_null(item)]
    return names if None not in found else None


def _is_null(item: Any) -> bool:
    return item is None or (isinstance(item, float) and math.isnan(item))


def _literals(body: str) -> list[str] | None:
    """Quoted words, numbers and nulls between commas or blanks; None where there is anything else."""
    items: list[str] = []
    place = 0
    while place < len(body):
        found = _ITEM.match(body, place)
        between = _BETWEEN.match(body, found.end()) if found else None
        if found is None or between is None:
            return None
        if found["quoted"] is not None:
            word = _unquoted(found["quoted"])
            if word is None:
                return None
            items.append(word)
        elif found["number"] is not None:
            items.append(whole(found["number"]))
        place = between.end()
    return items


def whole(number: str) -> str:
    """`1` for `1.0` and `1.`; anything else as it is."""
    found = _WHOLE.fullmatch(number)
    return found[1] if found else number


def _unquoted(word: str) -> str | None:
    word = word.lstrip("uU")
    if "\\" not in word:
        return word[1:-1]
    try:
        with catch_warnings():
            simplefilter("ignore")  # of escapes that Python doesn't know: \d stays \d
            return str(literal_eval(word.replace("\n", "\\n").replace("\r", "\\r")))
    except (ValueError, SyntaxError, MemoryError):
        return None


def _bare_words(body: str, opening: str) -> list[str] | None:
    """Items without quotes: `[a, b]`, and `{a,b}` of PostgreSQL; {a: 1} is no list."""
    if opening == "(" or _NO_BARE_WORD.search(body) or (opening == "{" and ":" in body):
        return None
    items = [item.strip() for item in body.split(",")]
    return items if all(items) else None
