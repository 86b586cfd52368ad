"""Characters or bytes to ids: what is learned, what is known, where each id stands."""

from __future__ import annotations

import numpy as np
import pytest

from baselines.errors import ArtifactError
from baselines.models.rnn import WordTokenizer
from baselines.text.cleaning import CLEANINGS, Cleaning, CleaningName
from baselines.text.tokenizer import PAD_ID, UNITS, UNKNOWN_ID, Tokenizer, Unit
from exports.runtime.word_ids import WordReader
from tests.cases.unicode_case import SAME, random_texts

TEXTS = [*random_texts(400, 5), "C++ isn't C#", "深度学习 한국어", "हिन्दी", ""]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("name", CLEANINGS)
def test_ids_spell_the_cleaned_text(name: CleaningName, unit: Unit) -> None:
    tokenizer = Tokenizer.learn(TEXTS, min_count=2, cleaning=Cleaning(name), unit=unit)
    assert tokenizer == Tokenizer.from_json(tokenizer.to_json())
    for text in TEXTS:
        clean, starts = tokenizer.spans(text)
        ids = tokenizer.encode(text)
        units = clean if unit == "characters" else clean.encode("utf-8").decode("latin-1")
        assert ids.dtype == np.uint8
        assert [i - 2 if i > 1 else -1 for i in ids.tolist()] == [tokenizer.alphabet.find(char) for char in units]
        assert PAD_ID not in ids
        places = [i for i, char in enumerate(clean) for _ in range(len(char.encode("utf-8")) if unit == "bytes" else 1)]
        assert starts.tolist() == places
    assert tokenizer.known_batch(tokenizer.encode_batch(TEXTS)).tolist() == [
        bool(set(tokenizer.encode(text).tolist()) - {PAD_ID, UNKNOWN_ID, tokenizer.space_id}) for text in TEXTS
    ]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("pair", SAME)
def test_other_spellings_get_the_same_ids(unit: Unit, pair: tuple[str, str]) -> None:
    tokenizer = Tokenizer.learn(pair, unit=unit)
    assert np.array_equal(*map(tokenizer.encode, pair))
    assert tokenizer.known(tokenizer.encode(pair[0]))


def test_bytes_are_read_where_an_alphabet_covers_too_little() -> None:
    few = ["graph nets", "deep sets"] * 10
    han = "".join(map(chr, range(0x4E00, 0x4E00 + 400)))
    assert Tokenizer.learn(few).unit == "characters"
    assert Tokenizer.learn([*few, han * 10]).unit == "bytes"
    # 254 of the 400, and the others less than one character of 200.
    assert Tokenizer.learn([han[:200] * 500, han[200:]]).unit == "characters"
    tokenizer = Tokenizer.learn([han * 10])
    assert not np.any(tokenizer.encode(han[::7]) == UNKNOWN_ID)
    assert len({tokenizer.encode(char).tobytes() for char in han}) == len(han)
    assert Tokenizer.learn([]).n_ids == 2


def test_a_small_set_takes_what_occurs_at_all() -> None:
    assert Tokenizer.learn(["abc"]).alphabet == "abc"
    assert Tokenizer.learn(["a" * 10 + "bc"]).alphabet == "a"
    assert Tokenizer.learn(["abc abd"], min_count=2).alphabet == "ab"


def test_known_is_more_than_blanks_and_strangers() -> None:
    tokenizer = Tokenizer("ab ")
    encoded = tokenizer.encode_batch(["", "x y", "x a", "zz", "b"])
    assert tokenizer.known_batch(encoded).tolist() == [False, False, True, False, True]
    assert [tokenizer.known(ids) for ids in encoded] == [False, False, True, False, True]
    assert tokenizer.known_batch([]).tolist() == []
    assert not tokenizer.known(np.array([PAD_ID, PAD_ID], np.uint8))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"alphabet": "aa"}, "distinct"),
        ({"alphabet": 3}, "must be strings"),
        ({"alphabet": "aé漢", "unit": "bytes"}, "below U"),
        ({"unit": "words"}, "characters and bytes are allowed, got 'words'"),
        ({"cleaning": "loud"}, "alphabet.json: cleaning: .* got 'loud'"),
        ({"stem": 1}, "alphabet.json: cleaning"),
    ],
)
def test_an_alphabet_that_does_not_fit_is_refused(change: dict[str, object], match: str) -> None:
    content = Tokenizer("ab").to_json()
    with pytest.raises(ArtifactError, match=match):
        Tokenizer.from_json({**content, **change})


@pytest.mark.parametrize("field", ["alphabet", "cleaning", "stem", "unit"])
def test_a_missing_field_is_named(field: str) -> None:
    content = Tokenizer("ab").to_json()
    del content[field]
    with pytest.raises(ArtifactError, match=field):
        Tokenizer.from_json(content)


@pytest.mark.parametrize("name", CLEANINGS)
def test_a_bundle_reads_words_as_the_network_did(name: CleaningName) -> None:
    tokenizer = WordTokenizer.learn(TEXTS, min_count=1, max_tokens=5, cleaning=Cleaning(name))
    reader = WordReader(tokenizer.to_json())
    for ours, theirs in zip(tokenizer.encode_batch(TEXTS), reader.encode_batch(TEXTS), strict=True):
        assert np.array_equal(ours, theirs)
    assert len(tokenizer.encode_batch(["深度学习入门"])[0]) == (5 if name in ("words", "raw") else 1)
    with pytest.raises(ArtifactError, match=r"vocabulary\.json: cleaning"):
        WordReader({"words": [], "max_tokens": 5})
