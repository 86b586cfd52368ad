"""Texts are split as fastText splits a line, and the reading is stored and read again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.errors import ArtifactError
from baselines.text.fasttext_reading import FastTextReading

READING = FastTextReading(turned=("#tag", "__label__word"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["</s>"]),
        (" \t\n", ["</s>"]),
        ("a  b\tc\nd\re\x0bf\x0cg\x00h", ["a", "b", "c", "d", "e", "f", "g", "h", "</s>"]),
        ("Don't, stop.", ["Don't,", "stop.", "</s>"]),
        ("no\u00a0break\u2028here", ["no\u00a0break\u2028here", "</s>"]),
        ("a </s> b", ["a", "</s>"]),
        ("a</s> b", ["a</s>", "b", "</s>"]),
        ("__label__x a __label__", ["a", "</s>"]),
        ("#tag a #other __label__word", ["a", "#other", "__label__word", "</s>"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert READING.words(READING(text)) == words
    assert FastTextReading(False, READING.turned).words(READING(text)) == words[:-1]


@given(st.text(alphabet=st.sampled_from("ab \t\n\0_<>/s__label__é🙂"), max_size=60))
def test_words_by_a_second_way(text: str) -> None:
    """Byte by byte, as the library that it follows does it."""
    words, word = [], b""
    for byte in text.encode() + b"\n":
        if byte not in b" \n\r\t\v\f\0":
            word += bytes([byte])
            continue
        if word == b"</s>":
            break
        if word and (not word.startswith(b"__label__") or word == b"__label__word"):
            words.append(word.decode())
        word = b""
    assert READING.words(READING(text)) == [*words, "</s>"]
    assert READING(READING(text)) == READING(text)


def test_it_is_read_as_it_was_stored() -> None:
    for reading in (READING, FastTextReading(), FastTextReading(False)):
        assert FastTextReading.from_json(reading.to_json()) == reading


@pytest.mark.parametrize(
    "changes", [{"reading": "x"}, {"end": 1}, {"turned": "ab"}, {"turned": [1]}, {"turned": None}, {"more": 1}]
)
def test_other_content_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ArtifactError, match="reading fasttext"):
        FastTextReading.from_json({**READING.to_json(), **changes})
