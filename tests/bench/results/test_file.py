"""results.json fits its schema, and a file that doesn't is one clear error."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bench.report import main
from bench.results.file import SCHEMA, read_run
from bench.verdict.conclude import conclude
from tests.cases.page_case import Elements, page_of
from tests.cases.report_case import make_results


def test_results_of_the_case_fit_the_schema() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(conclude(make_results()), schema)


def test_numbers_that_are_not_finite_are_missing_and_named(tmp_path: Path) -> None:
    results = make_results()
    results["models"][13]["quality"]["f1_macro"]["low"] = float("nan")
    results["models"][0]["quality"]["f1_weighted"]["value"] = float("inf")
    page = page_of(results, tmp_path)
    assert "2 stored numbers are not finite and are shown as missing: models[0].quality.f1_weighted.value" in page
    assert "no f1_weighted was stored" in page
    assert not re.search(r"\bnan\b|\binf\b", Elements(page).text.lower())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format_version": 1}, "format_version 4 is supported, got 1"),
        ({"format_version": None}, "format_version 4 is supported, got None"),
        ({"models": []}, "models"),
        ({"models": [{"name": "a"}]}, "models[0]: 'stage' is a required property"),
        ({"models": [{"name": "a", "stage": "baseline", "status": "measured", "runs": [{"runtime": 3}]}]}, "runtime"),
        ({"delta": -1}, "delta"),
    ],
)
def test_other_content_is_one_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, Any], says: str
) -> None:
    (tmp_path / "results.json").write_text(json.dumps({**make_results(), **change}), encoding="utf-8")
    assert main([str(tmp_path)]) == 2
    message = capsys.readouterr().err
    assert says in message
    assert "results.json" in message
    assert message.count("\n") == 1
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000])
def test_a_file_that_is_no_results_is_one_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    (tmp_path / "results.json").write_bytes(content)
    assert main([str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_name_given_twice_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = make_results()
    results["models"].append(results["models"][0])
    (tmp_path / "results.json").write_text(json.dumps(results), encoding="utf-8")
    assert main([str(tmp_path)]) == 2
    assert "got twice: chance-coin" in capsys.readouterr().err


def test_a_missing_run_is_one_clear_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none")]) == 2
    assert "no such file" in capsys.readouterr().err


def test_loading_accepts_the_folder_and_the_file(run: Path) -> None:
    assert read_run(run).content == read_run(run / "results.json").content
