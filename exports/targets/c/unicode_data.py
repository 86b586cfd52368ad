"""What Python knows of Unicode, as cleanings ask for it: kinds, spellings, folds and what joins.

A cleaning spells each character (its normal form), puts marks in the order of their classes, joins letters and marks,
folds capitals, and does both again (`baselines.text.unicode`). Hangul is left to arithmetic (Unicode Standard 3.12).
All is checked by `_check`: where a later Unicode breaks a rule that the C code relies on, no code is made.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.text import unicode

Points = tuple[int, ...]
BLANK, REPLACEMENT, DOT, LETTER_I = 0x20, 0xFFFD, 0x307, ord("i")
SYLLABLES = range(0xAC00, 0xD7A4)
END = sys.maxunicode + 1
# Marks of other scripts than Latin, Greek and Cyrillic stand near the characters that they join.
NEAR, NEAREST = 0x600, 0x100


@dataclass(frozen=True)
class Facts:
    """One normal form, with or without folding.

    Attributes:
        spelled: characters whose normal form is another.
        folded: characters in normal form whose fold is another, to it in normal form.
        pairs: characters of two parts, which these become where they meet; without Hangul.
    """

    spelled: dict[int, Points]
    folded: dict[int, Points]
    pairs: dict[int, tuple[int, int]]


@cache
def all_kinds() -> list[str]:
    """`unicode.kind_of` every code point."""
    return [unicode.kind_of(chr(point)) for point in range(END)]


@cache
def known() -> tuple[int, ...]:
    """Code points of characters that are seen and no blanks; for private use and Hangul syllables are left out."""
    private = (range(0xE000, 0xF900), range(0xF0000, END))
    return tuple(
        point
        for point, kind in enumerate(all_kinds())
        if kind in ("l", "m", "c", "s") and point not in SYLLABLES and not any(point in each for each in private)
    )


@cache
def ranked_kinds() -> tuple[NDArray[np.uint8], list[tuple[str, int, int]]]:
    """Of every code point a number, and for each number kind and combining class, with one code point of them."""
    numbers: dict[tuple[str, int], tuple[int, int]] = {}
    looks = np.zeros(END, np.uint8)
    for point, kind in enumerate(all_kinds()):
        look = kind, unicodedata.combining(chr(point)) if kind == "m" else 0
        looks[point] = numbers.setdefault(look, (len(numbers), point))[0]
    return looks, [(*look, point) for look, (_, point) in numbers.items()]


@cache
def dropped() -> tuple[int, ...]:
    """Code points that the door makes blanks or drops; without ASCII."""
    return tuple(point for point, kind in enumerate(all_kinds()) if kind in ("", " ") and point >= 0x80)


@cache
def facts(folding: bool) -> Facts:
    """All of Unicode: NFKC and folds, or NFC."""
    form: Literal["NFC", "NFKC"] = "NFKC" if folding else "NFC"
    spelled, folded, pairs = {}, {}, {}
    for point in known():
        char = chr(point)
        normal = unicodedata.normalize(form, char)
        if normal != char:
            spelled[point] = tuple(map(ord, normal))
            continue
        parts = unicodedata.decomposition(char).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            pairs[point] = int(parts[0], 16), int(parts[1], 16)
        fold = unicodedata.normalize("NFKC", char.casefold()) if folding else char
        if fold != char:
            folded[point] = tuple(map(ord, fold))
    found = Facts(spelled, folded, pairs)
    _check(found)
    return found


def _check(found: Facts) -> None:
    """The rules of Unicode that the C code relies on."""
    seconds = {second for _, second in found.pairs.values()}
    stable = [pair for pair in found.pairs.items() if not any(part in found.folded for part in pair[1])]
    rules = (
        all(unicodedata.combining(chr(first)) == 0 for first, _ in found.pairs.values()),
        all(unicodedata.combining(chr(point)) == 0 for point in found.pairs),
        # Two starters that are joined stay joined, whatever is taken apart.
        all(
            unicodedata.combining(chr(second)) or _apart(first, found.pairs) == (first,)
            for first, second in found.pairs.values()
        ),
        all(abs(point - second) <= NEAREST for point, (_, second) in found.pairs.items() if second >= NEAR),
        not seconds & {first for first, _ in found.pairs.values()},
        not seconds & {*found.pairs},
        # Folding once is folding for good, and the dot of an i stands nowhere else.
        all(each not in found.folded for fold in found.folded.values() for each in fold),
        all(point not in found.folded for point, _ in stable),
        all(DOT not in fold or fold == (LETTER_I, DOT) for fold in found.folded.values()),
        all(all_kinds()[each] in ("l", "m", "c", "s", " ") for each in targets(found)),
        all(each == BLANK or all_kinds()[each] != " " for each in targets(found)),
    )
    if not all(rules):
        raise ArtifactError(
            f"Unicode {unicodedata.unidata_version} of this Python breaks rule {rules.index(False)} that generated C "
            "relies on; use a Python with an earlier Unicode"
        )


def targets(found: Facts) -> Iterable[int]:
    """Characters that others become."""
    return (each for table in (found.spelled, found.folded) for points in table.values() for each in points)


def _apart(point: int, pairs: dict[int, tuple[int, int]]) -> Points:
    """A character without the marks that are joined to it, and these."""
    marks: Points = ()
    while point in pairs and unicodedata.combining(chr(pairs[point][1])):
        point, mark = pairs[point]
        marks = mark, *marks
    return point, *marks


def taken_apart(text: str, folding: bool) -> list[int]:
    """A text in normal form of each of its characters, with letters taken apart that a mark follows."""
    found: list[int] = []
    pairs, after = facts(folding).pairs, False
    for char in reversed(text):
        found += reversed(_apart(ord(char), pairs)) if after else [ord(char)]
        after = unicodedata.combining(char) > 0
    return found[::-1]
