"""What one text takes: every engine that is there gives a time, of the same texts, beside the kernel's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import sameness
from bench.same_bits import times
from bench.same_bits.times import Time, ratio
from tests.cases.same_case import bundle_of


@pytest.mark.parametrize("kind", ["tables", "rows"])
def test_times_stand_beside_the_kernels(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(times, "ROUNDS", 2)
    monkeypatch.setattr(times, "N_TEXTS", 20)
    bundle, out = bundle_of(kind, tmp_path), tmp_path / "out"
    assert sameness.main([str(bundle), "--times", "--out", str(out)]) == 0
    (found,) = json.loads((out / "times.json").read_text(encoding="utf-8"))["bundles"]
    assert found["kind"] == kind
    assert found["texts"] == 20
    by_name = {each["engine"]: each for each in found["engines"]}
    assert set(by_name) == {"kernel", "c-gcc-O2", "c-gcc-O3", "c-clang-O2", "node", "page", "empty page"}
    for each in found["engines"]:
        if each["reason"]:
            assert not each["microseconds"]
            continue
        assert len(each["microseconds"]) == 2
        assert min(each["microseconds"]) > 0
    if not by_name["kernel"]["reason"]:
        assert by_name["kernel"]["times_the_kernel"] == 1
    assert by_name["page"]["times_the_kernel"] is None
    assert "times the kernel" in capsys.readouterr().out


def test_a_quotient_is_of_the_same_rounds() -> None:
    assert ratio(Time("a", (20.0, 60.0, 90.0)), Time("b", (10.0, 20.0, 90.0))) == 2


def test_texts_that_do_not_fit_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "texts.csv"
    data.write_text("text\n" + "a" * 50 + "\n", encoding="utf-8")
    words = ["--times", "--longest", "9", "--data", str(data), "--out", str(tmp_path / "out")]
    assert sameness.main([str(bundle_of("tables", tmp_path)), *words]) == 2
    assert "no text of at most 9 bytes" in capsys.readouterr().err
