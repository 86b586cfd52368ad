"""The cleaning of texts in C99: tables of this Python's Unicode and the functions of `parts/text*.c`.

Nothing is approximated: for every text the result is that of `baselines.text.cleaning`, or, where the model says which
characters it tells apart, the same as far as the model can tell. What doesn't fit is refused by the rule of `fits`.

The code works in the array of the cleaned text; its functions take less than 512 bytes of stack together (`gcc -Os
-mcpu=cortex-m3 -fstack-usage`). Marks are sorted by insertion, so that a text of n marks behind one letter takes n * n
steps.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.text import unicode
from baselines.text.cleaning import STOP_WORDS, Cleaning
from exports.targets.c.text_classes import Classes, Data
from exports.targets.c.text_tables import Tables, tables_of
from exports.targets.c.unicode_data import NEAR, NEAREST, facts, ranked_kinds, taken_apart

_PARTS = Path(__file__).parent / "parts"
# As in parts/text.c.
_KINDS = {" ": 0, "l": 1, "m": 2, "c": 3, "s": 4, unicode.REPLACEMENT: 5}
_JOINS, _RANK = 8, 8
_SYMBOLS = {"words": "TP_APART", "letters": "TP_AS_BLANKS", "course": "TP_AS_BLANKS", "raw": "TP_AS_THEY_STAND"}
_A_LINE = 24
# Bytes that are read at most, about, to find a character; where the fewest bytes matter, more.
_BLOCK, _SMALL_BLOCK = 32, 160


@dataclass(frozen=True)
class TextPart:
    """C code that cleans texts.

    Attributes:
        source: const tables and static functions, the last ones `tp_clean_<name>` of each cleaning; uses TP_LONGEST,
            TP_POINTS, TP_NOT_UTF8 and TP_TOO_LONG, which are defined before it.
        table_bytes: of its const data.
    """

    source: str
    table_bytes: int


def text_part(
    cleanings: tuple[Cleaning, ...], told_apart: frozenset[int] | None, *, kinds: bool = False, small: bool = False
) -> TextPart:
    """Generate it.

    Args:
        cleanings: each gets a function; without stems.
        told_apart: code points that the model tells from all others; None where it tells all.
        kinds: whether it asks for the kinds of characters, by `tp_kind`.
        small: the fewest bytes rather than the least time.

    Raises:
        ArtifactError: no cleaning, or one with stems; a Unicode that breaks the rules of the code.
    """
    names = sorted({cleaning.name for cleaning in cleanings})
    if not names or any(cleaning.stem for cleaning in cleanings):
        raise ArtifactError("cleaning in C: one or more are needed, without stems, which only Python has")
    if told_apart is not None and "course" in names:
        told_apart |= {ord(letter) for word in STOP_WORDS for letter in word}
    folds = sorted({name == "raw" for name in names})
    classes = [Classes(not raw, told_apart, kinds) for raw in folds]
    datas = [each.data() for each in classes]
    tables = tables_of(datas, _properties(classes, datas), _SMALL_BLOCK if small else _BLOCK)
    lowered = sum(1 << (point - ord("A")) for point in classes[0].lowered())
    stops, stops_at = _stops() if "course" in names else (b"", ())
    longest = max(len(points) for data in datas for table in (data.spelled, data.folded) for points in table.values())
    defines = {
        "TP_N_CODES": f"{len(tables.codes)}u",
        "TP_MOST_SPELLED": str(longest),
        "TP_PROPERTIES": str(3 * len(datas)),
        # The tables of a folding cleaning come first.
        "TP_FOLDING": "0",
        "TP_UNFOLDED": str(3 * folds.index(True) if True in folds else 255),
        "TP_NEAR": f"{NEAR:#x}u",
        "TP_NEAREST": f"{NEAREST:#x}u",
        # Capitals of ASCII that are small letters from the door on, a bit each.
        "TP_LOWERED": f"{lowered:#x}u",
        "TP_SPELLED": "0",
        "TP_PAIRS": "1",
        "TP_FOLDED": "2",
    }
    parts = [_part("text.c"), *[_part("text_kind.c")] * kinds, *[_part("text_stop.c")] * bool(stops)]
    source = "\n".join(
        [
            *(f"#define {name} {value}" for name, value in defines.items()),
            *_arrays(tables),
            *([_array("uint8_t", "tp_stops", stops), _array("uint16_t", "tp_stops_at", stops_at)] if stops else []),
            *parts,
            *map(_function, names),
        ]
    )
    return TextPart(source, tables.n_bytes + len(stops) + 2 * len(stops_at))


def fits(text: str, cleaning: Cleaning, longest: int) -> bool:
    """Whether the generated code takes a text: the rule that it refuses by, with TP_TOO_LONG.

    A text has at most `longest` bytes of UTF-8. With P = 2 * longest + 2, at most P code points have (1) the normal
    forms of its characters, one after the other, with letters taken apart that a mark follows; (2) the same of the
    folds of what (1) is in normal form; (3) the cleaned text, stop words and all.

    Args:
        text: that can be written in UTF-8.
        cleaning: without stems.
        longest: TP_LONGEST.
    """
    most, folding = 2 * longest + 2, cleaning.name != "raw"
    form: Literal["NFC", "NFKC"] = "NFKC" if folding else "NFC"
    if len(text.encode("utf-8")) > longest:
        return False
    seen = text.translate(_DOOR)
    entered = "".join(unicodedata.normalize(form, char) for char in seen)
    if len(taken_apart(entered, folding)) > most:
        return False
    if folding:
        folded = facts(True).folded
        spelled = unicodedata.normalize(form, seen)
        lower = "".join(chr(each) for char in spelled for each in folded.get(ord(char), (ord(char),)))
        if len(taken_apart(lower, folding)) > most:
            return False
    return cleaning.name != "words" or len(cleaning(text)) <= most


class _Door(dict[int, str]):
    def __missing__(self, point: int) -> str:
        self[point] = unicode.stages(chr(point), False)[0]
        return self[point]


_DOOR = _Door()


def _properties(classes: Sequence[Classes], datas: Sequence[Data]) -> NDArray[np.int32]:
    """Of every code point; -1 where nothing asks for it."""
    looks, kinds_there = ranked_kinds()
    by_look = []
    for kind, rank, point in kinds_there:
        ranked = max(each.rank(point) for each in classes) if rank else 0
        # Blanks and what is unseen have no property: the door asks its own table.
        by_look.append(ranked << _RANK | _KINDS[classes[0].kind(point)] if kind not in ("", " ") else -1)
    properties = np.array(by_look, np.int32)[looks]
    properties[[point for each in classes for point in each.seconds]] |= _JOINS
    unasked = set.intersection(*({*data.spelled} for data in datas))
    properties[[*unasked, *range(0x80), *range(0xD800, 0xE000)]] = -1
    return properties


def _stops() -> tuple[bytes, tuple[int, ...]]:
    """Stop words by their first letters, and where each letter's begin; one place more at the end."""
    content, at = bytearray(), []
    for letter in map(chr, range(ord("a"), ord("z") + 1)):
        at.append(len(content))
        last = letter
        for word in sorted(word for word in STOP_WORDS if word[0] == letter):
            shared = next((i for i in range(len(word)) if word[i] != last[i : i + 1]), len(word))
            content += bytes((shared << 4 | (len(word) - shared),)) + word[shared:].encode("ascii")
            last = word
    return bytes(content), (*at, len(content))


