"""A short run over every sound bundle of the forms without graphs: each mutant is refused or answers like a model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from exports.bundles.write_bundle import write_bundle
from exports.fuzz import main
from exports.fuzzing import command
from exports.fuzzing.trial import FINDING, LOADED, Outcome
from exports.fuzzing.watching import Watch
from tests.cases.table_case import int_classifier, lineage


def test_hundreds_of_hostile_bundles_are_refused_or_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "findings"
    assert main(["--form", "table", "linear", "--mutations", "240", "--seed", "5", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("240 mutants of 8 models, seed 5: ")
    assert said.endswith(" 0 findings\n")
    assert not out.exists()


def test_hostile_artifacts_are_refused_or_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from exports.fuzzing import samples

    monkeypatch.setattr(
        samples, "_FOR_ARTIFACTS", {name: samples._FOR_ARTIFACTS[name] for name in ("linear", "chance")}
    )
    assert main(["--artifacts", "--mutations", "40", "--out", str(tmp_path / "findings")]) == 0
    assert "40 mutants of 2 models" in capsys.readouterr().out


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(int_classifier(), lineage(), tmp_path_factory.mktemp("b") / "own", "table")


def test_a_finding_is_kept_with_how_it_was_made(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = iter([Outcome(LOADED, "sound"), Outcome(FINDING, "Traceback\nValueError: no")])
    monkeypatch.setattr(Watch, "tried", lambda self, folder: next(outcomes))
    out = tmp_path / "findings"
    assert main(["--bundle", str(bundle), "--only", "7", "--out", str(out)]) == 2
    how = json.loads((out / "own-7" / "how.json").read_text())
    assert (how["number"], how["source"]) == (7, "own")
    assert how["changes"]
    assert (out / "own-7" / "finding.txt").read_text() == "Traceback\nValueError: no\n"
    assert (out / "own-7" / "mutant").is_dir()
    said = capsys.readouterr().out
    assert "7 own: finding: ValueError: no" in said
    assert "1 findings" in said


def test_a_bundle_that_is_not_sound_is_no_source(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--bundle", str(tmp_path)]) == 2
    assert "no manifest.json; give a bundle" in capsys.readouterr().err
    (tmp_path / "manifest.json").write_text("{}")
    assert main(["--bundle", str(tmp_path)]) == 2
    assert "unchanged it should load" in capsys.readouterr().err
    assert main(["--bundle", str(bundle), "--form", "table"]) == 2
    assert "--form" in capsys.readouterr().err


def test_it_stops_after_some_seconds(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Watch, "tried", lambda self, folder: Outcome(LOADED, "sound"))
    clock = iter(range(100))
    monkeypatch.setattr(command.time, "monotonic", lambda: float(next(clock)))
    assert main(["--bundle", str(bundle), "--seconds", "9", "--out", str(tmp_path / "f")]) == 0
    assert next(clock) < 20
