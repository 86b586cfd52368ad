"""The page's JavaScript cleans, encodes and answers any Unicode as Python does, with every cleaning and unit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.task import Task, link
from baselines.text.cleaning import CLEANINGS, Cleaning, CleaningName
from baselines.text.tokenizer import UNITS, Tokenizer, Unit
from bench.report import try_it
from bench.report.chromium import Browser, find_chromium
from exports import runtime
from exports.bundles.write_bundle import write_bundle
from tests.cases.table_case import CLASSES, SPACE, int_tables, lineage, task_classifier
from tests.cases.task_case import ALL_TASKS
from tests.cases.unicode_case import SAME, WHOLE_WORDS, random_texts

SCRIPT = (Path(try_it.__file__).parent / "templates" / "try_it.js").read_text(encoding="utf-8")
TEXTS = [
    *random_texts(600, 3),
    *(text for pair in SAME for text in pair),
    *WHOLE_WORDS,
    "C++ isn't C#",
    "👍🏽 👩‍💻",
    "",
    "a" * 3000,
]
needs_browser = pytest.mark.skipif(find_chromium() is None, reason="no Chromium installed; apt-get install chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as made:
        made.evaluate(f"window.tagpress = (() => {{ {SCRIPT}; return tagpress; }})(); true")
        yield made


def tokenizer_of(name: CleaningName, unit: Unit) -> Tokenizer:
    return Tokenizer.learn(random_texts(300, 4), min_count=1, cleaning=Cleaning(name), unit=unit)


@needs_browser
@pytest.mark.parametrize(("name", "unit"), list(product(CLEANINGS, UNITS)))
def test_any_text_gets_pythons_ids_and_answers(browser: Browser, name: CleaningName, unit: Unit) -> None:
    tokenizer = tokenizer_of(name, unit)
    tables = int_tables(n_ids=tokenizer.n_ids)
    payload = try_it.payload(tables, tokenizer, SPACE, SPACE.thresholds())
    found: Any = browser.evaluate(
        f"(() => {{ const model = tagpress.open({json.dumps(payload)});"
        f" return {json.dumps(TEXTS)}.map((text) => {{ const a = tagpress.predict(model, text);"
        " return [a.cleaned, a.ids, a.characterOf, [...a.probabilities]]; }); })()"
    )
    known = tokenizer.known_batch(tokenizer.encode_batch(TEXTS))
    for text, knows, (cleaned, ids, places, probabilities) in zip(TEXTS, known, found, strict=True):
        clean, starts = tokenizer.spans(text)
        assert cleaned == clean, ascii(text)
        assert ids == tokenizer.encode(text).tolist(), ascii(text)
        assert places == starts.tolist()
        ours = link(tables.logits(tokenizer.encode(text)), "multilabel") if knows else np.zeros(len(CLASSES))
        np.testing.assert_allclose(probabilities, ours, atol=2e-7, rtol=0)


@needs_browser
def test_reasons_are_runs_of_whole_characters(browser: Browser) -> None:
    tokenizer = tokenizer_of("words", "bytes")
    payload = try_it.payload(int_tables(n_ids=tokenizer.n_ids), tokenizer, SPACE, SPACE.thresholds())
    text = "深度学习 हिन्दी"
    parts: Any = browser.evaluate(
        f"(() => {{ const model = tagpress.open({json.dumps(payload)});"
        f" const a = tagpress.predict(model, {json.dumps(text)});"
        " return tagpress.parts(model, a, 0).map((part) => [part.ngram, part.start, part.end]); })()"
    )
    assert parts
    assert all(ngram == text[start:end] for ngram, start, end in parts)
    assert len({(start, end) for _, start, end in parts}) == len(parts)


@needs_browser
@pytest.mark.parametrize("task", ALL_TASKS)
@pytest.mark.parametrize("unit", UNITS)
def test_every_task_is_answered_as_python_does(browser: Browser, task: Task, unit: Unit, tmp_path: Path) -> None:
    classifier = task_classifier(task, tokenizer_of("words", unit))
    folder = write_bundle(classifier, lineage(), tmp_path / "b", "table")
    payload, reason = try_it.payload_of(folder)
    assert reason == ""
    texts = [*TEXTS[:150], *WHOLE_WORDS, "", "?", "\u200b", "good"]
    found: Any = browser.evaluate(
        f"(() => {{ const model = tagpress.open({json.dumps(payload)});"
        f" return {json.dumps(texts)}.map((text) => {{ const a = tagpress.predict(model, text);"
        " return [a.known, [...a.probabilities], a.predicted]; }); })()"
    )
    predictor = runtime.load(folder)
    probabilities, known = predictor.answered(texts)
    assert [knows for knows, _, _ in found] == known.tolist()
    assert 0 < known.sum() < len(texts)
    np.testing.assert_allclose([row for _, row, _ in found], probabilities, atol=2e-7, rtol=0)
    assert [names for _, _, names in found] == predictor.predict(texts)
