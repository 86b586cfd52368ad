"""The curve is measured stage by stage, goes on where it was stopped, and survives stages that fail."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from baselines.errors import DataError
from bench import scaling
from bench.growth import runs
from bench.growth.record import FILE, Record, Row, expected_s, exponent, read_record
from bench.growth.runs import Limits, measure, with_needs
from bench.growth.shown import MARKERS, draw, into_document, markdown, picture, table_rows
from bench.growth.stages import STAGES, Case

ENVIRONMENT = {"cpu": "a CPU", "cores_usable": 2, "memory_bytes": 24_000_000_000}


def measured(stage: str, n_texts: int, cpu_s: float, peak: int = 1_000_000, score: float | None = None) -> Row:
    return Row(stage, n_texts, "measured", "", cpu_s, cpu_s, peak, score)


def of_power(power: float, constant: float = 0.0) -> list[Row]:
    return [measured("texts", n, constant + 1e-4 * n**power) for n in (1_000, 10_000, 100_000, 1_000_000)]


@pytest.mark.parametrize("power", [0.9, 1.0, 1.5, 2.0])
def test_an_exponent_is_the_slope(power: float) -> None:
    assert exponent(of_power(power)) == pytest.approx(power)


def test_a_first_size_that_is_mostly_constant_is_left_out() -> None:
    short = [measured("texts", 10_000, 0.4), measured("texts", 100_000, 1.0), measured("texts", 1_000_000, 10.0)]
    assert exponent(short) == pytest.approx(1.0)
    assert exponent(short[:2]) is None
    assert exponent([]) is None


def test_the_next_size_is_expected_by_the_growth_so_far() -> None:
    rows = of_power(1.5)[:3]
    assert expected_s(rows, 1_000_000) == pytest.approx(1e-4 * 1_000_000**1.5)
    assert expected_s(rows[:1], 10_000) == pytest.approx(rows[0].cpu_s * 10**1.2)  # type: ignore[operator]
    assert expected_s([], 10_000) is None


def test_a_stage_brings_what_it_needs() -> None:
    assert with_needs(["kernel", "texts"]) == ["texts", "fit-linear", "kernel"]
    names = list(STAGES)
    assert all(names.index(stage.needs) < names.index(name) for name, stage in STAGES.items() if stage.needs)


def test_a_stage_at_two_sizes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "doc.md"
    document.write_text(f"before\n{MARKERS[0]}\nold\n{MARKERS[1]}\nafter\n", encoding="utf-8")
    words = ["--sizes", "200,400", "--stage", "texts", "--classes", "5"]
    command = [*words, "--out", str(tmp_path / "out"), "--document", str(document)]
    assert scaling.main(command) == 0
    record = read_record(tmp_path / "out")
    assert record is not None
    assert [(row.stage, row.n_texts) for row in record.rows] == [("texts", 200), ("texts", 400)]
    assert {row.status for row in record.rows} == {"measured"}
    assert all(row.peak_bytes and row.peak_bytes > 10_000_000 for row in record.rows)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {FILE, "growth.svg", "growth.png"}
    text = document.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "| make the texts |" in text
    assert "old" not in text
    # Once more measures nothing again.
    capsys.readouterr()
    assert scaling.main(command) == 0
    assert "texts, make the texts" not in capsys.readouterr().out
    assert scaling.main([*command[:-4], "--out", str(tmp_path / "out"), "--classes", "6"]) == 2
    assert "holds figures of 5 classes" in capsys.readouterr().err


def test_a_model_is_kept_for_the_stages_that_need_it(tmp_path: Path) -> None:
    found = {}
    for stage in ("fit-chance-frequency", "score-chance-frequency", "fit-rules", "score-rules", "read"):
        folder = tmp_path / f"own-{stage}"
        folder.mkdir()
        case = Case(300, 4, tmp_path, folder)
        found[stage] = STAGES[stage].run(case)
        assert case.wall_s > 0
        assert not (stage.startswith("fit") and any(folder.iterdir()))
    assert (tmp_path / "fit-rules").is_dir()
    assert found["read"] is found["fit-rules"] is None
    assert 0 < (found["score-chance-frequency"] or 0) < 1


def test_what_fails_or_takes_too_long_is_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record, said = Record(3, "a command", ENVIRONMENT, [measured("read", 100, 50.0)]), list[Row]()
    monkeypatch.setattr(runs, "_measured", lambda record, stage, n, *_: Row(stage, n, "failed", "MemoryError"))
    measure(record, tmp_path, [1_000], ["read", "texts", "bundle"], Limits(60.0), said.append)
    found = {row.stage: row for row in said}
    assert found["texts"].status == "failed"
    assert found["read"].status == found["bundle"].status == "skipped"
    assert "more than --most-seconds" in found["read"].reason
    assert found["bundle"].reason == "it needs the model of fit-linear, and there is none"
    assert "MemoryError" in markdown(record)
    again = read_record(tmp_path)
    assert again is not None
    assert again.rows == record.rows


def test_a_process_that_fails_says_why(tmp_path: Path) -> None:
    record = Record(3, "a command", ENVIRONMENT)
    row = runs._measured(record, "score-chance-coin", 200, tmp_path / "none", Limits(60.0))
    assert row.status == "failed"
    assert "ArtifactError" in row.reason


def test_what_failed_is_tried_again_and_what_was_measured_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = Record(3, "a command", ENVIRONMENT, [Row("texts", 200, "failed", "x"), measured("read", 200, 1.0)])
    monkeypatch.setattr(runs, "_measured", lambda record, stage, n, *_: measured(stage, n, 2.0))
    measure(record, tmp_path, [200], ["texts", "read"], Limits(60.0), lambda row: None)
    assert [(row.stage, row.cpu_s) for row in record.rows] == [("read", 1.0), ("texts", 2.0)]


def test_the_table_and_the_picture_show_every_stage(tmp_path: Path) -> None:
    rows = [measured("read", n, n * 1e-3, n * 1_000, 0.5) for n in (10_000, 100_000)]
    record = Record(28, "a command", ENVIRONMENT, [*rows, measured("texts", 10_000, 1.0)])
    lines = table_rows(record)
    assert [line[0] for line in lines] == ["make the texts", "read and split"]
    assert lines[1][-2:] == ["1,000", "1.00"]
    assert "F1 0.500" in lines[1][1]
    spec = picture(record)
    assert spec is not None
    assert {point["stage"] for point in spec["datasets"]["points"]} == {"read and split"}
    assert [path.name for path in draw(record, tmp_path)] == ["growth.svg", "growth.png"]
    assert draw(Record(28, "", ENVIRONMENT), tmp_path) == []


def test_files_of_others_are_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(json.dumps({"format_version": 7}), encoding="utf-8")
    with pytest.raises(DataError, match="format_version 1 is read"):
        read_record(tmp_path)
    (tmp_path / FILE).write_text("[1, 2]", encoding="utf-8")
    with pytest.raises(DataError, match="isn't what this command writes"):
        read_record(tmp_path)
    with pytest.raises(DataError, match="needs the lines"):
        into_document(tmp_path / FILE, "x")


@pytest.mark.parametrize("words", [["--sizes", "5"], ["--sizes", "10x"], ["--stage", "nothing"]])
def test_what_cannot_be_measured_is_said(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        code = scaling.main(words)
    except SystemExit as stop:
        code = stop.code  # type: ignore[assignment]
    assert code == 2
    assert "expected numbers" in (err := capsys.readouterr().err) or "no such stage" in err
