"""The cleaning in generated C, against Python's for texts of any Unicode."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from baselines.text.cleaning import CLEANINGS, Cleaning, CleaningName
from exports.targets.c.unicode_data import SYLLABLES, all_kinds, facts
from tests.cases.c_case import Program
from tests.cases.c_text_case import check, cleaner, told_by_english
from tests.cases.reader_case import SENTENCES
from tests.cases.unicode_case import SAME, WHOLE_WORDS

# Marks and letters that join what stands before them, each kind of them; what the door drops, or makes unknown.
SECONDS = "\u0300\u0301\u0307\u0323\u0327\u0338\u0345\u0308\u093c\u09be\u0dca\u1161\u11a8\u11c3\u3099\ufe0f\u0378 "
AWKWARD = [
    *(text for pair in SAME for text in pair),
    *WHOLE_WORDS,
    *SENTENCES.values(),
    "",
    " ",
    "\ufdfa",
    "ΐΐΐ ŸΐΰΪ",
    "I\u0316\u0307\u0307 i\u0307\u0307 i\u0323\u0307 İ\u0301 I\u0301\u0307",
    "α\u0327\u0345 ᾳ\u0327 ᾴ\u0323\u0345 ῼ",
    "ế\u0328 \u1ebf\u0323 \u01d7\u0327\u0323\u0301",
    "\u0301 \u0323\u0301\u0307 a",
    "ﬁ ﬃ ẞ K Å Ω ＦＵＬＬ ｶﾞ ㈱ ㍿ Ⅻ ½ ①",
    "!a!!b ! c?!",
    "Don't the THE ourselves yourselve a-b the.end",
]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Program]:
    """One program of each cleaning, compiled when it is first asked for."""
    made: dict[tuple[str, bool], Program] = {}

    def of(name: CleaningName, told: frozenset[int] | None = None) -> Program:
        key = name, told is None
        if key not in made:
            made[key] = cleaner(name, tmp_path_factory.mktemp("cleaner"), told=told, kinds=True)
        return made[key]

    return of


def _lines(points: list[int], before: str = "", after: str = "") -> list[str]:
    return [" ".join(before + chr(p) + after for p in points[at : at + 1000]) for at in range(0, len(points), 1000)]


@cache
def _interesting() -> list[int]:
    """Code points that something happens to, the edges of runs of one kind, and a part of all others."""
    kinds, found = all_kinds(), facts(True)
    edges = {point for point in range(1, 0x110000) if kinds[point] != kinds[point - 1]}
    points = {*edges, *(point - 1 for point in edges), *found.spelled, *found.folded, *found.pairs, *range(0x3000)}
    points |= {*facts(False).pairs, *facts(False).spelled, *range(0, 0x110000, 257), *SYLLABLES[::27]}
    return sorted(point for point in points if not 0xD800 <= point < 0xE000)


def _random_texts(seed: int, n: int) -> list[str]:
    rng = random.Random(seed)
    found = facts(True)
    groups = (
        SECONDS,
        [chr(point) for point in found.pairs],
        [chr(point) for point in (*found.spelled, *found.folded)],
        "aeiIİ \u0307\u0301\u0323\u0345-.!",
        "\u1100\u1112\u1161\u1175\u11a8\u11c2가각힣\u200d\u00ad\ufe0e\u0378漢カ",
    )
    return ["".join(rng.choice(rng.choice(groups)) for _ in range(rng.randint(1, 24))) for _ in range(n)]


@pytest.mark.parametrize("name", CLEANINGS)
def test_awkward_and_random_texts_are_cleaned_as_in_python(name: CleaningName, program: Callable[..., Program]) -> None:
    check(program(name), [*AWKWARD, *_random_texts(0, 1500)], Cleaning(name), kinds=True)


@pytest.mark.parametrize("name", ["words", "raw"])
@pytest.mark.parametrize(
    "around", [("", ""), ("a", "b"), ("e", "\u0301\u0323")], ids=["alone", "in-words", "with-marks"]
)
def test_each_character(name: CleaningName, around: tuple[str, str], program: Callable[..., Program]) -> None:
    check(program(name), _lines(_interesting(), *around), Cleaning(name), kinds=True)


@pytest.mark.parametrize("told", [None, told_by_english("words")], ids=["all", "english"])
def test_each_letter_before_what_joins_it(told: frozenset[int] | None, program: Callable[..., Program]) -> None:
    found = facts(False).pairs
    letters = sorted({*found, *(first for first, _ in found.values())})
    texts = [line for mark in SECONDS for line in _lines(letters, "", mark)]
    check(program("words", told), texts, Cleaning(), told=told, kinds=True)


@pytest.mark.parametrize("name", CLEANINGS)
def test_a_small_alphabet_sees_the_same(name: CleaningName, program: Callable[..., Program]) -> None:
    told = told_by_english(name)
    texts = [*AWKWARD, *_random_texts(1, 1500), *_lines(_interesting()[::5], "e", "\u0323")]
    check(program(name, told), texts, Cleaning(name), told=told, kinds=True)


@pytest.mark.parametrize(
    "alphabet", ["αβγδεέϊΐ", "กขค\u0e34\u0e48", "한어가각", "AB\u0301\ufffdé", "", "if\u0307 =", "ё"]
)
def test_other_alphabets_see_the_same(alphabet: str, tmp_path: Path) -> None:
    told = frozenset(map(ord, alphabet))
    texts = [*AWKWARD, *_random_texts(len(alphabet), 500), *_lines(_interesting()[::9], "e", "\u0323")]
    check(cleaner("words", tmp_path, told=told), texts, Cleaning(), told=told)


def test_long_runs_of_marks_are_put_in_order(program: Callable[..., Program]) -> None:
    rng = random.Random(2)
    marks = [chr(point) for point in range(0x300, 0x370)]
    texts = ["".join(["é", *rng.choices(marks, k=n), "x"]) for n in (1, 30, 31, 100, 3000)]
    check(program("words"), [*texts, "I" + "\u0307" * 2000, "\u0323" * 500], Cleaning(), kinds=True)
