"""Texts come as a list or a column: what can't be read twice, or would be read otherwise, is a mistake with advice."""

from __future__ import annotations

import array
import codecs
import collections
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exports import runtime
from exports.bundles.write_bundle import write_bundle
from exports.runtime.explain import explain, influential_ngrams
from tests.cases.forms_case import FORMS, classifier_of
from tests.cases.table_case import TEXTS, int_classifier, lineage

Source = Callable[[list[str]], Any]


def of(package: str, make: Callable[[Any, list[str]], Any]) -> Source:
    """What a package makes of texts; the test is skipped where it isn't installed."""
    return lambda texts: make(pytest.importorskip(package), texts)


SEQUENCES: dict[str, Source] = {
    "tuple": tuple,
    "deque": collections.deque,
    "user list": collections.UserList,
    "values of a dictionary": lambda texts: dict(enumerate(texts)).values(),
    "keys of a dictionary": lambda texts: dict.fromkeys(texts).keys(),
    "array of NumPy": np.array,
    "array of objects": lambda texts: np.array(texts, object),
    "strings of NumPy": lambda texts: [np.str_(text) for text in texts],
    "column of pandas": of("pandas", lambda pandas, texts: pandas.Series(texts, index=[9, 7, 5, 3, 1])),
    "column of pandas as objects": of("pandas", lambda pandas, texts: pandas.Series(texts, dtype=object)),
    "categories of pandas": of("pandas", lambda pandas, texts: pandas.Series(texts, dtype="category")),
    "index of pandas": of("pandas", lambda pandas, texts: pandas.Index(texts)),
    "column of Polars": of("polars", lambda polars, texts: polars.Series(texts)),
    "array of Arrow": of("pyarrow", lambda arrow, texts: arrow.array(texts)),
    "chunks of Arrow": of("pyarrow", lambda arrow, texts: arrow.chunked_array([texts[:2], texts[2:]])),
}
MISTAKES: dict[str, tuple[Source, str]] = {
    "one text": (lambda texts: texts[0], "got one str; wrap it in a list"),
    "bytes": (lambda texts: b"a text", "got one bytes; wrap it in a list"),
    "bytearray": (lambda texts: bytearray(b"a text"), "got one bytearray; wrap it in a list"),
    "generator": (
        lambda texts: (text for text in texts),
        r"a generator, which can be read only once; pass list\(texts",
    ),
    "iterator": (iter, r"a list_iterator, which can be read only once; pass list\(texts\)"),
    "map": (lambda texts: map(str, texts), r"a map, which can be read only once; pass list\(texts\)"),
    "dictionary": (dict.fromkeys, r"a dict, whose keys would be read; pass list\(texts\.values\(\)\)"),
    "counter": (collections.Counter, "a Counter, whose keys would be read"),
    "set": (set, r"a set, which has no order to answer in; pass sorted\(texts\)"),
    "frozenset": (frozenset, "a frozenset, which has no order"),
    "items": (lambda texts: dict.fromkeys(texts).items(), "a dict_items, which has no order"),
    "open file": (
        lambda texts: io.StringIO("\n".join(texts)),
        r"an open file \(StringIO\); pass its lines: texts\.read",
    ),
    "open file of bytes": (lambda texts: io.BytesIO(b"a\nb"), r"an open file \(BytesIO\); pass its lines"),
    "reader": (lambda texts: codecs.getreader("utf-8")(io.BytesIO(b"a\nb")), r"an open file \(StreamReader\)"),
    "nothing": (lambda texts: None, "expected a sequence of strings, got NoneType"),
    "number": (lambda texts: 3, "expected a sequence of strings, got int"),
    "number of NumPy": (lambda texts: np.float64(3), "a float64 of 0 dimensions"),
    "two dimensions": (lambda texts: np.array([texts]), "an? ndarray of 2 dimensions; pass one column of texts"),
    "no dimension": (lambda texts: np.array("a text"), "ndarray of 0 dimensions; pass one column of texts"),
    "table of pandas": (
        of("pandas", lambda pandas, texts: pandas.DataFrame({"a": texts})),
        "DataFrame of 2 dimensions",
    ),
    "table of Polars": (
        of("polars", lambda polars, texts: polars.DataFrame({"a": texts})),
        "DataFrame of 2 dimensions",
    ),
    "table of Arrow": (of("pyarrow", lambda arrow, texts: arrow.table({"a": texts})), "a Table of 2 dimensions"),
    "an entry of bytes": (lambda texts: ["a", b"b"], r"texts\[1\]: expected a string, got bytes"),
    "an entry that is missing": (lambda texts: ["a", None], r"texts\[1\]: expected a string, got NoneType"),
    "numbers": (lambda texts: np.arange(3), r"texts\[0\]: expected a string, got int"),
    "bytes of NumPy": (lambda texts: np.array([b"a"]), r"texts\[0\]: expected a string, got bytes"),
    "missing in pandas": (
        of("pandas", lambda pandas, texts: pandas.Series(["a", None])),
        r"texts\[1\]: expected a string, got (float|NoneType)",
    ),
    "missing in Arrow": (
        of("pyarrow", lambda arrow, texts: arrow.array(["a", None])),
        r"texts\[1\]: expected a string, got NoneType",
    ),
    "codes of an array": (lambda texts: array.array("i", [1, 2]), r"texts\[0\]: expected a string, got int"),
}
# Texts that no model was made for, and that each must answer alone as among others.
ODD = [
    *("", " ", "\0", "a\0b", "a text\0", "\ud800", "lone \udfff surrogate", "\ud83d", "\U0010ffff", "\u200d" * 50),
    *("é" * 3000, "a" * 5000, "\n\r\t", "\x1b[31m", "e" + "\u0301" * 2000, "text " * 2000),
]
NAMES = tuple(FORMS)
Loaded = runtime.Predictor[Any]


