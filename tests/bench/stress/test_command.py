"""`python -m bench.endurance`: a short run of every form, its file, and its exit codes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import endurance
from bench.stress import trials
from exports.bundles.write_bundle import write_bundle
from tests.cases.forms_case import FORMS, classifier_of
from tests.cases.table_case import lineage

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's figures")
SHORT = ["--callers", "4", "--forks", "2", "--predictions", "300", "--loads", "20", "--characters", "20000"]


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    place = tmp_path_factory.mktemp("bundles")
    names = ("table kernel", "linear", "folded")
    return [
        str(write_bundle(classifier_of(name, "multilabel"), lineage(), place / FORMS[name][0], FORMS[name][0]))
        for name in names
    ]


def test_every_form_endures_it(bundles: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "found" / "endurance.json"
    assert endurance.main([*bundles, *SHORT, "--out", str(out)]) == 0, capsys.readouterr().out
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    assert [row["form"] for row in found["trials"]] == ["table"] * 5 + ["linear"] * 5 + ["onnx"] * 5
    assert not [row for row in found["trials"] if row["broken"]]
    assert found["load"] == {"callers": 4, "forks": 2, "predictions": 300, "loads": 20, "characters": 20000}
    assert found["command"].startswith("python -m bench.endurance ")
    facts = {row["name"]: row["facts"] for row in found["trials"]}
    assert facts["many answers"]["end_bytes"] > facts["many answers"]["growth_bytes"]
    assert facts["many loads"]["threads"] >= 1
    assert facts["one long text"]["peak_bytes"] >= 0
    shown = capsys.readouterr().out
    assert "many callers" in shown
    assert f"written: {out}" in shown


def test_what_is_broken_is_said_with_exit_code_2(
    bundles: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(trials, "MOST_GROWTH_BYTES", -1 << 40)
    out = tmp_path / "endurance.json"
    assert endurance.main([bundles[0], *SHORT, "--out", str(out)]) == 2
    shown = capsys.readouterr().out
    assert f"broken: {bundles[0]}: many answers: memory grew by" in shown
    assert [row["name"] for row in json.loads(out.read_text())["trials"] if row["broken"]] == [
        "many answers",
        "many loads",
    ]


def test_an_input_that_cant_be_used(bundles: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert endurance.main([str(tmp_path), "--out", str(tmp_path / "out.json")]) == 2
    assert "not a bundle" in capsys.readouterr().err
    assert not (tmp_path / "out.json").exists()
    assert endurance.main([bundles[0], "--out", str(tmp_path)]) == 2
    assert f"--out {tmp_path}: can't be written" in capsys.readouterr().err
