"""Four ways to clean: what each keeps and tells apart, on any Unicode, and how long it takes."""

from __future__ import annotations

import time
import unicodedata

import pytest

from baselines.errors import ArtifactError
from baselines.text import unicode
from baselines.text.cleaning import CHOICES, CLEANINGS, STOP_WORDS, Cleaning, CleaningName
from tests.cases.unicode_case import SAME, WHOLE_WORDS, random_texts

FOLDING: tuple[CleaningName, ...] = ("course", "letters", "words")
TEXTS = random_texts(2500, 2)
WORDS, RAW = Cleaning("words"), Cleaning("raw")


@pytest.mark.parametrize("name", CLEANINGS)
def test_cleaning_twice_is_cleaning_once(name: CleaningName) -> None:
    clean = Cleaning(name)
    for text in TEXTS:
        once = clean(text)
        assert clean(once) == once, ascii(text)
        assert once == " ".join(once.split())


@pytest.mark.parametrize("name", CLEANINGS)
def test_composed_and_decomposed_texts_are_one(name: CleaningName) -> None:
    clean = Cleaning(name)
    for text in TEXTS:
        assert clean(unicodedata.normalize("NFC", text)) == clean(unicodedata.normalize("NFD", text)), ascii(text)


@pytest.mark.parametrize("name", FOLDING)
@pytest.mark.parametrize("pair", SAME)
def test_other_spellings_are_one(name: CleaningName, pair: tuple[str, str]) -> None:
    first, second = map(Cleaning(name), pair)
    assert first == second != ""


@pytest.mark.parametrize("name", CLEANINGS)
@pytest.mark.parametrize("word", WHOLE_WORDS)
def test_a_word_with_marks_stays_one_word(name: CleaningName, word: str) -> None:
    clean = Cleaning(name)
    assert clean.words(clean(f"{word}, {word}")).count(clean(word)) == 2
    assert len(clean(word).split()) == 1


def test_plain_ascii_is_cleaned_as_any_text() -> None:
    """The tables of bytes give what the tables of Unicode give."""
    texts = ["".join(chr(ord(char) % 128) for char in text) for text in TEXTS]
    for text in [*texts, "".join(map(chr, range(128))), "C++ isn't C#; re-run_snake\x1f2.0"]:
        raw, folded = unicode.door(text).split(), unicode.fold(text)
        assert Cleaning("raw")(text).split() == raw
        assert Cleaning("words")(text).split() == unicode.symbols_apart(folded).split()
        letters = unicode.without_symbols(folded).split()
        assert Cleaning("letters")(text).split() == letters
        assert Cleaning("course")(text).split() == [word for word in letters if word not in STOP_WORDS]
        for clean in (WORDS, RAW):
            assert clean.words(clean(text)) == unicode.pieces(clean(text))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("course", "transformer bert 2 0 naïve"),
        ("letters", "not a transformer bert 2 0 for naïve me"),
        ("words", "not a transformer ? bert - 2 . 0 😀 for naïve me !"),
        ("raw", "Not a Transformer? BERT-2.0 😀 for Naïve ME!"),
    ],
)
def test_each_by_hand(name: CleaningName, expected: str) -> None:
    assert Cleaning(name)("  Not a Transformer?\tBERT-2.0 😀 for\u2003Naïve\n ME! ") == expected


@pytest.mark.parametrize("name", ["words", "raw"])
@pytest.mark.parametrize(
    "texts",
    [("C", "C++", "C#"), ("it works 😀", "it works 😡"), ("good", "not good", "no good"), ("really?", "really!"),
     ("who", "when", "how"), ("👍", "👍🏽", "👍🏿"), ("👩", "👩‍💻")],
)  # fmt: skip
def test_what_the_course_deletes_is_told_apart(name: CleaningName, texts: tuple[str, ...]) -> None:
    clean = Cleaning(name)
    assert len({clean(text) for text in texts}) == len(texts)
    assert len({tuple(clean.words(clean(text))) for text in texts}) == len(texts)


def test_each_symbol_and_each_chinese_character_is_a_word_but_stands_unsplit_in_the_text() -> None:
    assert WORDS("深度学习。PyTorch入门") == "深度学习 。 pytorch入门"
    assert WORDS.words(WORDS("深度学习。PyTorch入门")) == [*"深度学习。", "pytorch", *"入门"]
    assert RAW.words(RAW("C++と한국")) == ["C", "+", "+", "と", "한", "국"]
    assert WORDS.words(WORDS("👩🏽‍💻")) == ["👩", "🏽", "💻"]


@pytest.mark.parametrize("name", CLEANINGS)
def test_no_text_breaks_it(name: CleaningName) -> None:
    clean = Cleaning(name)
    for text in ("", " \t\n\x00", "\u200d\u00ad\ufe0f", "\u0301", "\ud800", "a\udc00b", "\U000e0001", "\u0378"):
        clean(text).encode("utf-8")
    assert clean(" \t\n\x00\u2028") == clean("\u200d\u00ad\ufeff") == ""
    expected = {"words": "a \ufffd b", "raw": "a\ufffdb"}.get(name, "b" if name == "course" else "a b")
    assert clean("a\udc00b") == clean("a\u0378b") == expected


@pytest.mark.parametrize("name", CLEANINGS)
def test_a_long_text_takes_linear_time(name: CleaningName) -> None:
    clean = Cleaning(name)
    for piece in ("a", "+", "हिन्दी में C++ 😀 深度学习 ", "İ", "e\u0301\u0323", "\u0378"):
        text = (piece * 100_000)[:100_000]
        start = time.perf_counter()
        clean.words(clean(text))
        assert time.perf_counter() - start < 2, piece


@pytest.mark.parametrize("name", FOLDING)
def test_stems_are_those_of_the_words(name: CleaningName) -> None:
    clean = Cleaning(name, stem=True)
    assert clean("Running networks") == "run network"
    assert Cleaning.from_json(clean.to_json()) == clean


def test_json_is_read_or_refused() -> None:
    assert CHOICES[0] == Cleaning().name
    for name in CLEANINGS:
        assert Cleaning.from_json({"blocks": [], **Cleaning(name).to_json()}) == Cleaning(name)
    for content, match in (
        ({"cleaning": "loud", "stem": False}, "'loud'"),
        ({"cleaning": "raw", "stem": True}, "stems with all but raw"),
        ({"cleaning": "words"}, "got 'words' and None"),
        ({"stop_words": True, "stem": False}, "got None and False"),
        ([], "are needed"),
    ):
        with pytest.raises(ArtifactError, match=match):
            Cleaning.from_json(content)
