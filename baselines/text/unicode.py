"""Any Unicode text to one spelling: what a text passes at the door, and how its characters are told apart.

The same text can be written in many ways: composed or not, full-width, with joiners that nobody sees. Here they become
one, with the tables of Python's own `unicodedata`, so that every engine can ship these and agree bit for bit.

Kinds of characters: **letters** (categories L, M and N: letters, the marks that belong to them, numbers), **spaces** (Z
and Cc: separators and controls), **unseen** (Cf, variation selectors, U+034F: dropped, they split no word), **unknown**
(Cn and lone surrogates: U+FFFD) and **symbols**, all others. Chinese, Japanese and Korean characters (`EACH_ALONE`) are
letters that stand for a word each.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable

REPLACEMENT = "\ufffd"
# Variation selectors and the joiner of graphemes; soft hyphens, zero-width and bidi characters are of category Cf.
UNSEEN = ((0x034F, 0x034F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
# Han, Hiragana, Katakana and Hangul syllables; the marks among them belong to what stands before them.
EACH_ALONE = (
    (0x3005, 0x3007),
    (0x3021, 0x3029),
    (0x3031, 0x3035),
    (0x3038, 0x303C),
    (0x3041, 0x30FF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7A3),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),
    (0x1AFF0, 0x1B16F),
    (0x20000, 0x3FFFD),
)
_UNSEEN_EDGES, _ALONE_EDGES = (
    [edge for first, last in ranges for edge in (first, last + 1)] for ranges in (UNSEEN, EACH_ALONE)
)
# A text of every code point must not fill the memory of a server.
_MOST_CACHED = 1 << 16
_DOTS = re.compile("i\u0307+")
# Of a text of kinds. Pieces: a character that stands alone with its marks, a run of letters, a symbol.
_PIECES = re.compile("cm*|[lm]+|s")
_ALONE = re.compile("cm*|[^c]+")


class _Table(dict[int, int | str | None]):
    """A table for `str.translate` that looks a code point up once."""

    def __init__(self, look_up: Callable[[str], int | str | None]) -> None:
        super().__init__()
        self._look_up = look_up

    def __missing__(self, point: int) -> int | str | None:
        if len(self) >= _MOST_CACHED:
            self.clear()
        found = self[point] = self._look_up(chr(point))
        return found


def kind_of(char: str) -> str:
    """`l` letter, `m` mark, `c` stands alone, `s` symbol, `" "` space, `""` unseen, `U+FFFD` unknown."""
    point, category = ord(char), unicodedata.category(char)
    if category in ("Cn", "Cs"):
        return REPLACEMENT
    if category == "Cf" or _within(point, _UNSEEN_EDGES):
        return ""
    if category[0] == "M":
        return "m"
    if category[0] in "LN":
        return "c" if _within(point, _ALONE_EDGES) else "l"
    return " " if category[0] == "Z" or category == "Cc" else "s"


def stands_alone(char: str) -> bool:
    """Whether a character is a Chinese, Japanese or Korean one."""
    return kind_of(char) == "c"


def _within(point: int, edges: list[int]) -> bool:
    return bisect_right(edges, point) % 2 == 1


def _at_the_door(char: str) -> int | str | None:
    kind = kind_of(char)
    return None if kind == "" else kind if kind in (" ", REPLACEMENT) else ord(char)


_DOOR = _Table(_at_the_door)
_APART = _Table(lambda char: f" {char} " if kind_of(char) in ("s", REPLACEMENT) else char)
_WITHOUT = _Table(lambda char: " " if kind_of(char) in ("s", REPLACEMENT) else char)
_KINDS = _Table(lambda char: {"": "s", REPLACEMENT: "s"}.get(kind := kind_of(char), kind))


def door(text: str) -> str:
    """What every cleaning does first: known characters in NFC, nothing unseen, blanks for separators and controls.

    What is unseen goes before NFC, or a second pass would compose what it had held apart. Blanks are left as many as
    they are.
    """
    return unicodedata.normalize("NFC", text.translate(_DOOR))


def fold(text: str) -> str:
    """The door, then one spelling for full-width, ligatures and capitals: NFKC, casefold, NFKC.

    `İ` casefolds to an i with a dot above; the dot goes, so that İSTANBUL is istanbul.
    """
    folded = unicodedata.normalize("NFKC", text.translate(_DOOR)).casefold()
    return unicodedata.normalize("NFKC", _DOTS.sub("i", folded) if "\u0307" in folded else folded)


def stages(char: str, folding: bool) -> tuple[str, ...]:
    """Every spelling that one character goes through at the door, or from the door to its fold; the last is the answer.

    What two neighbours can do to each other they do in one of these: other engines look here who must be watched.
    """
    came = char.translate(_DOOR)
    if not folding:
        return came, unicodedata.normalize("NFC", came)
    spelled = unicodedata.normalize("NFKC", came)
    lower = spelled.casefold()
    return came, spelled, lower, _DOTS.sub("i", lower), fold(char)


def symbols_apart(text: str) -> str:
    """Each symbol between blanks."""
    return text.translate(_APART)


def without_symbols(text: str) -> str:
    """A blank for each symbol."""
    return text.translate(_WITHOUT)


def pieces(text: str) -> list[str]:
    """Words and symbols of a text that came through the door, in order.

    A run of letters is one word; each Chinese, Japanese or Korean character is one of its own, and so is each symbol.
    """
    return [text[found.start() : found.end()] for found in _PIECES.finditer(text.translate(_KINDS))]


def alone_apart(run: str) -> list[str]:
    """Any text cut at its Chinese, Japanese and Korean characters alone: "PyTorch入門" is PyTorch, 入 and 門."""
    if run.isascii():
        return [run]
    return [run[found.start() : found.end()] for found in _ALONE.finditer(run.translate(_KINDS))]
