"""The JavaScript module gives Python's bits: any text, cleaning, unit, task, form, analyzer, hash, norm and link."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from baselines.task import BY_TASK, LabelSpace, Link, Task
from baselines.text.cleaning import CLEANINGS, Cleaning, CleaningName
from baselines.text.hashing import Hashing, HashName
from baselines.text.ngram_settings import NgramSettings
from baselines.text.ngrams import NgramBlock, NgramTfidf
from baselines.text.tokenizer import UNITS, Tokenizer, Unit
from compress.formats.integer_rows import IntRows, tf_table
from compress.formats.packed import Factors, StoredTables
from compress.formats.packed_linear import PackedLinear
from compress.formats.tables import IntTables
from exports.bundles.parity import AWKWARD, LONG_TEXT
from exports.targets.js.content import row_content, table_content
from tests.cases.js_case import in_node, in_python, needs_node
from tests.cases.rows_case import int_rows
from tests.cases.rows_case import texts as some_texts
from tests.cases.table_case import SPACE, SPACES, int_tables
from tests.cases.task_case import ALL_TASKS
from tests.cases.unicode_case import SAME, WHOLE_WORDS, random_texts

TEXTS = [
    *AWKWARD,
    *random_texts(200, 3),
    *(text for pair in SAME for text in pair),
    *WHOLE_WORDS,
    "C++ isn't C#, is it?",
    "\ud83d\ude00 \ud800 \udc00\ud800",
    "=\u0338 \u2260 a=\u0338b",
    "",
    "a" * 3000,
]
# Three classes below two nodes.
TREE = (((0, False),), ((0, True), (1, False)), ((0, True), (1, True)))
pytestmark = needs_node


def tokenizer_of(name: CleaningName, unit: Unit) -> Tokenizer:
    return Tokenizer.learn(random_texts(300, 4), min_count=1, cleaning=Cleaning(name), unit=unit)


def table_bits(
    stored: StoredTables, tokenizer: Tokenizer, space: LabelSpace, texts: list[str], folder: Path, lanes: bool = True
) -> None:
    thresholds = space.thresholds()
    content = table_content(stored, tokenizer, space, thresholds)
    ids = tokenizer.encode_batch(texts)
    logits = np.array([stored.tables.logits(each) for each in ids])
    want = in_python(logits, tokenizer.known_batch(ids), space, thresholds, BY_TASK)
    found = in_node(content, texts, logits.shape[1], folder, lanes)
    assert [ascii(t) for t, a, b in zip(texts, found, want, strict=True) if a != b] == []


def row_bits(rows: IntRows, space: LabelSpace, texts: list[str], folder: Path) -> None:
    thresholds = space.thresholds()
    vectorizer = rows.vectorizer
    readings = [block.reading or vectorizer.cleaning for block in vectorizer.blocks]
    content = row_content(rows, space, thresholds, [each for each in readings if isinstance(each, Cleaning)])
    logits, known = rows.answer(texts)
    want = in_python(logits, known, space, thresholds, rows.link)
    found = in_node(content, texts, logits.shape[1], folder)
    assert [ascii(t) for t, a, b in zip(texts, found, want, strict=True) if a != b] == []


@pytest.mark.parametrize(("name", "unit"), list(product(CLEANINGS, UNITS)))
def test_any_text_of_any_cleaning_and_unit(name: CleaningName, unit: Unit, tmp_path: Path) -> None:
    tokenizer = tokenizer_of(name, unit)
    table_bits(StoredTables(int_tables(n_ids=tokenizer.n_ids)), tokenizer, SPACE, TEXTS, tmp_path)


@pytest.mark.parametrize("task", ALL_TASKS)
def test_every_task(task: Task, tmp_path: Path) -> None:
    tokenizer, space = tokenizer_of("words", "characters"), SPACES[task]
    tables = int_tables(n_ids=tokenizer.n_ids, n_classes=len(space.classes))
    table_bits(StoredTables(tables), tokenizer, space, [*TEXTS[:200], "", "?"], tmp_path)


def test_equal_probabilities_are_the_first_class(tmp_path: Path) -> None:
    tables = int_tables(n_classes=5)
    same = replace(tables, head=np.repeat(tables.head[:1], 5, 0), scale=np.repeat(tables.scale[:1], 5))
    near = replace(same, bias=np.float32([1, 1 + 2.0**-23, 1, 1, 1]))
    tokenizer = Tokenizer(" abcdefghijklmnopqrstuvwxyz0123456789é")
    table_bits(StoredTables(near), tokenizer, SPACES["multiclass"], ["graph", "cnn", ""], tmp_path)


@pytest.mark.parametrize("lanes", [True, False])
def test_factors_expand_and_floors_hold(lanes: bool, tmp_path: Path) -> None:
    rng, tokenizer = np.random.default_rng(int(lanes)), tokenizer_of("course", "characters")
    embedding = rng.integers(-63, 64, (tokenizer.n_ids, 6)).astype(np.int8)
    embedding[0] = 0
    filters = tuple(rng.integers(-3, 4, (width, 6, 7 + width)).astype(np.int8) for width in (1, 4, 5, 9))
    n = sum(each.shape[2] for each in filters)
    head = rng.integers(-7, 8, (len(SPACE.classes), n)).astype(np.int8)
    scale, bias = rng.normal(size=(2, len(head))).astype(np.float32) / 100
    floors = rng.integers(-300, 300, n).astype(np.int16)
    stored = StoredTables.from_factors(Factors(embedding, filters), head, scale, bias, floors)
    table_bits(stored, tokenizer, SPACE, [*TEXTS, "ab c" * 3000], tmp_path, lanes)


@pytest.mark.parametrize("lanes", [True, False])
def test_the_widest_sums_fit(lanes: bool, tmp_path: Path) -> None:
    tokenizer = Tokenizer("ab ")
    table = np.zeros((258, 5, 4), np.int8)
    table[:, 2], table[:, 3] = [127, -127, 127, -127], [-127, -127, 127, 127]
    few = IntTables((table,), np.ones((5, 4), np.int8), np.ones(5, np.float32), np.zeros(5, np.float32))
    table_bits(StoredTables(few), tokenizer, SPACE, ["a" * 600, "b" * 600, "ab" * 300, "a", ""], tmp_path, lanes)


@settings(max_examples=20, deadline=None)
@given(int_rows(), some_texts)
def test_any_sum_of_rows(rows: IntRows, some: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        row_bits(rows, LabelSpace(tuple(f"class {i}" for i in range(len(rows.scale)))), some, Path(folder))


@pytest.mark.parametrize("cleaning", CLEANINGS)
def test_any_text_is_cut_as_in_python(cleaning: CleaningName, tmp_path: Path) -> None:
    own = [NgramSettings("word", 1, 2, sublinear=True), NgramSettings("char_wb", 2, 4, sublinear=True)]
    rows = made_of(NgramTfidf.learn(TEXTS, Cleaning(cleaning), own))
    row_bits(rows, LabelSpace(("a", "b", "c")), [*TEXTS, LONG_TEXT], tmp_path)


@pytest.mark.parametrize("name", ["murmur3", "fnv1a", "fnv1a_words"])
def test_hashes_and_norms_beyond_exact_doubles(name: HashName, tmp_path: Path) -> None:
    buckets = np.arange(0, 1 << 20, 97)
    hashing = Hashing(name, 1 << 20, signed=name == "murmur3")
    block = NgramBlock(NgramSettings("char", 1, 6), (), np.full(len(buckets), 3000.5), hashing, buckets)
    rows = made_of(NgramTfidf(Cleaning("raw"), (block,)))
    row_bits(rows, LabelSpace(("a", "b", "c")), [*TEXTS[:60], LONG_TEXT[:5000], "жук 深度"], tmp_path)


@pytest.mark.parametrize("way", [Link("logistic_shares"), Link("tree", TREE)])
def test_links_beyond_the_tasks(way: Link, tmp_path: Path) -> None:
    rows = replace(made_of(NgramTfidf.learn(TEXTS, Cleaning("words"), [NgramSettings("word")])), link=way)
    row_bits(rows, LabelSpace(("a", "b", "c"), "multiclass", shares=(0.2, 0.5, 0.3)), TEXTS, tmp_path)


@pytest.mark.parametrize("task", ALL_TASKS)
def test_infinite_logits_and_models_that_answer_the_unknown(task: Task, tmp_path: Path) -> None:
    rows = made_of(NgramTfidf.learn(TEXTS, Cleaning("words"), [NgramSettings("word", norm="none")]))
    n = len(SPACES[task].classes)
    levels = np.resize(rows.levels, (len(rows.levels), n))
    scale = np.resize(np.float32([3e38, -3e38, 1, 3e38, 1]), n)
    hostile = replace(rows, levels=levels, scale=scale, intercept=np.resize(rows.intercept, n))
    row_bits(hostile, replace(SPACES[task], answers_unknown=True), TEXTS[:100], tmp_path)


def test_no_logarithm_is_near_a_half() -> None:
    table = 4096 * (1 + np.log(np.arange(1, 4096)))
    assert np.abs(table - np.floor(table) - 0.5).min() > 1e-6
    assert np.array_equal(np.floor(table + 0.5), tf_table(NgramSettings("word", sublinear=True))[1:])


def made_of(vectorizer: NgramTfidf) -> IntRows:
    rng = np.random.default_rng(1)
    levels = rng.integers(-7, 8, (3, vectorizer.n_features)).astype(np.int8)
    scale, intercept = rng.normal(size=(2, 3)).astype(np.float32)
    return IntRows.of(PackedLinear(vectorizer, levels, scale, intercept))
