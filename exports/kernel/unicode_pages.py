"""Pages of 256 code points for the reader in C: what each becomes, made from Python's own tables when first needed.

The C code holds no Unicode table; this module is its only source, so that both read any text with the same bits. A page
holds 256 points of 16 bytes (`reader.h`), and the pieces of those that become more than one character.

**Neighbours.** What a text becomes is what its characters become, one after the other, as long as none changes
another. They can in two ways (Unicode Standard, annex 15): a mark or letter composes with what stands before it, or
marks are put in the order of their combining classes. So each point says whether it, in any spelling it goes through,
may compose with what follows (`FIRST`) or stands before (`MAYBE`), and with which class it begins and ends; C cleans a
text only where these cannot meet. Too often is safe, and rare: nearly every text is written composed.
"""

from __future__ import annotations

import struct
import sys
import unicodedata
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from baselines.text import unicode
from baselines.text.cleaning import CleaningName

# As in reader.h.
BLANK, LETTER, MARK, ALONE, SYMBOL = range(5)
FIRST, MAYBE, LEADS, PURE, UNSEEN, BY_PYTHON = 1, 2, 4, 8, 16, 32
MANY, MAX_PIECES = 255, 32
N_PAGES = 0x1100
_KINDS = {" ": BLANK, "l": LETTER, "m": MARK, "c": ALONE}
_POINT, _PIECE = struct.Struct("=4sBBBBII"), struct.Struct("=4sB3xI")
# Where characters of two parts that compose lie, with the blocks that are planned beside them.
COMPOSED = (range(0xC0, 0x3100), range(0x10400, 0x12000), range(0x16000, 0x17000))
_JAMO = (range(0x1100, 0x1113), range(0x1161, 0x1176), range(0x11A8, 0x11C3))
_SYLLABLES = range(0xAC00, 0xD7A4)


@dataclass(frozen=True, slots=True)
class Point:
    """One code point.

    Attributes:
        pieces: characters it becomes, each with its kind or classes.
        own: kind or classes of itself, where a text comes clean.
        flags: what its neighbours must know.
        lead, trail: combining classes of its first and last mark.
    """

    pieces: tuple[tuple[str, int], ...]
    own: int
    flags: int = 0
    lead: int = 0
    trail: int = 0


def page(number: int, point_of: Callable[[int], Point]) -> tuple[bytes, bytes]:
    """The points of one page and their pieces, as C reads them."""
    points, pieces, n_pieces = bytearray(), bytearray(), 0
    for code in range(number << 8, (number + 1) << 8):
        point = point_of(code)
        if len(point.pieces) == 1:
            char, becomes = point.pieces[0]
            spelled = char.encode("utf-8", "surrogatepass")
            points += _POINT.pack(spelled, len(spelled), point.lead, point.trail, point.flags, point.own, becomes)
            continue
        size, where, flags = MANY, (n_pieces << 8 | len(point.pieces)).to_bytes(4, sys.byteorder), point.flags
        if not point.pieces:
            size, where = 0, b""
        elif len(point.pieces) > MAX_PIECES:
            size, where, flags = 0, b"", flags | BY_PYTHON
        else:
            for char, becomes in point.pieces:
                spelled = char.encode("utf-8", "surrogatepass")
                pieces += _PIECE.pack(spelled, len(spelled), becomes)
            n_pieces += len(point.pieces)
        points += _POINT.pack(where, size, point.lead, point.trail, flags, point.own, 0)
    return bytes(points), bytes(pieces)


def cleaned_point(code: int, name: CleaningName) -> Point:
    """What a code point becomes by one of our cleanings, without its stop words."""
    char, folding = chr(code), name != "raw"
    # Once, as nearly every character of a page stays as it is.
    kind = unicode.kind_of(char)
    own = _numbered(kind, name)
    if kind == "":
        return Point((), own, UNSEEN)
    if kind == unicode.REPLACEMENT:
        return Point(((kind, own),), own)
    # Nothing of the first page composes with what stands before it, so a model of plain English looks nothing up.
    firsts, maybes = composing() if code > 0xFF else (range(0x21, 0x110000), frozenset[int]())
    if kind != " " and _stays(char, maybes):
        return Point(((char, own),), own, FIRST if code in firsts else 0)
    stages = unicode.stages(char, folding)
    pieces = tuple((each, _kind(each, name)) for each in stages[-1])
    flags, lead, trail = _neighbours(stages, folding, firsts, maybes)
    if _is_pure(stages) and len(pieces) == 1:
        flags |= PURE
    return Point(pieces, own, flags, lead, trail)


def _kind(char: str, name: CleaningName) -> int:
    return _numbered(unicode.kind_of(char), name)


def _numbered(said: str, name: CleaningName) -> int:
    kind = _KINDS.get(said, SYMBOL)
    if name in ("words", "raw"):
        return kind
    # Words end at blanks alone here, and symbols are blanks.
    return LETTER if kind in (LETTER, MARK, ALONE) else BLANK


def _stays(char: str, maybes: Container[int]) -> bool:
    """Whether nothing is ever done to a character that is seen, known, no blank, and it composes with none before."""
    if unicodedata.decomposition(char) or unicodedata.combining(char) or char.casefold() != char:
        return False
    code = ord(char)
    if code in _SYLLABLES:
        return (code - _SYLLABLES.start) % 28 != 0
    return code not in maybes


def _neighbours(
    stages: Sequence[str], folding: bool, firsts: Container[int], maybes: Container[int]
) -> tuple[int, int, int]:
    """Flags, and the classes at the edges, over every spelling.

    Marks that a letter is composed with stay in it whatever follows: no other mark comes between and composes, or it
    would be watched. So the last class is that of the composed spelling.
    """
    flags, lead, trail = 0, 0, 0
    for stage in stages:
        apart, composed = (
            unicodedata.normalize(form, stage) for form in (("NFKD", "NFKC") if folding else ("NFD", "NFC"))
        )
        if any(ord(char) in firsts for char in (*stage, *apart, *composed)):
            flags |= FIRST
        if any(ord(char) in maybes for spelled in (stage, apart) for char in _leading(spelled)):
            flags |= MAYBE
        if first := unicodedata.combining(apart[0]):
            lead = min(lead or first, first)
            flags |= LEADS
        trail = max(trail, unicodedata.combining(composed[-1]))
    return flags, lead, trail


def _leading(text: str) -> Iterable[str]:
    """The marks a text begins with, and the first character behind them."""
    for char in text:
        yield char
        if not unicodedata.combining(char):
            return


def _is_pure(stages: Sequence[str]) -> bool:
    """Whether it is one mark in every spelling, of one class."""
    char = stages[0]
    same = all(stage == char and unicodedata.normalize("NFKD", stage) == char for stage in stages)
    return same and len(char) == 1 and unicodedata.combining(char) > 0 and unicode.kind_of(char) == "m"


@cache
def composing() -> tuple[frozenset[int], frozenset[int]]:
    """Code points that something behind them may compose with, and those that compose with something before."""
    firsts, maybes = {*_JAMO[0], *_SYLLABLES[::28]}, {*_JAMO[1], *_JAMO[2]}
    for code in (code for codes in COMPOSED for code in codes):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) != 2 or parts[0].startswith("<"):
            continue
        first, second = (int(part, 16) for part in parts)
        if unicodedata.normalize("NFC", chr(first) + chr(second)) == chr(code):
            firsts.add(first)
            maybes.add(second)
    return frozenset(firsts), frozenset(maybes)
