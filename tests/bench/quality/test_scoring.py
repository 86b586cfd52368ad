"""Answers of many texts stay on disk; they are the answers all the same."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from baselines.storage.artifact import LABELS
from baselines.storage.weights import write_weights
from bench.candidate import Candidate
from bench.quality.scoring import SCORES_FILE, read_scored
from bench.study.evidence import agreement


@pytest.mark.parametrize("most_held", [8_000_000, 100])
def test_large_answers_are_the_same_on_disk(tmp_path: Path, most_held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.quality.scoring._MOST_HELD", most_held)
    rng = np.random.default_rng(2)
    answers = {name: rng.random((300, 2), dtype=np.float32) for name in ("one", "one (table)")}
    write_weights(tmp_path / SCORES_FILE, answers)
    labels = {"task": "multilabel", "classes": ["a", "b"], "thresholds": [0.5, 0.5]}
    (tmp_path / LABELS).write_text(json.dumps(labels), encoding="utf-8")
    scored = read_scored(tmp_path, [Candidate(name, tmp_path, "numpy") for name in answers])
    assert isinstance(scored.probabilities, np.memmap) == (most_held == 100)
    assert np.array_equal(scored.probabilities, answers["one"])
    assert np.array_equal(scored.decisions, answers["one"] >= 0.5)
    assert agreement(scored)["one (table)"]["max_difference"] == np.abs(answers["one (table)"] - answers["one"]).max()
