"""Batches of 32 texts, as fast as they go: documents a second are in `extra_info`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.candidate import open_candidate
from bench.suite.timed_models import NAMES, Suite

pytestmark = pytest.mark.benchmark(group="offline: 32 texts a call, 1 thread", disable_gc=True)
BATCH = 32


@pytest.mark.parametrize("name", NAMES)
def test_offline(name: str, suite: Suite, time_calls: Callable[..., Any], benchmark: Any) -> None:
    server = open_candidate(suite.candidates[name])
    batches = [suite.texts[start : start + BATCH] for start in range(0, len(suite.texts) - BATCH + 1, BATCH)]
    time_calls(server.predict_proba, batches, suite.facts[name])
    if benchmark.stats is not None:
        benchmark.extra_info["documents_per_s"] = BATCH / benchmark.stats.stats.median
