"""Pages of other people's readings: scikit-learn's tokens as classes of characters, numbered for the reader in C.

What a character becomes, lower case and accents, depends on itself alone, but for the capital sigma: its lower case is
another one at the end of a word, so a text that holds one is read by Python.
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Mapping
from typing import Any

from exports.kernel.unicode_pages import BY_PYTHON, Point

# As in reader.h.
WORD_CLASS, SPACE_CLASS, NO_CLASS = 30, 31, 255
MAX_CLASSES, MAX_HEADS = 30, 64
NO_LIMIT = (1 << 32) - 1
_ALTERNATIVE = struct.Struct("=64sBBBBII")
_SIGMA = "\u03a3"
# Classes with a number of their own.
_FIXED = {("w", (), False): WORD_CLASS, ("s", (), False): SPACE_CLASS}

# Names, ranges, and whether it is what they leave.
Class = tuple[str, tuple[tuple[int, int], ...], bool]


class TokenPoints:
    """What each code point becomes, by a reading of tokens as `to_json` gives it.

    Attributes:
        alternatives: what a token looks like, as C reads it.
        fits: whether C can hold it; a reading of more than 30 classes is left to Python.
        holds_blanks: whether a token may have a blank in it, so that joined tokens can't be told apart.
    """

    def __init__(self, reading: Mapping[str, Any]) -> None:
        self._lower, self._accents = reading["lower"], reading["accents"]
        self._numbers: dict[Class, int] = {}
        self.fits, self.holds_blanks = True, False
        self.alternatives = b"".join(self._alternative(shape) for shape in reading["shapes"])

    def __call__(self, code: int) -> Point:
        char = chr(code)
        if self._lower and char == _SIGMA:
            return Point((), self._classes(char), BY_PYTHON)
        return Point(tuple((each, self._classes(each)) for each in self._becomes(char)), self._classes(char))

    def _becomes(self, char: str) -> str:
        text = char.lower() if self._lower else char
        if not self._accents or text.isascii():
            return text
        # What neighbours could change here, the order of marks, is dropped.
        text = unicodedata.normalize("NFKD", text)
        if self._accents == "ascii":
            return text.encode("ascii", "ignore").decode("ascii")
        return "".join(each for each in text if not unicodedata.combining(each))

    def _classes(self, char: str) -> int:
        bits = _is_word(char) << WORD_CLASS | char.isspace() << SPACE_CLASS
        return bits | sum(
            _holds(each, char) << number for each, number in self._numbers.items() if number < MAX_CLASSES
        )

    def _alternative(self, shape: Mapping[str, Any]) -> bytes:
        heads = bytes(self._number(head) for head in shape["heads"])
        tail = NO_CLASS if shape["tail"] is None else self._number(shape["tail"])
        least, most = (0, 0) if tail == NO_CLASS else (shape["least"], shape["most"] or NO_LIMIT)
        bounds = shape["bound_before"], shape["bound_after"]
        return _ALTERNATIVE.pack(heads, len(heads), tail, *bounds, least, most)

    def _number(self, stored: Mapping[str, Any]) -> int:
        key: Class = stored["names"], tuple((low, high) for low, high in stored["ranges"]), stored["negated"]
        self.holds_blanks = self.holds_blanks or _holds(key, " ")
        if key in _FIXED:
            return _FIXED[key]
        number = self._numbers.setdefault(key, len(self._numbers))
        self.fits = self.fits and number < MAX_CLASSES
        return min(number, MAX_CLASSES - 1)


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _named(name: str, char: str) -> bool:
    inside = {"w": _is_word, "d": str.isdecimal, "s": str.isspace}[name.lower()](char)
    return inside != name.isupper()


def _holds(wanted: Class, char: str) -> bool:
    names, ranges, negated = wanted
    inside = any(_named(name, char) for name in names) or any(low <= ord(char) <= high for low, high in ranges)
    return inside != negated