def _part(name: str) -> str:
    return (_PARTS / name).read_text(encoding="utf-8").rstrip("\n")


def _function(name: str) -> str:
    tables = "TP_UNFOLDED" if name == "raw" else "TP_FOLDING"
    cleaned = f"tp_clean({tables}, {_SYMBOLS[name]}, text, size, points)"
    body = f"    return {cleaned};"
    if name == "course":
        body = f"    int32_t n = {cleaned};\n    return n > 0 ? tp_without_stops(points, n) : n;"
    return (
        f"\nstatic int32_t tp_clean_{name}(const unsigned char *text, size_t size, uint32_t *points)\n{{\n{body}\n}}\n"
    )


def _arrays(tables: Tables) -> list[str]:
    return [
        _array("uint8_t", "tp_content", tables.content),
        _array("uint16_t", "tp_starts", tables.starts),
        _array("uint16_t", "tp_offsets", tables.offsets),
        _array("uint16_t", "tp_bounds", tables.bounds),
        _array("uint16_t", "tp_codes", tables.codes),
        _array("uint16_t", "tp_values", tables.values),
    ]


def _array(type_: str, name: str, values: Iterable[int]) -> str:
    numbers = [str(value) for value in values]
    lines = [",".join(numbers[at : at + _A_LINE]) for at in range(0, len(numbers), _A_LINE)]
    return f"static const {type_} {name}[{len(numbers)}] = {{\n" + ",\n".join(lines) + "};"
