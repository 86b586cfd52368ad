"""What was measured becomes ratios, verdicts, warnings and rows, and distrusts a noisy machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.candidate import Candidate
from tests.cases.measure_case import SHORT, TEXTS, Machine, simulate


def test_two_runs_agree_within_the_noise_floor_they_print(candidates: list[Candidate]) -> None:
    runs = [simulate(Machine(seed, slowed=0.3), candidates) for seed in (10, 11, 12)]
    ratios = [run.ratio("slowed").value for run in runs]
    assert max(ratios) / min(ratios) - 1 < 2 * max(run.noise_floor for run in runs)


def test_a_noisy_machine_makes_no_claims(candidates: list[Candidate]) -> None:
    found = simulate(Machine(3, drift=0.6, slowed=0.05), candidates)
    assert found.distrust
    assert "entered twice" in found.distrust[0]
    assert found.judge("slowed") == "no clear difference"
    assert any("unreliable" in warning for warning in found.runs("slowed")[0]["warnings"])
    assert found.speed()["trustworthy"] is False


def test_waiting_shows_as_descheduled(candidates: list[Candidate]) -> None:
    found = simulate(Machine(slowed=0.5), candidates)
    assert found.distrust == ()
    assert simulate(Machine(cnn=0.5), candidates).distrust == (
        "cnn got the CPU for 67% of the time only: other processes were running",
    )
    assert any("descheduled" in warning for warning in found.runs("slowed")[0]["warnings"])
    assert not any("descheduled" in warning for warning in found.runs("cnn")[0]["warnings"])


def test_rows_are_what_results_json_asks_for(candidates: list[Candidate]) -> None:
    found = simulate(Machine(), candidates, replace(SHORT, block_s=0.1))
    single, offline = found.runs("cnn")
    assert single["scenario"], offline["scenario"] == ("single", "offline")
    assert single["latency_s"]["p50"] == pytest.approx(np.median(found.samples("cnn")))
    assert single["latency_s"]["p50_low"] <= single["latency_s"]["p50"] <= single["latency_s"]["p50_high"]
    assert single["latency_s"]["n"] > 662
    assert single["latency_s"]["p99"] > single["latency_s"]["p95"] > single["latency_s"]["p50"]
    assert single["latency_s"]["p999"] is None
    assert len(single["quantiles_s"]) == 101
    assert single["cold_start_s"] == 0.5
    assert single["peak_rss_bytes"] == 10_000_000
    assert single["model_only_s"] is None
    assert offline["batch_size"] == 4
    assert offline["documents_per_s"] == pytest.approx(
        1 / (4 * np.mean([1e-4 + 1e-6 * len(t) for t in TEXTS])) * 4, rel=0.2
    )
    assert "cold_start_s" not in offline
    assert any("not compared with scored" in warning for warning in single["warnings"])
    curve = found.length_curve("cnn")
    assert [p["characters"] for p in curve] == sorted(p["characters"] for p in curve)
    assert curve[-1]["p50_s"] > curve[0]["p50_s"]
    ratio, speedup = found.ratio("slowed", "cnn"), found.speedup("slowed", "cnn")
    assert (speedup.value, speedup.low, speedup.family_high) == pytest.approx(
        (1 / ratio.value, 1 / ratio.high, 1 / ratio.family_low)
    )
    assert found.ratio("cnn").to_json() == dict.fromkeys(("value", "low", "high", "family_low", "family_high"), 1.0)


def test_raw_samples_are_kept(candidates: list[Candidate], tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    found = simulate(Machine(), candidates)
    found.save_samples(tmp_path / "samples.safetensors")
    kept = load_file(tmp_path / "samples.safetensors")
    assert np.concatenate([kept[f"single/1/1/{r}/same"] for r in range(10)]).tolist() == found.samples("same").tolist()
