"""Real worker processes time what was scored, and a worker that dies says why."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

from baselines.errors import MeasurementError
from bench.candidate import Candidate
from bench.measure.pool import WorkerProcess
from bench.measure.rounds import measure
from tests.cases.measure_case import SHORT, TEXTS


@pytest.mark.skipif(sys.platform == "win32", reason="affinity and /proc are read on POSIX")
def test_real_processes_time_what_was_scored(coin: tuple[Candidate, np.ndarray]) -> None:
    candidate, scored = coin
    wrong = replace(candidate, name="wrong")
    plan = replace(SHORT, rounds=4, block_s=0.005, offline_rounds=2, cold_starts=1)
    found = measure([candidate, wrong], TEXTS, plan, expected={"coin": scored, "wrong": ~(scored >= 0.5)})
    assert found.unchecked == ()
    row = found.runs("coin")[0]
    assert row["status"] == "measured"
    assert row["latency_s"]["p50"] > 0
    assert 0 < row["load_s"] < row["cold_start_s"]
    assert row["peak_rss_bytes"] >= 0
    (failed,) = found.runs("wrong")
    assert failed["status"] == "failed"
    assert "differ from the scored ones" in failed["reason"]


def test_a_worker_that_dies_leaves_its_last_words(coin: tuple[Candidate, np.ndarray]) -> None:
    candidate, _ = coin
    with WorkerProcess(candidate) as worker:
        with pytest.raises(MeasurementError, match=r"the worker ended with code 1: KeyError: 'dance'"):
            worker.ask(do="dance")
        with pytest.raises(MeasurementError, match="the worker ended with code 1"):
            worker.ask(do="block")
