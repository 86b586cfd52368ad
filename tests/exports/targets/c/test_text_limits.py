"""What the cleaning in generated C refuses, how it compiles, and how large its tables are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.errors import ArtifactError
from baselines.text.cleaning import CLEANINGS, Cleaning
from exports.targets.c.text_part import fits, text_part
from tests.cases.c_case import AS_CPP, CHECKED, COMPILERS, STRICT, Program
from tests.cases.c_text_case import NOT_UTF8, TOO_LONG, answers, check, cleaner, told_by_english, wanted
from tests.cases.reader_case import SENTENCES

SHORT = 40
# Of each kind of bytes that are no UTF-8, the last ones before those that are, and some that are.
_PIECES = st.sampled_from(
    [
        *(b"\x80", b"\xbf", b"\xc0\x80", b"\xc1\xbf", b"\xc2", b"\xe0\x9f\xbf", b"\xe0\xa0", b"\xed\xa0\x80"),
        *(b"\xed\xbf\xbf", b"\xf0\x8f\xbf\xbf", b"\xf0\x90\x80", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xff"),
        *(
            b"a",
            b"\xc3\xa9",
            b"\xe2\x82\xac",
            b"\xf0\x9f\x98\x80",
            b"\xf4\x8f\xbf\xbf",
            b"\xee\x80\x80",
            b"\xef\xbf\xbf",
        ),
    ]
)

# Characters that become several, and those that may join.
_LONG = "\ufdfa\ufdfb½⑽ßΐᾳế\u0323\u0328\u0307İi!. aéﬃ\u0301"


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Of short texts; anything beside an array ends it."""
    return cleaner("words", tmp_path_factory.mktemp("checked"), longest=SHORT, flags=(*CHECKED, *STRICT))


@given(texts=st.lists(st.one_of(st.lists(_PIECES, max_size=8).map(b"".join), st.binary(max_size=9)), max_size=200))
@settings(max_examples=30, deadline=None)
def test_what_is_no_utf8_is_refused_as_python_refuses_it(texts: list[bytes], checked: Program) -> None:
    for text, got in zip(texts, answers(checked, texts), strict=True):
        try:
            spelled = text.decode("utf-8")
        except UnicodeDecodeError:
            # Too many bytes are refused before they are read.
            assert got == (NOT_UTF8 if len(text) <= SHORT else TOO_LONG), text
        else:
            assert np.array_equal(got, wanted(spelled, Cleaning(), longest=SHORT)), text


def test_the_end_of_a_text_is_checked_where_its_beginning_is_too_long_already(checked: Program) -> None:
    assert answers(checked, ["\ufdfa" * 12, "\ufdfa".encode() * 12 + b"\xff"]) == [TOO_LONG, NOT_UTF8]


@given(texts=st.lists(st.text(st.sampled_from(_LONG), max_size=SHORT), max_size=99))
@settings(max_examples=25, deadline=None)
def test_the_stated_rule_says_which_texts_are_taken(texts: list[str], checked: Program) -> None:
    for text, got in zip(texts, answers(checked, texts), strict=True):
        assert np.array_equal(got, wanted(text, Cleaning(), longest=SHORT)), text


def test_texts_at_each_limit(checked: Program) -> None:
    texts = [
        "!" * SHORT,
        "!" * (SHORT + 1),
        "x" * SHORT,
        "½" * 16,
        "½" * 17,
        "\ufdfa" * 4 + " " * 28,
        "\ufdfa" * 4 + "xxxxx",
    ]
    texts += ["ế\u0323" * 8, "½" * 14 + "ế\u0323", "ß" * 20]
    for text, got in zip(texts, answers(checked, texts), strict=True):
        assert np.array_equal(got, wanted(text, Cleaning(), longest=SHORT)), text
    assert [fits(text, Cleaning(), SHORT) for text in texts[:5]] == [True, False, True, True, False]
    assert fits("½" * 20, Cleaning("letters"), SHORT)


@pytest.mark.parametrize(
    ("by", "flags"), [*((by, ("-Os", *STRICT)) for by in COMPILERS), ("gcc", AS_CPP), ("clang", AS_CPP)]
)
def test_each_compiler_takes_it_without_a_word(by: str, flags: tuple[str, ...], tmp_path: Path) -> None:
    program = cleaner("course", tmp_path, by=by, flags=flags)
    check(program, [*SENTENCES.values(), "Éa\u0323 the THE café ﬁ", "I\u0307\u0301"], Cleaning("course"))


def test_tables_are_small_and_those_of_one_alphabet_smaller() -> None:
    words, english = (Cleaning("words"),), told_by_english("words")
    assert text_part(words, None).table_bytes <= 17_000
    assert text_part(words, english).table_bytes <= 8_700
    assert text_part(words, english, small=True).table_bytes <= 8_000


def test_several_cleanings_share_one_part() -> None:
    source = text_part(tuple(map(Cleaning, CLEANINGS)), None, kinds=True).source
    assert all(f"tp_clean_{name}(" in source for name in CLEANINGS)
    assert source.count("tp_content[") == 1


def test_stems_and_nothing_at_all_are_refused() -> None:
    with pytest.raises(ArtifactError, match="without stems"):
        text_part((Cleaning("words", stem=True),), None)
    with pytest.raises(ArtifactError, match="one or more"):
        text_part((), None)
