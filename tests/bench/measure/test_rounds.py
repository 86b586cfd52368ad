"""Measuring in rounds finds the differences that are there and no others, and goes on past candidates that fail."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.errors import MeasurementError, MissingExtra
from bench.candidate import Candidate, check_exists
from bench.measure import rounds as measuring
from bench.measure.measurements import PhaseKey
from bench.measure.plan import Plan
from bench.measure.timing import Block
from bench.numbers.samples import MOST_ASKED
from tests.cases.measure_case import SHORT, Machine, SimulatedHost, cold, simulate


@pytest.mark.parametrize("seed", range(3))
def test_a_sleep_of_5_percent_is_found_and_one_of_0_percent_is_not(seed: int, candidates: list[Candidate]) -> None:
    found = simulate(Machine(seed, slowed=0.05, same=0.0), candidates, replace(SHORT, rounds=18, processes=3))
    assert found.judge("slowed", margin=0.0) == "slower"
    assert found.judge("slowed") == "about as fast"  # 5 % don't matter unless a user says so
    assert found.ratio("slowed").value == pytest.approx(1.05, abs=0.015)
    assert found.judge("same", margin=0.0) in ("about as fast", "no clear difference")
    aa = found.aa_ratio()
    assert aa.low <= 1 <= aa.high
    assert found.noise_floor is not None
    assert 0 < found.noise_floor < 0.04
    assert found.distrust == ()


def test_processes_that_differ_widen_every_interval(candidates: list[Candidate]) -> None:
    """Layouts that cost 3 % show in what a restart does, and so in the interval of each ratio."""
    plan = replace(SHORT, rounds=18, processes=3)
    steady = [simulate(Machine(seed), candidates, plan) for seed in range(3)]
    moving = [simulate(Machine(seed, process=0.03), candidates, plan) for seed in range(3)]
    assert all(run.speed()["process_effects"]["python"] < 0.01 for run in steady)
    assert np.mean([run.speed()["process_effects"]["python"] for run in moving]) == pytest.approx(0.03, rel=0.5)
    widths = [[run.ratio("same").high - run.ratio("same").low for run in runs] for runs in (steady, moving)]
    assert min(widths[1]) > 2 * max(widths[0])


def test_each_generation_has_new_processes_and_its_share_of_the_rounds(candidates: list[Candidate]) -> None:
    machine = Machine()
    found = simulate(machine, candidates, replace(SHORT, rounds=7, processes=3))
    assert found.processes().tolist() == [0, 0, 0, 1, 1, 2, 2]
    assert machine.opened[:4] == [(name, 1) for name in ("cnn", "cnn (again)", "same", "slowed")]
    assert (len(machine.opened), machine.closed) == (12, 12)
    assert found.processes(PhaseKey("offline", 1, 4)).tolist() == [0] * SHORT.offline_rounds


def test_the_smallest_candidate_of_each_runtime_is_entered_twice(tmp_path: Path) -> None:
    found = []
    for name, runtime, size in (("cnn", "onnxruntime", 90), ("tiny", "table", 10), ("large", "table", 99)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text("{}")
        (tmp_path / name / "weights").write_bytes(b"0" * size)
        found.append(Candidate(name, tmp_path / name, runtime))  # type: ignore[arg-type]
    machine = Machine()
    run = simulate(machine, found, replace(SHORT, offline_rounds=4))
    assert {name for name, _ in machine.opened} == {"cnn", "cnn (again)", "tiny", "tiny (again)", "large"}
    assert set(run.noise_floors) == {"onnxruntime", "table"}
    assert run.noise_floor == max(run.noise_floors.values())
    assert run.comparisons == 2
    second = [key for key in run.blocks if key.name.endswith("(again)")]
    assert {key.scenario for key in second} == {"single"}


def test_too_few_offline_rounds_have_no_interval_and_no_floor(candidates: list[Candidate]) -> None:
    few, enough = (simulate(Machine(), candidates, replace(SHORT, offline_rounds=n)).runs("same")[1] for n in (4, 5))
    assert few["ratio_to_reference"]["value"] == pytest.approx(1, abs=0.05)
    assert few["ratio_to_reference"]["low"] is few["ratio_to_reference"]["family_low"] is None
    assert few["latency_s"]["p50_low"] is few["noise_floor"] is None
    ratio = enough["ratio_to_reference"]
    assert ratio["family_low"] <= ratio["low"] < ratio["value"] < ratio["high"] <= ratio["family_high"]
    assert enough["latency_s"]["p50_low"] < enough["latency_s"]["p50"]
    assert enough["noise_floor"] > 0


def test_every_candidate_is_timed_on_the_same_texts_in_another_order_each_round(
    candidates: list[Candidate], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, Any]] = []
    real = SimulatedHost.block

    def watched(self: SimulatedHost, items: Any, **how: Any) -> Block | None:
        if "stage" in how:
            seen.append((self.name, items))
        return real(self, items, **how)

    monkeypatch.setattr(SimulatedHost, "block", watched)
    simulate(Machine(), candidates, replace(SHORT, offline_rounds=2))
    rounds = [seen[i : i + 4] for i in range(0, 20, 4)]
    assert all(len({items for _, items in one}) == 1 for one in rounds)
    assert all(sorted(name for name, _ in one) == ["cnn", "cnn", "same", "slowed"] for one in rounds)
    assert len({tuple(name for name, _ in one) for one in rounds}) > 3


def test_a_candidate_that_fails_becomes_a_row_with_a_reason(candidates: list[Candidate]) -> None:
    machine = Machine()
    machine.broken = {"slowed": MissingExtra("slowed needs transformers"), "same": MeasurementError("answers differ")}
    found = simulate(machine, candidates)
    assert [(r["status"], r["reason"]) for r in found.runs("slowed")] == [("skipped", "slowed needs transformers")]
    assert [(r["status"], r["reason"]) for r in found.runs("same")] == [("failed", "answers differ")]
    assert found.runs("cnn")[0]["status"] == "measured"
    machine = Machine()
    machine.broken = {"cnn": MeasurementError("damaged")}
    with pytest.raises(MeasurementError, match="anchor 'cnn': damaged"):
        simulate(machine, candidates)


def test_all_usable_cores_open_every_candidate_again(
    candidates: list[Candidate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "usable_core_count", lambda: 3)
    machine = Machine()
    found = simulate(machine, candidates, replace(SHORT, all_threads_batch_sizes=(4,)))
    assert {threads for _, threads in machine.opened} == {1, 3}
    assert machine.closed == 2 * 4
    assert [(r["scenario"], r["threads"]) for r in found.runs("same")] == [
        ("single", 1),
        ("offline", 1),
        ("offline", 3),
    ]
    assert PhaseKey("offline", 3, 4) in found.phases


def test_cold_starts_stop_when_their_time_is_used_up(candidates: list[Candidate]) -> None:
    found = simulate(Machine(), candidates, replace(SHORT, cold_start_budget_s=0.9))
    assert len(found.cold_starts["cnn"]) == 2
    assert any("median of 2" in warning for warning in found.runs("cnn")[0]["warnings"])


def test_mistakes_are_named(candidates: list[Candidate], tmp_path: Path) -> None:
    with pytest.raises(MeasurementError, match="at least one candidate and one text"):
        simulate(Machine(), [])
    with pytest.raises(MeasurementError, match="unique"):
        simulate(Machine(), [candidates[0], candidates[0]])
    with pytest.raises(MeasurementError, match="no candidate 'x' to compare with"):
        simulate(Machine(), candidates, anchor="x")
    with pytest.raises(MeasurementError, match=r"python -m baselines\.train"):
        check_exists(Candidate("gone", tmp_path / "gone", "torch"))
    with pytest.raises(MeasurementError, match=r"python -m compress\.run"):
        check_exists(Candidate("gone", tmp_path / "gone", "table"))
    with pytest.raises(MeasurementError, match="runtime one of"):
        Candidate("odd", tmp_path, "java")  # type: ignore[arg-type]
    with pytest.raises(MeasurementError, match="2 rounds in each"):
        Plan("none", rounds=3)
    with pytest.raises(MeasurementError, match="at least 2 processes"):
        Plan("none", processes=1)


def test_long_calls_are_warmed_up_in_the_first_round_only(
    candidates: list[Candidate], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[int, list[int]] = {}
    real = SimulatedHost.block

    def watched(self: SimulatedHost, items: Any, **how: Any) -> Block | None:
        if "stage" in how and self.name == "slowed":
            asked.setdefault(len(items[0]), []).append(how["warmup_calls"])
        return real(self, items, **how)

    monkeypatch.setattr(SimulatedHost, "block", watched)
    # 64 texts take 16 ms there, longer than a block; one takes a fortieth of a block.
    simulate(Machine(), candidates, replace(SHORT, batch_sizes=(64,), offline_block_s=0.005, offline_rounds=3))
    assert asked == {1: [10] * SHORT.rounds, 64: [1, 0, 0]}


def test_many_texts_are_timed_by_a_sample_that_is_checked_against_its_own_answers(candidates: list[Candidate]) -> None:
    n = MOST_ASKED + 700
    texts = [f"text {number}" for number in range(n)]
    said = np.arange(n, dtype=np.float32)[:, None]
    opened: list[tuple[Any, Any]] = []

    class Watched(SimulatedHost):
        """Remembers what it was given."""

        def open(self, candidate: Candidate, texts: Any, expected: Any) -> None:
            opened.append((list(texts), expected))
            super().open(candidate, texts, expected)

    machine = Machine(0)
    expected = {candidate.name: said for candidate in candidates}
    found = measuring.measure(
        candidates, texts, SHORT, expected=expected, open_host=lambda candidate: Watched(machine), start=cold
    )
    assert len(found.lengths) == MOST_ASKED
    for own, expected in opened:
        assert [texts[int(row)] for row in expected[:, 0]] == own
