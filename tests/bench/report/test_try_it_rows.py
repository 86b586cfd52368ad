"""The page's JavaScript answers a sum of rows with NumPy's own bits, for any text, cleaning, hash and norm."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from baselines.task import LabelSpace, Link, Task
from baselines.text.cleaning import CLEANINGS, Cleaning, CleaningName
from baselines.text.hashing import Hashing, HashName
from baselines.text.ngram_settings import NgramSettings
from baselines.text.ngrams import NgramBlock, NgramTfidf
from bench.report import try_it
from bench.report.page import _scripts
from compress.formats.integer_rows import IntRows
from compress.formats.packed_linear import PackedLinear
from compress.kinds.int_linear import IntLinearClassifier
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.methods.quantize.weights import apply as quantize
from exports import runtime
from exports.bundles.parity import AWKWARD, LONG_TEXT
from exports.bundles.write_bundle import write_bundle
from tests.cases.compress_case import task_context, task_linear
from tests.cases.rows_case import int_rows
from tests.cases.rows_case import texts as random_texts_of
from tests.cases.table_case import lineage
from tests.cases.task_case import ALL_TASKS
from tests.cases.unicode_case import SAME, WHOLE_WORDS, random_texts

TEMPLATES = Path(try_it.__file__).parent / "templates"
# Three classes below two nodes.
TREE = (((0, False),), ((0, True), (1, False)), ((0, True), (1, True)))
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js installed")
TEXTS = [*AWKWARD, *random_texts(150, 3), *(text for pair in SAME for text in pair), *WHOLE_WORDS, "C++ isn't C#"]


def in_the_page(payload: dict[str, Any], texts: list[str]) -> list[dict[str, Any]]:
    """What the page's scripts say of each text."""
    code = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in ("try_it_rows.js", "try_it.js"))
    code = code.replace('"use strict";', "") + (
        "const { payload, texts } = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        "const model = tagpress.open(payload);"
        "console.log(JSON.stringify(texts.map((text) => { const a = tagpress.predict(model, text);"
        " const parts = model.classes.map((_, c) => tagpress.parts(model, a, c).map((p) => [p.ngram, p.weight]));"
        " return { logits: [...a.logits], known: a.known, probabilities: [...a.probabilities], predicted: a.predicted,"
        " cleaned: a.cleaned, parts: texts.length < 40 ? parts : [] }; })));"
    )
    asked = json.dumps({"payload": payload, "texts": texts})
    ran = subprocess.run(["node", "-e", code], input=asked, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    answers: list[dict[str, Any]] = json.loads(ran.stdout)
    return answers


def space_of(n: int) -> LabelSpace:
    return LabelSpace(tuple(f"class {i}" for i in range(n)))


@needs_node
@settings(max_examples=25, deadline=None)
@given(int_rows(), random_texts_of)
def test_the_page_gives_numpys_bits(rows: IntRows, some: list[str]) -> None:
    space = space_of(len(rows.scale))
    logits, known = rows.answer(some)
    found = in_the_page(try_it.payload_of_rows(rows, space, space.thresholds()), some)
    for answer, row, knows in zip(found, logits, known, strict=True):
        assert answer["logits"] == [float(value) for value in row]
        assert answer["known"] == knows


@needs_node
@pytest.mark.parametrize("cleaning", CLEANINGS)
def test_any_unicode_is_cleaned_and_cut_as_in_python(cleaning: CleaningName) -> None:
    own = [NgramSettings("word", 1, 2, sublinear=True), NgramSettings("char_wb", 2, 4, sublinear=True)]
    rows = made_of(NgramTfidf.learn(TEXTS, Cleaning(cleaning), own))
    space = space_of(3)
    texts = [*TEXTS, LONG_TEXT]
    logits, known = rows.answer(texts)
    found = in_the_page(try_it.payload_of_rows(rows, space, space.thresholds()), texts)
    for text, answer, row, knows in zip(texts, found, logits, known, strict=True):
        assert answer["cleaned"] == Cleaning(cleaning)(text), ascii(text)
        assert answer["logits"] == [float(value) for value in row], ascii(text)
        assert answer["known"] == knows


@needs_node
@pytest.mark.parametrize("name", ["murmur3", "fnv1a", "fnv1a_words"])
def test_hashes_and_norms_beyond_exact_doubles(name: HashName, monkeypatch: pytest.MonkeyPatch) -> None:
    buckets = np.arange(0, 1 << 20, 7)
    hashing = Hashing(name, 1 << 20, signed=name == "murmur3")
    block = NgramBlock(NgramSettings("char", 1, 6), (), np.full(len(buckets), 3000.5), hashing, buckets)
    rows = made_of(NgramTfidf(Cleaning("raw"), (block,)))
    space, texts = space_of(3), [*AWKWARD, LONG_TEXT[:5000], "жук 深度"]
    found = in_the_page(try_it.payload_of_rows(rows, space, space.thresholds()), texts)
    assert [answer["logits"] for answer in found] == rows.answer(texts)[0].astype(float).tolist()


def made_of(vectorizer: NgramTfidf) -> IntRows:
    rng = np.random.default_rng(1)
    levels = rng.integers(-7, 8, (3, vectorizer.n_features)).astype(np.int8)
    scale, intercept = rng.normal(size=(2, 3)).astype(np.float32)
    return IntRows.of(PackedLinear(vectorizer, levels, scale, intercept))


@needs_node
@pytest.mark.parametrize("task", ALL_TASKS)
def test_every_task_is_answered_and_explained_as_python_does(task: Task, tmp_path: Path) -> None:
    child, _ = quantize(task_linear(task), QuantizeConfig(bits=4), task_context(task))
    assert isinstance(child, IntLinearClassifier)
    folder = write_bundle(child, lineage(), tmp_path / "b", "linear")
    payload, reason = try_it.payload_of(folder)
    assert reason == ""
    assert payload is not None
    texts = [*AWKWARD[:8], *task_context(task).train.texts[:10], "", "\u200b"]
    found = in_the_page(payload, texts)
    predictor = runtime.load(folder)
    probabilities, known = predictor.answered(texts)
    assert [answer["known"] for answer in found] == known.tolist()
    np.testing.assert_allclose([answer["probabilities"] for answer in found], probabilities, atol=2e-7, rtol=0)
    assert [answer["predicted"] for answer in found] == predictor.predict(texts)
    for text, answer in zip(texts, found, strict=True):
        names, shares = child.rows.shares(text)
        for c, parts in enumerate(answer["parts"]):
            assert sorted(name for name, _ in parts) == sorted(name for name in names if name.strip())
            ours = sum(shares[i, c] for i, name in enumerate(names) if name.strip())
            assert sum(weight for _, weight in parts) == pytest.approx(ours, abs=1e-6)


@needs_node
@pytest.mark.parametrize("way", [Link("logistic_shares"), Link("tree", TREE)])
def test_links_beyond_the_tasks(way: Link) -> None:
    rows = replace(made_of(NgramTfidf.learn(TEXTS, Cleaning("words"), [NgramSettings("word")])), link=way)
    space = LabelSpace(("a", "b", "c"), "multiclass", shares=(0.2, 0.5, 0.3))
    found = in_the_page(try_it.payload_of_rows(rows, space, space.thresholds()), TEXTS[15:50])
    logits, known = rows.answer(TEXTS[15:50])
    want = way(logits, "multiclass")
    assert known.any()
    for answer, row, knows in zip(found, want, known, strict=True):
        if knows:
            np.testing.assert_allclose(answer["probabilities"], row, atol=2e-7)


def test_pages_hold_the_script_only_where_rows_are_tried() -> None:
    counts = [len(_scripts(False, payload)) for payload in (None, {}, {"rows": {}})]
    assert counts == [1, 2, 3]


def test_other_readings_stay_out_of_the_page(tmp_path: Path) -> None:
    task: Task = "multilabel"
    child, _ = quantize(task_linear(task), QuantizeConfig(bits=4), task_context(task))
    folder = write_bundle(child, lineage(), tmp_path / "b", "linear")
    predictor = runtime.load(folder)
    object.__setattr__(predictor.rows.vectorizer, "cleaning", Cleaning("words", stem=True))  # type: ignore[attr-defined]
    assert "stem" in try_it._payload_of_rows(predictor)[1]  # type: ignore[arg-type]
