"""A program around the cleaning in C, and what it must answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from baselines.text import unicode
from baselines.text.cleaning import Cleaning, CleaningName
from exports.targets.c.text_part import fits, text_part
from tests.cases.c_case import Program, compiled, framed

LONGEST = 65535
_PART = cache(text_part)
NOT_UTF8, TOO_LONG = -1, -2
_HEAD = """#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#define TP_LONGEST {longest}
#define TP_POINTS (2 * TP_LONGEST + 2)
#define TP_NOT_UTF8 -1
#define TP_TOO_LONG -2
"""
_MAIN = """
static unsigned char text[1 << 22];
static uint32_t points[TP_POINTS + 1];
int main(void)
{{
    unsigned char size[4], out[6];
    int32_t n, i;
    while (fread(size, 1, 4, stdin) == 4) {{
        size_t bytes = size[0] | (size_t)size[1] << 8 | (size_t)size[2] << 16;
        if (fread(text, 1, bytes, stdin) != bytes) return 1;
        points[TP_POINTS] = 0xABCDEF;
        n = tp_clean_{name}(text, bytes, points);
        if (points[TP_POINTS] != 0xABCDEF) return 2;
        for (i = 0; i < 4; i++) out[i] = (unsigned char)((uint32_t)n >> 8 * i);
        fwrite(out, 1, 4, stdout);
        for (i = 0; i < n; i++) {{
            int k;
            for (k = 0; k < 4; k++) out[k] = (unsigned char)(points[i] >> 8 * k);
            out[3] = {kind};
            fwrite(out, 1, 4, stdout);
        }}
    }}
    return 0;
}}
"""


def cleaner(
    name: CleaningName,
    folder: Path,
    *,
    told: frozenset[int] | None = None,
    kinds: bool = False,
    longest: int = LONGEST,
    by: str = "gcc",
    flags: Sequence[str] = (),
) -> Program:
    """The program of one cleaning; of each character it writes 24 bits, and its kind where that is asked for."""
    part = _PART((Cleaning(name),), told, kinds=kinds)
    main = _MAIN.format(name=name, kind="(unsigned char)tp_kind(points[i])" if kinds else "0")
    source = _HEAD.format(longest=longest) + part.source + main
    return compiled(source, folder, by=by, **({"flags": flags} if flags else {}))  # type: ignore[arg-type]


def answers(program: Program, texts: Iterable[str | bytes]) -> list[int | np.ndarray]:
    """Of each text a code below 0, or the cleaned characters, their kinds in the high bits; uint32 (n,)."""
    said = np.frombuffer(program(framed(texts)), "<i4")
    found, at = list[int | np.ndarray](), 0
    while at < len(said):
        n = int(said[at])
        found.append(n if n < 0 else said[at + 1 : at + 1 + n].view(np.uint32))
        at += 1 + max(n, 0)
    return found


_KINDS = {" ": 0, "l": 1, "m": 2, "c": 3, "s": 4}


def wanted(
    text: str, cleaning: Cleaning, *, told: frozenset[int] | None = None, kinds: bool = False, longest: int = LONGEST
) -> int | np.ndarray:
    """By Python; characters that aren't told apart become 0x110000, or 0x110001 + whether they are blank or symbols."""
    if not fits(text, cleaning, longest):
        return TOO_LONG
    points = np.array([*map(ord, cleaning(text))], np.uint32)
    if kinds:
        points |= np.array([_KINDS[unicode.kind_of(char)] for char in cleaning(text)], np.uint32) << 24
    return points if told is None else seen(points, told)


def seen(points: np.ndarray, told: frozenset[int]) -> np.ndarray:
    """Characters as a model sees them."""
    return np.where(np.isin(points & 0xFFFFFF, [*told]), points, points & 0xFF000000 | 0x110000)


def check(
    program: Program,
    texts: Sequence[str],
    cleaning: Cleaning,
    *,
    told: frozenset[int] | None = None,
    kinds: bool = False,
) -> None:
    """Every text by both."""
    for text, got in zip(texts, answers(program, texts), strict=True):
        want = wanted(text, cleaning, told=told, kinds=kinds)
        if told is not None and not isinstance(got, int):
            got = seen(got, told)
        assert np.array_equal(got, want), (cleaning.name, ascii(text[:60]), _shown(got), _shown(want))


def _shown(points: int | np.ndarray) -> str:
    return str(points) if isinstance(points, int) else " ".join(f"{point:x}" for point in points[:80])


def told_by_english(name: CleaningName) -> frozenset[int]:
    """What a usual alphabet of English knows."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789 " + (
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-'" if name == "raw" else ".-" if name == "words" else ""
    )
    return frozenset(map(ord, letters))
