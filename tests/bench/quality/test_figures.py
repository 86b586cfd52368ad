"""Figures of classes with their intervals, and what a gate may make of them."""

from __future__ import annotations

import numpy as np
import pytest

from baselines.dataset import Part
from bench.quality.figures import per_class
from bench.results.row import estimate
from bench.verdict.gates import judge_limit


@pytest.mark.parametrize(("positives", "outcome"), [(5, "inconclusive"), (60, "inconclusive"), (100, "pass")])
def test_a_gate_on_a_class_needs_more_than_a_handful_of_texts(positives: int, outcome: str) -> None:
    labels = np.zeros((400, 2), bool)
    labels[:positives, 0] = labels[:, 1] = True
    test = Part(tuple(map(str, range(400))), labels, ("rare", "all"))
    rare, _ = per_class(test, labels, np.full(2, 0.5, np.float32))
    for metric in ("recall", "precision"):
        own = estimate(rare["intervals"][metric])
        assert own is not None
        assert own.value == 1
        assert judge_limit(own, ">=", 0.95)[0] == outcome
    assert (rare["low"], rare["high"]) == (rare["intervals"]["f1"]["low"], rare["intervals"]["f1"]["high"])
