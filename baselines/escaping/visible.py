"""Characters that nobody sees, or that change how others are shown, as signs that can be seen.

A control character ends lines, rings bells, moves a terminal's cursor, and is no text at all in XML and SVG; an
override of direction makes one name look like another. Marks that scripts and emoji need (joiners, the marks of
direction within Hebrew and Arabic) stay.
"""

from __future__ import annotations

import re

# Ends of lines and tabs are blanks wherever one line is shown.
_BLANKS = re.compile(r"[\t\n\x0b\x0c\r\x85\u2028\u2029]+")
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u200b\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
_KEPT = frozenset("\t\n\r")


def visible(text: str) -> str:
    """The text with a sign in place of each character that isn't seen; line ends and tabs stay."""
    return text if text.isascii() and text.isprintable() else _UNSEEN.sub(_sign, text)


def one_line(text: str) -> str:
    """The text on one line: line ends and tabs are blanks, what isn't seen has a sign."""
    return visible(_BLANKS.sub(" ", text))


def cut(text: str, most: int) -> str:
    """The text, or the beginning of it with an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _sign(match: re.Match[str]) -> str:
    """`␇` for a control character, `⟨U+202E⟩` for what has no sign of its own."""
    char = match[0]
    if char in _KEPT:
        return char
    point = ord(char)
    return chr(0x2400 + point) if point < 0x20 else "\u2421" if point == 0x7F else f"⟨U+{point:04X}⟩"
