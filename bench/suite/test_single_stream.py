"""One text in, probabilities out, next text when done: the whole path with tokenising, one thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.candidate import open_candidate
from bench.measure.measurements import Measurements
from bench.suite.timed_models import NAMES, Suite

pytestmark = pytest.mark.benchmark(group="single stream: one text a call, 1 thread", disable_gc=True)


@pytest.mark.parametrize("name", NAMES)
def test_single_stream(name: str, suite: Suite, interleaved: Measurements, time_calls: Callable[..., Any]) -> None:
    server = open_candidate(suite.candidates[name])
    row = interleaved.runs(name)[0]
    assert row["status"] == "measured", row["reason"]
    compared = {
        "ratio_to_cnn_onnx": row["ratio_to_reference"],
        "verdict": interleaved.judge(name),
        "noise_floor": interleaved.noise_floor,
        "distrust": list(interleaved.distrust),
        "warnings": row["warnings"],
        "latency_s": row["latency_s"],
        "cold_start_s": row["cold_start_s"],
        "peak_rss_bytes": row["peak_rss_bytes"],
    }
    singles = [[text] for text in suite.texts]
    time_calls(server.predict_proba, singles, {**suite.facts[name], "interleaved": compared})
