"""The page's "Try it" runs the module that users get: answers and reasons of both forms, and reasons where it can't."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.text.cleaning import Cleaning
from bench.report import try_it
from bench.report.page import _scripts
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.methods.quantize.weights import apply as quantize
from exports import runtime
from exports.bundles.parity import AWKWARD
from exports.bundles.write_bundle import write_bundle
from exports.targets.source import open_source
from tests.cases.compress_case import task_context, task_linear
from tests.cases.table_case import TEXTS, lineage, task_classifier
from tests.cases.unicode_case import WHOLE_WORDS

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js installed")


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("bundles")
    linear, _ = quantize(task_linear("multiclass"), QuantizeConfig(bits=4), task_context("multiclass"))
    return {
        "table": write_bundle(task_classifier("multilabel"), lineage(), folder / "table", "table"),
        "binary": write_bundle(task_classifier("binary"), lineage(), folder / "binary", "table"),
        "linear": write_bundle(linear, lineage(), folder / "linear", "linear"),
    }


@needs_node
@pytest.mark.parametrize("form", ["table", "binary", "linear"])
def test_the_pages_script_answers_as_python(form: str, bundles: dict[str, Path]) -> None:
    payload, reason = try_it.payload_of(bundles[form])
    assert reason == ""
    assert payload is not None
    script = _scripts(False, payload)[0]
    texts = [*AWKWARD[:8], *TEXTS, *WHOLE_WORDS, "", "\u200b"]
    found = in_the_page(script, payload, texts)
    predictor = runtime.load(bundles[form])
    probabilities, known = predictor.answered(texts)
    assert [answer["known"] for answer in found] == known.tolist()
    assert np.array_equal(np.float32([answer["probabilities"] for answer in found]), probabilities)
    assert [answer["names"] for answer in found] == predictor.predict(texts)
    assert [bool(answer["parts"]) for answer in found] == [
        bool(k) and bool(a["parts"]) for k, a in zip(known, found, strict=True)
    ]
    assert any(answer["parts"] for answer in found)


def in_the_page(script: str, payload: dict[str, Any], texts: list[str]) -> list[dict[str, Any]]:
    """What the page's script says of each text."""
    code = script + (
        "const { payload, texts } = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        "const model = tagpress.open(payload);"
        "console.log(JSON.stringify(texts.map((text) => { const a = model.classify(text);"
        " return { ...a, probabilities: [...a.probabilities], parts: tagpress.explain(model, text, 0) }; })));"
    )
    asked = json.dumps({"payload": payload, "texts": texts})
    done = subprocess.run(["node", "-e", code], input=asked, capture_output=True, text=True, check=True)
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def test_pages_hold_the_script_only_where_a_model_is_tried(bundles: dict[str, Path]) -> None:
    payload, _ = try_it.payload_of(bundles["table"])
    assert [len(_scripts(False, each)) for each in (None, payload)] == [1, 2]


def test_models_too_large_for_a_page_stay_out(bundles: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(try_it, "MAX_NUMBERS", 100)
    for folder in bundles.values():
        payload, reason = try_it.payload_of(folder)
        assert payload is None
        assert "more than the 100 a page may hold" in reason


def test_other_readings_and_forms_stay_out(
    bundles: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = open_source(bundles["linear"])
    assert source.rows is not None
    object.__setattr__(source.rows.vectorizer, "cleaning", Cleaning("words", stem=True))
    monkeypatch.setattr(try_it, "open_source", lambda folder: source)
    assert "stem" in try_it.payload_of(bundles["linear"])[1]
    monkeypatch.undo()
    floats = write_bundle(task_linear("binary"), lineage(), tmp_path / "floats", "linear")
    payload, reason = try_it.payload_of(floats)
    assert payload is None
    assert "whole numbers" in reason
