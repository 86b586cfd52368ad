"""A measurement that was interrupted keeps what it had, and doesn't measure it again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from baselines.errors import MeasurementError
from bench.candidate import Candidate
from bench.measure.journal import FILE, Journal
from bench.measure.rounds import measure
from tests.cases.measure_case import SHORT, TEXTS, Machine, never, simulate


def test_an_interrupted_measurement_keeps_its_blocks_and_goes_on(candidates: list[Candidate], tmp_path: Path) -> None:
    machine = Machine()
    machine.interrupt_at = 4 + 4 * 3 + 2
    folder = tmp_path / "blocks"
    with pytest.raises(KeyboardInterrupt):
        simulate(machine, candidates, folder=folder)
    assert machine.closed == 4
    with (folder / FILE).open("a") as file:
        file.write('{"key": {"scen')  # killed in the middle of a line
    again = Machine()
    found = simulate(again, candidates, folder=folder)
    offline = SHORT.offline_rounds * 4
    assert again.blocks == 2 * 4 + 4 * 7 + offline  # warm-ups of two generations, the seven rounds left, offline
    assert len(found.rounds("cnn")) == SHORT.rounds
    third = Machine()
    repeated = measure(candidates, TEXTS, SHORT, open_host=third.host, start=never, folder=folder)
    assert third.opened == []
    assert repeated.cold_starts == found.cold_starts
    assert repeated.ratio("slowed") == found.ratio("slowed")
    other = Machine()
    simulate(other, candidates, replace(SHORT, rounds=4), folder=folder)
    assert other.opened  # another plan is another measurement


def test_a_finished_generation_is_not_started_again(candidates: list[Candidate], tmp_path: Path) -> None:
    machine = Machine()
    first = 4 + 4 * 5 + 4 * SHORT.offline_rounds
    machine.interrupt_at = first + 4 + 4 * 2 + 1  # in the third round of the second generation
    with pytest.raises(KeyboardInterrupt):
        simulate(machine, candidates, folder=tmp_path / "blocks")
    assert (len(machine.opened), machine.closed) == (8, 8)
    again = Machine()
    found = simulate(again, candidates, folder=tmp_path / "blocks")
    assert len(again.opened) == 4
    assert again.blocks == 4 + 4 * 3
    assert found.processes().tolist() == [0] * 5 + [1] * 5


def test_failures_are_finished_too(candidates: list[Candidate], tmp_path: Path) -> None:
    machine = Machine()
    machine.broken = {"slowed": MeasurementError("answers differ")}
    simulate(machine, candidates, folder=tmp_path / "blocks")
    again = Machine()
    found = measure(candidates, TEXTS, SHORT, open_host=again.host, start=never, folder=tmp_path / "blocks")
    assert again.opened == []
    assert found.runs("slowed")[0]["reason"] == "answers differ"
    assert set(found.cold_starts) == {"cnn", "same"}


def test_what_was_changed_or_torn_is_measured_again(candidates: list[Candidate], tmp_path: Path) -> None:
    folder = tmp_path / "blocks"
    simulate(Machine(), candidates, folder=folder)
    path = folder / FILE
    lines = path.read_bytes().splitlines(keepends=True)
    broken = list(lines)
    broken[3] = lines[3].replace(b'"wall_s": ', b'"wall_s": 1')
    broken[5] = b'{"key": {}}\n'
    broken[6] = b"\xff\x00 nothing\n"
    broken[7] = lines[7][: len(lines[7]) // 2] + b"\n"
    path.write_bytes(b"".join(broken))
    kept = Journal(folder, json.loads(lines[0].partition(b" ")[2])["fingerprint"])
    assert len(kept.blocks) + len(kept.cold_starts) <= len(lines) - 5
    assert path.read_bytes() == b"".join(line for line in broken if line in lines), "only what was written stays"
    path.write_bytes(b"torn " + b"".join(lines))
    assert Journal(folder, "f").blocks == {}, "without its first line nobody knows what was measured"
