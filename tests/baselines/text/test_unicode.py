"""The door, folding and pieces, by rules that hold for every character."""

from __future__ import annotations

import unicodedata

import pytest

from baselines.text.unicode import (
    REPLACEMENT,
    alone_apart,
    door,
    fold,
    kind_of,
    pieces,
    stands_alone,
    symbols_apart,
    without_symbols,
)
from tests.cases.unicode_case import WHOLE_WORDS, random_texts

TEXTS = random_texts(3000, 1)


def test_every_character_has_one_kind() -> None:
    kinds = {char: kind_of(char) for char in map(chr, range(0, 0x110000, 7))}
    assert set(kinds.values()) == {"l", "m", "c", "s", " ", "", REPLACEMENT}
    for char, kind in kinds.items():
        category = unicodedata.category(char)
        assert (kind == REPLACEMENT) == (category in ("Cn", "Cs")), hex(ord(char))
        assert (kind == "m") <= category.startswith("M"), hex(ord(char))
        assert (kind in ("l", "c")) == (category[0] in "LN"), hex(ord(char))
        assert (kind == " ") == (category[0] == "Z" or category == "Cc"), hex(ord(char))


@pytest.mark.parametrize(
    ("char", "kind"),
    [("字", "c"), ("ア", "c"), ("ー", "c"), ("々", "c"), ("한", "c"), ("𠀀", "c"), ("\u3099", "m"), ("。", "s"),
     ("🏽", "s"),
     ("ก", "l"), ("Ⅷ", "l"), ("\ufe0f", ""), ("\u200d", ""), ("\u00ad", ""), ("\u034f", ""), ("\U000e0100", ""),
     ("\u0378", REPLACEMENT), ("\udfff", REPLACEMENT), ("\ue000", "s"), ("\u2028", " "), ("\x85", " ")],
)  # fmt: skip
def test_characters_that_decide(char: str, kind: str) -> None:
    assert kind_of(char) == kind
    assert stands_alone(char) == (kind == "c")


def test_what_came_through_the_door_is_known_composed_and_seen() -> None:
    for text in TEXTS:
        came = door(text)
        assert unicodedata.is_normalized("NFC", came)
        assert {kind_of(char) for char in came} <= {"l", "m", "c", "s", " "}
        assert fold(text) == fold(came)
        assert unicodedata.is_normalized("NFKC", fold(text))
        came.encode("utf-8")  # no surrogate is left


def test_symbols_are_set_apart_or_taken_out_and_nothing_else() -> None:
    for text in TEXTS:
        came = door(text)
        symbols = [char for char in came if kind_of(char) == "s"]
        assert [part for part in symbols_apart(came).split() if kind_of(part[0]) == "s"] == symbols
        assert symbols_apart(came).replace(" ", "") == came.replace(" ", "")
        assert without_symbols(came).replace(" ", "") == "".join(c for c in came if kind_of(c) not in ("s", " "))


def test_pieces_are_the_text_without_its_blanks() -> None:
    for text in TEXTS:
        came = door(text)
        assert "".join(pieces(came)) == came.replace(" ", "")
        assert "".join(alone_apart(text)) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PyTorch入門。v2.0", ["PyTorch", "入", "門", "。", "v2", ".", "0"]),
        ("か\u309aな한국 😀!?", ["か\u309a", "な", "한", "국", "😀", "!", "?"]),
        ("snake_case's", ["snake", "_", "case", "'", "s"]),
    ],
)
def test_pieces_by_hand(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


@pytest.mark.parametrize("word", WHOLE_WORDS)
def test_marks_belong_to_their_word(word: str) -> None:
    assert pieces(word) == [word]
    assert alone_apart(word) == [word]


def test_the_tables_stay_small_whatever_comes() -> None:
    from baselines.text import unicode

    assert door("".join(map(chr, range(0x20000, 0x3FFFF)))).startswith("𠀀")
    assert len(unicode._DOOR) <= 1 << 16
