"""The same CNN in the forms it can be shipped in, without tokenising: what the form alone costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.suite.timed_models import Suite
from exports import kernel, runtime

pytestmark = pytest.mark.benchmark(group="export forms: model only, one text a call, 1 thread", disable_gc=True)

FORMS = {
    "layers, onnxruntime": "cnn/onnx",
    "layers int8, onnxruntime": "quantize-dynamic/onnx",
    "tables, onnxruntime": "fold/onnx",
    "tables int8, onnxruntime": "quantize/onnx",
    "tables int8, numpy": "quantize/table",
    "tables int8, kernel": "quantize/table",
}


@pytest.mark.parametrize("form", FORMS)
def test_export_form(form: str, suite: Suite, time_calls: Callable[..., Any]) -> None:
    if form.endswith("kernel") and not kernel.AVAILABLE:
        pytest.skip("the kernel was not built: it needs a C compiler when the package is installed")
    candidate = suite.candidates[FORMS[form]]
    engine: Any = form.rsplit(", ", 1)[1] if candidate.runtime == "table" else "auto"
    predictor = runtime.load(candidate.path, threads=1, engine=engine)
    encoded = [predictor.encode([text]) for text in suite.texts]
    time_calls(predictor.run, encoded, suite.facts[candidate.name])