@pytest.fixture(scope="module")
def predictors(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Loaded]:
    place = tmp_path_factory.mktemp("bundles")
    made = {}
    for name, (form, how) in FORMS.items():
        folder: Path = write_bundle(classifier_of(name, "multilabel"), lineage(), place / name, form)
        made[name] = runtime.load(folder, **how)
    return made


def ways(predictor: Loaded) -> Sequence[Callable[[Any], Any]]:
    return (predictor.predict, predictor.predict_proba, predictor.answers, predictor.answered)


@pytest.mark.parametrize("kind", SEQUENCES)
@pytest.mark.parametrize("name", ["table kernel", "table numpy", "folded", "linear"])
def test_every_sequence_is_answered(predictors: dict[str, Loaded], name: str, kind: str) -> None:
    predictor, texts = predictors[name], SEQUENCES[kind](TEXTS)
    want = predictor.predict_proba(TEXTS)
    np.testing.assert_array_equal(predictor.predict_proba(texts), want)
    np.testing.assert_array_equal(predictor.answered(texts)[0], want)
    assert predictor.predict(texts) == predictor.predict(TEXTS)
    assert predictor.answers(texts, 2) == predictor.answers(TEXTS, 2)


@pytest.mark.parametrize("kind", SEQUENCES)
def test_a_classifier_answers_it_too(kind: str) -> None:
    classifier = int_classifier()
    assert classifier.predict(SEQUENCES[kind](TEXTS)) == classifier.predict(TEXTS)


@pytest.mark.parametrize("kind", MISTAKES)
@pytest.mark.parametrize("name", ["table kernel", "table numpy", "folded", "linear"])
def test_anything_else_is_a_mistake_with_advice(predictors: dict[str, Loaded], name: str, kind: str) -> None:
    make, words = MISTAKES[kind]
    for way in ways(predictors[name]):
        with pytest.raises(TypeError, match=words):
            way(make(TEXTS))


@pytest.mark.parametrize("kind", MISTAKES)
def test_of_a_classifier_and_of_explanations_too(predictors: dict[str, Loaded], kind: str) -> None:
    make, words = MISTAKES[kind]
    classifier, linear = int_classifier(), predictors["linear"]
    for way in (classifier.predict, classifier.predict_proba, lambda texts: influential_ngrams(linear, texts)):
        with pytest.raises(TypeError, match=words):
            way(make(TEXTS))


@pytest.mark.parametrize("text", [None, b"a text", 3, ["a text"]])
def test_only_a_string_is_explained(predictors: dict[str, Loaded], text: Any) -> None:
    with pytest.raises(TypeError, match=r"texts\[0\]: expected a string"):
        explain(predictors["linear"], text, predictors["linear"].classes)


def test_no_texts_get_no_answers(predictors: dict[str, Loaded]) -> None:
    for predictor in predictors.values():
        assert predictor.predict([]) == predictor.answers([]) == []
        assert predictor.predict_proba(np.array([], str)).shape == (0, len(predictor.classes))


@pytest.mark.parametrize("name", NAMES)
def test_odd_texts_are_answered_by_every_form(predictors: dict[str, Loaded], name: str) -> None:
    predictor = predictors[name]
    together, known = predictor.answered(ODD)
    assert np.isfinite(together).all()
    assert not known[0]
    for row, text in enumerate(ODD):
        np.testing.assert_allclose(predictor.predict_proba([text])[0], together[row], atol=2e-6)
    assert [answer.known for answer in predictor.answers(ODD)] == known.tolist()


@pytest.mark.parametrize(
    ("name", "characters"), [("table kernel", 10_000_000), ("table numpy", 1_000_000), ("linear", 200_000)]
)
def test_a_very_long_text_is_answered(predictors: dict[str, Loaded], name: str, characters: int) -> None:
    text = "long texts about graphs, " * (characters // 25)
    probabilities, known = predictors[name].answered([text, "short"])
    assert np.isfinite(probabilities).all()
    assert known[0]
