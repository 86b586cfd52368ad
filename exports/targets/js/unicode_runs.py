"""What Python knows of Unicode and a model asks for, as one short text that `runtime/unicode.js` reads."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache

from baselines.text.unicode import REPLACEMENT, kind_of
from exports.targets.js.coding import Code

# Numbers of kinds in runtime/unicode.js.
LETTER, SYMBOL, UNSEEN, UNKNOWN, BLANK, MARK, ALONE = range(7)
_NUMBERS = {"l": LETTER, "s": SYMBOL, "": UNSEEN, REPLACEMENT: UNKNOWN, " ": BLANK, "m": MARK, "c": ALONE}
_SIZE_BITS = 14
Run = tuple[int, int, int, int]


@cache
def unicode_text(symbols: bool, apart: bool, folding: bool) -> str:
    """The tables, coded.

    Args:
        symbols: whether a symbol can be told from a blank, which cleanings that keep letters alone don't do.
        apart: whether words are cut where marks and characters that stand alone are looked at.
        folding: whether capitals become small letters.
    """
    code = Code(_SIZE_BITS)
    before = 7
    for kind, length in _runs(_kinds(symbols, apart)):
        code.symbol(kind, 3, before + 8)
        code.number(length - 1, kind)
        before = kind
    _write_folds(code, list(_folded()) if folding else [])
    return code.text()


def _kinds(symbols: bool, apart: bool) -> Iterator[int]:
    """A kind for each code point; those that can't be told apart are one."""
    composed = _in_pairs()
    for point in range(sys.maxunicode + 1):
        kind = _kind(point)
        if not apart and kind in (MARK, ALONE):
            kind = LETTER
        if not symbols and kind in (SYMBOL, BLANK):
            # Both become blanks. What no normal form changes or joins to a neighbour may do so at once, as what is
            # unknown does: this leaves fewer runs.
            inert = point not in composed and unicodedata.normalize("NFKC", chr(point)) == chr(point)
            kind = UNKNOWN if inert and not unicodedata.combining(chr(point)) else SYMBOL
        yield kind


@cache
def _kind(point: int) -> int:
    return _NUMBERS[kind_of(chr(point))]


@cache
def _in_pairs() -> frozenset[int]:
    """Code points that the canonical decomposition of another one holds."""
    spelled = (unicodedata.decomposition(chr(point)) for point in range(sys.maxunicode + 1))
    return frozenset(int(part, 16) for each in spelled if each and each[0] != "<" for part in each.split())


def _runs(kinds: Iterable[int]) -> Iterator[tuple[int, int]]:
    last, length = -1, 0
    for kind in kinds:
        if kind != last and length:
            yield last, length
            length = 0
        last = kind
        length += 1
    yield last, length


def _folded() -> Iterator[tuple[int, str]]:
    # A text is in NFKC when its capitals are folded, so that most of them can't occur any more.
    for point in range(sys.maxunicode + 1):
        char = chr(point)
        if char != (folded := char.casefold()) and char == unicodedata.normalize("NFKC", char):
            yield point, folded


def _write_folds(code: Code, folded: list[tuple[int, str]]) -> None:
    runs = _even_runs([(point, ord(small) - point) for point, small in folded if len(small) == 1])
    code.number(len(runs), 16)
    for gap, count, step, shift in runs:
        code.number(gap, 17)
        code.number(count - 1, 18)
        if count > 1:
            code.number(step - 1, 19)
        _signed(code, shift, 20)
    longer = [(point, small) for point, small in folded if len(small) > 1]
    code.number(len(longer), 21)
    before = 0
    for point, small in longer:
        code.number(point - before, 22)
        code.number(len(small) - 2, 23)
        before = last = point
        for char in small:
            _signed(code, ord(char) - last, 24)
            last = ord(char)


def _signed(code: Code, value: int, context: int) -> None:
    code.number(2 * value if value >= 0 else -2 * value - 1, context)


def _even_runs(shifts: Iterable[tuple[int, int]]) -> list[Run]:
    """Neighbours with one shift, evenly spaced by one or two, as (gap, count, step, shift)."""
    runs: list[Run] = []
    last = 0
    for point, shift in shifts:
        gap, count, step, of = runs[-1] if runs else (0, 0, 0, 0)
        if count and of == shift and point - last in ((1, 2) if count == 1 else (step,)):
            runs[-1] = (gap, count + 1, point - last, shift)
        else:
            runs.append((point - last, 1, 1, shift))
        last = point
    return runs
