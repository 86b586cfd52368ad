"""Writing a report judges the results again, leaves out what is missing, and answers mistakes with one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.report import main
from bench.report.write_report import write_report
from bench.verdict.conclude import conclude
from bench.verdict.gates import parse_gate
from tests.cases.page_case import GATES, page_of
from tests.cases.report_case import make_results
from tests.cases.run_case import write_run

_BARE = {"format_version": 4, "task": "multilabel", "metric": "f1_weighted"}


def test_the_same_results_give_the_same_bytes(run: Path, tmp_path: Path) -> None:
    again = write_run(tmp_path / "again")
    write_report(again, gates=[parse_gate(text) for text in GATES])
    for name in ("report.html", "report.md", "tradeoff.svg"):
        assert (again / name).read_bytes() == (run / name).read_bytes()


def test_conclude_adds_front_verdict_and_gates() -> None:
    results = make_results()
    concluded = conclude(results, [parse_gate(GATES[1])])
    assert {key: concluded[key] for key in results} == results
    assert concluded["verdict"]["model"] == "student-int8"
    assert "student-int8" in concluded["pareto_front"]
    assert [gate["outcome"] for gate in concluded["gates"]] == ["fail"]
    json.dumps(concluded, allow_nan=False)


def test_stored_gates_are_judged_again(tmp_path: Path) -> None:
    page = page_of(conclude(make_results(), [parse_gate(GATES[1])]), tmp_path)
    assert "bytes &lt;= 50k" in page
    assert '<span class="chip">FAIL</span>' in page


@pytest.mark.parametrize(
    "keys",
    [
        ("environment", "speed"),
        ("ledgers", "why", "data_card", "sensitivity"),
        ("cleaning", "metrics", "metric_title"),
        ("run", "git", "dataset"),
        ("reference",),
    ],
)
def test_missing_stages_leave_a_useful_report(tmp_path: Path, keys: tuple[str, ...]) -> None:
    results = {key: value for key, value in make_results().items() if key not in keys}
    page = page_of(results, tmp_path)
    assert "Deploy student-int8" in page


def test_models_with_nothing_but_a_score_leave_a_useful_report(tmp_path: Path) -> None:
    models = [
        {"name": name, "stage": "baseline", "status": "measured", "quality": {"f1_weighted": {"value": f1}}}
        for name, f1 in (("cnn", 0.6), ("rules", 0.5))
    ]
    page = page_of({**_BARE, "models": models}, tmp_path)
    assert "so there is no picture" in page
    assert "0.600" in page


def test_one_model_alone_is_a_report_with_a_note(tmp_path: Path) -> None:
    results = make_results()
    results["models"] = [m for m in results["models"] if m["name"] == "cnn"]
    page = page_of(results, tmp_path)
    assert "Fewer than two models were measured" in page
    assert "Keep cnn" in page


def test_without_the_reference_the_report_says_so(tmp_path: Path) -> None:
    results = make_results()
    results["models"] = [m for m in results["models"] if m["name"] != "cnn"]
    page = page_of(results, tmp_path)
    assert "No recommendation" in page
    assert "No reference model was measured" in page


def test_when_every_model_was_skipped_the_report_holds_the_reasons(tmp_path: Path) -> None:
    models = [{"name": "cnn", "stage": "baseline", "status": "skipped", "reason": "not enough <memory>"}]
    page = page_of({**_BARE, "models": models}, tmp_path)
    assert "not enough &lt;memory&gt;" in page
    assert "nothing can be recommended" in page


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--gate", GATES[0]], 0),
        (["--gate", GATES[0], "--strict"], 1),
        (["--gate", "energy <= 3"], 2),
        (["--gate", "f1_weighted vs linear max_drop 0.01"], 2),
    ],
)
def test_the_exit_code_is_that_of_the_gates(
    run: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int
) -> None:
    assert main([str(run), *arguments]) == code
    capsys.readouterr()


def test_a_damaged_bundle_is_said_in_its_section(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run")
    (folder / "exports" / "student-int8-table" / "alphabet.json").write_text("{}", encoding="utf-8")
    write_report(folder)
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Not in this report" in page
    assert "sha256 differs" in page


def test_a_bundle_outside_the_run_is_not_opened(tmp_path: Path) -> None:
    results = {**make_results(), "try_it": {"model": "x", "bundle": "../../etc"}}
    assert "lies outside the run folder" in page_of(results, tmp_path)
