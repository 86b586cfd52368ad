"""Floors: the kernel, its twin, the graphs, the page and the explanations all start from them, to the bit."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.errors import ArtifactError
from baselines.task import link
from baselines.text.tokenizer import pad
from compress.formats.packed import StoredTables
from compress.formats.tables import MAX_FLOOR, FloatTables, IntTables
from compress.kinds.table_classifiers import FloatTableClassifier, IntTableClassifier
from exports import kernel, runtime
from exports.bundles.write_bundle import write_bundle
from exports.graphs.pair_graph import pair_model
from exports.graphs.to_onnx import one_hot_model
from exports.runtime.explain import explainer_of
from exports.targets.js.content import table_content
from exports.targets.js.runtime_source import page_script
from tests.cases.table_case import SPACE, TEXTS, TOKENIZER, float_tables, floored, int_tables, lineage

MORE = [*TEXTS, "a", "zzz", "transformers " * 300, "no network, no cry"]
built = pytest.mark.skipif(not kernel.AVAILABLE, reason="the C extension was not built (no compiler at install time)")


def _reference(tables: IntTables, text: str) -> np.ndarray:
    """Filter by filter and window by window, in Python's own integers."""
    ids, responses, number = TOKENIZER.encode(text).tolist(), [], 0
    assert tables.floors is not None
    for table in tables.tables:
        width, _, count = table.shape
        for f in range(count):
            best = int(tables.floors[number])
            for t in range(max(len(ids), 1)):
                seen = [(k, t + k - (width - 1) // 2) for k in range(width)]
                best = max(best, sum(int(table[k, ids[at], f]) for k, at in seen if 0 <= at < len(ids)))
            responses.append(best)
            number += 1
    totals = [sum(int(h) * r for h, r in zip(row, responses, strict=True)) for row in tables.head]
    return np.array([s * np.float32(t) + b for s, t, b in zip(tables.scale, totals, tables.bias, strict=True)])


def test_the_twin_is_the_definition() -> None:
    for limit in (5, 127):
        tables = floored(int_tables(1, ((1, 3), (4, 5), (6, 2)), limit=limit))
        for text in TEXTS:
            assert np.array_equal(tables.logits(TOKENIZER.encode(text)), _reference(tables, text))
    acting = tables.floors == tables.pooled(TOKENIZER.encode(TEXTS[1]))
    assert acting.any()
    assert not acting.all()


@built
@pytest.mark.parametrize("level", kernel.levels() or ("",))
@pytest.mark.parametrize("limit", [1, 7, 127])
def test_every_instruction_set_starts_from_the_floors(level: str, limit: int) -> None:
    tables = floored(int_tables(limit, ((1, 1), (2, 31), (3, 33), (4, 64), (11, 7)), limit=limit))
    want = np.stack([tables.logits(TOKENIZER.encode(text)) for text in MORE])
    model = kernel.TableKernel(tables, TOKENIZER, level)
    assert np.array_equal(model.logits(MORE), want)
    assert np.array_equal(model.logits(MORE, threads=3), want)


@built
@given(st.lists(st.integers(-MAX_FLOOR, MAX_FLOOR), min_size=9, max_size=9), st.text("ab é9", max_size=20))
@settings(max_examples=60, deadline=None)
def test_any_floors_give_the_bits_of_the_twin(floors: list[int], text: str) -> None:
    tables = replace(int_tables(0, ((1, 4), (3, 5)), limit=3), floors=np.array(floors, np.int16))
    want = tables.logits(TOKENIZER.encode(text))
    model = kernel.TableKernel(tables, TOKENIZER)
    assert np.array_equal(model.logits([text])[0], want)


@pytest.mark.parametrize(
    "floors",
    [
        np.zeros(3, np.int16),
        np.zeros((9, 1), np.int16),
        np.zeros(9, np.float32),
        np.full(9, MAX_FLOOR + 1, np.int16),
        np.full(9, -32768, np.int16),
    ],
)
def test_hostile_floors_are_refused(floors: Any) -> None:
    tables = replace(int_tables(0, ((1, 4), (3, 5))), floors=floors)
    with pytest.raises(ArtifactError, match="floors"):
        tables.check()
    if kernel.AVAILABLE and floors.dtype == np.int16 and floors.shape != (9, 1):
        with pytest.raises(ArtifactError, match="kernel: floors"):
            kernel.TableKernel(tables, TOKENIZER)


@pytest.mark.parametrize("build", [pair_model, one_hot_model])
@pytest.mark.parametrize("floats", [False, True])
def test_graphs_start_from_the_floors(build: Any, floats: bool) -> None:
    tables: Any = floored(int_tables())
    if floats:
        tables = FloatTables(
            float_tables().tables, float_tables().head, float_tables().bias, (tables.floors / 127).astype(np.float32)
        )
    session = onnxruntime.InferenceSession(build(tables).SerializeToString(), providers=["CPUExecutionProvider"])
    ids, lengths = pad([TOKENIZER.encode(text) for text in MORE])
    found = session.run(["probabilities"], {"ids": ids, "lengths": lengths})[0]
    want = link(np.stack([tables.logits(TOKENIZER.encode(text)) for text in MORE]), "multilabel")
    np.testing.assert_allclose(found, want, atol=2e-6)


@pytest.mark.parametrize("form", ["table", "onnx"])
def test_a_bundle_keeps_the_floors(form: str, tmp_path: Path) -> None:
    classifier = IntTableClassifier(StoredTables(floored(int_tables())), TOKENIZER, SPACE)
    folder = write_bundle(classifier, lineage(), tmp_path / "b", form)
    found = runtime.load(folder).predict_proba(MORE)
    np.testing.assert_allclose(found, classifier.predict_proba(MORE), atol=0 if form == "table" else 2e-6)
    without = IntTableClassifier(StoredTables(int_tables()), TOKENIZER, SPACE).predict_proba(MORE)
    assert not np.allclose(found, without, atol=1e-3)


@pytest.mark.parametrize("floats", [False, True])
def test_what_a_floor_adds_is_no_part_of_the_text(floats: bool) -> None:
    whole = floored(int_tables())
    tables: Any = whole
    if floats:
        wide, floors = float_tables(), np.asarray(whole.floors, np.float32) / 127
        tables = FloatTables(wide.tables, wide.head, wide.bias, floors)
    made: Any = FloatTableClassifier if floats else IntTableClassifier
    model = made(tables if floats else StoredTables(tables), TOKENIZER, SPACE)
    for explainer in (explainer_of(model), explainer_of(model).typical(MORE)):
        for text in MORE:
            found = explainer.parts(text)
            if found.known:
                np.testing.assert_allclose(found.logits, tables.logits(TOKENIZER.encode(text)), atol=2e-5)
                assert all(found.ngrams)
    high = replace(tables, floors=np.full_like(tables.floors, 30000))
    only = explainer_of(made(high if floats else StoredTables(high), TOKENIZER, SPACE)).parts("graph")
    assert only.known
    assert not only.ngrams
    np.testing.assert_allclose(only.bias, high.logits(TOKENIZER.encode("graph")), rtol=1e-5)


@pytest.mark.skipif(shutil.which("node") is None, reason="no node installed")
@pytest.mark.parametrize("with_floors", [False, True])
def test_the_page_starts_from_the_floors(with_floors: bool) -> None:
    tables = floored(int_tables()) if with_floors else int_tables()
    content = table_content(StoredTables(tables), TOKENIZER, SPACE, SPACE.thresholds())
    assert bool(content["floors"]) == with_floors
    code = (
        f"{page_script(content)}\nconst model = tagpress.open({json.dumps(content)});\n"
        f"console.log(JSON.stringify({json.dumps(MORE)}.map((text) => {{ const a = model.classify(text);"
        " return [[...a.logits], tagpress.explain(model, text, 0).map((part) => part.ngram)]; })))"
    )
    done = subprocess.run(["node", "-"], input=code, capture_output=True, text=True, check=True, timeout=60)
    for text, (logits, ngrams) in zip(MORE, json.loads(done.stdout), strict=True):
        assert np.array_equal(np.array(logits, np.float32), tables.logits(TOKENIZER.encode(text)))
        assert all(ngram.strip() for ngram in ngrams)
