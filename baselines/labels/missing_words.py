"""Words that programs write where a value is missing, and which of them may well be the name of a class."""

from __future__ import annotations

from collections.abc import Iterable

# Small letters. Nobody calls a class so.
_SURE = frozenset(["nan", "-nan", "null", "(null)", "n/a", "#n/a", "#na", "n.a.", "<na>", "nat", "missing value"])
# These may be an answer too: no topic, Namibia.
_PERHAPS = frozenset(["none", "na", "nil", "?", "-", "--"])
# With as many other names of two or three capitals, NA stands among codes: of countries, of stock exchanges.
_CODE_LENGTH = 3


def is_missing(word: str) -> bool:
    """Whether a word usually stands for a missing value."""
    return word.strip().casefold() in _SURE | _PERHAPS


def may_be_a_class(word: str, classes: Iterable[str]) -> bool:
    """Whether a missing value's word is as likely a class among these: `none` always, `NA` among codes of its kind."""
    name = word.strip()
    if name.casefold() != "na":
        # "None" is how Python writes a missing value; "none" is how people write that nothing applies.
        return name in ("none", "NONE", "nil", "Nil", "?", "-", "--")
    others = [other for other in classes if not is_missing(other)]
    codes = sum(other.isupper() and len(other) <= _CODE_LENGTH for other in others)
    return bool(others) and 2 * codes >= len(others)
