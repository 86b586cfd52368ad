"""A cold start that can't be made fails with the words of the process that tried."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from baselines.errors import MeasurementError
from bench.candidate import Candidate
from bench.measure.cold_start import start_cold
from bench.measure.rounds import measure
from tests.cases.measure_case import SHORT, TEXTS


def test_a_damaged_artifact_is_a_row_in_its_own_words(coin: tuple[Candidate, np.ndarray], tmp_path: Path) -> None:
    candidate, scored = coin
    shutil.copytree(candidate.path, tmp_path / "damaged")
    (tmp_path / "damaged" / "labels.json").write_text("{}")
    damaged = replace(candidate, name="damaged", path=tmp_path / "damaged")
    plan = replace(SHORT, rounds=4, block_s=0.005, offline_rounds=2, cold_starts=0)
    found = measure([candidate, damaged], TEXTS, plan, expected={"coin": scored})
    (row,) = found.runs("damaged")
    assert row["status"] == "failed"
    assert "sha256 differs" in row["reason"]
    assert found.runs("coin")[0].get("cold_start_s") is None
    with pytest.raises(MeasurementError, match=r"cold start of 'damaged': .*sha256 differs"):
        start_cold(damaged, TEXTS)
