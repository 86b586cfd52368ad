"""A token_pattern becomes shapes that find the very same tokens, or is refused by what it has."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.errors import NotCompressible
from baselines.text.token_reading import TokenReading
from compress.foreign.pipelines.token_pattern import token_shapes

GOOD = (
    r"(?u)\b\w\w+\b",
    r"\w+",
    r"[a-zA-Z]+",
    r"\S+",
    r"\b[a-zA-Z]{3,}\b",
    r"[a-z]+|[0-9]+",
    r"\w+|[^\w\s]",
    r"\b[^\d\W]+\b",
    r"(?u)\b\w\w+\b|!|\?|\"|\'",
    r"#\w+|@\w+|\w+",
    r"[#@]?\w+",
    r"(?u)(\b\w+\b)",
    r"\b(?P<word>\w\w+)\b",
    r"\b\w{2,10}\b",
    r"\w{1,3}",
    r"(?a)\w+|\W",
    r"(?:a|b)c\w*",
    r".",
    r"(?s)..",
    r"(?x) \w+ # words",
    r"[A-Z][a-z]+",
    r"\b\w[\w']*\b",
    r"\bx?y?z\b",
    r"(?:ab)?c",
)
BAD = {
    r"\w+-\w+": "a run in the middle",
    r"\w+(?:-\w+)*": "a repetition of more than one character",
    r"(?i)[a-z]+": r"\(\?i\)",
    r"(?i:a)b": "flags or a group inside",
    r"(?<!\S)\w+": "assert not",
    r"^\w+": r"\^",
    r"\w+$": r"\$",
    r"\Bx": r"\\B",
    r"(?a)\b\w": r"\\b with",
    r"\w*": "it may match nothing",
    r"(x*)": "it may match nothing",
    r"(\w)(\w)": "a group with something beside it",
    r"(\w+)\s": "a group with something beside it",
    r"((\w)\w)": "groups in groups",
    r"\w+?": "min repeat",
    r"\w++": "possessive repeat",
    r"(?>\w+)": "atomic group",
    r"(?=x)x": "assert",
    r"\S+\b": "needs a border before it too",
    r"\w+\b\w": "a border in the middle",
    r"\w{100,}": "a count above 64",
    r"[": "not an expression",
    "a" * 2000: "a string of at most",
    "(?:a?b?c?d?e?f?)g": "ways to match",
}


@pytest.mark.parametrize("pattern", GOOD)
def test_the_same_tokens_are_found(pattern: str) -> None:
    reading, expected = TokenReading(lower=False, shapes=token_shapes(pattern)), re.compile(pattern)
    odd = st.text(alphabet=st.sampled_from("aAbBcCxyz019_-'!? \n\t#@.é\u0301ßİ٣中²ⅷ"), max_size=30)

    @given(st.one_of(odd, st.text(max_size=15)))
    @settings(max_examples=80, deadline=None)
    def check(text: str) -> None:
        assert reading.words(text) == expected.findall(text)

    check()


@pytest.mark.parametrize("pattern", BAD)
def test_what_cannot_be_said_is_refused_with_a_way_out(pattern: str) -> None:
    with pytest.raises(NotCompressible, match=f"token_pattern: .*{BAD[pattern]}.* can't be taken over; .+"):
        token_shapes(pattern)
