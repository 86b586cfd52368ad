"""A new process, from nothing to its first answer and its end; `extra_info` splits the last one into its parts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from bench.measure.cold_start import ColdStart, start_cold
from bench.suite.timed_models import Suite

pytestmark = pytest.mark.benchmark(group="cold start: new process to first answer", disable_gc=True)


@pytest.mark.parametrize("name", ["cnn/onnx", "cnn/torch", "quantize/table", "quantize/onnx", "linear/linear"])
def test_cold_start(name: str, suite: Suite, benchmark: Any) -> None:
    found: ColdStart = benchmark.pedantic(
        start_cold, args=(suite.candidates[name], suite.texts[:1]), rounds=5, warmup_rounds=0, iterations=1
    )
    benchmark.extra_info.update({**suite.facts[name], "last": asdict(found)})
