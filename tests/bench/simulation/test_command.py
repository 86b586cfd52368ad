"""`python -m bench.calibration`: tables, Markdown, exit codes, and what goes with what."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench import calibration
from bench.simulation import command
from bench.simulation.recommendations import Rates, scenarios
from bench.simulation.repeat import Repeated
from bench.simulation.speed import Scenario, simulate_speed
from bench.simulation.tables import of_repeats, of_speed

KEPT = Rates(scenarios()[0], 1000, 0.04, 0.04, 0.04, 0.96, 0.96, 0.02, 0.6, 0.6)


@pytest.mark.parametrize(("wrong", "code"), [(0.04, 0), (0.2, 1)])
def test_a_broken_promise_is_exit_code_1(
    wrong: float, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "recommendation_scenarios", lambda runs, seed: [replace(KEPT, wrong=wrong)])
    assert calibration.main(["recommendations", "--runs", "1000", "--seed", "3"]) == code
    shown = capsys.readouterr().out
    assert "all just beyond the" in shown
    assert ("broken: " in shown) == bool(code)


def test_markdown_names_its_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(command, "recommendation_scenarios", lambda runs, seed: [KEPT])
    assert calibration.main(["recommendations", "--markdown", "--runs", "7"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "`python -m bench.calibration recommendations --markdown --runs 7`"
    assert lines[2].startswith("| scenario | runs |")
    assert lines[4].count("|") == lines[2].count("|")


@pytest.mark.parametrize("words", [["repeat"], ["speed", "runs/x"]])
def test_a_run_goes_with_repeat_alone(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert calibration.main(words) == 2
    assert "RUN goes with repeat alone" in capsys.readouterr().err


def test_a_folder_without_a_run_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert calibration.main(["repeat", str(tmp_path)]) == 2
    assert "results.json" in capsys.readouterr().err


def test_a_verdict_that_changes_is_a_broken_promise() -> None:
    same, other = Repeated("a", "Deploy `a`.", (), 0.02), Repeated("b", "Deploy `b`.", ("a",), None)
    assert of_repeats([same, same]).broken == ()
    assert of_repeats([same, other]).broken == ("2 measurements recommend a and b",)
    assert of_repeats([other]).rows == (("1", "b", "a", "—"),)


def test_speeds_are_shown_with_what_they_promise() -> None:
    found = of_speed([simulate_speed(Scenario(0.005, 2, 12), 5, seed=1)])
    assert found.broken == ()
    assert found.rows[0][:5] == ("0.5 %", "2", "12", "1", "study")
    assert "any word, margin 10 %" in found.columns
