"""Sums of rows in C answer with the bits of NumPy, whatever finds the n-grams, counts them and divides them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from baselines.task import Link
from baselines.text.cleaning import CLEANINGS, Cleaning
from baselines.text.hashing import Hashing, HashName
from baselines.text.ngram_settings import Analyzer, NgramSettings, Norm
from baselines.text.ngrams import NgramBlock, NgramTfidf
from compress.formats.integer_rows import IntRows
from compress.formats.packed_linear import PackedLinear
from exports.targets.c.terms import most_found
from exports.targets.source import Target
from tests.cases.c_model_case import TARGET, TEXTS, assert_same, program_of, rows_source, space_of
from tests.cases.rows_case import int_rows

SMALL = Target("model", TARGET.longest, small=True)
CORPUS = [text for text in TEXTS if len(text) < 300]
# What each row of the vocabulary is found by; norms, blocks that share one, logarithms, ones.
LEARNED: list[list[tuple[Analyzer, int, int, Norm, bool, str]]] = [
    [("word", 1, 2, "l2", False, "sublinear"), ("char_wb", 2, 5, "l2", False, "sublinear")],
    [("char", 1, 3, "l1", False, ""), ("subword", 1, 4, "l1", True, "binary"), ("char_bare", 3, 3, "none", False, "")],
    [("word", 2, 3, "l2", False, "binary"), ("char_wb", 1, 2, "l2", True, ""), ("subword", 6, 6, "l1", False, "")],
]


def settings_of(analyzer: Analyzer, low: int, high: int, norm: Norm, joined: bool, counts: str) -> NgramSettings:
    return NgramSettings(analyzer, low, high, 1, counts == "sublinear", 2, counts == "binary", norm=norm, joined=joined)


def rows_of(tfidf: NgramTfidf, n_classes: int, most: int, link: Link | None = None) -> IntRows:
    rng = np.random.default_rng(n_classes)
    levels = rng.integers(-most, most + 1, (n_classes, tfidf.n_features)).astype(np.int8)
    scale, intercept = rng.normal(size=(2, n_classes)).astype(np.float32)
    return IntRows.of(PackedLinear(tfidf, levels, scale, intercept, link or Link()))


@pytest.mark.parametrize("target", [TARGET, SMALL], ids=["quick", "small"])
@pytest.mark.parametrize("number", range(len(LEARNED)))
def test_vocabularies(number: int, target: Target, tmp_path: Path) -> None:
    own = [settings_of(*each) for each in LEARNED[number]]
    tfidf = NgramTfidf.learn(CORPUS, Cleaning(CLEANINGS[number + 1]), own)
    model = rows_of(tfidf, n_classes=(5, 20, 1)[number], most=(7, 127, 1)[number])
    task = "binary" if number == 2 else "multilabel"
    source = rows_source(model, space_of(task, len(model.scale)))
    assert_same(program_of(source, tmp_path, target), source, target=target)


@pytest.mark.parametrize("name", ["murmur3", "fnv1a", "fnv1a_words"])
def test_hashes(name: HashName, tmp_path: Path) -> None:
    """With signs, with buckets that have no row and take part in the norm or not, and with several cleanings."""
    hashings = [
        Hashing(name, 64, name == "murmur3", True),
        Hashing(name, 1 << 31, False, False),
        Hashing(name, 7, name == "murmur3", True),
    ]
    kinds: list[tuple[Analyzer, int, int, Norm, bool, str]] = [
        ("char_wb", 1, 4, "l2", False, ""),
        ("word", 1, 3, "l2", True, "sublinear"),
        ("subword", 1, 3, "none", False, "binary"),
    ]
    readings = (None, Cleaning("raw"), Cleaning("course"))
    rng, blocks = np.random.default_rng(3), []
    for hashing, kind, reading in zip(hashings, kinds, readings, strict=True):
        own = settings_of(*kind)
        words = Cleaning("raw")
        found = {hashing.place(term)[0] for text in CORPUS for term in own.terms(words(text), words.words(words(text)))}
        buckets = np.array(sorted(bucket for bucket in found if rng.random() < 0.6), np.int64)
        idf = rng.normal(size=len(buckets)).astype(np.float32) * 8
        blocks.append(NgramBlock(own, (), idf, hashing, buckets, reading))
    source = rows_source(rows_of(NgramTfidf(Cleaning("words"), tuple(blocks)), 5, 7), space_of("multiclass"))
    assert_same(program_of(source, tmp_path), source)


# Compiling is slow, so few models; they are made smaller by nobody.
@settings(
    max_examples=6, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), derandomize=True
)
@given(int_rows())
def test_any_model(tmp_path_factory: pytest.TempPathFactory, model: IntRows) -> None:
    source = rows_source(model, space_of("multilabel", len(model.scale)))
    program = program_of(source, tmp_path_factory.mktemp("model"))
    assert_same(program, source)


def test_long_norms_have_the_root_of_python(tmp_path: Path) -> None:
    """Sums of squares of every size up to what a text can reach, whose roots are no whole numbers."""
    texts = ["ab " * n + "a" * (n % 7) for n in range(1, 360, 5)]
    own = NgramSettings("char_bare", 1, 3)
    tfidf = NgramTfidf.learn(texts, Cleaning("raw"), [own])
    block = replace(tfidf.blocks[0], idf=np.linspace(0.001, 700, len(tfidf.blocks[0])).astype(np.float32))
    source = rows_source(rows_of(NgramTfidf(Cleaning("raw"), (block,)), 5, 127), space_of("multilabel"))
    assert_same(program_of(source, tmp_path), source, texts)


@pytest.mark.parametrize("cleaning", CLEANINGS)
@pytest.mark.parametrize("low", [1, 2, 4])
@pytest.mark.parametrize("analyzer", ["word", "char_wb", "char", "char_bare", "subword"])
def test_a_list_has_room_for_every_n_gram(analyzer: Analyzer, low: int, cleaning: str) -> None:
    own, reading = NgramSettings(analyzer, low, low + 3), Cleaning(cleaning)  # type: ignore[arg-type]
    for text in ("a " * 20, "abc def", "+" * 30, "入" * 30, "a+" * 20, "a", "", "ab " * 9, "e" * 40):
        clean = reading(text)
        n_found = len(own.terms(clean, reading.words(clean)))
        assert n_found < most_found(own, reading, len(clean)), text
