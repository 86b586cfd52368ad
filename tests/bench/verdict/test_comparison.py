"""Comparing two runs: what changed, what is noise, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench import compare
from bench.results.run import Run
from bench.verdict import comparison
from tests.cases.report_case import make_results


def loaded(results: dict[str, Any], name: str) -> Run:
    return Run(results, Path(name) / "results.json")


def changed(edit: Any) -> dict[tuple[str, str], comparison.Change]:
    """Compare the case with an edited copy of it; the changes by model and figure."""
    after = make_results()
    models = {model["name"]: model for model in after["models"]}
    edit(after, models)
    changes, _ = comparison.compare(loaded(make_results(), "a"), loaded(after, "b"))
    return {(c.model, c.figure): c for c in changes if c.kind != "unchanged"}


def test_a_run_equals_itself() -> None:
    assert changed(lambda results, models: None) == {}


@pytest.mark.parametrize(
    ("factor", "kind"),
    [(1.02, "within noise"), (0.98, "within noise"), (1.12, "within noise"), (1.2, "worse"), (0.8, "better")],
)
def test_latency_is_judged_by_the_margin_and_both_intervals(factor: float, kind: str) -> None:
    def edit(results: dict[str, Any], models: dict[str, Any]) -> None:
        for end in ("p50", "p50_low", "p50_high"):
            models["linear"]["runs"][0]["latency_s"][end] *= factor

    found = changed(edit)
    assert {key: c.kind for key, c in found.items()} == {("linear", "p50_s"): kind}


@pytest.mark.parametrize(
    ("shift", "kind"), [(0.02, "within noise"), (-0.02, "within noise"), (0.1, "better"), (-0.1, "worse")]
)
def test_f1_is_judged_by_the_intervals(shift: float, kind: str) -> None:
    def edit(results: dict[str, Any], models: dict[str, Any]) -> None:
        for key in ("value", "low", "high"):
            models["linear"]["quality"]["f1_weighted"][key] += shift

    assert changed(edit)["linear", "f1_weighted"].kind == kind


def test_bytes_are_exact() -> None:
    def edit(results: dict[str, Any], models: dict[str, Any]) -> None:
        models["linear"]["runs"][0]["bytes"] += 1

    found = changed(edit)["linear", "bytes"]
    assert (found.kind, found.amount) == ("worse", "+0.0 %")


def test_models_that_come_go_or_fail_are_listed() -> None:
    def edit(results: dict[str, Any], models: dict[str, Any]) -> None:
        models["cnn"]["name"] = "cnn-2"
        models["linear"].update(status="failed", reason="out of memory")

    found = changed(edit)
    assert found["cnn", "model"].kind == "removed"
    assert found["cnn-2", "model"].kind == "added"
    assert found["linear", "status"].after == "failed: out of memory"


def write(folder: Path, results: dict[str, Any]) -> str:
    folder.mkdir()
    (folder / "results.json").write_text(json.dumps(results), encoding="utf-8")
    return str(folder)


def test_unlike_machines_are_refused_unless_forced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = make_results()
    other["environment"]["cpu"] = "Another CPU"
    a, b = write(tmp_path / "a", make_results()), write(tmp_path / "b", other)
    assert compare.main([a, b]) == 2
    refused = capsys.readouterr()
    assert "Another CPU" in refused.err
    assert refused.out == ""
    assert compare.main([a, b, "--force"]) == 0
    assert "Unlike machines, forced" in " ".join(capsys.readouterr().out.split())


def test_other_data_is_refused_even_when_forced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = make_results()
    other["dataset"]["sha256"] = "cd" * 32
    arguments = [write(tmp_path / "a", make_results()), write(tmp_path / "b", other), "--force"]
    assert compare.main(arguments) == 2
    assert "other data or another split" in capsys.readouterr().err


def test_json_holds_the_same_changes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = make_results()
    other["speed"].pop("noise_floor")
    other["environment"]["noise_floor"] = None
    del other["models"][0]
    arguments = [write(tmp_path / "a", make_results()), write(tmp_path / "b", other), "--json"]
    assert compare.main(arguments) == 0
    content = json.loads(capsys.readouterr().out)
    assert {"model": "chance-coin", "figure": "model", "before": "measured", "after": "—", "amount": "",
            "kind": "removed"} in content["changes"]  # fmt: skip
