"""Readings of other people's models in C, against the same written the plain way; and the fuzzer of the reader."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from baselines.errors import ArtifactError
from baselines.text.cleaning import Cleaning
from exports.kernel import reading
from exports.kernel.reading import Reader
from tests.cases.reader_case import (
    SENTENCES,
    USUAL,
    WORD,
    LinesByHand,
    TokensByHand,
    bench_group,
    char_class,
    shape,
)

built = pytest.mark.skipif(not reading.AVAILABLE, reason="the C extension was not built")
SOURCES = Path(__file__).resolve().parents[3] / "exports" / "kernel"
SMALL = char_class("", [(97, 122)])
CLASSES = (
    WORD,
    char_class("d"),
    char_class("W"),
    char_class("s"),
    char_class("S"),
    SMALL,
    char_class("", [(97, 122), (65, 90)], True),
    char_class("d", [(0x400, 0x4FF), (45, 45)]),
    char_class("w", [(39, 39)]),
    char_class("w", [], True),
)
# Of few pages, since each reader here makes its own.
_CHARACTERS = "aZß_ -'’.19\t\n\x1c\x0b\u3000\xa0éÉİıſΣσςǅﬁ½²٣é\u0301\u0345Жжम\u094dहि漢字カ😀\u200d\ud800"
_RANDOM = random.Random(0)
TEXTS = [
    *("".join(_RANDOM.choices(_CHARACTERS, k=_RANDOM.randint(1, 14))) for _ in range(150)), "", "a", "ΑΣ ΣΑ Σ",
    "the of The a1 héllo", " \t\n\x1c\x0b\u3000x ", "x" * 200 + "1" * 200, "a_b-c'd " * 40, SENTENCES["Hindi"],
]  # fmt: skip
DIGIT = char_class("d")
USUAL_SHAPES: list[list[dict[str, Any]]] = [
    [USUAL],
    [],
    [shape([], WORD, 1)],
    [shape([WORD], WORD, 0)],
    [shape([SMALL], SMALL, 1)],
    [shape([], char_class("S"), 1)],
    [shape([WORD] * 3, None, 0, 0, True, True)],
    [shape([DIGIT], DIGIT, 0), USUAL],
]


def _check(by_hand: Any, texts: list[str]) -> None:
    reader = Reader(by_hand)
    for text, prepared in zip(texts, reader.prepare(texts), strict=True):
        clean = by_hand(text)
        want = clean, by_hand.words(clean)
        assert reader.read(prepared) == want, (by_hand.to_json(), ascii(text))
        assert reader.read(clean.encode("utf-8", "surrogatepass")) == want, (by_hand.to_json(), ascii(text))
        assert reader.runs(prepared) == clean.split(), ascii(text)


def _shape(rng: random.Random) -> dict[str, Any]:
    tail = rng.choice(CLASSES) if rng.random() < 0.8 else None
    least = rng.randint(0, 3) if tail else 0
    most = rng.choice([0, 0, max(least + rng.randint(0, 4), 1)]) if tail else 0
    heads = [rng.choice(CLASSES) for _ in range(rng.randint(0 if least else 1, 3))]
    return shape(heads, tail, least, most, rng.random() < 0.5, rng.random() < 0.5)


@built
@pytest.mark.parametrize("seed", range(20))
def test_tokens_of_any_shape(seed: int) -> None:
    rng = random.Random(seed)
    shapes = [_shape(rng) for _ in range(rng.randint(0, 3))]
    stop_words = ["the", "of", "a1", "héllo", "\ud800"] if rng.random() < 0.5 else []
    changed = {
        "lower": rng.random() < 0.6,
        "accents": rng.choice(["", "ascii", "unicode"]),
        "squeeze": rng.random() < 0.4,
    }
    soup = ["".join(rng.choice("abTHEof  _-'1Z\t\n.\x1c\x0bé") for _ in range(rng.randint(0, 150))) for _ in range(40)]
    _check(TokensByHand(shapes, stop_words=stop_words, **changed), [*rng.sample(TEXTS, 40), *soup])


@built
@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("squeeze", [True, False])
@pytest.mark.parametrize("shapes", USUAL_SHAPES)
def test_the_usual_tokens(shapes: list[dict[str, Any]], squeeze: bool, lower: bool) -> None:
    """Those that are found by their edges, and their neighbours that are not."""
    plain = [("The cat_sat, on  a mat-1 of " * 9)[:length] for length in range(0, 200, 7)]
    _check(TokensByHand(shapes, lower=lower, squeeze=squeeze), [*TEXTS, *plain])
    _check(TokensByHand(shapes, lower=lower, squeeze=squeeze, stop_words=["the", "cat_sat", "of"]), plain)


@built
@pytest.mark.parametrize("accents", ["", "ascii", "unicode"])
def test_every_character_is_lowered_and_loses_its_accents(accents: str) -> None:
    points = [chr(code) for code in range(0x3100) if chr(code) != "Σ"]
    texts = ["".join(f"{char} b" for char in points[start::97]) for start in range(97)]
    _check(TokensByHand([USUAL, shape([char_class("W")], None)], accents=accents), texts)


@built
def test_a_text_whose_every_place_is_tried_in_vain_takes_no_time() -> None:
    reader = Reader(TokensByHand([shape([], char_class("w", [(45, 45)]), 1, 0, False, True)]))
    assert reader.read("-" * 200_000) == ("-" * 200_000, [])
    assert reader.read("a" + "-" * 200_000)[1] == ["a"]


@built
def test_a_reading_says_whether_its_words_hold_blanks() -> None:
    for tail, holds in (
        (WORD, False),
        (char_class("W"), True),
        (char_class("S"), False),
        (char_class("w", [(32, 45)]), True),
    ):
        assert Reader(TokensByHand([USUAL, shape([SMALL], tail, 1)])).holds_blanks is holds
    assert not Reader(Cleaning("raw")).holds_blanks


@built
def test_more_classes_than_c_holds_are_left_to_python() -> None:
    shapes = [shape([char_class("", [(code, code)])], WORD, 1) for code in range(65, 97)]
    with pytest.raises(ArtifactError, match="30 classes"):
        Reader(TokensByHand(shapes[:31]))
    Reader(TokensByHand(shapes[:30]))


@built
@pytest.mark.parametrize("end", [True, False])
def test_lines_are_cut_at_blanks_and_end_where_they_say(end: bool) -> None:
    rng = random.Random(4)
    parts = ["a", "foo", " ", "</s>", "__label__x", "__label__", " ", "\n", "\t", "\0", "é", "\x85", "\ud800", "the"]
    texts = ["".join(rng.choice(parts) for _ in range(rng.randint(0, 9))) for _ in range(3000)]
    by_hand = LinesByHand(end, ["foo", "__label__x"])
    reader = Reader(by_hand)
    for text, prepared in zip(texts, reader.prepare(texts), strict=True):
        clean = by_hand(text)
        want = clean, by_hand.words(clean)
        assert reader.read(prepared) == reader.read(clean.encode("utf-8", "surrogatepass")) == want, ascii(text)


def _compiled(sources: list[str], flags: list[str], target: Path) -> Path:
    compiler = shutil.which("gcc") or shutil.which("clang") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    probe = target.parent / "probe.c"
    probe.write_text("int main(void) { return 0; }\n")
    if subprocess.run([compiler, *flags, str(probe), "-o", str(target)], capture_output=True).returncode:
        pytest.skip(f"{compiler} has no address and undefined-behaviour sanitizers")
    paths = [str(SOURCES / name) for name in sources]
    subprocess.run([compiler, *flags, "-Wall", "-Wextra", "-Werror", *paths, "-o", str(target)], check=True)
    return target


@pytest.mark.parametrize("portable", [[], ["-DREADER_PORTABLE"]])
def test_fuzz_finds_nothing_under_the_sanitizers(portable: list[str], tmp_path: Path) -> None:
    flags = ["-std=gnu11", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover", *portable]
    fuzz = _compiled(["fuzz_reader.c", "reader.c"], flags, tmp_path / "fuzz")
    result = subprocess.run([str(fuzz), "300", "0"], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "no difference" in result.stdout


def test_the_time_of_a_text_is_measured_where_nothing_else_is(tmp_path: Path) -> None:
    fuzz = _compiled(["fuzz_reader.c", "reader.c"], ["-std=gnu11", "-O2"], tmp_path / "fuzz")
    texts = [SENTENCES["English"], SENTENCES["Hindi"]]
    groups = b"".join(bench_group(each, texts) for each in (Cleaning("course"), TokensByHand([USUAL]), LinesByHand()))
    result = subprocess.run([str(fuzz), "bench"], input=groups, capture_output=True, timeout=60, check=True)
    rows = [line.split() for line in result.stdout.decode().splitlines()]
    assert [row[0] for row in rows] == ["0"] * 6
    assert all(0 < float(row[3]) < 1e6 for row in rows)
