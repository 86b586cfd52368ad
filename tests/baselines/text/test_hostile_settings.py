"""What a vocabulary, an alphabet and a cleaning say of themselves is checked when they are read."""

from __future__ import annotations

import time
import tracemalloc
from typing import Any

import numpy as np
import pytest

from baselines.errors import ArtifactError, DataError
from baselines.text import ngram_settings, ngrams
from baselines.text.cleaning import Cleaning
from baselines.text.ngram_settings import MAX_N, NgramSettings, count_terms
from baselines.text.ngrams import NgramBlock, NgramTfidf
from baselines.text.tokenizer import Tokenizer

_BLOCK = {**vars(NgramSettings("char_wb", 2, 3)), "vocabulary": ["ab", "bc", "abc"]}


def content(**changes: Any) -> dict[str, Any]:
    block = {name: value for name, value in {**_BLOCK, **changes}.items() if value is not ...}
    return {"cleaning": "words", "stem": False, "blocks": [block]}


def test_a_sound_vocabulary_is_read() -> None:
    assert NgramTfidf.from_json(content(), np.ones(3, np.float32)).names == ("ab", "bc", "abc")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"high": 10**12}, "block 0: high: 1 to 64 is allowed, got 1000000000000"),
        ({"high": 1e12}, "high: 1 to 64 is allowed, got 1000000000000.0"),
        ({"high": 3.0}, "high: 1 to 64 is allowed, got 3.0"),
        ({"high": True}, "high: 1 to 64 is allowed, got True"),
        ({"high": "3"}, "high: 1 to 64 is allowed, got '3'"),
        ({"low": 0}, "low: 1 to 64 is allowed, got 0"),
        ({"low": -1}, "low: 1 to 64"),
        ({"low": 4}, "low may not exceed high"),
        ({"min_texts": None}, "min_texts: 0 to .* is allowed, got None"),
        ({"min_texts": 1.5}, "min_texts: 0 to"),
        ({"shortest_word": [1]}, "shortest_word: 0 to 64 is allowed, got a list of 1"),
        ({"sublinear": 1}, "sublinear is true or false, got 2, 3 and 1"),
        ({"analyzer": "words"}, "analyzer: word, char_wb, char, char_bare, subword are allowed, got 'words'"),
        ({"analyzer": ["word"]}, "analyzer: word, char_wb, char, char_bare, subword are allowed, got a list of 1"),
        ({"analyzer": ...}, "analyzer: .* got None"),
        ({"x" * 5000: 1}, "are allowed, got 'xxxx"),
        ({"vocabulary": "abc"}, "a list of strings under 'vocabulary'"),
        ({"vocabulary": ["ab", "bc", 3]}, "a list of strings under 'vocabulary'"),
        ({"vocabulary": ["ab", "bc", ""]}, "none empty"),
        ({"vocabulary": ["ab", "bc", "ab"]}, "each term may stand there once"),
        ({"vocabulary": []}, "1 to 2097152 terms are allowed, got 0"),
        ({"vocabulary": ...}, "a list of strings under 'vocabulary'"),
    ],
)
def test_a_setting_that_is_none_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ArtifactError, match=message) as caught:
        NgramTfidf.from_json(content(**changes), np.ones(3, np.float32))
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "wrong", [None, [], "x", {"blocks": {}}, {"blocks": [[]]}, {"blocks": []}, {"blocks": [{}] * 17}]
)
def test_what_is_no_vocabulary_is_refused(wrong: Any) -> None:
    with pytest.raises(ArtifactError, match="vocabulary: "):
        count_terms(wrong)


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38, -2e6])
def test_an_idf_that_no_count_gives_is_refused(value: float) -> None:
    with pytest.raises(ArtifactError, match="idf: every value must be finite"):
        NgramTfidf.from_json(content(), np.array([1, value, 1], np.float32))
    with pytest.raises(ArtifactError, match="as many idf values, got int64"):
        NgramTfidf.from_json(content(), np.ones(3, np.int64))


def test_unknown_fields_beside_the_blocks_are_refused() -> None:
    with pytest.raises(ArtifactError, match="cleaning, stem and blocks are allowed, got 'unit'"):
        NgramTfidf.from_json({**content(), "unit": "bytes"}, np.ones(3, np.float32))


@pytest.mark.parametrize("analyzer", ["word", "char_wb", "char"])
def test_long_texts_take_bounded_memory_at_the_largest_n(analyzer: ngram_settings.Analyzer) -> None:
    block = NgramBlock(NgramSettings(analyzer, 1, MAX_N), ("a", "ab"), np.ones(2, np.float32))
    text = "ab" * 10_000 if analyzer != "word" else "ab a " * 4_000
    start = time.perf_counter()
    tracemalloc.start()
    try:
        columns, _ = block.encode(text, text.split())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # All 1.3 million n-grams at once would take 100 MB.
    assert peak < 16 << 20
    assert time.perf_counter() - start < 20
    assert len(columns)


@pytest.mark.parametrize("analyzer", ["char_wb", "char"])
def test_groups_of_long_texts_are_all_n_grams(
    analyzer: ngram_settings.Analyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, text = NgramSettings(analyzer, 2, 5), "ab cdefghijk lmnopqrstuvwxyz a bc"
    whole = settings.terms(text, [])
    monkeypatch.setattr(ngram_settings, "LONG_RUN", 7)
    assert sorted(settings.terms(text, [])) == sorted(whole)


def test_settings_that_nobody_could_load_are_refused_in_training(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="n up to 64 is allowed, got 65"):
        NgramTfidf.learn(["one two"], Cleaning(), [NgramSettings("word", 1, 65)])
    monkeypatch.setattr(ngrams, "MAX_TERMS", 1)
    with pytest.raises(DataError, match="at most 1 n-grams are allowed, got 2"):
        NgramTfidf.learn(["one two"], Cleaning(), [NgramSettings("word")])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": 1}, "and nothing else, got 'alphabet, cleaning, stem, unit, x'"),
        ({"alphabet": 5}, "alphabet and unit must be strings"),
        ({"alphabet": "aa"}, "distinct"),
        ({"unit": None}, "alphabet and unit must be strings"),
        ({"unit": "y" * 100_000}, "unit: characters and bytes are allowed, got 'yyy"),
        ({"cleaning": "y" * 100_000}, "got 'yyy"),
        ({"cleaning": ["words"]}, "cleaning"),
        ({"stem": 1}, "stem"),
        ({"stem": "no"}, "stem"),
    ],
)
def test_an_alphabet_that_does_not_fit_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ArtifactError, match=message) as caught:
        Tokenizer.from_json({**Tokenizer("ab").to_json(), **changes})
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("wrong", [None, [], "alphabet", 5])
def test_what_is_no_alphabet_is_refused(wrong: Any) -> None:
    with pytest.raises(ArtifactError, match=r"alphabet\.json: alphabet, cleaning, stem, unit are needed"):
        Tokenizer.from_json(wrong)


def test_a_cleaning_made_in_python_is_checked_too() -> None:
    with pytest.raises(ArtifactError, match="stems with all but raw"):
        Cleaning("words", 1)  # type: ignore[arg-type]
