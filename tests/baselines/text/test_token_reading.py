"""Texts are read as scikit-learn's vectorizers read them, from data that may come from anybody."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from baselines.errors import ArtifactError
from baselines.text.ngram_settings import Analyzer, NgramSettings
from baselines.text.readings import reading_of
from baselines.text.token_reading import MAX_COUNT, MAX_RANGES, MAX_SHAPES, CharacterClass, TokenReading, TokenShape
from compress.foreign.pipelines.token_pattern import token_shapes

WORD = CharacterClass("w")
DEFAULT = TokenShape((WORD,), WORD, 1, bound_before=True, bound_after=True)
ODD = "aAbB zé́ßİıΣςﬁ½²Ⅷ٣१_-'\"!#@.,\t\n\r \x0b\x1c\x85\xa0\u2003\u3000中😀"
TEXTS = st.text(alphabet=st.one_of(st.sampled_from(ODD), st.characters(exclude_categories=["Cs"])), max_size=40)


@pytest.mark.parametrize("analyzer", ["word", "char", "char_wb"])
@pytest.mark.parametrize("accents", ["", "ascii", "unicode"])
@pytest.mark.parametrize("lower", [True, False])
def test_n_grams_are_those_of_scikit_learn(analyzer: str, accents: Any, lower: bool) -> None:
    stopped = ["ab", "a"]
    theirs = CountVectorizer(
        analyzer=analyzer,
        strip_accents=accents or None,
        lowercase=lower,
        ngram_range=(1, 3),
        stop_words=stopped if analyzer == "word" else None,
    ).build_analyzer()
    own: Analyzer = "char_bare" if analyzer == "char" else "word" if analyzer == "word" else "char_wb"
    words = analyzer == "word"
    reading = TokenReading(
        lower, accents, analyzer == "char", (DEFAULT,) if words else (), ("ab", "a") if words else ()
    )

    @given(TEXTS)
    @settings(max_examples=60, deadline=None)
    def check(text: str) -> None:
        clean = reading(text)
        assert sorted(NgramSettings(own, 1, 3).terms(clean, reading.words(clean))) == sorted(theirs(text))

    check()


@given(
    st.builds(
        TokenReading,
        st.booleans(),
        st.sampled_from(["", "ascii", "unicode"]),
        st.booleans(),
        st.lists(st.sampled_from([DEFAULT, *token_shapes(r"[#@]?\w{2,5}|[^\W\d_]+|\S")]), max_size=4).map(tuple),
        st.lists(st.text(max_size=5), max_size=3).map(tuple),
    )
)
def test_what_is_written_is_what_is_read(reading: TokenReading) -> None:
    again = reading_of(json.loads(json.dumps(reading.to_json())))
    assert again == reading
    assert again.words(again("A #tag, 1st")) == reading.words(reading("A #tag, 1st"))


def content(**changes: Any) -> dict[str, Any]:
    return {**TokenReading(shapes=(DEFAULT,)).to_json(), **changes}


def shape(**changes: Any) -> list[Any]:
    return [{**DEFAULT.to_json(), **changes}]


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"reading": "regex"}, "tokens, fasttext are allowed, got 'regex'"),
        ({"reading": ["tokens"]}, "tokens, fasttext are allowed, got a list"),
        ({"lower": 1}, "lower and squeeze are true or false"),
        ({"accents": "all"}, "accents ascii, unicode or empty"),
        ({"accents": ["ascii"]}, "accents ascii, unicode or empty"),
        ({"pattern": r"\w+"}, "are needed"),
        ({"stop_words": "the"}, "lists of shapes and of stop words"),
        ({"stop_words": [1]}, "stop words are strings"),
        ({"shapes": shape() * (MAX_SHAPES + 1)}, "shapes are allowed"),
        ({"shapes": ["w"]}, "a token needs heads"),
        ({"shapes": shape(heads=["w"])}, "a class of characters needs"),
        ({"shapes": shape(heads=[], least=0)}, "at least one character"),
        ({"shapes": shape(least=3, most=2)}, "least may not exceed most"),
        ({"shapes": shape(least=MAX_COUNT + 1)}, "limits lie from 0 to"),
        ({"shapes": shape(least=True)}, "limits lie from 0 to"),
        ({"shapes": shape(bound_before=0)}, "true or false"),
        ({"shapes": shape(tail={"names": "x", "ranges": [], "negated": False})}, "names of wdsWDS"),
        ({"shapes": shape(tail={"names": ["w"], "ranges": [], "negated": False})}, "names of wdsWDS"),
        ({"shapes": shape(tail={"names": "", "ranges": [], "negated": False})}, "names of wdsWDS"),
        ({"shapes": shape(tail={"names": "", "ranges": [[5, 4]], "negated": False})}, "names of wdsWDS"),
        ({"shapes": shape(tail={"names": "", "ranges": [[0, 1 << 21]], "negated": False})}, "names of wdsWDS"),
        ({"shapes": shape(tail={"names": "", "ranges": [7], "negated": False})}, "pairs of code points"),
        ({"shapes": shape(tail={"names": "", "ranges": [[1, 2]] * (MAX_RANGES + 1), "negated": False})}, "at most"),
        (
            {"shapes": shape(tail=CharacterClass("S").to_json(), heads=[], bound_before=False)},
            "needs a border before it too",
        ),
    ],
)
def test_anything_else_is_refused(wrong: dict[str, Any], match: str) -> None:
    with pytest.raises(ArtifactError, match=match):
        reading_of(content(**wrong))


@pytest.mark.parametrize("pattern", [r"\b\S+\b", r"\S+", r"\b\w\w+\b", r"\w{2,60}\b", r"\b[a-z]+\b", r"[^\W\d_]{9,}"])
def test_no_text_takes_long(pattern: str) -> None:
    reading = TokenReading(shapes=token_shapes(pattern))
    for text in ("!" * 100_000, "a1" * 50_000, "a!" * 50_000, "a" * 99_999 + "1", "a" + "!" * 100_000):
        begun = time.perf_counter()
        reading.words(reading(text))
        assert time.perf_counter() - begun < 2
