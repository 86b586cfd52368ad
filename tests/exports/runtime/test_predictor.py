"""Texts come from any iterable: what was read once isn't read as nothing."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from exports import runtime
from exports.bundles.write_bundle import write_bundle
from tests.cases.table_case import TEXTS, int_classifier, lineage

SOURCES: dict[str, Callable[[list[str]], Iterable[str]]] = {
    "generator": lambda texts: (text for text in texts),
    "iterator": iter,
    "tuple": tuple,
    "dictionary": dict.fromkeys,
    "array": np.array,
    "open file": lambda texts: io.StringIO("".join(f"{text}\n" for text in texts)),
    "open file of Windows": lambda texts: io.StringIO("".join(f"{text}\r\n" for text in texts), newline=""),
}


@pytest.fixture(scope="module", params=["table", "onnx"])
def predictor(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> runtime.Predictor[object]:
    if request.param == "onnx":
        pytest.importorskip("onnxruntime")
    folder: Path = tmp_path_factory.mktemp("b") / "b"
    return runtime.load(write_bundle(int_classifier(), lineage(), folder, request.param))


@pytest.mark.parametrize("kind", SOURCES)
def test_every_iterable_is_answered(predictor: runtime.Predictor[object], kind: str) -> None:
    source = SOURCES[kind]
    want = predictor.predict_proba(TEXTS)
    np.testing.assert_array_equal(predictor.predict_proba(source(TEXTS)), want)
    assert predictor.predict(source(TEXTS)) == predictor.predict(TEXTS)
    assert predictor.answers(source(TEXTS), 2) == predictor.answers(TEXTS, 2)
    np.testing.assert_array_equal(predictor.answered(source(TEXTS))[0], want)


@pytest.mark.parametrize("kind", SOURCES)
def test_a_classifier_too(kind: str) -> None:
    classifier = int_classifier()
    assert classifier.predict(SOURCES[kind](TEXTS)) == classifier.predict(TEXTS)


def test_one_text_alone_is_a_mistake(predictor: runtime.Predictor[object]) -> None:
    for call in (predictor.predict, predictor.predict_proba, predictor.answers, int_classifier().predict):
        with pytest.raises(TypeError, match="expected a sequence of strings, got one str; wrap it in a list"):
            call("one text")
        with pytest.raises(TypeError, match=r"texts\[1\]: expected a string, got bytes"):
            call(text for text in ["a", b"b"])  # type: ignore[misc]
